// SPDX-License-Identifier: Apache-2.0
/** All plans worth a look: the ways through every operator order, in each pace, that no other beats. */
import { rowCount, rowSizeBytes } from '../../analysis/tensor-size.js';
import { tensorOf, type Graph } from '../../ir/index.js';
import type { CostModel, Objective } from '../cost/cost-model.js';
import type { PlanSetting } from '../layer-planner.js';
import { blockRows } from '../spill-options.js';
import { decisionsOfWay } from './decisions-of-way.js';
import { flowOf, type Flow } from './flow.js';
import { operatorOrders } from './operator-orders.js';
import { kernelSets, type KernelWays } from './kernel-sets.js';
import { LABEL_LIMITS, searchPartitions, type StageCost, type Way } from './partition-search.js';
import { ALL_ROWS, carriedCount } from './share.js';
import { stageCostOf } from './stage-cost.js';
import type { Pace } from './stage-graph.js';
import { StageLevels } from './stage-levels.js';
import { stageLimit } from './stage-limit.js';
import { stageProfile, type StageProfile } from './stage-profile.js';
import { decidedCost, paretoFront, withStores, type RawCandidate } from './stored-candidates.js';

export interface SearchSetting extends PlanSetting {
  readonly objective: Objective;
  readonly model: CostModel;
  /** Kernels that are chosen together with stages and residency. Default: those that are given. */
  readonly kernelWays?: KernelWays;
  /** What earlier searches with the same setting found out about stages. Default: nothing. */
  readonly memory?: SearchMemory;
}

/** Profiles name the tensors of their flow, so both are remembered. */
export interface SearchMemory {
  readonly flows: Map<number, Flow>;
  readonly profiles: Map<string, readonly StageProfile[]>;
}

export interface Candidate {
  readonly flow: Flow;
  readonly way: Way;
  readonly pace: Pace;
  /** No way that costs as little holds fewer bytes at its peak. */
  readonly lowerBoundBytes: number;
  /** Everything goes to this store. Default: to the cheapest that have room. */
  readonly only?: number;
}

export interface Candidates {
  /** By rising cost and falling bytes at the peak; each is better than all others in one of the two. */
  readonly list: readonly Candidate[];
  readonly exhaustive: boolean;
  /** Ways whose spills no stores have room for; those that take the fewest bytes first. */
  readonly crowded: readonly RawCandidate[];
}

const BLOCK_BYTES = 1024;

/** Calls of kernels in all stages that are scheduled to learn what they hold, over all orders and paces. */
const CALLS = 1_500_000;

/** Single rows, nothing beside arithmetic: the pace that needs the least RAM. */
export function tightPace(): Pace {
  return { overlap: false, rowsPerBlock: () => 1 };
}

/** Blocks of about 1 KiB, on their way while kernels run. */
export function eagerPace(graph: Graph): Pace {
  return { overlap: true, rowsPerBlock: blocksOf(graph) };
}

/** From the most hurried to the one that needs the least RAM. */
export function pacesOf(graph: Graph): readonly Pace[] {
  return [
    eagerPace(graph),
    { overlap: true, rowsPerBlock: () => 1 },
    { overlap: false, rowsPerBlock: blocksOf(graph) },
    tightPace(),
  ];
}

function blocksOf(graph: Graph): Pace['rowsPerBlock'] {
  return (id) => {
    const tensor = tensorOf(graph, id);
    return blockRows(rowSizeBytes(tensor), rowCount(tensor), BLOCK_BYTES);
  };
}

/**
 * Searches the plan space (docs/specs/plan-space.md). A pure function of its arguments.
 *
 * @param peakBytes candidates that hold more are left out; the others are the same as without this
 */
export function searchPlans(setting: SearchSetting, peakBytes = Infinity): Candidates {
  const cheapest = searchWays(setting, setting.objective, peakBytes);
  const front = paretoFront(cheapest.all);
  const found = withStores(setting, front, cheapest.exhaustive);
  if (found.crowded.length === 0 || setting.objective === 'wear') return found;
  // Ways that write less, though they cost more, have a chance where the stores are full.
  const sparing = paretoFront(searchWays(setting, 'wear', peakBytes).all).map((candidate) => {
    const { flow, way, pace } = candidate;
    const cost = decidedCost(setting, setting.objective, decisionsOfWay(flow, way, pace));
    return { ...candidate, way: { ...way, cost } };
  });
  return withStores(setting, [...front, ...sparing], false);
}

/**
 * As `searchPlans`, but each byte that is written costs so much more when ways are compared.
 *
 * @returns candidates with their cost without that
 */
export function searchPriced(setting: SearchSetting, peakBytes: number, price: number): readonly Candidate[] {
  if (price === 0) return searchPlans(setting, peakBytes).list;
  const { all, exhaustive } = searchWays(setting, setting.objective, peakBytes, price);
  const { list } = withStores(setting, paretoFront(all), exhaustive);
  // With several stores the cost is that of their division already.
  if (setting.stores.length > 1) return list;
  return list.map((candidate) => {
    const { way } = candidate;
    return { ...candidate, way: { ...way, cost: way.cost - price * writtenBytes(candidate) } };
  });
}

