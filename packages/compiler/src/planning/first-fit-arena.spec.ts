// SPDX-License-Identifier: Apache-2.0
// First fit of shapes, compared with its definition on random shapes.
import { seededRandom } from '@tinyseg/testing';
import type { LiveSpan } from './decisions.js';
import { FirstFitArena } from './first-fit-arena.js';
import { heightOf, type Shape } from './shape.js';

const ALIGNMENT = 16;

type Random = (below: number) => number;

/** Short rows, long rows, and tensors whose rows die one after the other; some must keep apart. */
function randomShapes(random: Random): Shape[] {
  return Array.from({ length: 40 }, (_, index): Shape => {
    const start = random(200);
    const bytes = 1 + random(90);
    const rows = random(4) === 0 ? 1 + random(12) : 1;
    const spans = Array.from({ length: rows }, (_row, row): LiveSpan => {
      const end = start + 1 + random(random(3) === 0 ? 300 : 20);
      return { start, end, bottom: row * bytes, top: (row + 1) * bytes };
    });
    return { spans, ...(index > 0 && random(10) === 0 ? { apart: [random(index)] } : {}) };
  });
}

function areApart(shapes: readonly Shape[], a: number, b: number): boolean {
  return shapes[a]?.apart?.includes(b) === true || shapes[b]?.apart?.includes(a) === true;
}

function meets(shapes: readonly Shape[], [a, at]: [number, number], [b, other]: [number, number]): boolean {
  const [mine, its] = [shapes[a]!, shapes[b]!];
  if (areApart(shapes, a, b) && at < other + heightOf(its) && other < at + heightOf(mine)) return true;
  return mine.spans.some((x) =>
    its.spans.some(
      (y) =>
        x.start < y.end && y.start < x.end && at + x.bottom < other + y.top && other + y.bottom < at + x.top,
    ),
  );
}

/** One multiple of the alignment after the other, until nothing is in the way. */
function lowestPlaces(shapes: readonly Shape[], order: readonly number[]): number[] {
  const places = shapes.map(() => 0);
  order.forEach((shape, done) => {
    const before = order.slice(0, done);
    let place = 0;
    while (before.some((other) => meets(shapes, [shape, place], [other, places[other]!]))) place += ALIGNMENT;
    places[shape] = place;
  });
  return places;
}

it.each([1, 2, 3, 4, 5, 6])(
  'puts each shape at the lowest free place, filled again and again, seed %i',
  (seed) => {
    const { integer } = seededRandom(seed);
    const below: Random = (limit) => integer(0, limit - 1);
    const shapes = randomShapes(below);
    const arena = new FirstFitArena(shapes, ALIGNMENT);
    for (let round = 0; round < 4; round++) {
      const order = shapes
        .map((_, i) => i)
        .sort((a, b) => ((a * 7 + round * 13) % 40) - ((b * 7 + round * 13) % 40));
      expect(Array.from(arena.addAll(order))).toEqual(lowestPlaces(shapes, order));
    }
  },
);
