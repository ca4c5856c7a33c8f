// SPDX-License-Identifier: Apache-2.0
// Property: for random graphs and every budget, what the search gives fits, passes the verifier, and costs no more for more RAM.
import { isTinysegError } from '@tinyseg/errors';
import { assemblePlan } from '../../emit/plan/index.js';
import type { Graph } from '../../ir/index.js';
import { runPasses } from '../../passes/index.js';
import { randomGraph } from '../../testing/random-graph.js';
import { verifyPlan } from '../../verify/index.js';
import { planModel, type PlanModelOptions, type PlannedModel } from '../plan-model.js';
import { frontier } from './index.js';

/** TINYSEG_RANDOM_GRAPHS asks for more of them. */
const COUNT = Number(process.env['TINYSEG_RANDOM_GRAPHS'] ?? 24);
const SEEDS = Array.from({ length: COUNT }, (_, i) => i + 1);
const MODEL = { nanosecondsPerInstruction: 1, activeMilliwatts: 0 };

function options(seed: number): PlanModelOptions & Required<Pick<PlanModelOptions, 'stores'>> {
  return {
    ...{ strategy: 'auto', stores: [{ kind: 0, slotCount: 1 + (seed % 3), unitBytes: 1 }], pointerBytes: 4 },
    ...{ streamInputs: seed % 2 === 0, streamOutputs: seed % 3 === 0 },
  };
}

/** The plan, or the least bytes of the refusal. */
function attemptPlan(graph: Graph, seed: number, budgetBytes: number): PlannedModel | number {
  try {
    return planModel(graph, { ...options(seed), budgetBytes });
  } catch (thrown) {
    if (isTinysegError(thrown, 'BUDGET_TOO_SMALL')) return thrown.data['leastBytes'] as number;
    throw thrown;
  }
}

function violations(graph: Graph, { attempt }: Pick<PlannedModel, 'attempt'>): unknown {
  return verifyPlan(assemblePlan(graph, attempt.decisions, attempt.draft, attempt.placement.offsets), graph);
}

describe('the search over random graphs', () => {
  it.each(SEEDS)('seed %i: all points of the frontier are verified plans', (seed) => {
    const graph = runPasses(randomGraph(seed, 10));
    const { points } = frontier(graph, { ...options(seed), objective: 'bytes', model: MODEL });
    for (const point of points) {
      expect(violations(graph, point)).toEqual([]);
      expect(point.cost).toBe(point.writtenBytes + point.readBytes);
    }
  });

  it.each(SEEDS)(
    'seed %i: every budget is met, or refused with one that is; more RAM never costs more',
    (seed) => {
      const graph = runPasses(randomGraph(seed, 10));
      const plain = planModel(graph, options(seed));
      const most = plain.attempt.ram.totalBytes;
      expect(plain.attempt.movedBytes).toBe(0);
      let moved = 0;
      for (const share of [0.9, 0.6, 0.3, 0]) {
        const budgetBytes = most - Math.floor(plain.attempt.ram.arenaBytes * (1 - share));
        const outcome = attemptPlan(graph, seed, budgetBytes);
        const met = typeof outcome === 'number' ? attemptPlan(graph, seed, outcome) : outcome;
        if (typeof met === 'number') throw new Error(`${String(met)} B was said to do, but does not`);
        expect(met.attempt.ram.totalBytes).toBeLessThanOrEqual(
          typeof outcome === 'number' ? outcome : budgetBytes,
        );
        expect(violations(graph, met)).toEqual([]);
        if (typeof outcome === 'number') break;
        expect(met.attempt.movedBytes).toBeGreaterThanOrEqual(moved);
        moved = met.attempt.movedBytes;
      }
    },
  );

  it.each(SEEDS)(
    'seed %i: never needs more than one operator after the other, or all in one stage',
    (seed) => {
      const graph = runPasses(randomGraph(seed, 10));
      const arena = (strategy: PlanModelOptions['strategy']): number =>
        planModel(graph, { ...options(seed), strategy }).attempt.ram.arenaBytes;
      expect(arena('auto')).toBeLessThanOrEqual(Math.min(arena('layers'), arena('single-stage')));
    },
  );
});
