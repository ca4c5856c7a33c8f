// SPDX-License-Identifier: Apache-2.0
// Arenas above 1 MiB, where the places of single rows do not reach: every plan that is chosen can be written.
import { assemblePlan } from './emit/plan/index.js';
import { GraphBuilder } from './ir/index.js';
import { planModel } from './planning/plan-model.js';
import { verifyPlan } from './verify/index.js';

/** Rows of 32 KiB: TANH, its mean over the image, and the product of the two. */
function largeSkip() {
  const b = new GraphBuilder();
  const quantization = { scale: 1 / 128, zeroPoint: 0 };
  const x = b.input([1, 128, 512, 64], { scale: 0.02, zeroPoint: 3 });
  const a = b.operator('tanh', [x], {}, quantization);
  const mean = b.operator('mean', [a, b.constant([2], [1, 2])], { keepDims: true }, quantization);
  return b.output(b.operator('mul', [a, mean], { activation: 'none' }, quantization)).build();
}

describe('a tensor of 4 MiB that is read twice', () => {
  const graph = largeSkip();

  it.each([3_000_000, 2_200_000, 1_500_000])(
    'has a plan within %d bytes that can be written',
    (budgetBytes) => {
      const { attempt, certificate } = planModel(graph, {
        strategy: 'auto',
        budgetBytes,
        stores: [{ kind: 0, slotCount: 2 }],
        streamInputs: true,
        streamOutputs: true,
        pointerBytes: 4,
      });
      expect(attempt.ram.totalBytes).toBeLessThanOrEqual(budgetBytes);
      const plan = assemblePlan(graph, attempt.decisions, attempt.draft, attempt.placement.offsets);
      expect(verifyPlan(plan, graph)).toEqual([]);
      // Cheaper plans spill some of its rows, but need more places of rows than can be written.
      expect(certificate?.exhaustive).toBe(false);
      expect(attempt.isWidened).toBeUndefined();
      expect(certificate?.lowerBoundBytes).toBeLessThanOrEqual(plan.arenaBytes);
    },
  );
});
