// SPDX-License-Identifier: Apache-2.0
// Behaviour of carried rows: closed forms against counting.
import { CarriedRows } from './carried-rows.js';

const RANGE = Array.from({ length: 24 }, (_, i) => i + 1);

/** Rows of each block, by going through all rows. */
function counted(rows: CarriedRows): number[][] {
  const carried = Array.from({ length: rows.rowCount }, (_, row) => row).filter(
    (row) => row % rows.period < rows.carried,
  );
  const blocks: number[][] = [];
  for (let at = 0; at < carried.length; at += rows.rowsPerBlock) {
    blocks.push(carried.slice(at, at + rows.rowsPerBlock));
  }
  return blocks;
}

const cases = RANGE.flatMap((rowCount) => [
  ...RANGE.map((rowsPerBlock) => new CarriedRows(rowCount, rowsPerBlock, 1, 1)),
  ...RANGE.filter((period) => period <= rowCount).flatMap((period) =>
    RANGE.filter((carried) => carried < period).map(
      (carried) => new CarriedRows(rowCount, 1, period, carried),
    ),
  ),
]);

describe('CarriedRows', () => {
  it('makes blocks of neighbours that hold each carried row once', () => {
    for (const rows of cases) {
      const blocks = Array.from({ length: rows.blockCount }, (_, block) => rows.block(block));
      expect(
        blocks.map(({ first, end }) => Array.from({ length: end - first }, (_, i) => first + i)),
      ).toEqual(counted(rows));
    }
  });

  it('counts the carried rows before each row', () => {
    for (const rows of cases) {
      for (let row = 0; row <= rows.rowCount; row++) {
        const before = counted(rows)
          .flat()
          .filter((other) => other < row).length;
        expect(rows.before(row)).toBe(before);
      }
    }
  });

  it('knows how far rows are there before a block is: up to its first row', () => {
    const rows = new CarriedRows(10, 1, 4, 2);
    expect([0, 1, 2, 3, 4, 5, 6].map((block) => rows.readyBefore(block))).toEqual([0, 1, 4, 5, 8, 9, 10]);
    expect([rows.count, rows.blockCount, rows.isAll]).toEqual([6, 6, false]);
  });
});
