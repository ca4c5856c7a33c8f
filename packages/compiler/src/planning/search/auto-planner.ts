// SPDX-License-Identifier: Apache-2.0
/**
 * The strategy `auto`: the cheapest plan of the plan space that fits the budget. The search proposes, the
 * scheduler and the placement of the whole plan decide.
 */
import { attemptWith, settle, type Attempt, type LayerOutcome, type PlanSetting } from '../layer-planner.js';
import { decisionsOfWay } from './decisions-of-way.js';
import { pacesOf, searchPlans, type Candidate, type SearchSetting } from './search-plans.js';

/** What is known about all other plans of the plan space. */
export interface Certificate {
  /** No plan of the plan space that costs as little needs fewer bytes of arena. */
  readonly lowerBoundBytes: number;
  /** True when the whole plan space was searched and no plan in it that fits the budget costs less. */
  readonly exhaustive: boolean;
}

export interface AutoOutcome extends LayerOutcome {
  readonly certificate: Certificate;
}

export function planAuto(setting: SearchSetting): AutoOutcome {
  const { budgetBytes = Infinity } = setting;
  const { list, exhaustive } = searchPlans(setting);
  // Placement must not depend on the budget: then more RAM never costs more.
  const { budgetBytes: _bound, ...unbounded } = setting;
  let least: { readonly attempt: Attempt; readonly candidate: Candidate } | undefined;
  let provedSoFar = true;
  for (const candidate of list) {
    const attempt = attemptCandidate(unbounded, candidate, setting.budgetBytes);
    if (attempt.ram.totalBytes <= budgetBytes) {
      const better = hurried(setting, unbounded, candidate) ?? attempt;
      const certificate = {
        // Sizes are rounded up in the search, and not at the top of the arena.
        lowerBoundBytes: Math.min(boundOf(attempt, candidate, list), attempt.ram.arenaBytes),
        exhaustive: exhaustive && provedSoFar && attempt.isWidened === undefined,
      };
      return {
        attempt: settle(unbounded, better),
        fits: true,
        exhaustive: certificate.exhaustive,
        certificate,
      };
    }
    // The executor alone, without any store, is the least that stands beside any arena.
    const besideBytes = attempt.ram.contextBytes + attempt.ram.stackBytes;
    if (candidate.way.peakBytes + besideBytes <= budgetBytes) provedSoFar = false;
    if (attempt.ram.totalBytes < (least?.attempt.ram.totalBytes ?? Infinity)) least = { attempt, candidate };
  }
  if (least === undefined) throw new Error('the search found no way through the operators');
  const certificate = { lowerBoundBytes: least.candidate.way.peakBytes, exhaustive: false };
  return { attempt: settle(unbounded, least.attempt), fits: false, exhaustive: false, certificate };
}

/** No plan of the plan space that costs as little as the attempt holds fewer bytes. */
function boundOf(
  { isWidened }: Attempt,
  { way }: { readonly way: { readonly peakBytes: number } },
  list: readonly { readonly way: { readonly peakBytes: number } }[],
): number {
  // It costs more than its candidate: then it is only known what none at all goes below.
  return isWidened === undefined ? way.peakBytes : Math.min(...list.map((other) => other.way.peakBytes));
}

/**
 * Schedules and places the whole plan of a candidate: with rings where they fit, since a table of row places takes
 * flash; otherwise, and where there is no bound, with rows placed one by one, if that is lower. One that spills nothing is compared with the two
 * plainest partitions, whose placement may come out lower by chance.
 */
export function attemptCandidate(
  setting: PlanSetting,
  { flow, way, pace }: Candidate,
  enoughBytes = 0,
): Attempt {
  const { stages, spills } = decisionsOfWay(flow, way, pace);
  const { store, structure } = setting;
  // With one slot, transfers take turns: less RAM, and without overlap no loss.
  const slots = store === undefined || pace.overlap ? {} : { store: { ...store, slotCount: 1 } };
  const lower = (best: Attempt, other: Attempt): Attempt =>
    other.ram.totalBytes < best.ram.totalBytes ? other : best;
  const rings = attemptWith({ ...setting, ...slots }, spills, stages);
  const plain = spills.size > 0 ? [] : [structure.running.map((id) => [id]), [structure.running]];
  const best = plain.map((partition) => attemptWith(setting, new Map(), partition)).reduce(lower, rings);
  if (best.ram.totalBytes <= enoughBytes) return best;
  return lower(best, attemptWith({ ...setting, ...slots }, spills, stages, 'all'));
}

/** The plan of a candidate that needs the least RAM. Rings can be lower only where placing rows lost something. */
export function lowestAttempt(setting: PlanSetting, { flow, way, pace }: Candidate): Attempt {
  const { stages, spills } = decisionsOfWay(flow, way, pace);
  const { store } = setting;
  const single =
    store === undefined || pace.overlap ? setting : { ...setting, store: { ...store, slotCount: 1 } };
  const rows = attemptWith(single, spills, stages, 'all');
  if (rows.placement.heightBytes <= way.peakBytes) return rows;
  const lower = (best: Attempt, other: Attempt): Attempt =>
    other.ram.totalBytes < best.ram.totalBytes ? other : best;
  return lower(rows, attemptCandidate(setting, { flow, way, pace }, Infinity));
}

/** The same plan with larger blocks or more overlap, where the budget has room for it. */
function hurried(
  { graph, budgetBytes }: SearchSetting,
  unbounded: PlanSetting,
  candidate: Candidate,
): Attempt | undefined {
  if (
    budgetBytes === undefined ||
    decisionsOfWay(candidate.flow, candidate.way, candidate.pace).spills.size === 0
  ) {
    return undefined;
  }
  for (const pace of pacesOf(graph)) {
    const attempt = attemptCandidate(unbounded, { ...candidate, pace }, budgetBytes);
    if (attempt.ram.totalBytes <= budgetBytes && attempt.isWidened === undefined) return attempt;
  }
  return undefined;
}
