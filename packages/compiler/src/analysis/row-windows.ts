// SPDX-License-Identifier: Apache-2.0
/**
 * Which input rows an output row needs: the integer functions that decide what a ring must hold.
 * docs/specs/plan-format.md has the table, `packages/device-c/src/nn/row_window.c` the same functions in
 * C, and `contracts/row-windows` the vectors that hold both together.
 *
 * Rows are counted over all images: row r of a tensor of height h is line r mod h of image r div h.
 */
import { assertNever } from '@tinyseg/errors';

/** Rows [first, end); `first === end` when no row is needed (all padding), then both are 0. */
export interface RowRange {
  readonly first: number;
  readonly end: number;
}

/** Element i of the output is element base + i0 * steps[0] + .. of the input; the last loop is the fastest. */
export interface Nest {
  readonly sizes: readonly number[];
  readonly steps: readonly number[];
  readonly base: number;
  readonly rowLoops: number;
}

/** How output rows of one operator reach into one of its inputs; plain numbers, heights in rows. */
export type RowMap =
  /** Output row r needs input row r. */
  | { readonly kind: 'same' }
  /** Convolutions and pools. */
  | {
      readonly kind: 'window';
      readonly kernel: number;
      readonly stride: number;
      readonly dilation: number;
      readonly padTop: number;
      readonly heightIn: number;
      readonly heightOut: number;
    }
  /** Transposed convolution: input line y reaches output lines y * stride - padTop + [0, kernel). */
  | {
      readonly kind: 'transposed';
      readonly kernel: number;
      readonly stride: number;
      readonly padTop: number;
      readonly heightIn: number;
      readonly heightOut: number;
    }
  /** Element-wise: an input with one image, or with images of one line, repeats. */
  | {
      readonly kind: 'broadcast';
      readonly imagesIn: number;
      readonly heightIn: number;
      readonly heightOut: number;
    }
  /** Part of a larger tensor: the input fills lines from `beginH` and images from `beginN` (PAD, CONCATENATION). */
  | {
      readonly kind: 'placed';
      readonly beginN: number;
      readonly beginH: number;
      readonly imagesIn: number;
      readonly heightIn: number;
      readonly heightOut: number;
    }
  /** MIRROR_PAD: as placed, and outside the input its mirror image, which begins with its edge if `edge` is 1. */
  | {
      readonly kind: 'mirrored';
      readonly beginN: number;
      readonly beginH: number;
      readonly edge: number;
      readonly imagesIn: number;
      readonly heightIn: number;
      readonly heightOut: number;
    }
  | {
      readonly kind: 'bilinear' | 'nearest';
      readonly alignCorners: boolean;
      readonly halfPixelCenters: boolean;
      readonly heightIn: number;
      readonly heightOut: number;
    }
  /** Every row is needed for every output row. */
  | { readonly kind: 'all'; readonly rowsIn: number }
  /** Reductions: all images, all lines, or both, where they are reduced. */
  | {
      readonly kind: 'reduced';
      readonly images: boolean;
      readonly lines: boolean;
      readonly imagesIn: number;
      readonly heightIn: number;
      readonly heightOut: number;
    }
  /** Elements at the places of a nest of loops, of which the first `rowLoops` count output rows. */
  | (Nest & { readonly kind: 'nest'; readonly rowElementsIn: number })
  /** The same bytes cut into other rows (COPY and views). */
  | { readonly kind: 'bytes'; readonly rowBytesIn: number; readonly rowBytesOut: number };

const NONE: RowRange = { first: 0, end: 0 };

/** Input rows that output row `row` needs; rows between the first and the last that it names belong to it. */
export function inputWindow(map: RowMap, row: number): RowRange {
  switch (map.kind) {
    case 'same':
      return { first: row, end: row + 1 };
    case 'window':
      return slidingWindow(map, row);
    case 'transposed':
      return transposedWindow(map, row);
    case 'broadcast': {
      const image = map.imagesIn === 1 ? 0 : Math.floor(row / map.heightOut);
      const line = map.heightIn === 1 ? 0 : row % map.heightOut;
      return one(image * map.heightIn + line);
    }
    case 'placed': {
      const image = Math.floor(row / map.heightOut) - map.beginN;
      const line = (row % map.heightOut) - map.beginH;
      const inside = image >= 0 && image < map.imagesIn && line >= 0 && line < map.heightIn;
      return inside ? one(image * map.heightIn + line) : NONE;
    }
    case 'mirrored': {
      const image = mirrored(Math.floor(row / map.heightOut) - map.beginN, map.imagesIn, map.edge);
      return one(image * map.heightIn + mirrored((row % map.heightOut) - map.beginH, map.heightIn, map.edge));
    }
    case 'bilinear':
    case 'nearest': {
      const lines = map.kind === 'bilinear' ? bilinearLines(map, row) : nearestLine(map, row);
      const base = Math.floor(row / map.heightOut) * map.heightIn;
      return { first: base + lines.first, end: base + lines.end };
    }
    case 'all':
      return { first: 0, end: map.rowsIn };
    case 'reduced': {
      const line = map.lines ? 0 : row % map.heightOut;
      const first = Math.floor(row / map.heightOut) * map.heightIn + line;
      const last = map.images ? (map.imagesIn - 1) * map.heightIn + first : first;
      return { first, end: last + (map.lines ? map.heightIn : 1) };
    }
    case 'nest':
      return nestWindow(map, row);
    case 'bytes': {
      const first = Math.floor((row * map.rowBytesOut) / map.rowBytesIn);
      return { first, end: Math.ceil(((row + 1) * map.rowBytesOut) / map.rowBytesIn) };
    }
    default:
      return assertNever(map, 'the kinds of row maps');
  }
}

