// SPDX-License-Identifier: Apache-2.0
/** The ways that the search found, with stores for what they spill: those that no other beats. */
import { rowSizeBytes } from '../../analysis/tensor-size.js';
import { tensorOf } from '../../ir/index.js';
import { withKernels } from '../chosen-kernels.js';
import type { Objective } from '../cost/cost-model.js';
import { predictPlan } from '../cost/predict.js';
import { spillPasses } from '../cost/spill-passes.js';
import { streamCapacityBytes } from '../store-capacity.js';
import { assignStores } from '../store-assignment.js';
import { decisionsOfWay, type WayDecisions } from './decisions-of-way.js';
import type { Way } from './partition-search.js';
import type { Candidate, Candidates, SearchSetting } from './search-plans.js';
import { movedCost } from './stage-cost.js';
import type { Pace } from './stage-graph.js';

/** A way before its stores are known; `way.cost` is no more than with any. */
export type RawCandidate = Omit<Candidate, 'only' | 'lowerBoundBytes'>;

type StoreSetting = Pick<SearchSetting, 'graph' | 'structure' | 'stores' | 'objective' | 'model' | 'forced'>;

/** The decisions of a candidate at its own or another pace; undefined when the stores have no room for them. */
export function candidateDecisions(
  setting: StoreSetting,
  { flow, way, only }: Pick<Candidate, 'flow' | 'way' | 'only'>,
  pace: Pace,
): (WayDecisions & { readonly exhaustive: boolean }) | undefined {
  const { spills: own, ...rest } = decisionsOfWay(flow, way, pace);
  const { stages } = rest;
  const { graph, stores, objective, model, forced } = setting;
  // Those that are given take room, whether or not the way says how they come back.
  const spills = new Map([...forced, ...own]);
  const restriction = only === undefined ? {} : { only };
  const found = assignStores({ graph, stages, spills, stores, objective, model, ...restriction });
  return found === undefined ? undefined : { ...rest, spills: found.spills, exhaustive: found.exhaustive };
}

/** By rising cost and falling bytes at the peak; each is better than all others in one of the two. */
export function paretoFront<T extends { readonly way: Way }>(all: readonly T[]): T[] {
  let lowest = Infinity;
  return [...all]
    .sort((a, b) => a.way.cost - b.way.cost || a.way.peakBytes - b.way.peakBytes)
    .filter(({ way }) => {
      const better = way.peakBytes < lowest;
      lowest = Math.min(lowest, way.peakBytes);
      return better;
    });
}

/** Gives every way its stores and its cost with them, and keeps what no other beats. */
export function withStores(
  setting: SearchSetting,
  ways: readonly RawCandidate[],
  exhaustive: boolean,
): Candidates {
  const crowded: RawCandidate[] = [];
  let isExact = true;
  const stored = ways.flatMap((candidate): RawCandidate[] => {
    const decided = candidateDecisions(setting, candidate, candidate.pace);
    if (decided === undefined) {
      crowded.push(candidate);
      return [];
    }
    const cost =
      setting.stores.length < 2 ? candidate.way.cost : decidedCost(setting, setting.objective, decided);
    isExact &&= decided.exhaustive && cost <= candidate.way.cost * (1 + 1e-9);
    return [{ ...candidate, way: { ...candidate.way, cost } }];
  });
  const bytes = new Map(crowded.map((candidate) => [candidate, storedBytes(setting, candidate)]));
  return {
    list: paretoFront(stored)
      .map((candidate) => ({ ...candidate, lowerBoundBytes: leastPeak(ways, candidate.way.cost) }))
      .flatMap((candidate) => withSingleStores(setting, candidate))
      .sort((a, b) => a.way.cost - b.way.cost),
    // A way that has become dearer, or impossible, may have hidden others.
    exhaustive: exhaustive && isExact && crowded.length === 0,
    crowded: crowded.sort((a, b) => (bytes.get(a) ?? 0) - (bytes.get(b) ?? 0)),
  };
}

/** Bytes that the streams of a way take on the first store. */
export function storedBytes({ graph, stores: [store] }: StoreSetting, candidate: RawCandidate): number {
  if (store === undefined) return 0;
  const { spills } = decisionsOfWay(candidate.flow, candidate.way, candidate.pace);
  return [...spills].reduce((sum, [id, spill]) => sum + streamCapacityBytes(graph, id, spill, store), 0);
}

/** What a plan with these decisions costs, in the unit of the objective. */
export function decidedCost(
  { graph, structure, model }: StoreSetting,
  objective: Objective,
  { stages, spills, variants }: WayDecisions,
): number {
  if (objective === 'bytes' || objective === 'wear') {
    const passes = spillPasses(graph, stages, spills);
    const bytes = (wanted: 'program' | 'read'): number[] =>
      passes
        .filter(({ verb }) => verb === wanted)
        .map(({ tensor, stream }) => stream.rows * rowSizeBytes(tensorOf(graph, tensor)));
    return movedCost(objective, bytes('program'), bytes('read'));
  }
  const chosen =
    variants === undefined
      ? model
      : withKernels(graph, model, { variants, dissolved: structure.dissolved }).model;
  const { latencyMs, energyMj } = predictPlan(graph, chosen, { stages, spills });
  return objective === 'latency' ? latencyMs * 1000 : energyMj;
}

/** The fewest bytes at the peak of any way that may cost as little. */
function leastPeak(ways: readonly RawCandidate[], cost: number): number {
  return ways.reduce(
    (least, { way }) => (way.cost <= cost ? Math.min(least, way.peakBytes) : least),
    Infinity,
  );
}

/** A plan on several stores holds an engine for each: the same plan on one of them alone may fit where it does not. */
function withSingleStores(setting: SearchSetting, candidate: Candidate): Candidate[] {
  const decided = candidateDecisions(setting, candidate, candidate.pace);
  const used = new Set([...(decided?.spills.values() ?? [])].map(({ store }) => store));
  if (used.size < 2) return [candidate];
  const singles = setting.stores.flatMap((_, only): Candidate[] => {
    const alone = candidateDecisions(setting, { ...candidate, only }, candidate.pace);
    if (alone === undefined) return [];
    const cost = Math.max(candidate.way.cost, decidedCost(setting, setting.objective, alone));
    return [{ ...candidate, only, way: { ...candidate.way, cost } }];
  });
  return [candidate, ...singles];
}
