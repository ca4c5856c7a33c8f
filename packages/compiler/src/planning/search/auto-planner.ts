// SPDX-License-Identifier: Apache-2.0
/**
 * The strategy `auto`: the cheapest plan of the plan space that fits the budget. The search proposes, the
 * scheduler and the placement of the whole plan decide.
 */
import { predictPlan } from '../cost/predict.js';
import { settle, type Attempt, type LayerOutcome } from '../layer-planner.js';
import { attemptCandidate, attemptWithin, leastAttempt } from './candidate-attempts.js';
import { besideBytes, executorShape } from './least-ram.js';
import { pacesOf, searchPlans, type Candidate, type Candidates, type SearchSetting } from './search-plans.js';
import { stageCostOf } from './stage-cost.js';
import { candidateDecisions, storedBytes, type RawCandidate } from './stored-candidates.js';
import { tuneShares, withAllRows } from './tuning.js';

/** What is known about all other plans of the plan space. */
export interface Certificate {
  /** No plan of the plan space that costs as little needs fewer bytes of arena. */
  readonly lowerBoundBytes: number;
  /** True when the whole plan space was searched and no plan in it that fits the budget costs less. */
  readonly exhaustive: boolean;
}

export interface AutoOutcome extends LayerOutcome {
  readonly certificate: Certificate;
  /** Of a plan that would fit the budget if the stores were larger: what it takes on the first of them. */
  readonly storeBytes?: number;
}

/** By how much the first search with spills looks beyond the budget: the next cheaper point bounds the tuning. */
const BEYOND = 1.2;

/** What fits the budget or, where nothing does, the plan that needs the least. */
export function planAuto(setting: SearchSetting): AutoOutcome {
  const { stores, budgetBytes, forced } = setting;
  if (stores.length === 0 || forced.size > 0) {
    const all = searchPlans(setting);
    return firstFit(setting, all) ?? leastOutcome(setting, [all]);
  }
  // Nothing costs less than no spills at all, whatever counts.
  const storeless: SearchSetting = { ...setting, stores: [], objective: 'bytes' };
  const plain = searchPlans(storeless);
  const fitting = firstFit(storeless, plain);
  if (fitting !== undefined) return fitting;
  if (budgetBytes !== undefined) {
    const { executor } = besideBytes(setting, executorShape(setting));
    const near = searchPlans(setting, BEYOND * (budgetBytes - executor));
    const found = firstFit(setting, near);
    // Without a cheaper point behind it, it is not known how far the tuning may go.
    if (found?.floorCost !== undefined) return found;
  }
  const all = searchPlans(setting);
  return firstFit(setting, all) ?? leastOutcome(setting, [plain, all]);
}

/** An outcome that fits, with the cost of the next cheaper point of the trade-off where there is one. */
interface Found extends AutoOutcome {
  readonly floorCost: number | undefined;
}

/**
 * The cheapest plan that fits. What the search proved to be cheapest is tuned, too: down to the cost of the next cheaper
 * one at most, so that more room never gives a dearer plan; others, which may fit where that one does not, are taken as
 * they are.
 */
function firstFit(setting: SearchSetting, candidates: Candidates): Found | undefined {
  const { list, exhaustive, bounds } = candidates;
  const { budgetBytes = Infinity } = setting;
  const [other, proved] = fitting(setting, list);
  const floorCost = list.findLast(
    ({ isProved, way }) => isProved && way.cost < (proved?.candidate.way.cost ?? 0),
  )?.way.cost;
  const tuned = proved && tunedFor(setting, proved, floorCost);
  const isOther = other !== undefined && other.candidate.way.cost < (tuned?.candidate.way.cost ?? Infinity);
  const found = isOther ? { ...other, isAllowed: () => true } : tuned;
  if (found === undefined) return undefined;
  const attempt = asEmitted(setting, found);
  // Shares that are tuned are not in the plan space.
  const { cost } = (isOther ? other : (proved as Made)).candidate.way;
  const cheaperBytes = bounds.leastRamBelow(cost);
  const certificate = {
    // Sizes are rounded up in the search, and not at the top of the arena.
    lowerBoundBytes: Math.min(bounds.leastPeakFor(cost), attempt.ram.arenaBytes),
    exhaustive: exhaustive && (cheaperBytes === Infinity || cheaperBytes > budgetBytes),
  };
  return { floorCost, attempt, fits: true, exhaustive: certificate.exhaustive, certificate };
}

