// SPDX-License-Identifier: Apache-2.0
// First fit: the quick way gives what the plain one gives, also where it matters how many there are.
import { seededRandom } from '@tinyseg/testing';
import { firstFit, firstFitByList, firstFitByTime, type TimedBuffer } from './first-fit.js';
import { overlappingPairs } from './interval-index.js';

function someBuffers(seed: number, count: number, ticks: number, longest: number): TimedBuffer[] {
  const random = seededRandom(seed);
  const below = (end: number): number => random.integer(0, end - 1);
  return Array.from({ length: count }, (_, id) => {
    const lower = below(ticks);
    return { id, lower, upper: lower + below(longest + 1), size: below(9), align: 1 + below(3) };
  });
}

describe('first fit', () => {
  it('puts each buffer to the same place whether it looks at all others or at those of its time', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const buffers = someBuffers(seed, 1 + (seed % 40), 1 + (seed % 23), 1 + (seed % 7));
      expect(firstFitByTime(buffers)).toEqual(firstFitByList(buffers));
    }
  });

  it('places 50,000 buffers with short lives without looking at all pairs', () => {
    const buffers = someBuffers(7, 50_000, 50_000, 9);
    const offsets = firstFit(buffers);
    expect(offsets).toHaveLength(buffers.length);
    // 1,250,000,000 pairs would take a while; 16 levels of a tree for each buffer take a moment.
    expect(overlappingPairs(buffers)).toBeLessThan(20 * buffers.length);
  });

  it('counts the pairs that live together', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const buffers = someBuffers(seed, 1 + (seed % 30), 12, 5).filter(({ lower, upper }) => lower < upper);
      const pairs = buffers.flatMap((a, i) =>
        buffers.slice(i + 1).filter((b) => a.lower < b.upper && b.lower < a.upper),
      );
      expect(overlappingPairs(buffers)).toBe(pairs.length);
    }
    expect(overlappingPairs([])).toBe(0);
  });
});
