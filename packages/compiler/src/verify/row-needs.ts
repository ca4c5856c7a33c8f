// SPDX-License-Identifier: Apache-2.0
/**
 * Which input rows a call reads, from the plan's own parameters: the verifier's copy of the table
 * "Operators" in docs/specs/plan-format.md, written from that table alone.
 */
import {
  PlanKind,
  type MirrorPadFields,
  type PlanParams,
  type PlanTensor,
  type RearrangeFields,
} from '../plan-format/index.js';

/** Rows [first, end) of an input. */
export interface RowRange {
  readonly first: number;
  readonly end: number;
}

const NOTHING: RowRange = { first: 0, end: 0 };

function allRows(tensor: PlanTensor): RowRange {
  return { first: 0, end: tensor.n * tensor.h };
}

/** Rows y0..y1 (inclusive) of one image, clipped to it. */
function clip(tensor: PlanTensor, image: number, y0: number, y1: number): RowRange {
  const first = Math.max(y0, 0);
  const last = Math.min(y1, tensor.h - 1);
  if (first > last) return NOTHING;
  return { first: image * tensor.h + first, end: image * tensor.h + last + 1 };
}

function slidingRows(
  input: PlanTensor,
  image: number,
  y: number,
  window: { stride: number; dilation: number; kernel: number; pad: number },
): RowRange {
  // Taps in the padding read nothing; the range runs from the first tap inside to the last inside.
  let first = -1;
  let last = -1;
  for (let tap = 0; tap < window.kernel; tap++) {
    const at = y * window.stride - window.pad + tap * window.dilation;
    if (at < 0 || at >= input.h) continue;
    if (first < 0) first = at;
    last = at;
  }
  return first < 0 ? NOTHING : clip(input, image, first, last);
}

function transposedRows(
  input: PlanTensor,
  image: number,
  y: number,
  window: { stride: number; kernel: number; pad: number },
): RowRange {
  let first = -1;
  let last = -1;
  for (let at = 0; at < input.h; at++) {
    const tap = y + window.pad - at * window.stride;
    if (tap < 0 || tap >= window.kernel) continue;
    if (first < 0) first = at;
    last = at;
  }
  return first < 0 ? NOTHING : clip(input, image, first, last);
}

function bilinearRows(
  input: PlanTensor,
  output: PlanTensor,
  image: number,
  y: number,
  options: { alignCorners: number; halfPixelCenters: number },
): RowRange {
  const aligned = options.alignCorners !== 0 && output.h > 1;
  const scale = aligned
    ? Math.floor((1024 * (input.h - 1) + Math.floor((output.h - 1) / 2)) / (output.h - 1))
    : Math.floor((1024 * input.h + Math.floor(output.h / 2)) / output.h);
  const position = y * scale + (options.halfPixelCenters !== 0 ? Math.trunc(scale / 2) - 512 : 0);
  const low = Math.min(Math.max(Math.trunc(position / 1024), 0), input.h - 1);
  const high = Math.min(Math.max(Math.trunc((position + 1023) / 1024), 0), input.h - 1);
  return clip(input, image, Math.min(low, high), Math.max(low, high));
}

function nearestRow(
  input: PlanTensor,
  output: PlanTensor,
  image: number,
  y: number,
  options: { alignCorners: number; halfPixelCenters: number },
): RowRange {
  const f = Math.fround;
  const aligned = options.alignCorners !== 0;
  const scale = aligned && output.h > 1 ? f(f(input.h - 1) / f(output.h - 1)) : f(f(input.h) / f(output.h));
  const place = f(f(y + (options.halfPixelCenters !== 0 ? 0.5 : 0)) * scale);
  // roundf rounds halves away from zero; positions are never negative.
  const rounded = aligned ? Math.floor(place + 0.5) : Math.floor(place);
  const at = Math.max(0, Math.min(rounded, input.h - 1));
  return clip(input, image, at, at);
}

function concatenatedRow(
  inputs: readonly PlanTensor[],
  index: number,
  axis: number,
  image: number,
  y: number,
): RowRange {
  const input = inputs[index];
  if (input === undefined) return NOTHING;
  const before = inputs.slice(0, index);
  if (axis === 0) {
    const at = image - before.reduce((sum, tensor) => sum + tensor.n, 0);
    return at < 0 || at >= input.n ? NOTHING : clip(input, at, y, y);
  }
  if (axis === 1) {
    return clip(
      input,
      image,
      y - before.reduce((sum, tensor) => sum + tensor.h, 0),
      y - before.reduce((sum, tensor) => sum + tensor.h, 0),
    );
  }
  return clip(input, image, y, y);
}

