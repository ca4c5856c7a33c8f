// SPDX-License-Identifier: Apache-2.0
/** Places for drafts of thousands of rows: first fit in a few orders, each improved by what came to lie too high. */
import type { Draft } from './decisions.js';
import { FirstFitArena } from './first-fit-arena.js';
import { leastHeightBytes, liveSpans } from './live-spans.js';
import { heightOfItems } from './placed-height.js';
import type { Placement, PlaceOptions } from './placement/index.js';
import { heightOf, type Shape } from './shape.js';

/** Comparisons of two spans that cost about as much time as one node of the exact search. */
const COMPARISONS_PER_NODE = 5000;
const NODES = 200_000;

/** How often an order is improved. */
const ROUNDS = 64;

/** By how much what lies too high moves forward in the order: these parts of all shapes, one after the other. */
const STEPS = [0.2, 1];

/** Levels of load that the order by load tells apart. */
const LEVELS = 20;

/**
 * Offsets of a draft whose rows are placed one by one. Deterministic: limits are counts.
 *
 * Whole tensors give up row by row what their rows no longer need. `proved` only where the height is the most
 * bytes that live at once.
 */
export function placeRows(draft: Draft, { nodeLimit = NODES, capacityBytes = 0 }: PlaceOptions): Placement {
  const bound = leastHeightBytes(draft);
  const goal = Math.max(bound, capacityBytes);
  const search = new RowSearch(draft, goal, nodeLimit * COMPARISONS_PER_NODE);
  const { offsets, heightBytes } = search.run();
  return { offsets, heightBytes, lowerBoundBytes: bound, proved: heightBytes <= bound, nodes: 0 };
}

class RowSearch {
  private readonly shapes: readonly Shape[];
  private readonly alignment: number;
  private comparisonsLeft: number;
  private best: { readonly offsets: readonly number[]; readonly heightBytes: number };

  constructor(
    private readonly draft: Draft,
    private readonly goalBytes: number,
    comparisons: number,
  ) {
    this.shapes = draft.items.map((item): Shape => {
      const { apart } = item;
      return { spans: liveSpans(item), ...(apart === undefined ? {} : { apart }) };
    });
    this.alignment = draft.items.reduce((most, item) => Math.max(most, item.alignment), 1);
    this.comparisonsLeft = comparisons;
    this.best = { offsets: [], heightBytes: Infinity };
  }

  run(): RowSearch['best'] {
    const orders = startOrders(this.shapes);
    for (const order of orders) if (!this.isDone()) this.place(order);
    for (const step of STEPS) for (const order of orders) this.improve(order, step);
    return this.best;
  }

  /** The first order is always tried. */
  private isDone(): boolean {
    const { heightBytes } = this.best;
    return heightBytes <= this.goalBytes || (heightBytes < Infinity && this.comparisonsLeft <= 0);
  }

  private place(order: readonly number[]): readonly number[] {
    const arena = new FirstFitArena(this.shapes, this.alignment);
    const offsets = arena.addAll(order);
    this.comparisonsLeft -= arena.comparisons;
    const heightBytes = heightOfItems(this.draft, offsets);
    if (heightBytes < this.best.heightBytes) this.best = { offsets, heightBytes };
    return offsets;
  }

  /** Again and again: what ends above the goal moves forward in the order. */
  private improve(start: readonly number[], step: number): void {
    const { shapes } = this;
    const rank = new Float64Array(shapes.length);
    start.forEach((shape, at) => (rank[shape] = at));
    let order = start;
    for (let round = 0; round < ROUNDS && !this.isDone(); round++) {
      const offsets = this.place(order);
      shapes.forEach((shape, i) => {
        if ((offsets[i] ?? 0) + heightOf(shape) > this.goalBytes) {
          rank[i] = (rank[i] as number) - step * shapes.length;
        }
      });
      order = sortedBy(shapes.length, (i) => [-(rank[i] as number)]);
    }
  }
}

/**
 * Of equally large rows those written first come first: each takes the lowest place that a dead one left, so that
 * rows of one size need no more places than live at once, and smaller rows fill what is left of them. Where rows
 * of several sizes compete, those that live when it is fullest come first.
 */
function startOrders(shapes: readonly Shape[]): number[][] {
  const height = shapes.map(heightOf);
  const start = shapes.map(({ spans }) =>
    spans.reduce((first, span) => Math.min(first, span.start), Infinity),
  );
  const end = shapes.map(({ spans }) => spans.reduce((last, span) => Math.max(last, span.end), 0));
  const load = loads(shapes);
  const most = load.reduce((a, b) => Math.max(a, b), 1);
  const at = (values: readonly number[], i: number): number => values[i] ?? 0;
  return [
    sortedBy(shapes.length, (i) => [at(height, i), -at(start, i)]),
    sortedBy(shapes.length, (i) => [Math.floor((at(load, i) / most) * LEVELS), at(height, i), -at(start, i)]),
    sortedBy(shapes.length, (i) => [at(height, i), at(end, i)]),
  ];
}

/** For each shape the most bytes that live at one of its ticks. */
function loads(shapes: readonly Shape[]): number[] {
  const ticks = shapes.reduce(
    (last, { spans }) => spans.reduce((most, { end }) => Math.max(most, end), last),
    0,
  );
  const live = new Float64Array(ticks + 1);
  for (const { start, end, bottom, top } of shapes.flatMap(({ spans }) => spans)) {
    live[start] = (live[start] as number) + top - bottom;
    live[end] = (live[end] as number) - (top - bottom);
  }
  for (let tick = 1; tick <= ticks; tick++) live[tick] = (live[tick] as number) + (live[tick - 1] as number);
  return shapes.map(({ spans }) => {
    let most = 0;
    for (const { start, end } of spans) {
      for (let tick = start; tick < end; tick++) most = Math.max(most, live[tick] as number);
    }
    return most;
  });
}

/** Numbers below `count`, those with the greatest keys first; of equals the lower one first. */
function sortedBy(count: number, keysOf: (index: number) => readonly number[]): number[] {
  const keys = Array.from({ length: count }, (_, index) => keysOf(index));
  return keys
    .map((_, index) => index)
    .sort((a, b) => {
      const [left, right] = [keys[a] ?? [], keys[b] ?? []];
      for (let i = 0; i < left.length; i++) {
        const difference = (right[i] ?? 0) - (left[i] ?? 0);
        if (difference !== 0) return difference;
      }
      return a - b;
    });
}
