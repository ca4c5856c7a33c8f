// SPDX-License-Identifier: Apache-2.0
// Inputs and outputs of a plan as files: how large each is, and how samples lie in them.
import { PortDirection, type Plan } from '@tinyseg/compiler';
import { emulatorError } from './error-codes.js';

/** Bytes of each input, or output, of one sample, in the model's order. */
export function portSizes(plan: Plan, direction: keyof typeof PortDirection): readonly number[] {
  return plan.ports
    .filter((port) => port.direction === PortDirection[direction])
    .sort((a, b) => a.index - b.index)
    .map((port) => {
      const tensor = plan.tensors[plan.buffers[port.buffer]!.tensor]!;
      return tensor.n * tensor.h * tensor.rowBytes;
    });
}

/** The samples that the inputs hold; 1 for a plan without inputs. @throws TinysegError `EMULATOR_INPUT` */
export function countSamples(sizes: readonly number[], inputs: readonly Uint8Array[]): number {
  if (inputs.length !== sizes.length) {
    throw emulatorError(
      'EMULATOR_INPUT',
      `The plan has ${sizes.length} inputs; ${inputs.length} were given.`,
      {
        wanted: sizes.length,
        given: inputs.length,
      },
    );
  }
  const counts = inputs.map(({ length }, i) => length / sizes[i]!);
  const samples = counts[0] ?? 1;
  if (Number.isInteger(samples) && samples > 0 && counts.every((count) => count === samples)) return samples;
  throw emulatorError(
    'EMULATOR_INPUT',
    `The inputs have ${inputs.map(({ length }) => length).join(', ')} bytes; a sample has ${sizes.join(', ')}.`,
    { sizes: inputs.map(({ length }) => length), sampleSizes: sizes },
  );
}

/** Joins the bytes of the outputs sample by sample. */
export function interleave(
  outputs: readonly Uint8Array[],
  sizes: readonly number[],
  samples: number,
): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let sample = 0; sample < samples; sample++) {
    outputs.forEach((bytes, i) => pieces.push(bytes.subarray(sample * sizes[i]!, (sample + 1) * sizes[i]!)));
  }
  return new Uint8Array(Buffer.concat(pieces));
}
