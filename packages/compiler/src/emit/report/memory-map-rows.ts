// SPDX-License-Identifier: Apache-2.0
/** Memory maps of rows that each have a place of their own: which rows are drawn as one rectangle. */
import type { MapBlock } from './memory-map.js';

/** One row in its place, or a run of rows of one buffer that follow each other there. */
export interface RowBlock {
  readonly block: MapBlock;
  readonly firstRow: number;
  readonly lastRow: number;
}

/** Columns that a gap between two rows may be wide and still not show; a picture is some hundred pixels wide. */
const GAP_SHARE = 1 / 400;

/**
 * Joins rows of one buffer that take turns in a slot with no visible gap between them, in which nobody else lies. What
 * is drawn then is the slot as the buffer's for that long; rows of several tensors that take turns stay apart.
 *
 * @param rows the rows of one buffer
 * @param all every block of the map, these rows included
 * @param columns width of the map
 */
export function joinRows(
  rows: readonly RowBlock[],
  all: readonly MapBlock[],
  columns: number,
): readonly RowBlock[] {
  const joined: RowBlock[] = [];
  const ordered = [...rows].sort((a, b) => a.block.offset - b.block.offset || a.block.start - b.block.start);
  for (const next of ordered) {
    const last = joined[joined.length - 1];
    if (
      last !== undefined &&
      follows(last.block, next.block, columns) &&
      isFree(last.block, next.block, all)
    ) {
      joined[joined.length - 1] = {
        block: { ...last.block, end: Math.max(last.block.end, next.block.end) },
        firstRow: Math.min(last.firstRow, next.firstRow),
        lastRow: Math.max(last.lastRow, next.lastRow),
      };
    } else {
      joined.push(next);
    }
  }
  return joined;
}

function follows(last: MapBlock, next: MapBlock, columns: number): boolean {
  return (
    next.offset === last.offset && next.kind === last.kind && next.start - last.end <= columns * GAP_SHARE
  );
}

/** Nobody lies in the slot between the two. */
function isFree(last: MapBlock, next: MapBlock, all: readonly MapBlock[]): boolean {
  const { offset, sizeBytes } = last;
  return !all.some(
    (other) =>
      other.start < next.start &&
      other.end > last.end &&
      other.offset < offset + sizeBytes &&
      offset < other.offset + other.sizeBytes,
  );
}

/** "row 5", "rows 5..13". */
export function rowsLabel({ firstRow, lastRow }: RowBlock): string {
  return firstRow === lastRow ? `row ${String(firstRow)}` : `rows ${String(firstRow)}..${String(lastRow)}`;
}