/** From the row of the first element to that of the last. */
function nestWindow(map: Extract<RowMap, { kind: 'nest' }>, row: number): RowRange {
  const { sizes, steps, base, rowLoops, rowElementsIn } = map;
  let [low, rest] = [base, row];
  for (let loop = rowLoops - 1; loop >= 0; loop--) {
    const size = sizes[loop] ?? 1;
    low += (rest % size) * (steps[loop] ?? 0);
    rest = Math.floor(rest / size);
  }
  let high = low;
  for (let loop = rowLoops; loop < sizes.length; loop++) {
    const reach = ((sizes[loop] ?? 1) - 1) * (steps[loop] ?? 0);
    low += Math.min(0, reach);
    high += Math.max(0, reach);
  }
  return { first: Math.floor(low / rowElementsIn), end: Math.floor(high / rowElementsIn) + 1 };
}

/** Input rows that output rows [first, end) need, as one range. */
export function inputWindowOf(map: RowMap, first: number, end: number): RowRange {
  let range = inputWindow(map, first);
  for (let row = first + 1; row < end; row++) range = union(range, inputWindow(map, row));
  return range;
}

function union(a: RowRange, b: RowRange): RowRange {
  if (a.first === a.end) return b;
  if (b.first === b.end) return a;
  return { first: Math.min(a.first, b.first), end: Math.max(a.end, b.end) };
}

function one(row: number): RowRange {
  return { first: row, end: row + 1 };
}

function mirrored(at: number, size: number, edge: number): number {
  if (at < 0) return -at - edge;
  return at < size ? at : 2 * (size - 1) + edge - at;
}

function slidingWindow(map: Extract<RowMap, { kind: 'window' }>, row: number): RowRange {
  const top = (row % map.heightOut) * map.stride - map.padTop;
  // The first and the last tap that fall inside the image.
  const skipped = top < 0 ? Math.ceil(-top / map.dilation) : 0;
  const fitting = Math.floor((map.heightIn - 1 - top) / map.dilation);
  const last = Math.min(map.kernel - 1, fitting);
  if (skipped > last) return NONE;
  const base = Math.floor(row / map.heightOut) * map.heightIn + top;
  return { first: base + skipped * map.dilation, end: base + last * map.dilation + 1 };
}

function transposedWindow(map: Extract<RowMap, { kind: 'transposed' }>, row: number): RowRange {
  const reach = (row % map.heightOut) + map.padTop;
  const first = Math.max(0, Math.ceil((reach - map.kernel + 1) / map.stride));
  const end = Math.min(map.heightIn, Math.floor(reach / map.stride) + 1);
  if (first >= end) return NONE;
  const base = Math.floor(row / map.heightOut) * map.heightIn;
  return { first: base + first, end: base + end };
}

type ResizeMap = Extract<RowMap, { kind: 'bilinear' | 'nearest' }>;

/** The two lines that the integer bilinear kernel of TFLite blends: positions in 1/1024ths of a line. */
function bilinearLines(map: ResizeMap, row: number): RowRange {
  const { heightIn, heightOut } = map;
  const corners = map.alignCorners && heightOut > 1;
  const scale = corners
    ? Math.floor((1024 * (heightIn - 1) + Math.floor((heightOut - 1) / 2)) / (heightOut - 1))
    : Math.floor((1024 * heightIn + Math.floor(heightOut / 2)) / heightOut);
  const line = row % heightOut;
  const position = line * scale + (map.halfPixelCenters ? Math.floor(scale / 2) - 512 : 0);
  const low = clamp(Math.trunc(position / 1024), 0, heightIn - 1);
  const high = clamp(Math.trunc((position + 1023) / 1024), 0, heightIn - 1);
  return { first: Math.min(low, high), end: Math.max(low, high) + 1 };
}

/** The line that TFLite's nearest-neighbour kernel takes, in its single-precision arithmetic. */
function nearestLine(map: ResizeMap, row: number): RowRange {
  const { heightIn, heightOut } = map;
  const scale =
    map.alignCorners && heightOut > 1
      ? Math.fround((heightIn - 1) / (heightOut - 1))
      : Math.fround(heightIn / heightOut);
  const line = row % heightOut;
  const place = Math.fround(Math.fround(line + (map.halfPixelCenters ? 0.5 : 0)) * scale);
  const whole = map.alignCorners ? roundAwayFromZero(place) : Math.floor(place);
  return one(clamp(whole, 0, heightIn - 1));
}

/** C's roundf for values that are not negative. */
function roundAwayFromZero(value: number): number {
  const floor = Math.floor(value);
  return value - floor >= 0.5 ? floor + 1 : floor;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
