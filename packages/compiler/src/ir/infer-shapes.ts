// SPDX-License-Identifier: Apache-2.0
/** What shapes an operator's outputs must have, from its inputs: the graph verifier's and the reader's judge. */
import type { Graph } from './graph.js';
import type { Operator, OperatorKind, OperatorOf } from './operator.js';
import {
  demand,
  type Dimensions,
  type InferredShapes,
  normalAxis,
  Operands,
  Outcome,
  unknown,
} from './shape-operands.js';
import { resolveStridedSlice } from './strided-slice.js';
import { elementCount } from './tensor.js';
import { checkBias, checkWindow, convolve, type Image, pool } from './window-shapes.js';

export type { Dimensions, InferredShapes } from './shape-operands.js';

/**
 * Shapes of all outputs. A TRANSPOSE_CONV whose shape operand is no constant is `unknown`, and so is everything
 * about inputs with an open (negative) dimension.
 */
export function inferShapes(graph: Graph, operator: Operator): InferredShapes {
  const operands = new Operands(graph, operator);
  try {
    const infer = RULES[operator.kind] as Rule<OperatorKind>;
    operator.inputs.forEach((_, index) => operands.checkOpen(index));
    return { status: 'known', shapes: infer(operator as never, operands) };
  } catch (thrown) {
    if (thrown instanceof Outcome) return thrown.result;
    throw thrown;
  }
}

type Rule<K extends OperatorKind> = (operator: OperatorOf<K>, operands: Operands) => readonly Dimensions[];

const sameAsInput = (_: Operator, operands: Operands): readonly Dimensions[] => [operands.shape(0)];
const outside = (): never => unknown();

