// SPDX-License-Identifier: Apache-2.0
/**
 * What only moves elements in the reference interpreter: RESHAPE and its kin, PAD, SLICE, STRIDED_SLICE, TRANSPOSE,
 * and SHAPE, which only tells of them. Output shapes are those of the output tensors.
 */
import { requireSameEncoding } from './joining.js';
import { type Call, imageShape, normalAxis, positionOf, strides } from './values.js';

/** RESHAPE, SQUEEZE, EXPAND_DIMS: the same bytes, whatever the quantization says. */
export function reshape(call: Call<'reshape'> | Call<'squeeze'> | Call<'expandDims'>): void {
  const { tensor, numbers } = call.input(0);
  const { output } = call;
  if (numbers.length !== output.numbers.length || tensor.type !== output.tensor.type) {
    call.refuse(`its output is ${output.tensor.type} [${output.tensor.shape.join(', ')}]`);
  }
  output.numbers.set(numbers);
}

export function shape(call: Call<'shape'>): void {
  call.output.numbers.set(call.input(0).tensor.shape);
}

/** Elements outside the input get the value of PADV2, or what the output stores for zero. */
export function pad(call: Call<'pad'> | Call<'padV2'>): void {
  const general = call as Call;
  const [input, { numbers: paddings }] = [call.input(0), call.input(1)];
  requireSameEncoding(general, input, call.output);
  const fill =
    call.operator.kind === 'padV2'
      ? call.input(2).numbers[0]
      : (call.output.tensor.quantization?.zeroPoints[0] ?? 0);
  const { shape: whole } = call.output.tensor;
  const { shape: inner } = input.tensor;
  const steps = strides(inner);
  call.output.numbers.forEach((_, index) => {
    const inside = positionOf(index, whole).map((at, axis) => at - (paddings[2 * axis] ?? 0));
    const exists = inside.every((at, axis) => at >= 0 && at < (inner[axis] ?? 0));
    const from = inside.reduce((sum, at, axis) => sum + at * (steps[axis] ?? 0), 0);
    call.output.numbers[index] = (exists ? input.numbers[from] : fill) ?? 0;
  });
}

/** Outside the input the image goes on backwards: from its edge, or from the element beside it. */
export function mirrorPad(call: Call<'mirrorPad'>): void {
  const general = call as Call;
  const [input, { numbers: paddings }] = [call.input(0), call.input(1)];
  requireSameEncoding(general, input, call.output);
  const edge = call.operator.mode === 'reflect' ? 0 : 1;
  const { shape: inner } = input.tensor;
  const steps = strides(inner);
  call.output.numbers.forEach((_, index) => {
    const from = positionOf(index, call.output.tensor.shape).reduce((sum, place, axis) => {
      const size = inner[axis] ?? 1;
      let at = place - (paddings[2 * axis] ?? 0);
      if (at < 0) at = -at - edge;
      if (at >= size) at = 2 * (size - 1) - at + edge;
      return sum + at * (steps[axis] ?? 0);
    }, 0);
    call.output.numbers[index] = input.numbers[from] ?? call.refuse('it mirrors more than its input');
  });
}

/** Position p of the output along an axis is position start + p * step of the input. */
interface Slice {
  readonly start: number;
  readonly step: number;
  /** The axis is not in the output. */
  readonly isDropped: boolean;
}

function takeSlices(call: Call, slices: readonly Slice[]): void {
  const input = call.input(0);
  requireSameEncoding(call, input, call.output);
  const steps = strides(input.tensor.shape);
  const { shape: taken } = call.output.tensor;
  call.output.numbers.forEach((_, index) => {
    const position = positionOf(index, taken);
    let [from, axisOut] = [0, 0];
    slices.forEach(({ start, step, isDropped }, axis) => {
      const at = isDropped ? 0 : (position[axisOut++] ?? 0);
      from += (start + at * step) * (steps[axis] ?? 0);
    });
    call.output.numbers[index] = input.numbers[from] ?? call.refuse('it reads outside its input');
  });
}

export function slice(call: Call<'slice'>): void {
  const begin = [...call.input(1).numbers];
  takeSlices(
    call as Call,
    begin.map((start) => ({ start, step: 1, isDropped: false })),
  );
}

/** Axes beyond the given begins are taken whole. The length along an axis is that of the output tensor. */
export function stridedSlice(call: Call<'stridedSlice'>): void {
  const { operator } = call;
  if (operator.ellipsisMask !== 0 || operator.newAxisMask !== 0) {
    call.refuse('it has an ellipsis or a new axis');
  }
  const sizes = call.input(0).tensor.shape;
  const [begins, stepsGiven] = [call.input(1).numbers, call.input(3).numbers];
  const slices = sizes.map((size, axis): Slice => {
    if (axis >= begins.length) return { start: 0, step: 1, isDropped: false };
    const step = stepsGiven[axis] ?? 1;
    const isOn = (mask: number): boolean => Math.floor(mask / 2 ** axis) % 2 === 1;
    const first = step > 0 ? 0 : size - 1;
    const isDropped = isOn(operator.shrinkAxisMask);
    if (isOn(operator.beginMask)) return { start: first, step, isDropped };
    const given = begins[axis] ?? 0;
    const wrapped = given < 0 ? given + size : given;
    const start = step > 0 ? Math.max(wrapped, 0) : Math.min(wrapped, size - 1);
    return { start, step, isDropped };
  });
  takeSlices(call as Call, slices);
}

export function transpose(call: Call<'transpose'>): void {
  const general = call as Call;
  const input = call.input(0);
  requireSameEncoding(general, input, call.output);
  const rank = input.tensor.shape.length;
  const order = [...call.input(1).numbers].map((axis) => normalAxis(general, axis, rank));
  const steps = strides(input.tensor.shape);
  const { shape: turned } = call.output.tensor;
  call.output.numbers.forEach((_, index) => {
    const position = positionOf(index, turned);
    const from = order.reduce((sum, axis, at) => sum + (position[at] ?? 0) * (steps[axis] ?? 0), 0);
    call.output.numbers[index] = input.numbers[from]!;
  });
}

/** Pixel (by, bx) of a block of the output has the channels from (by * block + bx) * channels on. */
export function depthToSpace(call: Call<'depthToSpace'>): void {
  shuffleBlocks(call as Call, call.operator.blockSize, (deep, shallow) => {
    call.output.numbers[shallow] = call.input(0).numbers[deep]!;
  });
}

export function spaceToDepth(call: Call<'spaceToDepth'>): void {
  shuffleBlocks(call as Call, call.operator.blockSize, (deep, shallow) => {
    call.output.numbers[deep] = call.input(0).numbers[shallow]!;
  });
}

/** Pairs of places, in the tensor of many channels and in that of many pixels. */
function shuffleBlocks(call: Call, block: number, move: (deep: number, shallow: number) => void): void {
  const input = call.input(0);
  requireSameEncoding(call, input, call.output);
  const isOutputDeep = call.operator.kind === 'spaceToDepth';
  const [shallow, deep] = isOutputDeep ? [input, call.output] : [call.output, input];
  const [, height, width, channels] = imageShape(call, shallow);
  const [, , deepWidth, deepChannels] = imageShape(call, deep);
  shallow.numbers.forEach((_, index) => {
    const [n = 0, y = 0, x = 0, c = 0] = positionOf(index, [shallow.numbers.length, height, width, channels]);
    const row = n * (height / block) + Math.floor(y / block);
    const pixel = row * deepWidth + Math.floor(x / block);
    const channel = ((y % block) * block + (x % block)) * channels + c;
    move(pixel * deepChannels + channel, index);
  });
}
