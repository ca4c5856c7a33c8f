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
import { leastRamBytes, type ExecutorShape } from './least-ram.js';
import type { Way } from './partition-search.js';
import type { Candidate, Candidates, SearchSetting } from './search-plans.js';
import type { SpaceBounds } from './space-bounds.js';
import { movedCost } from './stage-cost.js';
import type { Pace } from './stage-graph.js';

/** A way before its stores are known; `way.cost` is no more than with any. */
export type RawCandidate = Pick<Candidate, 'flow' | 'way' | 'pace'>;

type StoreSetting = Pick<SearchSetting, 'graph' | 'structure' | 'stores' | 'objective' | 'model' | 'forced'>;

interface StoredSetting extends SearchSetting {
  readonly executor: ExecutorShape;
  readonly bounds: SpaceBounds;
}

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

/**
 * Gives every way its stores and its cost with them, and keeps what no other beats.
 *
 * @param front what the search proved to be the cheapest; a way of it that finds no room is told of
 * @param more ways beside it
 */
export function withStores(
  setting: StoredSetting,
  front: readonly RawCandidate[],
  more: readonly RawCandidate[],
  exhaustive: boolean,
): Omit<Candidates, 'bounds'> {
  const crowded: RawCandidate[] = [];
  let isExact = true;
  const stored = front.flatMap((candidate) => {
    const found = storedCandidate(setting, candidate, true);
    if (found === undefined) crowded.push(candidate);
    else isExact &&= found.isExact && found.candidate.way.cost <= candidate.way.cost * (1 + 1e-9);
    return found === undefined ? [] : [found.candidate];
  });
  const bytes = new Map(crowded.map((candidate) => [candidate, storedBytes(setting, candidate)]));
  const others = more.flatMap((candidate) => storedCandidate(setting, candidate, false)?.candidate ?? []);
  const everything = [...stored, ...others].flatMap((candidate) => withSingleStores(setting, candidate));
  return {
    list: unbeaten(everything),
    everything,
    // A way that has become dearer, or impossible, may have hidden others.
    exhaustive: exhaustive && isExact && crowded.length === 0,
    crowded: crowded.sort((a, b) => (bytes.get(a) ?? 0) - (bytes.get(b) ?? 0)),
  };
}

/** The way with its stores; undefined where they have no room. */
function storedCandidate(
  setting: StoredSetting,
  raw: RawCandidate & Pick<Candidate, 'only'>,
  isProved: boolean,
): { readonly candidate: Candidate; readonly isExact: boolean } | undefined {
  const decided = candidateDecisions(setting, raw, raw.pace);
  if (decided === undefined) return undefined;
  const { way } = raw;
  const isOnly = setting.stores.length < 2;
  const cost = isOnly ? way.cost : Math.max(way.cost, decidedCost(setting, setting.objective, decided));
  const paced = { ...setting, stores: pacedStores(setting, raw.pace) };
  return {
    candidate: {
      ...raw,
      way: { ...way, cost },
      lowerBoundBytes: setting.bounds.leastPeakFor(cost),
      isProved,
      leastRamBytes: leastRamBytes(paced, setting.executor, decided.spills, way.peakBytes),
    },
    isExact: decided.exhaustive,
  };
}

/** With one slot, transfers take turns: less RAM, and without overlap no loss. */
export function pacedStores({ stores }: StoreSetting, { overlap }: Pace): StoreSetting['stores'] {
  return overlap ? stores : stores.map((store) => ({ ...store, slotCount: 1 }));
}

/** By rising cost; each is better than any other in cost, in bytes at the peak, or in least RAM. */
function unbeaten(all: readonly Candidate[]): Candidate[] {
  const kept: Candidate[] = [];
  // Of equals those on several stores come first, and the tight pace.
  const sorted = [...all].sort((a, b) => a.way.cost - b.way.cost || a.way.peakBytes - b.way.peakBytes);
  for (const candidate of sorted) {
    const { way, leastRamBytes: ram } = candidate;
    const isBeaten = kept.some((other) => other.way.peakBytes <= way.peakBytes && other.leastRamBytes <= ram);
    if (!isBeaten) kept.push(candidate);
  }
  return kept;
}

/** Bytes that the streams of a way, and those that are given, take on the first store. */
export function storedBytes(
  { graph, stores: [store], forced }: StoreSetting,
  { flow, way, pace }: RawCandidate,
): number {
  if (store === undefined) return 0;
  const spills = new Map([...forced, ...decisionsOfWay(flow, way, pace).spills]);
  return [...spills].reduce((sum, [id, spill]) => sum + streamCapacityBytes(graph, id, spill, store), 0);
}

/** What a plan with these decisions costs, in the unit of the objective. */
export function decidedCost(
  { graph, structure, model }: Pick<StoreSetting, 'graph' | 'structure' | 'model'>,
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

/** A plan on several stores holds an engine for each: the same plan on one of them alone may fit where it does not. */
function withSingleStores(setting: StoredSetting, candidate: Candidate): Candidate[] {
  if (setting.stores.length < 2) return [candidate];
  const decided = candidateDecisions(setting, candidate, candidate.pace);
  const used = new Set([...(decided?.spills.values() ?? [])].map(({ store }) => store));
  if (used.size < 2) return [candidate];
  const singles = setting.stores.flatMap(
    (_, only) => storedCandidate(setting, { ...candidate, only }, false)?.candidate ?? [],
  );
  return [candidate, ...singles];
}
