// SPDX-License-Identifier: Apache-2.0
// The checksum of a plan's structure against its definition, and what it must not miss.
import { seededRandom } from '@tinyseg/testing';
import { planSum } from './sum.js';

const MULTIPLIER = 0xffffda61n;
const WORD = 1n << 32n;

/** The definition in 64-bit arithmetic. */
function sumByDefinition(words: readonly number[]): number {
  let state = 0n;
  for (const word of [...words, 0]) state = (state % WORD) * MULTIPLIER + state / WORD + BigInt(word);
  return Number(state % WORD ^ (state / WORD));
}

function bytesOf(words: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(words).buffer);
}

describe('planSum', () => {
  it('is the sum of its definition, extreme words included', () => {
    const random = seededRandom(7);
    for (let count = 0; count < 40; count++) {
      const words = Array.from({ length: count }, () =>
        random.integer(0, 2) === 0 ? 0xffffffff : random.uint32(),
      );
      expect(planSum(bytesOf(words))).toBe(sumByDefinition(words));
    }
    expect(planSum(bytesOf(new Array<number>(1000).fill(0xffffffff)))).toBe(
      sumByDefinition(new Array<number>(1000).fill(0xffffffff)),
    );
  });

  it('changes with each bit, and with two words in each other’s place', () => {
    const words = Array.from({ length: 64 }, (_, index) => index * 0x01000193);
    const whole = bytesOf(words);
    const sum = planSum(whole);
    for (let bit = 0; bit < 8 * whole.length; bit++) {
      const damaged = whole.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      expect(planSum(damaged)).not.toBe(sum);
    }
    for (let at = 0; at + 1 < words.length; at++) {
      const swapped = words.slice();
      [swapped[at], swapped[at + 1]] = [words[at + 1]!, words[at]!];
      expect(planSum(bytesOf(swapped))).not.toBe(sum);
    }
  });
});
