// SPDX-License-Identifier: Apache-2.0
/** All plans worth a look: the ways through every operator order, in each pace, that no other beats. */
import { rowCount, rowSizeBytes } from '../../analysis/tensor-size.js';
import { tensorOf, type Graph } from '../../ir/index.js';
import type { CostModel, Objective } from '../cost/cost-model.js';
import type { PlanSetting } from '../layer-planner.js';
import { BLOCK_BYTES, blockRows } from '../spill-options.js';
import { decisionsOfWay } from './decisions-of-way.js';
import { flowOf, type Flow } from './flow.js';
import { operatorOrders } from './operator-orders.js';
import { kernelSets, type KernelWays } from './kernel-sets.js';
import { besideBytes, executorShape, streamBytesOf } from './least-ram.js';
import { LABEL_LIMITS, searchPartitions, type StageCost, type Way } from './partition-search.js';
import { SpaceBounds } from './space-bounds.js';
import { ALL_ROWS, carriedCount } from './share.js';
import { stageCostOf } from './stage-cost.js';
import type { Pace } from './stage-graph.js';
import { StageLevels, type Source } from './stage-levels.js';
import { stageLimit } from './stage-limit.js';
import { stageProfile, type StageProfile } from './stage-profile.js';
import { decidedCost, paretoFront, withStores, type RawCandidate } from './stored-candidates.js';
import { wayCost } from './way-cost.js';

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
  /** No schedule and placement of this needs less RAM in all. */
  readonly leastRamBytes: number;
  /** No plan costs less and holds as few bytes; where a limit of the search was met, none that was found. */
  readonly isProved: boolean;
  /** Everything goes to this store. Default: to the cheapest that have room. */
  readonly only?: number;
}

export interface Candidates {
  /** By rising cost; each is better than any other in cost, in bytes at the peak, or in the RAM that it needs at least. */
  readonly list: readonly Candidate[];
  /** These and those that others beat, in every pace that they may come to have. */
  readonly everything: readonly Candidate[];
  readonly exhaustive: boolean;
  /** Ways whose spills no stores have room for; those that take the fewest bytes first. */
  readonly crowded: readonly RawCandidate[];
  readonly bounds: SpaceBounds;
}

/** Calls of kernels in all stages that are scheduled to learn what they hold, over all orders and paces. */
const CALLS = 1_500_000;

/** Single rows, nothing beside arithmetic: the pace that needs the least RAM. */
function tightPace(): Pace {
  return { isTight: true, overlap: false, rowsPerBlock: () => 1 };
}

/** Blocks of about 1 KiB, on their way while kernels run. */
function eagerPace(graph: Graph): Pace {
  return { isTight: false, overlap: true, rowsPerBlock: blocksOf(graph) };
}

