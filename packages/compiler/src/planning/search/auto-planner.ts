// SPDX-License-Identifier: Apache-2.0
/**
 * The strategy `auto`: the cheapest plan of the plan space that fits the budget. The search proposes, the
 * scheduler and the placement of the whole plan decide.
 */
import { attemptWith, settle, type Attempt, type LayerOutcome, type PlanSetting } from '../layer-planner.js';
import { decisionsOfWay } from './decisions-of-way.js';
import { pacesOf, searchPlans, type Candidate, type Candidates, type SearchSetting } from './search-plans.js';
import { stageCostOf } from './stage-cost.js';
import type { Pace } from './stage-graph.js';
import { candidateDecisions, storedBytes, type RawCandidate } from './stored-candidates.js';
import { tuneShares } from './tuning.js';

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

export function planAuto(setting: SearchSetting): AutoOutcome {
  const { stores, budgetBytes, forced } = setting;
  if (stores.length === 0 || forced.size > 0) return refusedOr(setting, searchPlans(setting));
  // Nothing costs less than no spills at all.
  const storeless = { ...setting, stores: [] };
  const plain = searchPlans(storeless);
  const [first] = plain.list;
  const fitting = firstFit(storeless, plain);
  if (fitting !== undefined) return fitting;
  if (budgetBytes !== undefined && first !== undefined) {
    const { stages } = decisionsOfWay(first.flow, first.way, first.pace);
    const { contextBytes, stackBytes } = attemptWith(storeless, new Map(), stages).ram;
    // The executor alone, without any store, is the least that stands beside any arena.
    const near = searchPlans(setting, BEYOND * (budgetBytes - contextBytes - stackBytes));
    const found = firstFit(setting, near);
    // Without a cheaper point behind it, it is not known how far the tuning may go.
    if (found?.floorCost !== undefined) return found;
  }
  return refusedOr(setting, searchPlans(setting));
}

/** An outcome that fits, with the cost of the next cheaper point of the trade-off where there is one. */
interface Found extends AutoOutcome {
  readonly floorCost: number | undefined;
}

/** The cheapest candidate that fits. */
function firstFit(setting: SearchSetting, { list, exhaustive }: Candidates): Found | undefined {
  const { budgetBytes = Infinity } = setting;
  const unbounded = withinBudget(setting);
  let provedSoFar = true;
  let besideBytes: number | undefined;
  for (const candidate of list) {
    if (besideBytes !== undefined && candidate.way.peakBytes + besideBytes > budgetBytes) continue;
    const attempt = attemptCandidate(unbounded, candidate, setting.budgetBytes);
    if (attempt === undefined) continue;
    if (attempt.ram.totalBytes <= budgetBytes) {
      const floorCost = cheaperCost(list, candidate);
      const tuned = tunedFor(setting, candidate, attempt, floorCost);
      const better = hurried(setting, unbounded, tuned.candidate) ?? tuned.attempt;
      const certificate = {
        // Sizes are rounded up in the search, and not at the top of the arena.
        lowerBoundBytes: Math.min(boundOf(attempt, candidate, list), better.ram.arenaBytes),
        exhaustive: exhaustive && provedSoFar && attempt.isWidened === undefined,
      };
      return {
        ...{ floorCost, attempt: settle(unbounded, better), fits: true, exhaustive: certificate.exhaustive },
        certificate,
      };
    }
    if (candidate.way.peakBytes + executorBytes(attempt) <= budgetBytes) provedSoFar = false;
    besideBytes ??= attempt.decisions.stores.length === 0 ? executorBytes(attempt) : undefined;
  }
  return undefined;
}

/** The cost of the next cheaper point of the trade-off: a plan on one store alone is one point with that on several. */
function cheaperCost(list: readonly Candidate[], { way }: Candidate): number | undefined {
  return list.findLast((other) => other.way.cost < way.cost)?.way.cost;
}

