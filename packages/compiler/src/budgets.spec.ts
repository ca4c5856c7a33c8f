// SPDX-License-Identifier: Apache-2.0
// Property: for random graphs and every budget, the plan fits and passes the verifier, or the least that would do is named.
import { isTinysegError } from '@tinyseg/errors';
import { assemblePlan } from './emit/plan/index.js';
import { optimizeGraph } from './emit/tflite/index.js';
import { readTflite, writeTflite } from './formats/tflite/index.js';
import type { Graph } from './ir/index.js';
import { runPasses } from './passes/index.js';
import { planModel, type PlanModelOptions, type PlannedModel } from './planning/plan-model.js';
import { spillWishes } from './planning/spill-wishes.js';
import { randomGraph } from './testing/random-graph.js';
import { verifyPlan } from './verify/index.js';

/** TINYSEG_RANDOM_GRAPHS asks for more of them. */
const COUNT = Number(process.env['TINYSEG_RANDOM_GRAPHS'] ?? 16);
const SEEDS = Array.from({ length: COUNT }, (_, i) => i + 1);

function options(seed: number, more: Partial<PlanModelOptions> = {}): PlanModelOptions {
  const streams = seed % 3 === 0;
  return {
    ...{ strategy: 'layers', stores: [{ kind: 0, slotCount: 1 + (seed % 3) }], pointerBytes: 4 },
    ...{ streamInputs: streams, streamOutputs: streams },
    ...more,
  };
}

function violations(graph: Graph, { attempt }: PlannedModel): unknown {
  const plan = assemblePlan(graph, attempt.decisions, attempt.draft, attempt.placement.offsets);
  return verifyPlan(plan, graph);
}

/** The plan, or the least bytes of the refusal. */
function attemptPlan(graph: Graph, planner: PlanModelOptions): PlannedModel | number {
  try {
    return planModel(graph, planner);
  } catch (thrown) {
    if (isTinysegError(thrown, 'BUDGET_TOO_SMALL')) return thrown.data['leastBytes'] as number;
    throw thrown;
  }
}

describe('plans of random graphs', () => {
  it.each(SEEDS)('seed %i: every budget is met and verified, or refused with one that is met', (seed) => {
    const graph = runPasses(randomGraph(seed, 10));
    const plain = planModel(graph, options(seed));
    expect(violations(graph, plain)).toEqual([]);
    const most = plain.attempt.ram.totalBytes;
    const arena = plain.attempt.ram.arenaBytes;
    for (const share of [0.8, 0.4, 0]) {
      const budgetBytes = most - Math.floor(arena * (1 - share));
      const outcome = attemptPlan(graph, options(seed, { budgetBytes }));
      const met =
        typeof outcome === 'number' ? attemptPlan(graph, options(seed, { budgetBytes: outcome })) : outcome;
      if (typeof met === 'number') throw new Error(`${String(met)} B was said to do, but does not`);
      const bound = typeof outcome === 'number' ? outcome : budgetBytes;
      expect(met.attempt.ram.totalBytes).toBeLessThanOrEqual(bound);
      expect(violations(graph, met)).toEqual([]);
    }
  });
});

describe('rewritten random graphs', () => {
  it.each(SEEDS)('seed %i: smaller or as small, writable, and compiled to plans that are right', (seed) => {
    const source = randomGraph(seed, 14);
    const { graph, report } = optimizeGraph(source, { targetBytes: 0, accounting: 'today', store: 'any' });
    expect(report.peakBytesAfter).toBeLessThanOrEqual(report.peakBytesBefore);
    const read = readTflite(writeTflite(graph));
    const planned = runPasses(read);
    const wishes = spillWishes(read);
    expect(wishes).toHaveLength(report.spills.length);
    // A byte less than the model needs without spills, so that wishes count.
    const budgetBytes = planModel(planned, options(seed)).attempt.ram.totalBytes - 1;
    const tight = attemptPlan(planned, options(seed, { wishes, budgetBytes }));
    if (typeof tight !== 'number') expect(violations(planned, tight)).toEqual([]);
  });
});
