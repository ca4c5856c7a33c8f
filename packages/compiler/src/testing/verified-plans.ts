// SPDX-License-Identifier: Apache-2.0
// Plans with their graphs for tests of the verifier: random graphs with random decisions about them.
import { assemblePlan } from '../emit/plan/index.js';
import type { Graph } from '../ir/index.js';
import { runPasses } from '../passes/index.js';
import type { Plan } from '../plan-format/index.js';
import type { Decisions } from '../planning/decisions.js';
import { placeDraft } from '../planning/place-draft.js';
import { planModel } from '../planning/plan-model.js';
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

/** A plan of a random graph whose rows, some or all, are placed one by one, and spilled in part. */
export function randomPlacedPlan(seed: number): PlannedGraph {
  return placedPlanOf(randomGraph(seed, 8), seed);
}

/** A plan of this graph, after passes, with the decisions of `seed`. */
export function planOf(model: Graph, seed: number): PlannedGraph {
  const graph = runPasses(model);
  return planWith(graph, randomDecisions(graph, seed));
}

/** As `planOf`, with rows placed one by one and spills of some rows only. */
export function placedPlanOf(model: Graph, seed: number): PlannedGraph {
  const graph = runPasses(model);
  return planWith(graph, withPlacedRows(graph, randomDecisions(graph, seed), seed));
}

function planWith(graph: Graph, decisions: Decisions): PlannedGraph {
  const draft = scheduleProgram(graph, decisions);
  const { offsets } = placeDraft(draft, { nodeLimit: 200 }, true);
  return { plan: assemblePlan(graph, decisions, draft, offsets), graph };
}

/** The whole of `graph` in one stage, as it is, with kernels of this set. */
export function planWithKernels(graph: Graph, variants: 'portable' | 'fast'): Plan {
  const { attempt } = planModel(graph, {
    ...{ strategy: 'auto', streamInputs: true, streamOutputs: true, pointerBytes: 4, variants },
  });
  return assemblePlan(graph, attempt.decisions, attempt.draft, attempt.placement.offsets);
}

/** `graph` as it is, operator by operator, with resident inputs and outputs and nothing spilled. */
export function planInLayers(graph: Graph): Plan {
  const { attempt } = planModel(graph, {
    ...{ strategy: 'layers', streamInputs: false, streamOutputs: false, pointerBytes: 4 },
  });
  return assemblePlan(graph, attempt.decisions, attempt.draft, attempt.placement.offsets);
}