interface Made {
  readonly candidate: Candidate;
  readonly attempt: Attempt;
}

/** The cheapest that fits of those that the search proved to be cheapest, and one of the others before it. */
function fitting(
  setting: SearchSetting,
  list: readonly Candidate[],
): [other: Made | undefined, proved: Made | undefined] {
  const { budgetBytes = Infinity } = setting;
  const waiting = [...list];
  let other: Made | undefined;
  for (let candidate = waiting.shift(); candidate !== undefined; candidate = waiting.shift()) {
    if (candidate.leastRamBytes > budgetBytes || (other !== undefined && !candidate.isProved)) continue;
    const { attempt, isWritable } = attemptWithin(withinBudget(setting), candidate, budgetBytes);
    if (attempt === undefined) {
      // Where row places could not be written, all rows of what is spilled in part; that costs more.
      const whole = isWritable ? undefined : withAllRows(setting, candidate);
      if (whole !== undefined) insertByCost(waiting, whole);
    } else if (candidate.isProved) {
      return [other, { candidate, attempt }];
    } else {
      other = { candidate, attempt };
    }
  }
  return [other, undefined];
}

function insertByCost(candidates: Candidate[], candidate: Candidate): void {
  const at = candidates.findIndex(({ way }) => way.cost > candidate.way.cost);
  candidates.splice(at < 0 ? candidates.length : at, 0, candidate);
}

interface Tuned extends Made {
  /**
   * It needs no less RAM than some plan that is not tuned: then it never needs less than the least that a refusal
   * names, which is looked for among those.
   */
  readonly isAllowed: (attempt: Attempt) => boolean;
}

/** With larger blocks where there is room for them, and placed with all effort. */
function asEmitted(setting: SearchSetting, { candidate, attempt, isAllowed }: Tuned): Attempt {
  const better = hurried(setting, candidate, isAllowed) ?? attempt;
  const settled = settle(withoutBudget(setting), better);
  return isAllowed(settled) ? settled : better;
}

/** Placement must not depend on the budget: then more RAM never costs more. */
function withoutBudget({ budgetBytes: _bound, ...unbounded }: SearchSetting): SearchSetting {
  return unbounded;
}

/** As without the budget, for attempts that are dropped when they exceed it. */
function withinBudget(setting: SearchSetting): SearchSetting {
  const { budgetBytes: enoughBytes, ...unbounded } = setting;
  return enoughBytes === undefined ? unbounded : { ...unbounded, enoughBytes };
}

/** The plan that needs the least RAM of all that were found, whatever it costs. */
function leastOutcome(setting: SearchSetting, searches: readonly Candidates[]): AutoOutcome {
  const { budgetBytes = Infinity } = setting;
  const unbounded = withoutBudget(setting);
  const everything = searches.flatMap((found) => found.everything);
  const least = leastAttempt(unbounded, everything) ?? leastAttempt(unbounded, wholes(setting, everything));
  const crowded = searches.flatMap((found) => found.crowded);
  const large = crowdedOutcome(setting, unbounded, crowded);
  const isRoomLacking = (large?.attempt.ram.totalBytes ?? Infinity) <= budgetBytes;
  const fits = (least?.attempt.ram.totalBytes ?? Infinity) <= budgetBytes;
  if (large !== undefined && (least === undefined || (isRoomLacking && !fits))) return large;
  if (least === undefined) throw new Error('the search found no way through the operators');
  const { attempt, candidate } = least;
  const bound = Math.min(candidate.lowerBoundBytes, attempt.ram.arenaBytes);
  const certificate = { lowerBoundBytes: bound, exhaustive: false };
  return { attempt, fits, exhaustive: false, certificate };
}

