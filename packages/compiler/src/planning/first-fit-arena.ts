// SPDX-License-Identifier: Apache-2.0
/** Shapes in an arena, each put at the lowest place that is free while it lives. */
import { alignUp } from '../analysis/first-fit.js';
import { shapePieces, type ShapePieces } from './shape-pieces.js';
import { heightOf, type Shape } from './shape.js';

/** Numbers of a record: start, end, bottom, top. */
const FIELDS = 4;

/**
 * Holds thousands of shapes and can be filled again and again. Time is cut into slices; each has the pieces that live
 * in it by rising bottom, so that a shape is compared only with what lives at about the same time.
 */
export class FirstFitArena {
  /** Comparisons of two pieces so far: what the time goes into. */
  comparisons = 0;
  private readonly pieces: ShapePieces;
  private readonly heights: Float64Array;
  private readonly apart: ReadonlyMap<number, readonly number[]>;
  /** For each slice the number of pieces placed in it. */
  private readonly counts: Int32Array;
  /** The pieces placed in slice s, from record `pieces.roomOf[s]` on. */
  private readonly records: Float64Array;
  /** For each piece of the shape that is being placed the first record that it was not compared with. */
  private readonly reached: Int32Array;
  private readonly places: Float64Array;
  private readonly isAdded: Uint8Array;

  constructor(
    shapes: readonly Shape[],
    private readonly alignment: number,
  ) {
    this.pieces = shapePieces(shapes);
    this.heights = Float64Array.from(shapes, heightOf);
    this.apart = mutual(shapes);
    const { firstOf, roomOf, count, most } = this.pieces;
    this.counts = new Int32Array(roomOf.length);
    this.records = new Float64Array(FIELDS * count);
    this.reached = new Int32Array(most);
    this.places = new Float64Array(firstOf.length - 1);
    this.isAdded = new Uint8Array(firstOf.length - 1);
  }

  /**
   * Empties the arena and adds these shapes in this order, each at the lowest free multiple of the alignment.
   *
   * @returns the place of each shape, 0 for those that were not added; overwritten by the next call
   */
  addAll(order: ArrayLike<number>): Float64Array {
    this.counts.fill(0);
    this.places.fill(0);
    this.isAdded.fill(0);
    const { firstOf } = this.pieces;
    for (let i = 0; i < order.length; i++) {
      const shape = order[i] as number;
      if (firstOf[shape] === firstOf[shape + 1]) continue;
      this.places[shape] = this.lowestFor(shape);
      this.insert(shape);
      this.isAdded[shape] = 1;
    }
    return this.places;
  }

  /** Rises from 0 over everything that is in the way: what was passed is never in the way again. */
  private lowestFor(shape: number): number {
    const { roomOf, firstOf, sliceOf } = this.pieces;
    const first = firstOf[shape] as number;
    const count = (firstOf[shape + 1] as number) - first;
    for (let piece = 0; piece < count; piece++) {
      this.reached[piece] = roomOf[sliceOf[first + piece] as number] as number;
    }
    const apart = this.apart.get(shape);
    let place = 0;
    let piece = 0;
    for (let quiet = 0; quiet < count; quiet++) {
      const before = place;
      place = this.above(first, piece, place);
      if (++piece === count) {
        piece = 0;
        const clear = apart === undefined ? place : this.aboveOthers(shape, apart, place);
        if (clear > place) {
          place = clear;
          quiet = -1;
          continue;
        }
      }
      // The piece that made it rise has no need to be looked at again.
      if (place > before) quiet = 0;
    }
    return place;
  }

  /** The lowest place from `place` on at which this piece of a shape meets nothing. */
  private above(first: number, piece: number, from: number): number {
    const { records, alignment } = this;
    const { sliceOf, roomOf, starts, ends, bottoms, tops } = this.pieces;
    const index = first + piece;
    const slice = sliceOf[index] as number;
    const [start, end] = [starts[index] as number, ends[index] as number];
    const [bottom, top] = [bottoms[index] as number, tops[index] as number];
    const until = FIELDS * ((roomOf[slice] as number) + (this.counts[slice] as number));
    const begin = FIELDS * (this.reached[piece] as number);
    let place = from;
    let at = begin;
    for (; at < until; at += FIELDS) {
      if ((records[at + 2] as number) >= place + top) break;
      const other = records[at + 3] as number;
      if (other > place + bottom && (records[at + 1] as number) > start && end > (records[at] as number)) {
        place = alignUp(other - bottom, alignment);
      }
    }
    this.reached[piece] = at / FIELDS;
    this.comparisons += (at - begin) / FIELDS;
    return place;
  }

  /** The lowest place from `from` on at which the shape is clear of those that it may never meet. */
  private aboveOthers(shape: number, others: readonly number[], from: number): number {
    const { places, heights } = this;
    let place = from;
    for (let risen = true; risen; ) {
      risen = false;
      for (const other of others) {
        if (this.isAdded[other] === 0) continue;
        const [bottom, height] = [places[other] as number, heights[other] as number];
        if (bottom + height <= place || place + (heights[shape] as number) <= bottom) continue;
        place = alignUp(bottom + height, this.alignment);
        risen = true;
      }
    }
    return place;
  }

  private insert(shape: number): void {
    const { records, places } = this;
    const { firstOf, sliceOf, roomOf, starts, ends, bottoms, tops } = this.pieces;
    const place = places[shape] as number;
    const first = firstOf[shape] as number;
    for (let index = first; index < (firstOf[shape + 1] as number); index++) {
      const slice = sliceOf[index] as number;
      const begin = FIELDS * (roomOf[slice] as number);
      const until = begin + FIELDS * (this.counts[slice] as number);
      const bottom = place + (bottoms[index] as number);
      // Close to where the comparisons ended; other pieces of the shape may have come in between.
      let at = FIELDS * (this.reached[index - first] as number);
      while (at < until && (records[at + 2] as number) < bottom) at += FIELDS;
      while (at > begin && (records[at - 2] as number) > bottom) at -= FIELDS;
      if (at < until) records.copyWithin(at + FIELDS, at, until);
      records[at] = starts[index] as number;
      records[at + 1] = ends[index] as number;
      records[at + 2] = bottom;
      records[at + 3] = place + (tops[index] as number);
      (this.counts[slice] as number)++;
    }
  }
}

/** For each shape those that it may not meet; said of one, it holds for the other. */
function mutual(shapes: readonly Shape[]): ReadonlyMap<number, readonly number[]> {
  const map = new Map<number, number[]>();
  const add = (one: number, other: number): void => {
    const list = map.get(one);
    if (list === undefined) map.set(one, [other]);
    else list.push(other);
  };
  shapes.forEach(({ apart = [] }, index) => {
    for (const other of apart) {
      add(index, other);
      add(other, index);
    }
  });
  return map;
}
