// SPDX-License-Identifier: Apache-2.0
/** Which of many intervals, shown one by one, overlap a given one: found without looking at all of them. */

/** Half-open, in ticks. */
export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/** All intervals are known from the start; only those that were shown are found. */
export class IntervalIndex {
  /** Interval indices by rising `lower`. */
  private readonly order: readonly number[];
  /** Place of interval i in `order`. */
  private readonly rank: Int32Array;
  private readonly lowers: Float64Array;
  /** A heap-shaped tree: leaf `leaves + rank` has the upper end of a shown interval, a node the most below it. */
  private readonly latest: Float64Array;
  private readonly leaves: number;

  constructor(intervals: readonly Interval[]) {
    const lowerOf = (i: number): number => (intervals[i] as Interval).lower;
    this.order = intervals.map((_, i) => i).sort((a, b) => lowerOf(a) - lowerOf(b));
    this.rank = new Int32Array(intervals.length);
    this.order.forEach((i, at) => (this.rank[i] = at));
    this.lowers = Float64Array.from(this.order, lowerOf);
    this.leaves = 2 ** Math.ceil(Math.log2(Math.max(1, intervals.length)));
    this.latest = new Float64Array(2 * this.leaves).fill(-Infinity);
  }

  /** From now on interval `i`, which ends at `upper`, is found. */
  show(i: number, upper: number): void {
    let node = this.leaves + (this.rank[i] as number);
    this.latest[node] = upper;
    for (node >>= 1; node > 0 && (this.latest[node] as number) < upper; node >>= 1) this.latest[node] = upper;
  }

  /** Puts the shown intervals that overlap `[lower, upper)` into `found`, in place of what was there. */
  overlapping({ lower, upper }: Interval, found: number[]): void {
    found.length = 0;
    const end = this.startsBefore(upper);
    const open = [1];
    const first = [0];
    const width = [this.leaves];
    while (open.length > 0) {
      const [node, from, leaves] = [open.pop() as number, first.pop() as number, width.pop() as number];
      if (from >= end || (this.latest[node] as number) <= lower) continue;
      if (leaves === 1) {
        found.push(this.order[from] as number);
        continue;
      }
      const half = leaves / 2;
      open.push(2 * node + 1, 2 * node);
      first.push(from + half, from);
      width.push(half, half);
    }
  }

  /** How many intervals begin before `time`. */
  private startsBefore(time: number): number {
    let [low, high] = [0, this.lowers.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.lowers[middle] as number) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** How many pairs of the intervals overlap. Empty intervals overlap nothing. */
export function overlappingPairs(intervals: readonly Interval[]): number {
  const real = intervals.filter(({ lower, upper }) => lower < upper);
  const lowers = Float64Array.from(real, ({ lower }) => lower).sort();
  const uppers = Float64Array.from(real, ({ upper }) => upper).sort();
  let [pairs, ended] = [0, 0];
  lowers.forEach((lower, started) => {
    while ((uppers[ended] as number) <= lower) ended++;
    pairs += started - ended;
  });
  return pairs;
}
