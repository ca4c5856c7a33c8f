// SPDX-License-Identifier: Apache-2.0
// Each trick of the exact search, switched off: the answer stays, only the number of nodes changes.
import fc from 'fast-check';
import { leastHeight, problems, puzzle, violations } from '../../testing/placements.js';
import {
  ALL_TRICKS,
  fitWithin,
  lowerBoundBytes,
  place,
  type SearchTricks,
  type TimedBuffer,
} from './index.js';

const TRICKS = Object.keys(ALL_TRICKS) as (keyof SearchTricks)[];
const NODES = 20_000;

/** A puzzle that the first ranking alone does not solve within 20,000 nodes, while all of them together need 1,369. */
const HARD = puzzle(22, 60, 60, 400);

const total = (
  buffers: readonly TimedBuffer[],
  tricks: Partial<SearchTricks>,
  capacity: number,
  nodeLimit = NODES,
): number => fitWithin(buffers, capacity, nodeLimit, { tricks }).nodes;

describe.each(TRICKS)('the trick %s', (trick) => {
  const off = { tricks: { [trick]: false } };

  it('changes neither what fits nor what is impossible', () => {
    fc.assert(
      fc.property(problems(5, 5), (buffers) => {
        const least = leastHeight(buffers);
        const fit = fitWithin(buffers, least, NODES, off);
        expect(fit.kind).toBe('fits');
        if (fit.kind === 'fits') {
          expect(violations(buffers, { offsets: fit.offsets, heightBytes: least })).toEqual([]);
        }
        if (least > 0) expect(fitWithin(buffers, least - 1, NODES, off).kind).toBe('impossible');
      }),
      { seed: 21, numRuns: 120 },
    );
  });
});

describe('switching tricks off', () => {
  const samples = [1, 2, 3, 4, 5, 6].map((seed) => puzzle(seed, 9, 12, 40));
  const nodes = (tricks: Partial<SearchTricks>): number =>
    samples.reduce((sum, buffers) => sum + total(buffers, tricks, 40) + total(buffers, tricks, 39), 0);

  // Problems whose least height is above the live-byte bound: "impossible" takes a search there.
  const gapped = fc
    .sample(problems(8, 9), { seed: 22, numRuns: 200 })
    .filter(
      (buffers) => place(buffers).heightBytes > place(buffers, { nodeLimit: 1, rounds: 1 }).lowerBoundBytes,
    );

  const doubled = gapped.map((buffers) => [...buffers, ...buffers].map((buffer, id) => ({ ...buffer, id })));
  const large = [13, 16, 24, 51].map((seed) => puzzle(seed, 60, 60, 400));

  it.each(TRICKS.filter((trick) => trick !== 'portfolio'))('%s changes the number of nodes', (trick) => {
    const alone = { portfolio: false };
    const probe = (tricks: Partial<SearchTricks>): number =>
      gapped.reduce((sum, buffers) => {
        const height = place(buffers).heightBytes;
        return sum + total(buffers, tricks, height - 1) + total(buffers, tricks, height);
      }, nodes(tricks)) +
      doubled.reduce((sum, buffers) => sum + total(buffers, tricks, lowerBoundBytes(buffers), 500), 0) +
      large.reduce((sum, buffers) => sum + total(buffers, tricks, 400, 5000), 0);
    expect(probe({ ...alone, [trick]: false })).not.toBe(probe(alone));
  });

  it.each(['sectionInference', 'releaseOrder', 'lift'] as const)(
    '%s only cuts branches without a solution: the offsets are the same without it',
    (trick) => {
      let compared = 0;
      for (const buffers of samples) {
        const with_ = fitWithin(buffers, 40, NODES, { tricks: { portfolio: false } });
        const without = fitWithin(buffers, 40, NODES, { tricks: { portfolio: false, [trick]: false } });
        if (without.kind === 'unknown') continue;
        compared++;
        expect({ ...without, nodes: 0 }).toEqual({ ...with_, nodes: 0 });
        expect(without.nodes).toBeGreaterThanOrEqual(with_.nodes);
      }
      expect(compared).toBeGreaterThan(samples.length / 2);
    },
  );

  it('portfolio: a ranking that leads astray costs one turn, not the search', () => {
    const alone = fitWithin(HARD, 400, 20_000, { tricks: { portfolio: false } });
    const together = fitWithin(HARD, 400, 20_000);
    expect(alone.kind).toBe('unknown');
    expect(together.kind).toBe('fits');
  });

  it('stops at the node limit exactly, whatever the rankings', () => {
    for (const limit of [1, 7, 1280, 1281, 1300]) {
      expect(fitWithin(HARD, 400, limit)).toEqual({ kind: 'unknown', nodes: limit });
    }
  });
});
