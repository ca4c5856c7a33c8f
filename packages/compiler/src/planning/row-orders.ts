// SPDX-License-Identifier: Apache-2.0
/** In which order thousands of rows are placed: a few to begin with, and how one changes for the better. */
import { heightOf, type Shape } from './shape.js';

/** Levels of load that the order by load tells apart. */
const LEVELS = 20;

/** So many orders begin. */
export const START_ORDERS = 3;

/**
 * Of equally large rows those written first come first: each takes the lowest place that a dead one left, so that
 * rows of one size need no more places than live at once, and smaller rows fill what is left of them. Where rows
 * of several sizes compete, those that live when it is fullest come first.
 *
 * @param which 0 to START_ORDERS - 1
 */
export function startOrder(shapes: readonly Shape[], which: number): Int32Array {
  const height = Float64Array.from(shapes, heightOf);
  if (which === 2) return sortedBy(shapes.length, [height, lastEnds(shapes)]);
  const early = Float64Array.from(shapes, ({ spans }) =>
    spans.reduce((most, { start }) => Math.max(most, -start), -Infinity),
  );
  if (which === 0) return sortedBy(shapes.length, [height, early]);
  const load = loads(shapes);
  const most = load.reduce((a, b) => Math.max(a, b), 1);
  return sortedBy(shapes.length, [load.map((bytes) => Math.floor((bytes / most) * LEVELS)), height, early]);
}

function lastEnds(shapes: readonly Shape[]): Float64Array {
  return Float64Array.from(shapes, ({ spans }) => spans.reduce((last, { end }) => Math.max(last, end), 0));
}

/** For each shape the most bytes that live at one of its ticks. */
function loads(shapes: readonly Shape[]): Float64Array {
  const ticks = lastEnds(shapes).reduce((a, b) => Math.max(a, b), 0);
  const live = new Float64Array(ticks + 1);
  for (const { spans } of shapes) {
    for (const { start, end, bottom, top } of spans) {
      live[start] = (live[start] as number) + top - bottom;
      live[end] = (live[end] as number) - (top - bottom);
    }
  }
  for (let tick = 1; tick <= ticks; tick++) live[tick] = (live[tick] as number) + (live[tick - 1] as number);
  return Float64Array.from(shapes, ({ spans }) => {
    let most = 0;
    for (const { start, end } of spans) {
      for (let tick = start; tick < end; tick++) most = Math.max(most, live[tick] as number);
    }
    return most;
  });
}

/** Numbers below `count`, those with the greatest first keys first; of equals the lower number. */
function sortedBy(count: number, keys: readonly Float64Array[]): Int32Array {
  return Int32Array.from({ length: count }, (_, index) => index).sort((a, b) => {
    for (const key of keys) {
      const difference = (key[b] as number) - (key[a] as number);
      if (difference !== 0) return difference;
    }
    return a - b;
  });
}

/** An order in which shapes move forward, again and again. */
export class MovingOrder {
  readonly order: Int32Array;
  private readonly rank: Float64Array;
  private readonly moved: Int32Array;
  private readonly others: Int32Array;

  constructor(start: Int32Array) {
    this.order = Int32Array.from(start);
    this.rank = new Float64Array(start.length);
    start.forEach((shape, at) => (this.rank[shape] = at));
    this.moved = new Int32Array(start.length);
    this.others = new Int32Array(start.length);
  }

  /** Moves these shapes forward by so many places, among the others and one another in the order that they had. */
  advance(isMoved: (shape: number) => boolean, places: number): void {
    const { order, rank, moved, others } = this;
    let [movedCount, otherCount] = [0, 0];
    for (const shape of order) {
      if (isMoved(shape)) {
        rank[shape] = (rank[shape] as number) - places;
        moved[movedCount++] = shape;
      } else others[otherCount++] = shape;
    }
    let [next, other] = [0, 0];
    for (let at = 0; at < order.length; at++) {
      const [a, b] = [moved[next] as number, others[other] as number];
      const difference = (rank[a] as number) - (rank[b] as number);
      const first = other === otherCount || (next < movedCount && (difference || a - b) < 0);
      order[at] = first ? a : b;
      if (first) next++;
      else other++;
    }
  }
}
