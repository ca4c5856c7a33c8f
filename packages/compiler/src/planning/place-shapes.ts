// SPDX-License-Identifier: Apache-2.0
/** Places for shapes: first fit in several orders, improved. */
import { FirstFitArena } from './first-fit-arena.js';
import { heightOf, type Shape } from './shape.js';

/** Which shapes are placed first: those with the greatest keys, of equal ones those with the greatest second keys. */
export type ShapeOrder = (shape: Shape) => readonly [number, number];

export interface PlaceShapesOptions {
  readonly orders: readonly ShapeOrder[];
  /** How often each order is improved by moving the topmost shapes forward. */
  readonly rounds: number;
  /** A height that is low enough. */
  readonly goalBytes: number;
}

/** The lowest of several first fits, each improved by moving the topmost shapes forward. Deterministic. */
export function placeShapes(
  shapes: readonly Shape[],
  { orders, rounds, goalBytes }: PlaceShapesOptions,
): readonly number[] {
  let best: readonly number[] = shapes.map(() => 0);
  let least = Infinity;
  const arena = new FirstFitArena(shapes, 1);
  const heights = shapes.map(heightOf);
  for (const by of orders) {
    let order = sorted(shapes, by);
    for (let round = 0; round < rounds && least > goalBytes; round++) {
      const bottoms = arena.addAll(order);
      const tops = heights.map((size, i) => (bottoms[i] ?? 0) + size);
      const height = tops.reduce((most, top) => Math.max(most, top), 0);
      if (height < least) [best, least] = [Array.from(bottoms), height];
      const top = order.filter((i) => tops[i] === height);
      if (top.every((i, at) => order[at] === i)) break;
      order = [...top, ...order.filter((i) => tops[i] !== height)];
    }
  }
  return best;
}

function sorted(shapes: readonly Shape[], by: ShapeOrder): number[] {
  const keys = shapes.map(by);
  const none = [0, 0] as const;
  return shapes
    .map((_, i) => i)
    .sort((a, b) => {
      const [first, second] = [keys[a] ?? none, keys[b] ?? none];
      return second[0] - first[0] || second[1] - first[1] || a - b;
    });
}

/** Most bytes of all shapes at one time, gaps not counted. */
export function mostBytes(shapes: readonly Shape[]): number {
  const starts = [...new Set(shapes.flatMap(({ spans }) => spans.map(({ start }) => start)))];
  return Math.max(0, ...starts.map((tick) => shapes.reduce((sum, shape) => sum + bytesAt(shape, tick), 0)));
}

/** Bytes that a shape covers at a tick; where its spans overlap they count once. */
function bytesAt({ spans }: Shape, tick: number): number {
  const live = spans
    .filter(({ start, end }) => start <= tick && tick < end)
    .sort((a, b) => a.bottom - b.bottom);
  let [covered, reached] = [0, 0];
  for (const { bottom, top } of live) {
    covered += Math.max(0, top - Math.max(bottom, reached));
    reached = Math.max(reached, top);
  }
  return covered;
}
