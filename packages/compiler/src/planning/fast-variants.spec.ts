// SPDX-License-Identifier: Apache-2.0
// Behaviour of the choice of fast kernels: where they are exact, what the budget allows, and that plans verify.
import { assemblePlan } from '../emit/plan/index.js';
import { GraphBuilder, type Graph } from '../ir/index.js';
import { verifyPlan } from '../verify/index.js';
import { fastWays } from './fast-variants.js';
import { planModel, type PlanModelOptions, type PlannedModel } from './plan-model.js';
import { structureOf } from './structure.js';

const fine = { scale: 0.25, zeroPoint: -128 };

/** Three convolutions of a size at which a call of the fast kernel needs more scratch than one of the default. */
function chain(output: { scale: number; zeroPoint: number } = fine): Graph {
  const builder = new GraphBuilder('chain');
  let x = builder.input([1, 12, 6, 8]);
  for (let i = 0; i < 3; i++) x = builder.conv2d(x, { filters: 8, kernel: 3, output });
  return builder.output(x).build();
}

const OPTIONS: PlanModelOptions = {
  ...{ strategy: 'auto', streamInputs: true, streamOutputs: true, pointerBytes: 4, variants: 'fast' },
};

const variantsOf = ({ attempt }: PlannedModel): readonly number[] =>
  attempt.draft.operators.map(({ variant }) => variant);

function violations(graph: Graph, { attempt }: PlannedModel): readonly unknown[] {
  const { decisions, draft, placement } = attempt;
  return verifyPlan(assemblePlan(graph, decisions, draft, placement.offsets), graph);
}

describe('fast kernels', () => {
  it('are taken wherever they are exact and the budget does not forbid them', () => {
    const graph = chain();
    const planned = planModel(graph, OPTIONS);
    expect(variantsOf(planned).every((variant) => variant !== 0x0101)).toBe(true);
    expect(violations(graph, planned)).toEqual([]);
  });

  it('make no claim about plans with other kernels', () => {
    const { certificate, exhaustive } = planModel(chain(), OPTIONS);
    expect([certificate?.exhaustive, exhaustive]).toEqual([false, false]);
    expect(planModel(chain(), { ...OPTIONS, variants: 'portable' }).certificate?.exhaustive).toBe(true);
  });

  it('are not taken where factors are too large', () => {
    const graph = chain({ scale: 2 ** -20, zeroPoint: 0 });
    const [first] = graph.operators;
    expect(fastWays(graph, structureOf(graph)).has(first!.id)).toBe(false);
    expect(variantsOf(planModel(graph, OPTIONS))[0]).toBe(0x0101);
  });

  it('leave the default ones where there is no room for their scratch', () => {
    const graph = chain();
    const least = planModel(graph, { ...OPTIONS, variants: 'portable' }).attempt.ram.totalBytes;
    const planned = planModel(graph, { ...OPTIONS, budgetBytes: least });
    expect(variantsOf(planned)).toContain(0x0101);
    expect(planned.attempt.ram.totalBytes).toBeLessThanOrEqual(least);
    expect(violations(graph, planned)).toEqual([]);
  });

  it('never make a plan larger than the budget, and fill calls of several rows where images are narrow', () => {
    const graph = chain();
    const most = planModel(graph, OPTIONS);
    expect(most.attempt.draft.operators.some(({ rowsPerCall }) => rowsPerCall > 1)).toBe(true);
    const least = planModel(graph, { ...OPTIONS, variants: 'portable' }).attempt.ram.totalBytes;
    for (let budgetBytes = least; budgetBytes < most.attempt.ram.totalBytes; budgetBytes += 256) {
      const planned = planModel(graph, { ...OPTIONS, budgetBytes });
      expect(planned.attempt.ram.totalBytes).toBeLessThanOrEqual(budgetBytes);
      expect(violations(graph, planned)).toEqual([]);
    }
  });
});
