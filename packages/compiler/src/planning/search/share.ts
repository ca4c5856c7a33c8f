// SPDX-License-Identifier: Apache-2.0
/** How much of a spilled tensor goes to the store: all rows, or some, the others staying in RAM. */
import { CarriedRows } from '../schedule/carried-rows.js';

/** Rows r with r mod `period` < `carried` are spilled. */
export interface Share {
  readonly period: number;
  readonly carried: number;
}

export const ALL_ROWS: Share = { period: 1, carried: 1 };

const PARTS = 4;

/** A tensor of fewer rows is spilled as a whole or not at all. */
const FEWEST_ROWS = 8;

/** The shares that the search looks at, the smallest first; the last one is all rows. */
export const PERIODIC_SHARES: readonly Share[] = [
  ...Array.from({ length: PARTS - 1 }, (_, i): Share => ({ period: PARTS, carried: i + 1 })),
  ALL_ROWS,
];

/** Where there is more to choose. */
const HALVES: readonly Share[] = [{ period: PARTS, carried: PARTS / 2 }, ALL_ROWS];

export function sharesOf(tensor: {
  readonly divisible: boolean;
  readonly rows: number;
  readonly halves: boolean;
}): readonly Share[] {
  if (!tensor.divisible || tensor.rows < FEWEST_ROWS) return [ALL_ROWS];
  return tensor.halves ? HALVES : PERIODIC_SHARES;
}

export function isAllRows({ period, carried }: Share): boolean {
  return carried === period;
}

export function carries({ period, carried }: Share, row: number): boolean {
  return row % period < carried;
}

/** Rows that are spilled of a tensor with so many. */
export function carriedCount({ period, carried }: Share, rows: number): number {
  return new CarriedRows(rows, 1, period, carried).count;
}
