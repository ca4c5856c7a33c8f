// SPDX-License-Identifier: Apache-2.0
/** Places for drafts of thousands of rows: first fit in a few orders, each improved by what came to lie too high. */
import type { Draft } from './decisions.js';
import { FirstFitArena } from './first-fit-arena.js';
import { leastHeightBytes, liveSpans } from './live-spans.js';
import type { Placement, PlaceOptions } from './placement/index.js';
import { MovingOrder, START_ORDERS, startOrder } from './row-orders.js';
import { heightOf, type Shape } from './shape.js';

/** Comparisons of two rows that cost about as much time as one node of the exact search. */
const COMPARISONS_PER_NODE = 2000;
const NODES = 200_000;

/** How often an order is improved. */
const ROUNDS = 64;

/** By how much what lies too high moves forward in the order: these parts of all shapes, one after the other. */
const STEPS = [0.2, 1];

export interface PlaceRowsOptions extends PlaceOptions {
  /**
   * A height that is low enough, where a higher one is of no use: nothing lower is looked for, and nothing at all where
   * no placement is as low. Other than `capacityBytes` it does not change what is tried, so that more room never
   * finds less.
   */
  readonly enoughBytes?: number;
}

/**
 * Offsets of a draft whose rows are placed one by one. Deterministic: limits are counts.
 *
 * Whole tensors give up row by row what their rows no longer need. `proved` only where the height is the most
 * bytes that live at once.
 */
export function placeRows(
  draft: Draft,
  { nodeLimit = NODES, capacityBytes = 0, enoughBytes = 0 }: PlaceRowsOptions,
): Placement {
  const bound = leastHeightBytes(draft);
  const goal = Math.max(bound, capacityBytes);
  const isHopeless = enoughBytes > 0 && bound > enoughBytes;
  const search = new RowSearch(draft, goal, {
    enoughBytes: isHopeless ? Infinity : Math.max(goal, enoughBytes),
    comparisons: nodeLimit * COMPARISONS_PER_NODE,
  });
  const { offsets, heightBytes } = search.run();
  return { offsets, heightBytes, lowerBoundBytes: bound, proved: heightBytes <= bound, nodes: 0 };
}

class RowSearch {
  private readonly shapes: readonly Shape[];
  private readonly heights: Float64Array;
  /** Bytes up to the end of what each shape holds, its alignment left out. */
  private readonly sizes: Float64Array;
  private readonly arena: FirstFitArena;
  private best: { readonly offsets: readonly number[]; readonly heightBytes: number };

  constructor(
    { items }: Draft,
    private readonly goalBytes: number,
    private readonly limits: { readonly enoughBytes: number; readonly comparisons: number },
  ) {
    this.shapes = items.map((item): Shape => {
      const { apart } = item;
      return { spans: liveSpans(item), ...(apart === undefined ? {} : { apart }) };
    });
    this.heights = Float64Array.from(this.shapes, heightOf);
    this.sizes = Float64Array.from(items, ({ sizeBytes, start, end }) => (start < end ? sizeBytes : 0));
    const alignment = items.reduce((most, item) => Math.max(most, item.alignment), 1);
    this.arena = new FirstFitArena(this.shapes, alignment);
    this.best = { offsets: [], heightBytes: Infinity };
  }

  run(): RowSearch['best'] {
    const starts: { readonly order: Int32Array; readonly offsets: Float64Array }[] = [];
    for (let which = 0; which < START_ORDERS && !this.isDone(); which++) {
      const order = startOrder(this.shapes, which);
      starts.push({ order, offsets: this.place(order).slice() });
    }
    for (const step of STEPS) for (const { order, offsets } of starts) this.improve(order, offsets, step);
    return this.best;
  }

  /** The first order is always tried. */
  private isDone(): boolean {
    const { heightBytes } = this.best;
    const { enoughBytes, comparisons } = this.limits;
    if (heightBytes === Infinity) return false;
    return heightBytes <= enoughBytes || this.arena.comparisons >= comparisons;
  }

  private place(order: Int32Array): Float64Array {
    const { sizes } = this;
    const offsets = this.arena.addAll(order);
    let heightBytes = 0;
    for (let i = 0; i < sizes.length; i++) {
      const size = sizes[i] as number;
      if (size > 0) heightBytes = Math.max(heightBytes, (offsets[i] as number) + size);
    }
    if (heightBytes < this.best.heightBytes) this.best = { offsets: Array.from(offsets), heightBytes };
    return offsets;
  }

  /** Again and again: what ends above the goal moves forward in the order. */
  private improve(start: Int32Array, startOffsets: Float64Array, step: number): void {
    const { heights, goalBytes } = this;
    const moving = new MovingOrder(start);
    let offsets = startOffsets;
    for (let round = 1; round < ROUNDS && !this.isDone(); round++) {
      const isHigh = (shape: number): boolean =>
        (offsets[shape] as number) + (heights[shape] as number) > goalBytes;
      moving.advance(isHigh, step * heights.length);
      offsets = this.place(moving.order);
    }
  }
}
