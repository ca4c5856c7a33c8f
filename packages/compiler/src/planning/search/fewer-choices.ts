// SPDX-License-Identifier: Apache-2.0
/** Keeps the combinations of choices about the tensors that a stage makes within a count. */
import { isAllRows } from './share.js';
import type { MadeTensor } from './stage-levels.js';

/** Combinations that one stage may have. */
const COMBINATIONS = 1024;

export interface FewerChoices {
  readonly made: readonly MadeTensor[];
  /** Nothing was left out. */
  readonly isComplete: boolean;
}

/**
 * Where there are too many combinations, the smallest tensors lose choices first: their shares of rows, then what is
 * neither whole nor spilled once, then all choices but the first.
 */
export function fewerChoices(made: readonly MadeTensor[]): FewerChoices {
  const kept = made.map(({ tensor, choices }) => ({ tensor, choices }));
  const product = (): number => kept.reduce((all, { choices }) => all * choices.length, 1);
  if (product() <= COMBINATIONS) return { made, isComplete: true };
  const smallestFirst = kept
    .map((_, index) => index)
    .sort((a, b) => bytesOf(kept[a]) - bytesOf(kept[b]) || a - b);
  const reductions: ((choices: MadeTensor['choices']) => MadeTensor['choices'])[] = [
    (choices) => choices.filter(({ share }) => isAllRows(share)),
    (choices) => choices.filter(({ kind, far }) => !far && kind !== 'kept'),
    (choices) => choices.slice(0, 1),
  ];
  for (const reduce of reductions) {
    for (const index of smallestFirst) {
      if (product() <= COMBINATIONS) break;
      const entry = kept[index] as MadeTensor;
      const fewer = reduce(entry.choices);
      if (fewer.length > 0) kept[index] = { ...entry, choices: fewer };
    }
  }
  return { made: kept, isComplete: false };
}

function bytesOf(entry: MadeTensor | undefined): number {
  return entry?.tensor.movedBytes ?? 0;
}
