// SPDX-License-Identifier: Apache-2.0
/** How far outputs of a plan are from those of the unoptimised model: bytes, and of float32 numbers. */

/** Kernels of float32 may contract products and sums, and functions differ by the library of their platform. */
export const REAL_TOLERANCE = 3e-5;
/** Below this size numbers are compared as if they had it. */
const LEAST_SIZE = 1e-3;

/** What of an output decides how it is compared. */
export interface ComparedOutput {
  readonly type: string;
  readonly sizeBytes: number;
}

/**
 * Bytes that differ; of float32, those of numbers that differ by more than the tolerance.
 *
 * @param outputs of one sample, at least one, none empty; `actual` and `expected` hold those of some samples, one after the other
 */
export function countDiffering(
  actual: Uint8Array,
  expected: Uint8Array,
  outputs: readonly ComparedOutput[],
): number {
  let count = Math.abs(actual.length - expected.length);
  const length = Math.min(actual.length, expected.length);
  const sampleBytes = outputs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  for (let sample = 0; sample * sampleBytes < length; sample++) {
    let at = sample * sampleBytes;
    for (const { type, sizeBytes } of outputs) {
      const [a, b] = [actual, expected].map((bytes) => bytes.subarray(at, Math.min(at + sizeBytes, length)));
      count += type === 'float32' ? differingReals(a!, b!) : differingBytes(a!, b!);
      at += sizeBytes;
    }
  }
  return count;
}

function differingBytes(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((count, byte, i) => count + (byte === b[i] ? 0 : 1), 0);
}

function differingReals(a: Uint8Array, b: Uint8Array): number {
  const [x, y] = [a, b].map((bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
  let count = 0;
  for (let at = 0; at + 4 <= a.length; at += 4) {
    if (!isClose(x!.getFloat32(at, true), y!.getFloat32(at, true))) count += 4;
  }
  return count;
}

function isClose(x: number, y: number): boolean {
  if (Object.is(x, y)) return true;
  if (!Number.isFinite(x) || !Number.isFinite(y)) return false;
  return Math.abs(x - y) <= REAL_TOLERANCE * Math.max(Math.abs(x), Math.abs(y), LEAST_SIZE);
}
