// SPDX-License-Identifier: Apache-2.0
// Plans damaged several times over: the verifier answers without long work, with violations, and never throws.
import { seededRandom } from '@tinyseg/testing';
import { mutantOf } from '../testing/plan-mutants.js';
import { randomPlacedPlan, randomPlan } from '../testing/verified-plans.js';
import { ReplayArena } from './arena.js';
import { verifyPlan } from './index.js';

/** Rows that the replay looks at while `judge` runs. */
function rowsLookedAt(judge: () => void): number {
  const looks = [jest.spyOn(ReplayArena.prototype, 'readRow'), jest.spyOn(ReplayArena.prototype, 'writeRow')];
  try {
    judge();
    return looks.reduce((sum, look) => sum + look.mock.calls.length, 0);
  } finally {
    for (const look of looks) look.mockRestore();
  }
}

/** Damage may divide the rows into more calls, which read more of them twice, but adds no rows. */
const MOST_LOOKS = 2;

const SEEDS = Array.from({ length: 60 }, (_, i) => i + 1);
const MUTANTS_EACH = 10;

describe('verifyPlan on damaged plans', () => {
  it('never throws, and looks at no more than twice the rows of the whole plan', () => {
    let rejected = 0;
    for (const seed of SEEDS) {
      const { plan: whole, graph } = seed % 2 === 0 ? randomPlan(seed) : randomPlacedPlan(seed);
      const most = MOST_LOOKS * rowsLookedAt(() => void verifyPlan(whole, graph));
      const random = seededRandom(seed);
      for (let i = 0; i < MUTANTS_EACH; i++) {
        let plan = whole;
        const done: string[] = [];
        for (let count = random.integer(1, 6); count > 0; count--) {
          const mutant = mutantOf(plan, random);
          done.push(mutant.what);
          ({ plan } = mutant);
          if (plan.program.length < 3 || plan.buffers.length === 0) break;
        }
        let count = 0;
        const looks = rowsLookedAt(() => {
          expect(() => (count = verifyPlan(plan, graph).length)).not.toThrow();
        });
        expect([looks <= most, seed, done]).toEqual([true, seed, done]);
        if (count > 0) rejected++;
      }
    }
    expect(rejected).toBeGreaterThan(0.9 * SEEDS.length * MUTANTS_EACH);
  });
});
