// SPDX-License-Identifier: Apache-2.0
// Plans damaged several times over: the verifier answers soon, with violations, and never throws.
import { seededRandom } from '@tinyseg/testing';
import { mutantOf } from '../testing/plan-mutants.js';
import { randomPlacedPlan, randomPlan } from '../testing/verified-plans.js';
import { verifyPlan } from './index.js';

const SEEDS = Array.from({ length: 60 }, (_, i) => i + 1);
const MUTANTS_EACH = 10;

describe('verifyPlan on damaged plans', () => {
  it('never throws, and ends within a second', () => {
    let rejected = 0;
    for (const seed of SEEDS) {
      const { plan: whole, graph } = seed % 2 === 0 ? randomPlan(seed) : randomPlacedPlan(seed);
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
        const startMs = performance.now();
        let count = 0;
        expect(() => (count = verifyPlan(plan, graph).length)).not.toThrow();
        expect([performance.now() - startMs < 1000, seed, done]).toEqual([true, seed, done]);
        if (count > 0) rejected++;
      }
    }
    expect(rejected).toBeGreaterThan(0.9 * SEEDS.length * MUTANTS_EACH);
  });
});