const RULES: { readonly [K in OperatorKind]: Rule<K> } = {
  conv2d: (operator, operands) => {
    const [, kernelH, kernelW, groupChannels] = operands.image(1);
    const [outputs] = operands.image(1);
    const channels = operands.image(0)[3];
    const groups = channels / groupChannels;
    demand(
      Number.isInteger(groups) && groups > 0 && outputs % groups === 0,
      `weights for ${groupChannels} channels do not divide the ${channels} of the input`,
    );
    checkBias(operands, 2, outputs);
    return convolve(operator, operands.image(0), kernelH, kernelW, outputs);
  },
  depthwiseConv2d: (operator, operands) => {
    const [one, kernelH, kernelW, outputs] = operands.image(1);
    const channels = operands.image(0)[3];
    demand(
      one === 1 && outputs === channels * operator.depthMultiplier,
      `weights [${operands.shape(1).join(', ')}] do not fit ${channels} channels times ${operator.depthMultiplier}`,
    );
    checkBias(operands, 2, outputs);
    return convolve(operator, operands.image(0), kernelH, kernelW, outputs);
  },
  transposeConv: (operator, operands) => {
    const [outputs, kernelH, kernelW, channels] = operands.image(1);
    checkWindow({ kernel: kernelH, stride: operator.strideH, dilation: 1 });
    checkWindow({ kernel: kernelW, stride: operator.strideW, dilation: 1 });
    demand(
      channels === operands.image(2)[3],
      `weights for ${channels} channels, input has ${operands.image(2)[3]}`,
    );
    checkBias(operands, 3, outputs);
    return [operands.integers(0)];
  },
  fullyConnected: (operator, operands) => {
    const input = operands.shape(0);
    const weights = operands.shape(1);
    const [outputs = 0, features = 0] = weights;
    const rows = elementCount(input) / features;
    demand(
      weights.length === 2 && Number.isInteger(rows),
      `weights [${weights.join(', ')}] do not fit the input [${input.join(', ')}]`,
    );
    checkBias(operands, 2, outputs);
    if (!operator.keepNumDims) return [[rows, outputs]];
    demand(input[input.length - 1] === features, `the input's last dimension is not ${features}`);
    return [[...input.slice(0, -1), outputs]];
  },
  maxPool2d: pool,
  averagePool2d: pool,
  add: broadcast,
  sub: broadcast,
  mul: broadcast,
  div: broadcast,
  maximum: broadcast,
  minimum: broadcast,
  prelu: broadcast,
  concatenation: (operator, operands) => [joined(operator.axis, operands, operands.count)],
  pad: padded,
  padV2: padded,
  mirrorPad: (operator, operands) => {
    const longest = operands.shape(0).map((size) => (operator.mode === 'reflect' ? size - 1 : size));
    const inside = operands.integers(1).every((amount, index) => amount <= (longest[index >> 1] ?? 0));
    demand(inside, 'a padding is longer than the image that it mirrors');
    return padded(operator, operands);
  },
  reshape: (operator, operands) => {
    const input = operands.shape(0);
    const wanted = operands.has(1) ? operands.integers(1) : (operator.newShape ?? unknown());
    return [fillIn(wanted, elementCount(input))];
  },
  squeeze: ({ axes }, operands) => {
    const input = operands.shape(0);
    const dropped = new Set(axes.map((axis) => normalAxis(axis, input.length)));
    demand(
      [...dropped].every((axis) => input[axis] === 1),
      `axes ${axes.join(', ')} are not all of length 1`,
    );
    return [input.filter((size, axis) => (axes.length === 0 ? size !== 1 : !dropped.has(axis)))];
  },
  expandDims: (_, operands) => {
    const input = operands.shape(0);
    return [input.toSpliced(operands.axis(1, input.length + 1), 0, 1)];
  },
  softmax: sameAsInput,
  leakyRelu: sameAsInput,
  relu: sameAsInput,
  relu6: sameAsInput,
  reluN1To1: sameAsInput,
  logistic: sameAsInput,
  tanh: sameAsInput,
  hardSwish: sameAsInput,
  quantize: sameAsInput,
  dequantize: sameAsInput,
  cast: sameAsInput,
  elu: sameAsInput,
  logSoftmax: sameAsInput,
  l2Normalization: sameAsInput,
  stridedSlice: (operator, operands) => {
    const [begin, end, strides] = [operands.integers(1), operands.integers(2), operands.integers(3)];
    const slices = resolveStridedSlice(operator, operands.shape(0), begin, end, strides) ?? unknown();
    return [slices.filter(({ drop }) => !drop).map(({ length }) => length)];
  },
  slice: (_, operands) => {
    const [begin, size] = [operands.integers(1), operands.integers(2)];
    const input = operands.shape(0);
    demand(
      begin.length === input.length && size.length === input.length,
      'begin and size do not fit the input',
    );
    return [
      input.map((length, axis) => {
        const from = begin[axis] ?? 0;
        const taken = size[axis] === -1 ? length - from : (size[axis] ?? 0);
        demand(from >= 0 && taken >= 0 && from + taken <= length, `the slice leaves axis ${axis}`);
        return taken;
      }),
    ];
  },
  shape: (_, operands) => [[operands.shape(0).length]],
  pack: ({ axis, valuesCount }, operands) => {
    const first = operands.shape(0);
    demand(valuesCount === operands.count, `packs ${valuesCount} values but has ${operands.count} inputs`);
    for (let index = 1; index < operands.count; index++) {
      demand(equalShapes(operands.shape(index), first), `input ${index} has another shape than input 0`);
    }
    return [first.toSpliced(normalAxis(axis, first.length + 1), 0, valuesCount)];
  },
  unpack: ({ axis, partCount, outputs }, operands) => {
    const input = operands.shape(0);
    const at = normalAxis(axis, input.length);
    demand(
      partCount === outputs.length && input[at] === partCount,
      `${partCount} parts of axis ${axis}, ${outputs.length} outputs`,
    );
    return outputs.map(() => input.toSpliced(at, 1));
  },
  split: ({ numSplits, outputs }, operands) => {
    demand(numSplits === outputs.length, `${numSplits} parts but ${outputs.length} outputs`);
    const input = operands.shape(1);
    const axis = operands.axis(0, input.length);
    const length = (input[axis] ?? 0) / numSplits;
    demand(Number.isInteger(length), `axis ${axis} can not be split into ${numSplits} equal parts`);
    return Array.from({ length: numSplits }, () => input.with(axis, length));
  },
  splitV: ({ numSplits }, operands) => {
    const input = operands.shape(0);
    const axis = operands.axis(2, input.length);
    const sizes = fillInSum(operands.integers(1), input[axis] ?? 0);
    demand(sizes.length === numSplits, `${sizes.length} sizes for ${numSplits} parts`);
    return sizes.map((size) => input.with(axis, size));
  },
  resizeBilinear: resized,
  resizeNearest: resized,
  gather: ({ axis, batchDims }, operands) => {
    if (batchDims !== 0) return unknown();
    const input = operands.shape(0);
    return [input.toSpliced(normalAxis(axis, input.length), 1, ...operands.shape(1))];
  },
  mean: reduced,
  sum: reduced,
  reduceMax: reduced,
  reduceProd: reduced,
  argMax: ({ keepsAxis }, operands) => {
    const input = operands.shape(0);
    const axis = operands.axis(1, input.length);
    return [keepsAxis === true ? input.with(axis, 1) : input.toSpliced(axis, 1)];
  },
  spaceToBatch: (_, operands) => {
    const [n = 1, ...rest] = operands.shape(0);
    const [blocks, pads] = [operands.integers(1), operands.integers(2)];
    demand(pads.length === 2 * blocks.length && blocks.length <= rest.length, 'its blocks do not fit');
    const parts = blocks.map((block, axis) => {
      const length = ((rest[axis] ?? 0) + (pads[2 * axis] ?? 0) + (pads[2 * axis + 1] ?? 0)) / block;
      demand(block > 0 && Number.isInteger(length), `blocks of ${block} do not divide axis ${axis + 1}`);
      return length;
    });
    return [[n * elementCount(blocks), ...parts, ...rest.slice(blocks.length)]];
  },
  batchToSpace: (_, operands) => {
    const [n = 1, ...rest] = operands.shape(0);
    const [blocks, crops] = [operands.integers(1), operands.integers(2)];
    const images = n / elementCount(blocks);
    demand(Number.isInteger(images) && crops.length === 2 * blocks.length, 'its blocks do not fit');
    const wholes = blocks.map(
      (block, axis) => (rest[axis] ?? 0) * block - (crops[2 * axis] ?? 0) - (crops[2 * axis + 1] ?? 0),
    );
    demand(
      wholes.every((length) => length > 0),
      'nothing is left of it',
    );
    return [[images, ...wholes, ...rest.slice(blocks.length)]];
  },
  transpose: (_, operands) => {
    const input = operands.shape(0);
    const order = operands.integers(1).map((axis) => normalAxis(axis, input.length));
    demand(
      new Set(order).size === input.length && order.length === input.length,
      'the order is no permutation',
    );
    return [order.map((axis) => input[axis] ?? 0)];
  },
  depthToSpace: ({ blockSize }, operands) => {
    const [n, h, w, c] = operands.image(0);
    demand(
      blockSize > 0 && c % (blockSize * blockSize) === 0,
      `blocks of ${blockSize} do not divide ${c} channels`,
    );
    return [[n, h * blockSize, w * blockSize, c / (blockSize * blockSize)]];
  },
  spaceToDepth: ({ blockSize }, operands) => {
    const [n, h, w, c] = operands.image(0);
    demand(
      blockSize > 0 && h % blockSize === 0 && w % blockSize === 0,
      `blocks of ${blockSize} do not divide ${h} x ${w}`,
    );
    return [[n, h / blockSize, w / blockSize, c * blockSize * blockSize]];
  },
  spill: () => [[1]],
  fetch: sameAsInput,
  fusedConcatenation: ({ axis, fetched }, operands) => {
    demand(fetched.length === operands.count, `${fetched.length} marks for ${operands.count} inputs`);
    return [joined(axis, operands, operands.count)];
  },
  fusedConv2d: (operator, operands) => {
    const parts = operator.fetched.length;
    const more = operands.count - parts;
    demand(parts > 0 && (more === 1 || more === 2), `${parts} marks for ${operands.count} inputs`);
    demand(operands.shape(0).length === 4, 'input 0 is no image');
    const [outputs, kernelH, kernelW, channels] = operands.image(parts);
    const [n, height, width, joinedChannels] = joined(3, operands, parts) as Image;
    demand(channels === joinedChannels, `weights for ${channels} channels, inputs have ${joinedChannels}`);
    checkBias(operands, parts + 1, outputs);
    return convolve(operator, [n, height, width], kernelH, kernelW, outputs);
  },
  opaque: outside,
};

