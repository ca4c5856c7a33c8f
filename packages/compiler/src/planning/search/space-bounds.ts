// SPDX-License-Identifier: Apache-2.0
/** What the search knows of all plans of the plan space at once: no plan that costs so much needs less. */

import { ONE_SPILL_BYTES } from './least-ram.js';

/** A way as far as bounds go. */
interface Found {
  readonly way: { readonly peakBytes: number; readonly cost: number };
}

/** Bytes beside any arena: the executor, and what each plan that spills adds to it. */
interface Beside {
  readonly executor: number;
  readonly stores: number;
}

export class SpaceBounds {
  /**
   * @param anyPeakBytes no plan holds fewer, whatever the limits of the search
   * @param cheapest those that no way beats in both cost and bytes at the peak
   * @param frugal those that no way beats in both bytes at the peak and, as their cost, bytes of streams beside the
   *   arena; none where nothing may be spilled
   * @param isTimed other paces than the one of `frugal` count, too
   */
  constructor(
    private readonly beside: Beside,
    private readonly ways: {
      readonly cheapest: readonly Found[];
      readonly frugal: readonly Found[];
      readonly exhaustive: boolean;
    },
    private readonly isTimed: boolean,
    readonly anyPeakBytes: number,
  ) {}

  /** The fewest bytes at the peak of any plan that costs at most this; less where a limit of the search was met. */
  leastPeakFor(cost: number): number {
    if (!this.ways.exhaustive) return this.anyPeakBytes;
    return this.leastPeak((other) => other <= cost);
  }

  /** The least cost of any plan that holds so many bytes at most; 0 where none was found. */
  leastCostFor(peakBytes: number): number {
    const costs = this.ways.cheapest.flatMap(({ way }) => (way.peakBytes <= peakBytes ? [way.cost] : []));
    return costs.length === 0 ? 0 : Math.min(...costs);
  }

  /** The least RAM of any plan that costs less; Infinity where there is none, or a limit of the search hides it. */
  leastRamBelow(cost: number): number {
    const peakBytes = this.leastPeak((other) => other < cost);
    return this.leastRamFrom(peakBytes);
  }

  /** No plan whose peak is at least this needs less RAM. */
  private leastRamFrom(peakBytes: number): number {
    const { executor, stores } = this.beside;
    const { frugal } = this.ways;
    if (frugal.length === 0 || peakBytes === Infinity) return executor + peakBytes;
    return frugal.reduce((least, { way }) => {
      // The cost breaks ties in the fraction.
      const streams = Math.floor(way.cost);
      const spilled = stores + (this.isTimed ? Math.min(streams, ONE_SPILL_BYTES) : streams);
      const bytes = executor + Math.max(way.peakBytes, peakBytes) + (streams === 0 ? 0 : spilled);
      return Math.min(least, bytes);
    }, Infinity);
  }

  private leastPeak(counts: (cost: number) => boolean): number {
    return this.ways.cheapest.reduce(
      (least, { way }) => (counts(way.cost) ? Math.min(least, way.peakBytes) : least),
      Infinity,
    );
  }
}
