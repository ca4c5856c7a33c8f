// SPDX-License-Identifier: Apache-2.0
/** The plans that come of one candidate of the search: scheduled and placed with rings, or with a place for each row. */
import type { OperatorId } from '../../ir/index.js';
import { attemptWith, settle, type Attempt } from '../layer-planner.js';
import { leastHeightBytes } from '../live-spans.js';
import { leastWithPairs } from '../place-draft.js';
import type { Candidate, SearchSetting } from './search-plans.js';
import { candidateDecisions, pacedStores } from './stored-candidates.js';

/** Partitions tried beside that of a plan without spills. */
const PARTITIONS = 64;

interface Effort {
  /** With a place for each row first. */
  readonly rowsFirst?: true;
  /** One that spills nothing is made with neighbouring partitions, too. */
  readonly wide?: true;
}

/**
 * The ways to place a candidate: with rings first, since a table of row places takes flash, then with rows placed one by
 * one. None where its row places could not be written, or its spills have no room.
 */
function* attemptsOf(
  setting: SearchSetting,
  candidate: Candidate,
  { rowsFirst, wide }: Effort = {},
): Generator<Attempt> {
  const decided = candidateDecisions(setting, candidate, candidate.pace);
  if (decided === undefined) return;
  const { stages, spills } = decided;
  const paced = { ...setting, stores: pacedStores(setting, candidate.pace) };
  const { running } = setting.structure;
  const plain = spills.size > 0 ? [] : [running.map((id) => [id]), [running]];
  const others = wide === true && spills.size === 0 ? neighbours(stages) : [];
  const rings = (some: Partition) => (): Attempt => attemptWith(paced, spills, some);
  const rows = (some: Partition) => (): Attempt => attemptWith(paced, spills, some, 'all');
  const ways = [...[stages, ...plain].map(rings), rows(stages)];
  const first = rowsFirst === true ? [rows(stages), ...ways.slice(0, -1)] : ways;
  for (const way of [...first, ...others.flatMap((some) => [rings(some), rows(some)])]) {
    const attempt = way();
    if (attempt.isWidened === undefined) yield attempt;
  }
}

type Partition = readonly (readonly OperatorId[])[];

/**
 * What comes of one border more or one fewer. Without spills all partitions cost the same, and what lives between two
 * calls, which the search does not see, may make another one lower.
 */
function neighbours(stages: Partition): Partition[] {
  const order = stages.flat();
  let at = 0;
  const borders = new Set(stages.map(({ length }) => (at += length)));
  return order.slice(1, PARTITIONS + 1).map((_, i) => {
    const changed = new Set(borders);
    if (!changed.delete(i + 1)) changed.add(i + 1);
    const ends = [...changed].sort((a, b) => a - b);
    return ends.map((end, stage) => order.slice(ends[stage - 1] ?? 0, end));
  });
}

/** The plan of a candidate: with rings where `enoughBytes` suffice for them, and the lowest otherwise. */
export function attemptCandidate(
  setting: SearchSetting,
  candidate: Candidate,
  enoughBytes = 0,
): Attempt | undefined {
  let lowest: Attempt | undefined;
  for (const attempt of attemptsOf(setting, candidate)) {
    if (lowest === undefined || attempt.ram.totalBytes < lowest.ram.totalBytes) lowest = attempt;
    if (lowest.ram.totalBytes <= enoughBytes) break;
  }
  return lowest;
}

/** The plan of a candidate that needs the least RAM. Rings can be lower only where placing rows lost something. */
export function lowestAttempt(setting: SearchSetting, candidate: Candidate): Attempt | undefined {
  let lowest: Attempt | undefined;
  for (const attempt of attemptsOf(setting, candidate, { rowsFirst: true })) {
    if (lowest === undefined || attempt.ram.totalBytes < lowest.ram.totalBytes) lowest = attempt;
    if (lowest.placement.heightBytes <= candidate.way.peakBytes) break;
  }
  return lowest;
}

/**
 * As `attemptCandidate`, but what just misses the budget is placed with more effort.
 *
 * @returns no attempt where none fits; not writable where there is none at all
 */
export function attemptWithin(
  setting: SearchSetting,
  candidate: Candidate,
  budgetBytes: number,
): { readonly attempt?: Attempt; readonly isWritable: boolean } {
  if (budgetBytes === Infinity) {
    const attempt = attemptCandidate(setting, candidate);
    return attempt === undefined ? { isWritable: false } : { attempt, isWritable: true };
  }
  const missed: Attempt[] = [];
  let isWritable = false;
  for (const attempt of attemptsOf(setting, candidate, { wide: true })) {
    isWritable = true;
    if (attempt.ram.totalBytes <= budgetBytes) return { attempt, isWritable };
    if (floorBytes(attempt) <= budgetBytes) missed.push(attempt);
  }
  for (const attempt of missed) {
    const settled = settle(setting, attempt);
    if (settled.ram.totalBytes <= budgetBytes) return { attempt: settled, isWritable };
  }
  return { isWritable };
}

/** No placement of the attempt's schedule needs less RAM. */
function floorBytes({ draft, ram }: Attempt): number {
  const { arenaBytes, totalBytes } = ram;
  return (
    totalBytes - arenaBytes + (draft.inPlace.length > 0 ? leastWithPairs(draft) : leastHeightBytes(draft))
  );
}

/** The candidate whose plan needs the least RAM, and that plan, placed with all effort; undefined where none has one. */
export function leastAttempt(
  setting: SearchSetting,
  candidates: readonly Candidate[],
): { readonly attempt: Attempt; readonly candidate: Candidate } | undefined {
  let least: { readonly attempt: Attempt; readonly candidate: Candidate } | undefined;
  const leastBytes = (): number => least?.attempt.ram.totalBytes ?? Infinity;
  const seen = new Set<string>();
  for (const candidate of [...candidates].sort((a, b) => a.leastRamBytes - b.leastRamBytes)) {
    if (candidate.leastRamBytes >= leastBytes()) break;
    const key = decisionsKey(setting, candidate);
    if (seen.has(key)) continue;
    seen.add(key);
    for (const attempt of attemptsOf(setting, candidate, { wide: true })) {
      if (floorBytes(attempt) >= leastBytes()) continue;
      const settled = settle(setting, attempt);
      if (settled.ram.totalBytes < leastBytes()) least = { attempt: settled, candidate };
    }
  }
  return least;
}

/** Equal for candidates that come to the same plans. */
function decisionsKey(setting: SearchSetting, candidate: Candidate): string {
  const { stages, spills } = candidateDecisions(setting, candidate, candidate.pace) ?? {};
  const slots = spills?.size === 0 ? 0 : Number(candidate.pace.overlap);
  return JSON.stringify([stages, [...(spills ?? [])], slots]);
}
