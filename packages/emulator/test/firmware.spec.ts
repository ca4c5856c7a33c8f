// SPDX-License-Identifier: Apache-2.0
// Firmware that goes wrong: what leaves its memory faults, and every failure is an error with a code.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { loadBoard } from '@tinyseg/boards';
import { compileModel, decodePlan } from '@tinyseg/compiler';
import { describeIf } from '@tinyseg/testing';
import { firmwareParts } from '../src/firmware-parts.js';
import { canEmulate, INSTALL_LINE } from '../src/index.js';
import { runParts } from '../src/run-firmware.js';

const MISSING = 'the compiler for Arm or QEMU is not installed';
const EXAMPLES = path.resolve(import.meta.dirname, '..', '..', '..', 'examples', 'car-segmentation');
const model = new Uint8Array(readFileSync(path.join(EXAMPLES, 'tiny_unet_80x120.tflite')));
const input = readFileSync(path.join(EXAMPLES, 'golden', 'tiny_unet_80x120', 'no-car.input.bin'));

const plans = new Map<string, Uint8Array>();

/** A plan that the board holds, quick to make; spilled rows go to a file. */
function planFor(board: string): Uint8Array {
  const strategy = board === 'qemu-lm3s6965evb' ? 'layers' : 'single-stage';
  const options = { board: loadBoard(board), strategy, streamIo: true, stores: ['file'] } as const;
  const bytes = plans.get(strategy) ?? compileModel(model, options).bytes;
  plans.set(strategy, bytes);
  return bytes;
}

/** The kernel of transposed convolutions also does something that it must not. */
function sabotaged(bytes: Uint8Array, deed: string): ReturnType<typeof firmwareParts> {
  const parts = firmwareParts(bytes, decodePlan(bytes), ['file']);
  const arenaBytes = Math.ceil(decodePlan(bytes).arenaBytes / 16) * 16;
  const kernels = `#define ARENA_BYTES ${arenaBytes}u
#include "link_map.h"
#include "nn/kernels.h"
static void run(const tseg_nn_call *call) {
  tseg_nn_transpose_conv_pixel.run(call);
  ${deed}
}
static uint32_t scratch(const tseg_plan *plan, const tseg_plan_operator *op) {
  return tseg_nn_transpose_conv_pixel.scratch_bytes(plan, op);
}
static tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  return tseg_nn_transpose_conv_pixel.check(plan, op);
}
static uint64_t work(const tseg_plan *plan, const tseg_plan_operator *op) {
  return tseg_nn_transpose_conv_pixel.work(plan, op);
}
static uint32_t state(const tseg_plan *plan, const tseg_plan_operator *op) {
  return tseg_nn_transpose_conv_pixel.state_bytes(plan, op);
}
static const tseg_nn_variant saboteur = {
    .kind = TSEG_KIND_TRANSPOSE_CONV, .id = TSEG_VARIANT(TSEG_KIND_TRANSPOSE_CONV, 1), .check = check,
    .work = work, .scratch_bytes = scratch, .state_bytes = state, .run = run};
`;
  return {
    ...parts,
    generated: (objects) =>
      parts
        .generated(objects)
        .map((source) =>
          source.name === 'kernels.c'
            ? { ...source, text: kernels + source.text.replace('&tseg_nn_transpose_conv_pixel', '&saboteur') }
            : source,
        ),
  };
}

describeIf(canEmulate(), MISSING, INSTALL_LINE, 'firmware that leaves its memory', () => {
  const DEEDS = [
    ['writes a byte behind the arena', '*(volatile uint8_t *)(uintptr_t)tseg_ram_end = 1;'],
    [
      'writes 32 bytes before the arena',
      '*(volatile uint8_t *)((uintptr_t)tseg_ram_end - ARENA_BYTES - 32u) = 1;',
    ],
    [
      'overflows the stack',
      'volatile uint8_t deep[4096]; for (uint32_t i = 4096; i > 0u; i--) { deep[i - 1u] = (uint8_t)i; } (void)deep[0];',
    ],
    ['writes to its constants', '*(volatile uint8_t *)(uintptr_t)call->constants = 1;'],
  ] as const;
  const BOARDS = [
    'qemu-mps2-an386',
    'qemu-mps2-an500',
    'qemu-netduinoplus2',
    'qemu-lm3s6965evb',
    'qemu-microbit',
  ] as const;
  const guarded = BOARDS.flatMap((board) => DEEDS.map(([what, deed]) => [board, what, deed] as const));
  // A Cortex-M0 guards nothing: only what leaves all memory faults.
  const cases = guarded.filter(([board, what]) => board !== 'qemu-microbit' || /behind|stack/.test(what));

  it.each(cases)('%s: a kernel that %s faults, and the report names the operator', async (board, _, deed) => {
    const plan = planFor(board);
    const decoded = decodePlan(plan);
    const failed = runParts({ board, plan, inputs: [input] }, decoded, sabotaged(plan, deed));
    const first = decoded.operators.findIndex(({ kind }) => kind === 3);
    await expect(failed).rejects.toMatchObject({ code: 'EMULATOR_FAULT', data: { running: first } });
  });
});
