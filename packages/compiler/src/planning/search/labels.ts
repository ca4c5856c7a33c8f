// SPDX-License-Identifier: Apache-2.0
/** Ways to a border of the search, of which those are kept that no other beats in both bytes held and cost. */
import type { StageStep } from './partition-search.js';

export interface Label {
  readonly peakBytes: number;
  readonly cost: number;
  readonly stages: number;
  readonly before: Label | undefined;
  readonly step: StageStep | undefined;
}

/**
 * Adds a label unless one of these beats it, and drops those that it beats; sorted by falling cost and rising peak.
 * Labels come in parts, and are made only where they stay: most are beaten.
 *
 * @returns whether it stays
 */
export function insertLabel(
  labels: Label[],
  peakBytes: number,
  cost: number,
  stages: number,
  before: Label | undefined,
  step: StageStep | undefined,
): boolean {
  // The first with a peak that is not lower.
  let [low, high] = [0, labels.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((labels[middle] as Label).peakBytes < peakBytes) low = middle + 1;
    else high = middle;
  }
  const lower = labels[low - 1];
  if (lower !== undefined && lower.cost <= cost) return false;
  const same = labels[low];
  if (same?.peakBytes === peakBytes) {
    if (same.cost < cost || (same.cost === cost && same.stages <= stages)) return false;
  }
  let until = low;
  while (until < labels.length && (labels[until] as Label).cost >= cost) until++;
  labels.splice(low, until - low, { peakBytes, cost, stages, before, step });
  return true;
}