function wholes(setting: SearchSetting, candidates: readonly Candidate[]): Candidate[] {
  return candidates.flatMap((candidate) => withAllRows(setting, candidate) ?? []);
}

/** The candidate with as many rows in RAM as the budget allows, or as it is. */
function tunedFor(setting: SearchSetting, made: Made, floorCost: number | undefined): Tuned {
  const { candidate, attempt } = made;
  const { graph, objective, model, budgetBytes = Infinity } = setting;
  if (floorCost === undefined) return { ...made, isAllowed: () => true };
  const unbounded = withoutBudget(setting);
  let lowest: number | undefined;
  const isAllowed = ({ ram: { totalBytes: bytes } }: Attempt): boolean =>
    bytes >= attempt.ram.totalBytes ||
    bytes >= (lowest ??= attemptCandidate(unbounded, candidate)?.ram.totalBytes ?? 0);
  const costOf = stageCostOf(graph, candidate.flow, candidate.pace, objective, model);
  const tuned = tuneShares(candidate, floorCost, costOf, (smaller) => {
    const other = attemptCandidate(withinBudget(setting), smaller, setting.budgetBytes);
    return other !== undefined && other.ram.totalBytes <= budgetBytes && isAllowed(other) ? other : undefined;
  });
  return tuned === undefined ? { ...made, isAllowed: () => true } : { ...tuned, isAllowed };
}

/** The plan that would take the fewest bytes of stores, of those that fit the budget; else the last that was looked at. */
function crowdedOutcome(
  { budgetBytes = Infinity }: SearchSetting,
  unbounded: SearchSetting,
  crowded: readonly RawCandidate[],
): AutoOutcome | undefined {
  const stores = unbounded.stores.map(({ capacityBytes: _full, ...store }) => store);
  let found: AutoOutcome | undefined;
  for (const candidate of crowded) {
    const lowerBoundBytes = candidate.way.peakBytes;
    const bounds = { lowerBoundBytes, leastRamBytes: lowerBoundBytes, isProved: false };
    const attempt = attemptCandidate({ ...unbounded, stores }, { ...candidate, ...bounds }, budgetBytes);
    if (attempt === undefined) continue;
    const certificate = { lowerBoundBytes, exhaustive: false };
    const storeBytes = storedBytes(unbounded, candidate);
    found = { attempt, fits: false, exhaustive: false, certificate, storeBytes };
    if (attempt.ram.totalBytes <= budgetBytes) return found;
  }
  return found;
}

/**
 * The same plan with larger blocks or more overlap, where the budget has room for it: the fastest. Only where time is
 * not what is sought: there each pace is a candidate of its own.
 */
function hurried(
  setting: SearchSetting,
  candidate: Candidate,
  isAllowed: Tuned['isAllowed'],
): Attempt | undefined {
  const { graph, model, objective, budgetBytes } = setting;
  const isTimed = objective === 'latency' || objective === 'energy';
  if (budgetBytes === undefined || isTimed) return undefined;
  const paced = pacesOf(graph).flatMap((pace) => {
    const decided = candidateDecisions(setting, candidate, pace);
    if (decided === undefined || decided.spills.size === 0) return [];
    return [{ candidate: { ...candidate, pace }, latencyMs: predictPlan(graph, model, decided).latencyMs }];
  });
  // The most hurried is the first of equally fast ones.
  for (const { candidate: faster } of paced.sort((a, b) => a.latencyMs - b.latencyMs)) {
    const attempt = attemptCandidate(withinBudget(setting), faster, budgetBytes);
    if (attempt === undefined || attempt.ram.totalBytes > budgetBytes) continue;
    if (isAllowed(attempt)) return attempt;
  }
  return undefined;
}