/** From the most hurried to the one that needs the least RAM. */
export function pacesOf(graph: Graph): readonly Pace[] {
  return [
    eagerPace(graph),
    { isTight: false, overlap: true, rowsPerBlock: () => 1 },
    { isTight: false, overlap: false, rowsPerBlock: blocksOf(graph) },
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
 * @param isWide also looks for those that take less RAM beside the arena, though others beat them in cost and bytes held
 */
export function searchPlans(setting: SearchSetting, peakBytes = Infinity, isWide = true): Candidates {
  const found = searchWays(setting, setting.objective, peakBytes, { isWide });
  const executor = executorShape(setting);
  const bounds = new SpaceBounds(besideBytes(setting, executor), found, isTimed(setting), found.anyPeakBytes);
  const front = paretoFront(found.cheapest);
  const more = paretoFront(found.frugal).map((candidate) => recosted(setting, candidate, bounds));
  const others = (isWide ? [...front, ...more] : []).flatMap((candidate) =>
    otherPaces(setting, candidate, bounds),
  );
  const all = withStores({ ...setting, executor, bounds }, front, [...more, ...others], found.exhaustive);
  if (all.crowded.length === 0 || setting.objective === 'wear') return { ...all, bounds };
  // Ways that write less, though they cost more, have a chance where the stores are full.
  const sparing = paretoFront(searchWays(setting, 'wear', peakBytes, { isWide: false }).cheapest).map(
    (candidate) => {
      const { flow, way, pace } = candidate;
      const cost = decidedCost(setting, setting.objective, decisionsOfWay(flow, way, pace));
      return { ...candidate, way: { ...way, cost } };
    },
  );
  const rest = [...more, ...others, ...sparing];
  return { ...withStores({ ...setting, executor, bounds }, [...front, ...sparing], rest, false), bounds };
}

/** Whether the pace matters to the objective. */
function isTimed({ stores, objective }: SearchSetting): boolean {
  return stores.length > 0 && (objective === 'latency' || objective === 'energy');
}

/** With its cost in the objective, whatever it was searched for. */
function recosted(setting: SearchSetting, candidate: RawCandidate, bounds: SpaceBounds): RawCandidate {
  const { flow, way, pace } = candidate;
  const costOf = stageCostOf(setting.graph, flow, pace, setting.objective, setting.model);
  // No less than the search proved, whatever is lost in sums.
  const cost = Math.max(wayCost(flow, way, costOf), bounds.leastCostFor(way.peakBytes));
  return { ...candidate, way: { ...way, cost } };
}

/** The same way in larger blocks, or ahead: it holds no less. */
function otherPaces(setting: SearchSetting, candidate: RawCandidate, bounds: SpaceBounds): RawCandidate[] {
  if (!candidate.pace.isTight || setting.stores.length === 0) return [];
  return pacesOf(setting.graph)
    .filter(({ isTight }) => !isTight)
    .map((pace) => ({ ...candidate, pace }))
    .map((paced) => (isTimed(setting) ? recosted(setting, paced, bounds) : paced));
}

/**
 * As `searchPlans`, but each byte that is written costs so much more when ways are compared.
 *
 * @returns candidates with their cost without that
 */
export function searchPriced(setting: SearchSetting, peakBytes: number, price: number): readonly Candidate[] {
  if (price === 0) return searchPlans(setting, peakBytes, false).list;
  const found = searchWays(setting, setting.objective, peakBytes, { isWide: false, price });
  const executor = executorShape(setting);
  const bounds = new SpaceBounds(besideBytes(setting, executor), found, isTimed(setting), found.anyPeakBytes);
  const stored = { ...setting, executor, bounds };
  const { list } = withStores(stored, paretoFront(found.cheapest), [], found.exhaustive);
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
  /** Those that cost the least for the bytes that they hold. */
  readonly cheapest: readonly RawCandidate[];
  /** Those that take the least RAM beside the arena for them (`streamBytesOf`, in the place of their cost). */
  readonly frugal: readonly RawCandidate[];
  readonly exhaustive: boolean;
  /** No plan holds fewer at its peak, found or not. */
  readonly anyPeakBytes: number;
}

/** So little weigh bytes that move where RAM beside the arena is what counts: enough to break ties. */
const BYTES_TIE = 1e-12;

interface SearchEffort {
  /** Frugal ways are looked for, too. */
  readonly isWide: boolean;
  /** What each byte that is written costs on top. Default 0. */
  readonly price?: number;
}

/** The ways through every order and pace. */
function searchWays(
  setting: SearchSetting,
  objective: Objective,
  peakBytes: number,
  { isWide, price = 0 }: SearchEffort,
): Ways {
  const { graph, structure, model, stores, streamInputs, streamOutputs, kernelWays } = setting;
  const isAhead = kernelWays === undefined || (model.stores ?? []).some(({ overlapsCpu }) => overlapsCpu);
  const paces = isTimed(setting) && isAhead ? [tightPace(), eagerPace(graph)] : [tightPace()];
  const cheapest: RawCandidate[] = [];
  const frugal: RawCandidate[] = [];
  let exhaustive = true;
  let anyPeakBytes = 0;
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
      const costOf = priced(stageCostOf(graph, flow, pace, objective, model), price);
      const besideOf = streamBytesOf(pace);
      const bytesOf = stageCostOf(graph, flow, pace, 'bytes', model);
      const frugalOf: StageCost = (moved) => besideOf(moved) + BYTES_TIE * bytesOf(moved);
      const found = searchPartitions(
        flow,
        (first, end) => {
          const key = [orderIndex, paceIndex, first, end].join();
          const profiles = remembered(setting.memory?.profiles, key, () =>
            profilesOf(setting, flow, { first, end }, pace, peakBytes),
          );
          if (kernelWays === undefined && pace.isTight && end === first + 1) {
            anyPeakBytes = Math.max(anyPeakBytes, Math.min(...profiles.map(leastPeakOf)));
          }
          return profiles;
        },
        isWide && pace.isTight && stores.length > 0 ? [costOf, frugalOf] : [costOf],
        {
          ...LABEL_LIMITS,
          ...{ operatorsPerStage: operatorsMax, peakBytes },
          ...(kernelWays === undefined ? {} : { grainOf, floorBytes: floorOf(peakBytes) }),
        },
      );
      found.forEach(({ ways, exhaustive: isWhole }, index) => {
        (index === 0 ? cheapest : frugal).push(...ways.map((way) => ({ flow, way, pace })));
        exhaustive &&= isWhole;
      });
    }
  }
  return { cheapest, frugal, exhaustive, anyPeakBytes };
}

/**
 * The fewest bytes that a stage of one operator holds. In any other stage the operator holds no fewer: the rows that a
 * call reads and makes, and those that a later call reads and that can not be made or fetched again.
 */
function leastPeakOf({ read, isComplete, peakBytes }: StageProfile): number {
  if (!isComplete) return 0;
  const sources = read.map(({ spillable }): Source => (spillable ? ALL_ROWS : 'whole'));
  return Math.min(...peakBytes(sources, Infinity));
}

function remembered<K, T>(memory: Map<K, T> | undefined, key: K, make: () => T): T {
  const found = memory?.get(key) ?? make();
  memory?.set(key, found);
  return found;
}

function priced(costOf: StageCost, price: number): StageCost {
  if (price === 0) return costOf;
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
