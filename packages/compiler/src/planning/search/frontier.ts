// SPDX-License-Identifier: Apache-2.0
/** The trade-off between RAM and cost: every plan of the plan space that no other beats, scheduled and placed. */
import type { Graph } from '../../ir/index.js';
import type { Decisions, StoreDecision } from '../decisions.js';
import type { CostModel, Objective } from '../cost/cost-model.js';
import { predictPlan } from '../cost/predict.js';
import { streamBytes, type Attempt } from '../layer-planner.js';
import type { PointerBytes } from '../ram.js';
import { structureOf } from '../structure.js';
import { lowestAttempt } from './candidate-attempts.js';
import { searchPlans, type Candidate } from './search-plans.js';

export interface FrontierOptions {
  /** None forbids spilling. */
  readonly stores: readonly StoreDecision[];
  readonly streamInputs: boolean;
  readonly streamOutputs: boolean;
  readonly pointerBytes: PointerBytes;
  readonly objective: Objective;
  readonly model: CostModel;
}

export interface FrontierPoint {
  readonly arenaBytes: number;
  readonly ramBytes: number;
  /** No plan of the plan space with this cost needs fewer bytes of arena. */
  readonly lowerBoundBytes: number;
  readonly writtenBytes: number;
  readonly readBytes: number;
  readonly latencyMs: number;
  readonly energyMj: number;
  /** Until the first store is worn out; null where nothing wears. */
  readonly lifetimeInferences: number | null;
  readonly stageCount: number;
  /** In the units of the objective. */
  readonly cost: number;
  readonly decisions: Decisions;
  readonly attempt: Attempt;
}

export interface Frontier {
  /** By falling RAM and rising cost. */
  readonly points: readonly FrontierPoint[];
  readonly exhaustive: boolean;
}

/** A pure function of its arguments; `graph` is one after all passes. */
export function frontier(graph: Graph, options: FrontierOptions): Frontier {
  const setting = { ...options, graph, structure: structureOf(graph), forced: new Map(), inPlace: true };
  const { list, exhaustive } = searchPlans(setting, Infinity, false);
  let least = Infinity;
  const points = list.flatMap((candidate): FrontierPoint[] => {
    if (candidate.leastRamBytes >= least) return [];
    const attempt = lowestAttempt(setting, candidate);
    if (attempt === undefined || attempt.ram.totalBytes >= least) return [];
    least = attempt.ram.totalBytes;
    return [pointOf(graph, options.model, attempt, candidate)];
  });
  return { points, exhaustive };
}

function pointOf(
  graph: Graph,
  model: CostModel,
  attempt: Attempt,
  { way, lowerBoundBytes }: Candidate,
): FrontierPoint {
  const { decisions, ram } = attempt;
  const moved = attempt.draft.streams.map(({ tensor }, stream) => {
    const bytes = streamBytes(graph, attempt.draft, stream);
    return { written: bytes, read: bytes * (decisions.spills.get(tensor)?.fetches.length ?? 0) };
  });
  const { latencyMs, energyMj, lifetimeInferences } = predictPlan(graph, model, decisions);
  return {
    arenaBytes: ram.arenaBytes,
    ramBytes: ram.totalBytes,
    lowerBoundBytes: Math.min(lowerBoundBytes, ram.arenaBytes),
    writtenBytes: moved.reduce((sum, { written }) => sum + written, 0),
    readBytes: moved.reduce((sum, { read }) => sum + read, 0),
    latencyMs,
    energyMj,
    lifetimeInferences,
    stageCount: decisions.stages.length,
    cost: way.cost,
    decisions,
    attempt,
  };
}
