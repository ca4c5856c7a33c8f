// SPDX-License-Identifier: Apache-2.0
/**
 * The strategy `auto` for objectives in time and energy with kernels to choose: stages, residency and kernels compete
 * for the same RAM. Each candidate has its kernels; the cheapest one that fits is the plan.
 */
import { attemptWith, settle, type Attempt } from '../layer-planner.js';
import type { AutoOutcome } from './auto-planner.js';
import type { KernelWays } from './kernel-sets.js';
import { leastOfGrain, pacesOf, searchPriced, type Candidate, type SearchSetting } from './search-plans.js';
import { candidateDecisions } from './stored-candidates.js';
import { candidatesWriting } from './written-limit.js';

/**
 * A pure function of its arguments. That more RAM never costs more is tested, not proved (docs/specs/plan-space.md).
 *
 * @returns undefined when nothing was found that fits
 */
export function planKernels(
  setting: SearchSetting,
  kernelWays: KernelWays,
  maxWrittenBytes = Infinity,
): AutoOutcome | undefined {
  const { budgetBytes, ...unbounded } = {
    ...setting,
    kernelWays,
    memory: { flows: new Map(), profiles: new Map() },
  };
  if (budgetBytes === undefined) return undefined;
  // The executor alone stands beside any arena.
  const { contextBytes, stackBytes } = attemptWith({ ...unbounded, stores: [] }, new Map()).ram;
  const peakBytes = budgetBytes - contextBytes - stackBytes;
  const list = candidatesWriting(maxWrittenBytes, (price) => searched(unbounded, peakBytes, price));
  for (const candidate of list) {
    const attempt = attemptCandidate(unbounded, candidate, budgetBytes);
    if (attempt === undefined) continue;
    const faster = hurried(unbounded, candidate, budgetBytes) ?? attempt;
    const settled = settle(unbounded, faster);
    const certificate = { lowerBoundBytes: settled.ram.arenaBytes, exhaustive: false };
    return { attempt: settled, fits: true, exhaustive: false, certificate };
  }
  return undefined;
}

/**
 * Candidates by rising cost, those that spill nothing among them: ways are compared by their arena, and one without spills
 * may have a larger one, since it is spared the memory of stores.
 */
function searched(setting: SearchSetting, peakBytes: number, price: number): readonly Candidate[] {
  const found = searchPriced(setting, peakBytes, price);
  if (price > 0 || setting.stores.length === 0) return found;
  const storeless = { ...setting, stores: [], memory: { flows: new Map(), profiles: new Map() } };
  const plain = searchPriced(storeless, peakBytes, price);
  return [...plain, ...found].sort((a, b) => a.way.cost - b.way.cost);
}

/** The plan of a candidate where it fits; with rings if it can, since a table of row places takes flash. */
function attemptCandidate(
  setting: SearchSetting,
  candidate: Candidate,
  budgetBytes: number,
): Attempt | undefined {
  const { pace, way } = candidate;
  const decided = candidateDecisions(setting, candidate, pace);
  if (decided === undefined) return undefined;
  const { stages, spills, variants } = decided;
  const stores = setting.stores.map((store) => (pace.overlap ? store : { ...store, slotCount: 1 }));
  const own = {
    ...setting,
    stores,
    enoughBytes: budgetBytes,
    ...(variants === undefined ? {} : { variants }),
  };
  let missed: Attempt | undefined;
  for (const rowPlaced of [undefined, 'all'] as const) {
    const attempt = attemptWith(own, spills, stages, rowPlaced);
    const beside = attempt.ram.totalBytes - attempt.ram.arenaBytes;
    if (attempt.isWidened === undefined && attempt.ram.totalBytes <= budgetBytes) return attempt;
    if (leastOfGrain(way.peakBytes) + beside > budgetBytes) return undefined;
    missed = attempt;
  }
  if (missed === undefined || missed.isWidened !== undefined) return undefined;
  const settled = settle(own, missed);
  return settled.ram.totalBytes <= budgetBytes ? settled : undefined;
}

/** The same plan with larger blocks or more overlap, where the budget has room for it. */
function hurried(setting: SearchSetting, candidate: Candidate, budgetBytes: number): Attempt | undefined {
  for (const pace of pacesOf(setting.graph)) {
    if (pace.overlap && !candidate.pace.overlap) continue;
    const faster = attemptCandidate(setting, { ...candidate, pace }, budgetBytes);
    if (faster !== undefined) return faster;
  }
  return undefined;
}
