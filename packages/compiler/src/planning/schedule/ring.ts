// SPDX-License-Identifier: Apache-2.0
/**
 * Rows of one tensor in one place while a schedule is made: when each row was written and last used, and
 * from that how many rows must be in RAM at once and for how long.
 */
import type { TensorId } from '../../ir/index.js';
import type { LiveSpan } from '../decisions.js';
import type { CarriedRows } from './carried-rows.js';

export class Ring {
  /** Tick at which each row was written, or -1. Rows are written in order. */
  private readonly writtenAt: Int32Array;
  /** Last tick at which each row was written, read or in flight. */
  private readonly usedAt: Int32Array;
  /** Rows written so far. */
  private writtenRows = 0;
  /** Rows that may be read: written, and no longer in flight. */
  readyRows = 0;
  /** Must hold every row at its own place: bytes are read as another tensor, or the application keeps them. */
  resident = false;
  /** Each row has a place of its own. */
  byRow = false;
  /** Of a fetched copy that has only the carried rows: where the others are. */
  rest: { readonly ring: Ring; readonly carried: CarriedRows } | undefined;
  /** Tensors as which the bytes are read besides `tensor`. */
  readonly views = new Set<TensorId>();

  constructor(
    readonly tensor: TensorId,
    readonly role: 'home' | 'fetch' | 'constant',
    readonly rowCount: number,
    readonly rowBytes: number,
  ) {
    const tracked = role === 'constant' ? 0 : rowCount;
    this.writtenAt = new Int32Array(tracked).fill(-1);
    this.usedAt = new Int32Array(tracked).fill(-1);
    if (role === 'constant') this.readyRows = rowCount;
  }

  /** Rows [.., end) that are not written yet are written at `tick`. */
  write(end: number, tick: number): void {
    while (this.writtenRows < end) {
      this.writtenAt[this.writtenRows] = tick;
      this.usedAt[this.writtenRows] = tick;
      this.writtenRows++;
    }
  }

  /** Rows [first, end) are written at `tick`, all rows before them having been written or never to be. */
  writeRows(first: number, end: number, tick: number): void {
    this.writtenRows = Math.max(this.writtenRows, first);
    this.write(end, tick);
  }

  /** Rows [first, end) are needed until `tick`. Ticks never decrease from call to call. */
  use(first: number, end: number, tick: number): void {
    if (this.role !== 'constant') this.usedAt.fill(tick, first, end);
  }

  get isWhole(): boolean {
    return this.readyRows >= this.rowCount;
  }

  /** Ticks [start, end) during which any row lives; empty when no row was ever written. */
  interval(): { readonly start: number; readonly end: number } {
    if (this.writtenRows === 0) return { start: 0, end: 0 };
    let last = 0;
    for (const tick of this.usedAt) last = Math.max(last, tick);
    return { start: this.writtenAt[0] ?? 0, end: last + 1 };
  }

  /** Tick at which a row was written; -1 when it never was. */
  writtenTick(row: number): number {
    return this.writtenAt[row] ?? -1;
  }

  /** Last tick at which a row was written, read or in flight; -1 when it never was. */
  lastTick(row: number): number {
    return this.usedAt[row] ?? -1;
  }

  /** Ticks [start, end) during which a row lives; empty when it was never written. */
  rowInterval(row: number): { readonly start: number; readonly end: number } {
    const start = this.writtenTick(row);
    return start < 0 ? { start: 0, end: 0 } : { start, end: this.lastTick(row) + 1 };
  }

  /** The rows' lives, where each row is at its own place: those of neighbours that live together as one. */
  rowSpans(): LiveSpan[] {
    const spans: LiveSpan[] = [];
    for (let row = 0; row < this.rowCount; row++) {
      const { start, end } = this.rowInterval(row);
      if (start >= end) continue;
      const [bottom, top] = [row * this.rowBytes, (row + 1) * this.rowBytes];
      const last = spans[spans.length - 1];
      if (last?.top === bottom && last.start === start && last.end === end) {
        spans[spans.length - 1] = { ...last, top };
      } else {
        spans.push({ start, end, bottom, top });
      }
    }
    return spans;
  }

  /** Whether every row was written before `tick`. */
  isWrittenBefore(tick: number): boolean {
    return this.writtenRows === this.rowCount && (this.writtenAt[this.rowCount - 1] ?? tick) < tick;
  }

  /** The first row, from `from` on, that is needed at `tick` or later; `rowCount` when none is. */
  firstNeeded(tick: number, from: number): number {
    let row = from;
    while (row < this.rowCount && (this.usedAt[row] ?? 0) < tick) row++;
    return row;
  }

  /**
   * The least k such that row r can live in slot r mod k: the longest span from a row still needed to the
   * row being written.
   */
  ringRows(): number {
    if (this.resident || this.role === 'constant') return this.rowCount;
    let rows = 1;
    let newest = 0;
    let latestUse = -1;
    for (let row = 0; row < this.writtenRows; row++) {
      const used = this.usedAt[row] ?? -1;
      if (used <= latestUse) continue;
      latestUse = used;
      newest = Math.max(newest, row);
      while (newest + 1 < this.writtenRows && (this.writtenAt[newest + 1] ?? 0) <= used) newest++;
      rows = Math.max(rows, newest - row + 1);
    }
    return rows;
  }
}
