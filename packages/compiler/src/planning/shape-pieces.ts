// SPDX-License-Identifier: Apache-2.0
/** Shapes cut at the borders of slices of time: what a placement compares instead of the shapes themselves. */
import type { LiveSpan } from './decisions.js';
import type { Shape } from './shape.js';

/** Flat arrays; piece i lives in one slice. */
export interface ShapePieces {
  /** Pieces of shape s: from firstOf[s] to before firstOf[s + 1]. */
  readonly firstOf: Int32Array;
  readonly sliceOf: Int32Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly bottoms: Float64Array;
  readonly tops: Float64Array;
  readonly count: number;
  /** Most pieces of one shape. */
  readonly most: number;
  /** Pieces of the slices before slice s: where there is room for those of slice s, if all pieces are kept by slice. */
  readonly roomOf: Int32Array;
}

interface Piece extends LiveSpan {
  readonly slice: number;
}

/** Slices are about as long as a span lives; more of them would cut into more pieces than they keep apart. */
export function shapePieces(shapes: readonly Shape[]): ShapePieces {
  let [spans, ticks, last] = [0, 0, 0];
  for (const shape of shapes) {
    for (const { start, end } of shape.spans) {
      spans++;
      ticks += end - start;
      last = Math.max(last, end);
    }
  }
  const width = Math.max(1, Math.round(ticks / Math.max(1, spans)));
  const all = shapes.map((shape) => piecesOf(shape, width));
  const flat = all.flat();
  const roomOf = new Int32Array(Math.floor(last / width) + 2);
  for (const { slice } of flat) (roomOf[slice + 1] as number)++;
  for (let slice = 1; slice < roomOf.length; slice++) {
    roomOf[slice] = (roomOf[slice] as number) + (roomOf[slice - 1] as number);
  }
  const firstOf = new Int32Array(shapes.length + 1);
  all.forEach((pieces, i) => (firstOf[i + 1] = (firstOf[i] as number) + pieces.length));
  return {
    firstOf,
    roomOf,
    sliceOf: Int32Array.from(flat, ({ slice }) => slice),
    starts: Int32Array.from(flat, ({ start }) => start),
    ends: Int32Array.from(flat, ({ end }) => end),
    bottoms: Float64Array.from(flat, ({ bottom }) => bottom),
    tops: Float64Array.from(flat, ({ top }) => top),
    count: flat.length,
    most: all.reduce((most, { length }) => Math.max(most, length), 0),
  };
}

/** Spans that live together all through a slice and touch, as rows of a whole tensor do, are one piece there. */
function piecesOf({ spans }: Shape, width: number): Piece[] {
  const pieces: Piece[] = [];
  const through = new Map<number, Piece>();
  for (const { start, end, bottom, top } of [...spans].sort((a, b) => a.bottom - b.bottom)) {
    for (let slice = Math.floor(start / width); slice * width < end; slice++) {
      const [from, until] = [Math.max(start, slice * width), Math.min(end, (slice + 1) * width)];
      const piece = { slice, start: from, end: until, bottom, top };
      const under = through.get(slice);
      if (until - from < width) pieces.push(piece);
      else if (under === undefined || under.top < bottom) {
        if (under !== undefined) pieces.push(under);
        through.set(slice, piece);
      } else through.set(slice, { ...under, top: Math.max(under.top, top) });
    }
  }
  return [...pieces, ...through.values()];
}