/** The shape of the first `count` inputs side by side along `axis`. */
function joined(axis: number, operands: Operands, count: number): Dimensions {
  const first = operands.shape(0);
  const at = normalAxis(axis, first.length);
  let length = 0;
  for (let index = 0; index < count; index++) {
    const shape = operands.shape(index);
    demand(
      shape.length === first.length && shape.every((size, other) => other === at || size === first[other]),
      `input ${index} [${shape.join(', ')}] does not fit input 0 [${first.join(', ')}] along axis ${at}`,
    );
    length += shape[at] ?? 0;
  }
  return first.with(at, length);
}

function broadcast(_: Operator, operands: Operands): readonly Dimensions[] {
  const [a, b] = [operands.shape(0), operands.shape(1)];
  const rank = Math.max(a.length, b.length);
  const dimension = (shape: Dimensions, axis: number): number => shape[shape.length - rank + axis] ?? 1;
  return [
    Array.from({ length: rank }, (_unused, axis) => {
      const [x, y] = [dimension(a, axis), dimension(b, axis)];
      demand(x === y || x === 1 || y === 1, `[${a.join(', ')}] and [${b.join(', ')}] do not fit together`);
      return x === 1 ? y : x;
    }),
  ];
}

function padded(_: Operator, operands: Operands): readonly Dimensions[] {
  const input = operands.shape(0);
  const paddings = operands.integers(1);
  demand(paddings.length === 2 * input.length, `${paddings.length / 2} paddings for rank ${input.length}`);
  demand(
    paddings.every((padding) => padding >= 0),
    'a padding is negative',
  );
  return [input.map((size, axis) => size + (paddings[2 * axis] ?? 0) + (paddings[2 * axis + 1] ?? 0))];
}

