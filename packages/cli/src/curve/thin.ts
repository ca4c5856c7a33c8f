// SPDX-License-Identifier: Apache-2.0
// Fewer points of a curve, such that the staircase through them stays as near as it can.
import type { ChartPoint } from '@tinyseg/compiler';

/**
 * At most `count` points (2 or more), the first and the last always among them. The one whose loss raises the
 * staircase by the least area goes first.
 *
 * @param points by falling RAM and rising cost
 */
export function thinned<P extends ChartPoint>(
  points: readonly P[],
  count: number,
  costOf: (point: P) => number,
): P[] {
  const kept = [...points];
  /** Budgets from this point up to the next larger one then cost what the point below costs. */
  const loss = (index: number): number => {
    const [larger, point, smaller] = [kept[index - 1], kept[index], kept[index + 1]];
    if (larger === undefined || point === undefined || smaller === undefined) return Infinity;
    return (larger.ramBytes - point.ramBytes) * (costOf(smaller) - costOf(point));
  };
  while (kept.length > Math.max(2, count)) {
    let least = 1;
    for (let index = 2; index < kept.length - 1; index++) if (loss(index) < loss(least)) least = index;
    kept.splice(least, 1);
  }
  return kept;
}
