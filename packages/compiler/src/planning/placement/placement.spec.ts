// SPDX-License-Identifier: Apache-2.0
// Behaviour of the placement: valid always, as low as possible where the search ends, the same each time.
import fc from 'fast-check';
import { fitSteps, fitWithin, lowerBoundBytes, place, placeGreedily, RANKINGS } from './index.js';
import { leastHeight, problems, puzzle, violations } from '../../testing/placements.js';

describe('place', () => {
  it('gives valid placements between the bound and the sum of sizes', () => {
    fc.assert(
      fc.property(problems(24, 40), (buffers) => {
        const placement = place(buffers, { nodeLimit: 300 });
        expect(violations(buffers, placement)).toEqual([]);
        expect(placement.heightBytes).toBeGreaterThanOrEqual(lowerBoundBytes(buffers));
        expect(placement.heightBytes).toBeGreaterThanOrEqual(placement.lowerBoundBytes);
        expect(placement.proved).toBe(placement.heightBytes === placement.lowerBoundBytes);
      }),
      { seed: 11, numRuns: 250 },
    );
  });

  it('pauses often: each step takes a few thousand nodes at most, and the count only grows', () => {
    const buffers = puzzle(22, 60, 60, 400);
    const steps = [...fitSteps(buffers, 400, 20_000, { tricks: { portfolio: false } })];
    const jumps = steps.map((nodes, i) => nodes - (steps[i - 1] ?? 0));
    expect(steps.at(-1)).toBeGreaterThan(8192);
    expect(Math.min(...jumps)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...jumps)).toBeLessThanOrEqual(4200);
  });

  it('is never above greedy, and greedy is valid too', () => {
    fc.assert(
      fc.property(problems(24, 40), (buffers) => {
        const greedy = placeGreedily(buffers);
        expect(violations(buffers, greedy)).toEqual([]);
        expect(place(buffers, { nodeLimit: 500 }).heightBytes).toBeLessThanOrEqual(greedy.heightBytes);
      }),
      { seed: 12, numRuns: 300 },
    );
  });

  it('finds the least height of small problems, and proves it', () => {
    fc.assert(
      fc.property(problems(6, 5), (buffers) => {
        const placement = place(buffers);
        expect(placement.heightBytes).toBe(leastHeight(buffers));
        expect(placement.proved).toBe(true);
      }),
      { seed: 13, numRuns: 300 },
    );
  });

  it('says impossible exactly below the least height', () => {
    fc.assert(
      fc.property(problems(6, 4), (buffers) => {
        const least = leastHeight(buffers);
        for (const ranking of RANKINGS) {
          const options = { rankings: [ranking] };
          expect(fitWithin(buffers, least, 20_000, options).kind).toBe('fits');
          if (least > 0) expect(fitWithin(buffers, least - 1, 20_000, options).kind).toBe('impossible');
        }
      }),
      { seed: 14, numRuns: 200 },
    );
  });

  it('stops at a height that is low enough', () => {
    const buffers = [0, 1, 2, 3].map((id) => ({ id, lower: id, upper: id + 2, size: 10 + id }));
    expect(place(buffers, { capacityBytes: 1000 }).heightBytes).toBeLessThanOrEqual(1000);
  });

  it('reaches the bound where greedy by size does not', () => {
    const buffers = [
      { id: 0, lower: 4, upper: 5, size: 2 },
      { id: 1, lower: 1, upper: 4, size: 1 },
      { id: 2, lower: 0, upper: 2, size: 2 },
      { id: 3, lower: 3, upper: 5, size: 1 },
    ];
    expect(placeGreedily(buffers)).toMatchObject({ heightBytes: 4, lowerBoundBytes: 3, proved: false });
    const placement = place(buffers);
    expect(violations(buffers, placement)).toEqual([]);
    expect(placement).toMatchObject({ heightBytes: 3, proved: true });
  });

  it('gives the empty problem height 0 and ignores buffers without bytes or time', () => {
    expect(place([])).toEqual({ offsets: [], heightBytes: 0, lowerBoundBytes: 0, proved: true, nodes: 0 });
    const empty = [
      { id: 0, lower: 3, upper: 3, size: 100 },
      { id: 1, lower: 0, upper: 9, size: 0 },
      { id: 2, lower: 0, upper: 9, size: 7 },
    ];
    expect(place(empty).heightBytes).toBe(7);
  });

  it('repeats itself', () => {
    const [problem] = fc.sample(problems(30, 50), { seed: 15, numRuns: 1 });
    expect(place(problem!)).toEqual(place(problem!));
  });

  it('takes 130,000 buffers with short lives, more than fit the arguments of a call', () => {
    const buffers = Array.from({ length: 130_000 }, (_, id) => ({
      ...{ id, lower: (id * 7919) % 130_000, size: 1 + (id % 13) },
      upper: ((id * 7919) % 130_000) + 1 + (id % 5),
    }));
    const placement = place(buffers, { rounds: 1 });
    expect(placement.heightBytes).toBeGreaterThanOrEqual(placement.lowerBoundBytes);
    expect(placement.heightBytes).toBeLessThanOrEqual(placeGreedily(buffers).heightBytes);
  });

  it('says what cut the search, and nothing where nothing did', () => {
    const many = Array.from({ length: 3000 }, (_, id) => ({
      ...{ id, lower: (id * 7919) % 3000, size: 1 + ((id * 104_729) % 997) },
      upper: ((id * 7919) % 3000) + 1 + ((id * 7877) % 61),
    }));
    expect(place(many, { rounds: 1 })).toMatchObject({ proved: false, nodes: 0, limit: 'buffers' });
    expect(place(many, { rounds: 1, capacityBytes: 100_000 }).limit).toBeUndefined();
    const hard = puzzle(22, 60, 60, 400);
    expect(place(hard, { rounds: 1, nodeLimit: 1 })).toMatchObject({ proved: false, limit: 'nodes' });
    expect(place(hard, { rounds: 1, nodeLimit: 1, capacityBytes: 10_000 }).limit).toBeUndefined();
  });

  it('refuses more than 2^30 pairs that live together, whatever the method', () => {
    const buffers = Array.from({ length: 50_000 }, (_, id) => ({ id, lower: 0, upper: 1, size: 1 }));
    const refusal = expect.objectContaining({ code: 'PLACEMENT_TOO_DENSE' }) as unknown;
    expect(() => place(buffers)).toThrow(refusal as Error);
    expect(() => placeGreedily(buffers)).toThrow(refusal as Error);
  });
});