/** Bytes that a candidate writes to stores in one inference. */
export function writtenBytes({ flow, way, pace }: RawCandidate): number {
  const { spills } = decisionsOfWay(flow, way, pace);
  return [...spills].reduce((sum, [id, { rows = ALL_ROWS }]) => {
    const tensor = flow.tensors.get(id);
    return tensor === undefined ? sum : sum + carriedCount(rows, tensor.rows) * tensor.rowBytes;
  }, 0);
}

interface Ways {
  readonly all: readonly RawCandidate[];
  readonly exhaustive: boolean;
}

/** The ways through every order and pace. */
function searchWays(setting: SearchSetting, objective: Objective, peakBytes: number, price = 0): Ways {
  const { graph, structure, model, stores, streamInputs, streamOutputs, kernelWays } = setting;
  const timed = stores.length > 0 && (objective === 'latency' || objective === 'energy');
  const isAhead = kernelWays === undefined || (model.stores ?? []).some(({ overlapsCpu }) => overlapsCpu);
  const paces = timed && isAhead ? [tightPace(), eagerPace(graph)] : [tightPace()];
  const all: RawCandidate[] = [];
  let exhaustive = true;
  const orders = operatorOrders(graph, structure);
  for (const [orderIndex, order] of orders.entries()) {
    const flow = remembered(setting.memory?.flows, orderIndex, () =>
      flowOf(graph, structure, order, {
        streamInputs,
        streamOutputs,
        canSpill: stores.length > 0,
        forced: new Set(setting.forced.keys()),
        halves: kernelWays !== undefined,
        ...(setting.variants === undefined ? {} : { variants: setting.variants }),
      }),
    );
    const calls = Math.floor(CALLS / (orders.length * paces.length));
    const { operatorsMax, isExhaustive } = stageLimit(graph, flow, calls);
    exhaustive &&= isExhaustive;
    for (const [paceIndex, pace] of paces.entries()) {
      const costOf = stageCostOf(graph, flow, pace, objective, model);
      const found = searchPartitions(
        flow,
        (first, end) => {
          const key = [orderIndex, paceIndex, first, end].join();
          const make = (): readonly StageProfile[] =>
            profilesOf(setting, flow, { first, end }, pace, peakBytes);
          return remembered(setting.memory?.profiles, key, make);
        },
        price === 0 ? costOf : priced(costOf, price),
        {
          ...LABEL_LIMITS,
          ...{ operatorsPerStage: operatorsMax, peakBytes },
          ...(setting.kernelWays === undefined ? {} : { grainOf, floorBytes: floorOf(peakBytes) }),
        },
      );
      all.push(...found.ways.map((way) => ({ flow, way, pace })));
      exhaustive &&= found.exhaustive;
    }
  }
  return { all, exhaustive };
}

function remembered<K, T>(memory: Map<K, T> | undefined, key: K, make: () => T): T {
  const found = memory?.get(key) ?? make();
  memory?.set(key, found);
  return found;
}

function priced(costOf: StageCost, price: number): StageCost {
  return (stage) =>
    costOf(stage) +
    price *
      stage.written.reduce(
        (sum, { tensor, share }) => sum + carriedCount(share, tensor.rows) * tensor.rowBytes,
        0,
      );
}

/** One profile of a stage, or one for each way to cut its calls. */
function profilesOf(
  { graph, structure, kernelWays }: SearchSetting,
  flow: Flow,
  range: { readonly first: number; readonly end: number },
  pace: Pace,
  limit: number,
): readonly StageProfile[] {
  if (kernelWays === undefined) return [stageProfile(new StageLevels(graph, structure, flow, range, pace))];
  return kernelSets(flow, kernelWays, range, limit).map(({ traced, sets }) => {
    const variants = new Map([...(flow.variants ?? []), ...traced]);
    return stageProfile(new StageLevels(graph, structure, { ...flow, variants }, range, pace, sets));
  });
}

/** Bytes rounded up to a part of 32 to 64: with kernels to choose there are too many ways that differ by less. */
function grainOf(bytes: number): number {
  const unit = grainAt(bytes);
  return Math.ceil(bytes / unit) * unit;
}

/** What holds much less than it may is not looked at more closely: a power of two, at most 4/5 of the limit. */
function floorOf(limit: number): number {
  return limit === Infinity ? 0 : 2 ** Math.floor(Math.log2(0.8 * Math.max(2, limit)));
}

/** The fewest bytes that are rounded up to these. */
export function leastOfGrain(bytes: number): number {
  return bytes - grainAt(bytes) + 1;
}

function grainAt(bytes: number): number {
  // 2^(n - 6) for bytes above 2^(n - 1) up to 2^n; offsets are multiples of 16 anyway.
  return bytes <= 1024 ? 16 : 2 ** (26 - Math.clz32(bytes - 1));
}
