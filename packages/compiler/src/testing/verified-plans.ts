// SPDX-License-Identifier: Apache-2.0
// Plans with their graphs for tests of the verifier: random graphs with random decisions about them.
import { assemblePlan } from '../emit/plan/index.js';
import type { Graph } from '../ir/index.js';
import { runPasses } from '../passes/index.js';
import type { Plan } from '../plan-format/index.js';
import { placeDraft } from '../planning/place-draft.js';
import { place } from '../planning/placement/index.js';
import { scheduleProgram } from '../planning/schedule/index.js';
import { randomDecisions, withPlacedRows } from './random-decisions.js';
import { randomGraph } from './random-graph.js';

export interface PlannedGraph {
  readonly plan: Plan;
  readonly graph: Graph;
}

/** A plan of a random graph: any stages, any spills. */
export function randomPlan(seed: number): PlannedGraph {
  return planOf(randomGraph(seed, 8), seed);
}

/** A plan of this graph, after passes, with the decisions of `seed`. */
export function planOf(model: Graph, seed: number): PlannedGraph {
  const graph = runPasses(model);
  const decisions = randomDecisions(graph, seed);
  const draft = scheduleProgram(graph, decisions);
  const items = draft.items.map((item, id) => ({
    ...{ id, lower: item.start, upper: item.end, size: item.sizeBytes, align: item.alignment },
  }));
  return { plan: assemblePlan(graph, decisions, draft, place(items).offsets), graph };
}

/** A plan of a random graph in which rows of some or all tensors have places, and some spills carry some rows only. */
export function randomPlacedPlan(seed: number): PlannedGraph {
  return placedPlanOf(randomGraph(seed, 8), seed);
}

/** The same of this graph, after passes. */
export function placedPlanOf(model: Graph, seed: number): PlannedGraph {
  const graph = runPasses(model);
  const decisions = withPlacedRows(graph, randomDecisions(graph, seed), seed);
  const draft = scheduleProgram(graph, decisions);
  const { offsets } = placeDraft(draft, { nodeLimit: 100, rounds: 1 }, false);
  return { plan: assemblePlan(graph, decisions, draft, offsets), graph };
}
