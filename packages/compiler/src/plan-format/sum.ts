// SPDX-License-Identifier: Apache-2.0
/** The checksum of a plan's structure: cheap on a device, which adds it up at every start. */

/** 2^64 - 2^32 * 9631 - 1 = MULTIPLIER * 2^32 - 1 is prime. */
const MULTIPLIER = 0xffffda61;
const HALF = 0x10000;
const WORD = 0x100000000;

/**
 * Takes the bytes as 32-bit little-endian words w and keeps 64 bits s, 0 at first:
 * s = (s mod 2^32) * MULTIPLIER + floor(s / 2^32) + w. After one more word, 0, the halves of s are joined by XOR.
 *
 * @param bytes whole words; a rest is not counted
 * @returns an unsigned 32-bit number
 */
export function planSum(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let low = 0;
  let high = 0;
  const add = (word: number): void => {
    // Sixteen bits of `low` at a time: no intermediate value reaches 2^53.
    const first = (low % HALF) * MULTIPLIER + high + word;
    const second = Math.floor(low / HALF) * MULTIPLIER + Math.floor(first / HALF);
    low = (second % HALF) * HALF + (first % HALF);
    high = Math.floor(second / HALF);
  };
  for (let at = 0; at + 4 <= bytes.length; at += 4) add(view.getUint32(at, true));
  add(0);
  return (low ^ high % WORD) >>> 0;
}
