// SPDX-License-Identifier: Apache-2.0
/** Where a sequence repeats itself: found in time that grows little faster than its length. */

/** `count` times the `period` places that begin at `start`. */
export interface Repeat {
  readonly start: number;
  readonly period: number;
  readonly count: number;
}

export interface Sequence {
  /** Equal places have equal numbers, counted from 0. */
  readonly ids: Int32Array;
  /** What each place costs where it stands; negative: it can not be part of a repeat. */
  readonly words: Float64Array;
}

/** Periods that are looked at, those at which most places equal an earlier one: this many at least, */
const PERIODS_MIN = 64;

/** and as many as make this many comparisons. */
const COMPARISONS = 4_000_000;

/** Earlier equal places that each place is compared with. */
const EARLIER_MAX = 32;

/**
 * Repeats that do not overlap, by rising start: those that save most, however often each stands there. Deterministic.
 *
 * @param costWords what a repeat costs besides its places
 */
export function findRepeats(sequence: Sequence, costWords: number): Repeat[] {
  const sums = new Float64Array(sequence.ids.length + 1);
  sequence.words.forEach((words, at) => (sums[at + 1] = (sums[at] ?? 0) + Math.abs(words)));
  const found: (Repeat & { readonly saving: number })[] = [];
  for (const period of likelyPeriods(sequence.ids)) {
    for (const { start, count } of runs(sequence, period)) {
      const saving = (count - 1) * ((sums[start + period] ?? 0) - (sums[start] ?? 0)) - costWords;
      if (saving > 0) found.push({ start, period, count, saving });
    }
  }
  found.sort((a, b) => b.saving - a.saving || a.start - b.start || a.period - b.period);
  return apart(found, sequence.ids.length);
}

/** What `findRepeats` costs at most for a sequence of this length, in comparisons of two places. */
export function comparisonsFor(length: number): number {
  return length * (EARLIER_MAX + Math.min(length >> 1, periodsFor(length)));
}

function periodsFor(length: number): number {
  return Math.max(PERIODS_MIN, Math.floor(COMPARISONS / Math.max(1, length)));
}

/** Distances from which many places repeat: from each place to the last few that equal it. */
function likelyPeriods(ids: Int32Array): number[] {
  const { length } = ids;
  const votes = new Int32Array((length >> 1) + 1);
  const previous = new Int32Array(length).fill(-1);
  const last = new Map<number, number>();
  for (let at = 0; at < length; at++) {
    const id = ids[at] as number;
    let earlier = last.get(id) ?? -1;
    previous[at] = earlier;
    last.set(id, at);
    for (let steps = 0; earlier >= 0 && steps < EARLIER_MAX; steps++) {
      const distance = at - earlier;
      if (distance < votes.length) votes[distance] = (votes[distance] as number) + 1;
      earlier = previous[earlier] as number;
    }
  }
  const periods: number[] = [];
  for (let period = 1; period < votes.length; period++)
    if ((votes[period] as number) > 0) periods.push(period);
  return periods
    .sort((a, b) => (votes[b] as number) - (votes[a] as number) || a - b)
    .slice(0, periodsFor(length));
}

/** Longest stretches in which each place equals the one a period later. */
function* runs({ ids, words }: Sequence, period: number): Generator<{ start: number; count: number }> {
  let matched = 0;
  for (let at = 0; at + period <= ids.length; at++) {
    const same = at + period < ids.length && ids[at] === ids[at + period] && (words[at] as number) >= 0;
    if (same) {
      matched++;
      continue;
    }
    if (matched >= period) yield { start: at - matched, count: Math.floor(matched / period) + 1 };
    matched = 0;
  }
}

/** The first of the list, and each further one that meets none before it. */
function apart(list: readonly Repeat[], length: number): Repeat[] {
  const taken = new Uint8Array(length);
  const chosen: Repeat[] = [];
  for (const repeat of list) {
    const { start, period, count } = repeat;
    const end = start + period * count;
    // Those before it in the list may be shorter: they can lie inside.
    if (taken.subarray(start, end).includes(1)) continue;
    taken.fill(1, start, end);
    chosen.push(repeat);
  }
  return chosen.sort((a, b) => a.start - b.start);
}
