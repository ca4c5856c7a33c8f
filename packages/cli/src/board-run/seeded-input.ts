// SPDX-License-Identifier: Apache-2.0
// An input for benches: the same bytes every time, spread over all values that the type may have.
import type { TensorSpec } from '../pictures/tensor-spec.js';

/** @param seed another one for each input */
export function seededInput({ type, sizeBytes }: TensorSpec, seed: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  const next = randomSource(seed);
  if (type !== 'float32') return bytes.map(() => next() >>> 24);
  // Any bytes would make numbers of any size, and no numbers.
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < sizeBytes; at += 4) view.setFloat32(at, next() / 2 ** 31 - 1, true);
  return bytes;
}

/** xorshift32. */
function randomSource(seed: number): () => number {
  let x = (seed + 1) * 0x9e3779b9;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}
