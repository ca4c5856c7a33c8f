// SPDX-License-Identifier: Apache-2.0
/** Shapes in an arena, each put at the lowest place that is free while it lives. */
import { alignUp } from '../analysis/first-fit.js';
import type { LiveSpan } from './decisions.js';
import { heightOf, type Shape } from './shape.js';

/** Holds thousands of spans: they are kept in flat arrays, by rising bottom. */
export class FirstFitArena {
  /** Comparisons of two spans so far: what the time goes into. */
  comparisons = 0;
  private count = 0;
  private readonly starts: Int32Array;
  private readonly ends: Int32Array;
  private readonly bottoms: Float64Array;
  private readonly tops: Float64Array;
  /** Tops rounded up to the alignment. */
  private readonly ceilings: Float64Array;

  constructor(
    private readonly shapes: readonly Shape[],
    private readonly alignment: number,
  ) {
    const most = shapes.reduce((sum, { spans }) => sum + spans.length, 0);
    this.starts = new Int32Array(most);
    this.ends = new Int32Array(most);
    this.bottoms = new Float64Array(most);
    this.tops = new Float64Array(most);
    this.ceilings = new Float64Array(most);
  }

  /** Adds all shapes in this order, each at the lowest free multiple of the alignment, and says which. */
  addAll(order: readonly number[]): number[] {
    const { shapes } = this;
    const places = new Array<number>(shapes.length).fill(0);
    const added = new Set<number>();
    const apart = mutual(shapes);
    for (const index of order) {
      const spans = shapes[index]?.spans ?? [];
      const [only] = spans;
      if (only === undefined) continue;
      const others = (apart.get(index) ?? []).filter((other) => added.has(other));
      const single = spans.length === 1 && only.bottom === 0 && others.length === 0;
      const place = single ? this.lowestFor(only) : this.lowestForAll(index, others, places);
      for (const span of spans) this.insert(span, place);
      places[index] = place;
      added.add(index);
    }
    return places;
  }

  private lowestFor({ start, end, top: size }: LiveSpan): number {
    const { starts, ends, bottoms, ceilings, count } = this;
    let place = 0;
    let i = 0;
    for (; i < count; i++) {
      if ((ends[i] as number) <= start || end <= (starts[i] as number)) continue;
      if ((bottoms[i] as number) >= place + size) break;
      if ((ceilings[i] as number) > place) place = ceilings[i] as number;
    }
    this.comparisons += i;
    return place;
  }

  private lowestForAll(index: number, apart: readonly number[], places: readonly number[]): number {
    const { shapes, starts, ends, bottoms, tops, count } = this;
    const mine = shapes[index] as Shape;
    // Places that a span forbids: between low and high, both still allowed.
    const forbidden: (readonly [number, number])[] = [];
    for (const other of apart) {
      const place = places[other] ?? 0;
      forbidden.push([place - heightOf(mine), place + heightOf(shapes[other] as Shape)]);
    }
    for (const { start, end, bottom, top } of mine.spans) {
      for (let i = 0; i < count; i++) {
        if ((ends[i] as number) <= start || end <= (starts[i] as number)) continue;
        forbidden.push([(bottoms[i] as number) - top, (tops[i] as number) - bottom]);
      }
      this.comparisons += count;
    }
    forbidden.sort((a, b) => a[0] - b[0]);
    let place = 0;
    for (const [low, high] of forbidden) {
      if (low < place && place < high) place = alignUp(high, this.alignment);
    }
    return place;
  }

  private insert({ start, end, bottom, top }: LiveSpan, place: number): void {
    const { starts, ends, bottoms, tops, ceilings } = this;
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((bottoms[middle] as number) <= place + bottom) low = middle + 1;
      else high = middle;
    }
    for (const array of [starts, ends, bottoms, tops, ceilings]) array.copyWithin(low + 1, low, this.count);
    [starts[low], ends[low], bottoms[low], tops[low]] = [start, end, place + bottom, place + top];
    ceilings[low] = alignUp(place + top, this.alignment);
    this.count++;
  }
}

/** For each shape those that it may not meet; said of one, it holds for the other. */
function mutual(shapes: readonly Shape[]): ReadonlyMap<number, readonly number[]> {
  const pairs = shapes.flatMap(({ apart = [] }, index) =>
    apart.flatMap((other) => [
      [index, other],
      [other, index],
    ]),
  );
  const map = new Map<number, number[]>();
  for (const [one = -1, other = -1] of pairs) map.set(one, [...(map.get(one) ?? []), other]);
  return map;
}