/** The executor alone, without any store, is the least that stands beside any arena. */
function executorBytes({ ram }: Attempt): number {
  return ram.contextBytes + ram.stackBytes;
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

/** What fits or, where nothing does, the plan that needs the least. */
function refusedOr(setting: SearchSetting, candidates: Candidates): AutoOutcome {
  const found = firstFit(setting, candidates);
  if (found !== undefined) return found;
  const unbounded = withoutBudget(setting);
  let least: { readonly attempt: Attempt; readonly candidate: Candidate } | undefined;
  for (const candidate of [...candidates.list].reverse()) {
    if (least !== undefined && candidate.way.peakBytes > least.attempt.ram.totalBytes) continue;
    const attempt = attemptCandidate(unbounded, candidate, setting.budgetBytes);
    if (attempt === undefined) continue;
    if (attempt.ram.totalBytes <= (least?.attempt.ram.totalBytes ?? Infinity)) least = { attempt, candidate };
  }
  const large = crowdedOutcome(setting, unbounded, candidates.crowded);
  const isRoomLacking = (large?.attempt.ram.totalBytes ?? Infinity) <= (setting.budgetBytes ?? Infinity);
  if (large !== undefined && (least === undefined || isRoomLacking)) return large;
  if (least === undefined) throw new Error('the search found no way through the operators');
  const attempt = lowestAsEmitted(setting, least.attempt, least.candidate);
  const bound = Math.min(least.candidate.way.peakBytes, attempt.ram.arenaBytes);
  const certificate = { lowerBoundBytes: bound, exhaustive: false };
  const fits = attempt.ram.totalBytes <= (setting.budgetBytes ?? Infinity);
  return { attempt, fits, exhaustive: false, certificate };
}

/** The plan that comes of a candidate when the budget is lowered to what the plan before needed, until that is the same. */
function lowestAsEmitted(setting: SearchSetting, attempt: Attempt, candidate: Candidate): Attempt {
  const { budgetBytes: _bound, ...unbounded } = setting;
  let lowest = settle(unbounded, attempt);
  for (;;) {
    const budgetBytes = lowest.ram.totalBytes;
    const other = hurried({ ...setting, budgetBytes }, unbounded, candidate);
    const next = other === undefined ? undefined : settle(unbounded, other);
    if (next === undefined || next.ram.totalBytes >= budgetBytes) return lowest;
    lowest = next;
  }
}

/** The candidate with as many rows in RAM as the budget allows; for what counts bytes, since it slows nothing else down. */
function tunedFor(
  setting: SearchSetting,
  candidate: Candidate,
  attempt: Attempt,
  floorCost: number | undefined,
): { readonly candidate: Candidate; readonly attempt: Attempt } {
  const { graph, objective, model, budgetBytes = Infinity } = setting;
  const counts = objective === 'bytes' || objective === 'wear';
  if (!counts || floorCost === undefined || attempt.isWidened !== undefined) return { candidate, attempt };
  const unbounded = withinBudget(setting);
  const costOf = stageCostOf(graph, candidate.flow, candidate.pace, objective, model);
  const tuned = tuneShares(candidate, floorCost, costOf, (smaller) => {
    const made = attemptCandidate(unbounded, smaller, setting.budgetBytes);
    if (made === undefined || made.isWidened === true) return undefined;
    return made.ram.totalBytes <= budgetBytes ? made : undefined;
  });
  return tuned ?? { candidate, attempt };
}

/** No plan of the plan space that costs as little as the attempt holds fewer bytes. */
function boundOf({ isWidened }: Attempt, { lowerBoundBytes }: Candidate, list: readonly Candidate[]): number {
  // It costs more than its candidate: then it is only known what none at all goes below.
  return isWidened === undefined ? lowerBoundBytes : Math.min(...list.map((other) => other.lowerBoundBytes));
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
    const attempt = attemptCandidate(
      { ...unbounded, stores },
      { ...candidate, lowerBoundBytes },
      budgetBytes,
    );
    if (attempt === undefined) continue;
    const certificate = { lowerBoundBytes, exhaustive: false };
    const storeBytes = storedBytes(unbounded, candidate);
    found = { attempt, fits: false, exhaustive: false, certificate, storeBytes };
    if (attempt.ram.totalBytes <= budgetBytes) return found;
  }
  return found;
}

/**
 * Schedules and places the whole plan of a candidate: with rings where they fit, since a table of row places takes
 * flash; otherwise, and where there is no bound, with rows placed one by one, if that is lower. One that spills nothing is compared with the two
 * plainest partitions, whose placement may come out lower by chance.
 */
export function attemptCandidate(
  setting: SearchSetting,
  candidate: Candidate,
  enoughBytes = 0,
): Attempt | undefined {
  const { pace } = candidate;
  const decided = candidateDecisions(setting, candidate, pace);
  if (decided === undefined) return undefined;
  const { stages, spills } = decided;
  const { structure } = setting;
  const slots = slotsOf(setting, pace);
  const lower = (best: Attempt, other: Attempt): Attempt =>
    other.ram.totalBytes < best.ram.totalBytes ? other : best;
  const rings = attemptWith({ ...setting, ...slots }, spills, stages);
  const plain = spills.size > 0 ? [] : [structure.running.map((id) => [id]), [structure.running]];
  const best = plain.map((partition) => attemptWith(setting, new Map(), partition)).reduce(lower, rings);
  if (best.ram.totalBytes <= enoughBytes) return best;
  return lower(best, attemptWith({ ...setting, ...slots }, spills, stages, 'all'));
}

/** The plan of a candidate that needs the least RAM. Rings can be lower only where placing rows lost something. */
export function lowestAttempt(setting: SearchSetting, candidate: Candidate): Attempt | undefined {
  const { way, pace } = candidate;
  const decided = candidateDecisions(setting, candidate, pace);
  if (decided === undefined) return undefined;
  const rows = attemptWith({ ...setting, ...slotsOf(setting, pace) }, decided.spills, decided.stages, 'all');
  if (rows.placement.heightBytes <= way.peakBytes) return rows;
  const other = attemptCandidate(setting, candidate, Infinity);
  return other !== undefined && other.ram.totalBytes < rows.ram.totalBytes ? other : rows;
}

/** With one slot, transfers take turns: less RAM, and without overlap no loss. */
function slotsOf({ stores }: PlanSetting, { overlap }: Pace): Pick<PlanSetting, 'stores'> {
  return { stores: overlap ? stores : stores.map((store) => ({ ...store, slotCount: 1 })) };
}

/** The same plan with larger blocks or more overlap, where the budget has room for it. */
function hurried(
  { graph, budgetBytes }: SearchSetting,
  unbounded: SearchSetting,
  candidate: Candidate,
): Attempt | undefined {
  const { spills } = decisionsOfWay(candidate.flow, candidate.way, candidate.pace);
  if (budgetBytes === undefined || spills.size === 0) return undefined;
  for (const pace of pacesOf(graph)) {
    const faster = attemptCandidate(unbounded, { ...candidate, pace }, budgetBytes);
    if (faster === undefined || faster.isWidened === true) continue;
    if (faster.ram.totalBytes <= budgetBytes) return faster;
  }
  return undefined;
}
