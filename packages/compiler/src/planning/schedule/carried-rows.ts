// SPDX-License-Identifier: Apache-2.0
/** Which rows of a tensor a stream carries, and in which of its blocks. */
import type { RowRange } from '../../analysis/row-windows.js';

/**
 * Rows r with r mod period < carried, in order, `rowsPerBlock` to a block. Blocks of several rows are runs of
 * neighbours where every row is carried, or the first ones are, or `carried` is a multiple of `rowsPerBlock`.
 */
export class CarriedRows {
  readonly blockCount: number;
  readonly count: number;

  constructor(
    readonly rowCount: number,
    readonly rowsPerBlock: number,
    readonly period: number,
    readonly carried: number,
  ) {
    this.count = this.before(rowCount);
    this.blockCount = Math.ceil(this.count / rowsPerBlock);
  }

  get isAll(): boolean {
    return this.carried === this.period;
  }

  carries(row: number): boolean {
    return row % this.period < this.carried;
  }

  /** Carried rows among rows [0, row). */
  before(row: number): number {
    return Math.floor(row / this.period) * this.carried + Math.min(row % this.period, this.carried);
  }

  /** Rows of the tensor that block `block` moves. */
  block(block: number): RowRange {
    const first = this.row(block * this.rowsPerBlock);
    const last = this.row(Math.min((block + 1) * this.rowsPerBlock, this.count) - 1);
    return { first, end: last + 1 };
  }

  /** Rows of the tensor that are there once the blocks before `block` are, if those not carried are. */
  readyBefore(block: number): number {
    return block < this.blockCount ? this.row(block * this.rowsPerBlock) : this.rowCount;
  }

  /** The row that is carried as number `index`. */
  private row(index: number): number {
    return Math.floor(index / this.carried) * this.period + (index % this.carried);
  }
}