function resized(_: Operator, operands: Operands): readonly Dimensions[] {
  const [n, , , c] = operands.image(0);
  const [h = 0, w = 0] = operands.integers(1);
  demand(h > 0 && w > 0, `the size ${h} x ${w} is not positive`);
  return [[n, h, w, c]];
}

function reduced(
  operator: OperatorOf<'mean' | 'sum' | 'reduceMax' | 'reduceProd'>,
  operands: Operands,
): readonly Dimensions[] {
  const input = operands.shape(0);
  const axes = new Set(operands.integers(1).map((axis) => normalAxis(axis, input.length)));
  if (operator.keepDims) return [input.map((size, axis) => (axes.has(axis) ? 1 : size))];
  return [input.filter((_, axis) => !axes.has(axis))];
}

/** Replaces the one -1 of a wanted shape so that it holds `count` elements. */
function fillIn(wanted: Dimensions, count: number): Dimensions {
  const open = wanted.indexOf(-1);
  const known = elementCount(wanted.filter((size) => size !== -1));
  const filled = open < 0 ? wanted : wanted.with(open, count / known);
  demand(
    filled.every((size) => Number.isInteger(size) && size >= 0) && elementCount(filled) === count,
    `[${wanted.join(', ')}] does not hold ${count} elements`,
  );
  return filled;
}

function fillInSum(sizes: readonly number[], total: number): readonly number[] {
  const open = sizes.indexOf(-1);
  const known = sizes.reduce((sum, size) => sum + (size === -1 ? 0 : size), 0);
  const filled = open < 0 ? sizes : sizes.with(open, total - known);
  const sum = filled.reduce((part, size) => part + size, 0);
  demand(
    filled.every((size) => size >= 0) && sum === total,
    `sizes ${sizes.join(', ')} do not add up to ${total}`,
  );
  return filled;
}

/** Whether two shapes are the same, dimension by dimension. */
export function equalShapes(a: Dimensions, b: Dimensions): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}