/** An image or a line that is alone stands for all. */
function repeatedRow(input: PlanTensor, image: number, y: number): RowRange {
  const line = input.h === 1 ? 0 : y;
  return clip(input, input.n === 1 ? 0 : image, line, line);
}

/** MIRROR_PAD: steps back from the first or last line; with `edge` the first step stays on it. */
function reflected(at: number, size: number, edge: number): number {
  if (at < 0) return -(at + edge);
  const beyond = at - (size - 1);
  return beyond <= 0 ? at : size - 1 - (beyond - edge);
}

function reflectedRow(input: PlanTensor, p: MirrorPadFields, image: number, y: number): RowRange {
  const line = reflected(y - p.beforeH, input.h, p.edge);
  return clip(input, reflected(image - p.beforeN, input.n, p.edge), line, line);
}

/** REARRANGE: every element that the inner loops reach from where the row begins; the range between the extremes. */
function rearrangedRows(input: PlanTensor, p: RearrangeFields, row: number): RowRange {
  const sizes = [p.size0, p.size1, p.size2, p.size3, p.size4, p.size5];
  const steps = [p.step0, p.step1, p.step2, p.step3, p.step4, p.step5];
  const turns = sizes.map(() => 0);
  let left = row;
  for (let loop = p.rowLoops - 1; loop >= 0; loop--) {
    turns[loop] = left % sizes[loop]!;
    left = Math.floor(left / sizes[loop]!);
  }
  const start = p.base + turns.reduce((sum, turn, loop) => sum + turn * steps[loop]!, 0);
  const ends = sizes.map((size, loop) => (loop < p.rowLoops ? 0 : (size - 1) * steps[loop]!));
  const least = start + ends.reduce((sum, end) => sum + (end < 0 ? end : 0), 0);
  const most = start + ends.reduce((sum, end) => sum + (end > 0 ? end : 0), 0);
  const rowElements = input.w * input.c;
  return { first: Math.floor(least / rowElements), end: Math.floor(most / rowElements) + 1 };
}

/** COPY: the rows that hold the bytes of output row `row`. */
function copiedRows(input: PlanTensor, output: PlanTensor, row: number): RowRange {
  const begin = row * output.rowBytes;
  const end = begin + output.rowBytes;
  return { first: Math.floor(begin / input.rowBytes), end: Math.ceil(end / input.rowBytes) };
}

/** The rows of input `index` that output row `row` needs; undefined for a kind that the verifier does not know. */
export function rowNeeds(
  kind: number,
  params: PlanParams,
  inputs: readonly PlanTensor[],
  output: PlanTensor,
  index: number,
  row: number,
): RowRange | undefined {
  const input = inputs[index];
  if (input === undefined) return undefined;
  const image = Math.floor(row / output.h);
  const y = row % output.h;
  switch (params.shape) {
    case 'conv':
    case 'pool': {
      const p = params.values;
      const dilation = params.shape === 'conv' ? params.values.dilationH : 1;
      const window = { stride: p.strideH, dilation, kernel: p.kernelH, pad: p.padTop };
      return kind === PlanKind.transposeConv
        ? transposedRows(input, image, y, window)
        : slidingRows(input, image, y, window);
    }
    case 'fullyConnected':
      return allRows(input);
    case 'reduce':
      // Reductions over n or h accumulate: their calls count input rows.
      return clip(input, image, y, y);
    case 'elementwise':
      return repeatedRow(input, image, y);
    case 'axis':
      return concatenatedRow(inputs, index, params.values.axis, image, y);
    case 'pad': {
      const p = params.values;
      const from = image - p.beforeN;
      return from < 0 || from >= input.n ? NOTHING : clip(input, from, y - p.beforeH, y - p.beforeH);
    }
    case 'mirrorPad':
      return reflectedRow(input, params.values, image, y);
    case 'rearrange':
      return rearrangedRows(input, params.values, row);
    case 'resize':
      return kind === PlanKind.resizeNearest
        ? nearestRow(input, output, image, y, params.values)
        : bilinearRows(input, output, image, y, params.values);
    case 'softmax':
    case 'lookup':
    case 'piecewise':
    case 'realFunction':
    case 'requantize':
    case 'convert':
    case 'l2Normalization':
    case 'logSoftmax':
    case 'squash':
    case 'softmax16':
      return clip(input, image, y, y);
    case 'none':
      if (kind === PlanKind.maximum || kind === PlanKind.minimum) return repeatedRow(input, image, y);
      return kind === PlanKind.copy ? copiedRows(input, output, row) : clip(input, image, y, y);
  }
}
