// SPDX-License-Identifier: Apache-2.0
/** How long a stage takes, when some of its transfers go on beside arithmetic and others do not. */
import type { CostModel } from './cost-model.js';

/** What a stage has to do, in microseconds. */
export class StageTime {
  /** Of the CPU: kernels, codec, checksum. */
  computeUs = 0;
  /** Transfers that the CPU waits for, and those of stores that stall it. */
  private waitedUs = 0;
  /** Transfers beside arithmetic, by store: each store does one after the other. */
  private readonly besideUs: number[] = [];

  constructor(private readonly model: CostModel) {}

  /** @param beside whether the plan has started the transfer early enough for arithmetic to go on */
  transfer(store: number, timeUs: number, beside: boolean): void {
    if (beside && this.model.stores?.[store]?.overlapsCpu === true) {
      this.besideUs[store] = (this.besideUs[store] ?? 0) + timeUs;
    } else {
      this.waitedUs += timeUs;
    }
  }

  /** The longest of: the CPU with what it waits for, and each store that works beside it. */
  get totalUs(): number {
    return this.besideUs.reduce((most, us) => Math.max(most, us), this.computeUs + this.waitedUs);
  }
}
