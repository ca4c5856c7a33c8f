// SPDX-License-Identifier: Apache-2.0
/** Constraints on element-wise operators, functions of one element, and what moves or resizes rows. */
import {
  elementCount,
  type Graph,
  type Operator,
  rowShape,
  sameQuantization,
  type Tensor,
} from '../../../ir/index.js';
import {
  type Constraint,
  constantAt,
  dataTensors,
  firstOf,
  inputAt,
  movingTensors,
  outputTensors,
  quantizationText,
} from './constraint.js';

const MOST_SOFTMAX_CHANNELS = 4096;
const ADD_LEFT_SHIFT = 20;
const ADD_LEFT_SHIFT_INT16 = 15;
const SOFTMAX_BITS = 26;
const MOST_SHIFT = 30;
const MOST_REDUCED = 2 ** 23;
const REARRANGING_KINDS = [
  'slice',
  'stridedSlice',
  'transpose',
  'depthToSpace',
  'spaceToDepth',
  'spaceToBatch',
  'batchToSpace',
] as const;
const MOST_LOGARITHMS = 4095;
const MOST_SQUASHED_SCALE = 2.5;
const LEAST_QUOTIENT = 2 ** 6;
const MOST_QUOTIENT = 2 ** 23;

export const ELEMENT_CONSTRAINTS: readonly Constraint[] = [
  {
    code: 'UNSUPPORTED_BROADCAST',
    sentence:
      'Inputs have the shape of the output, or lengths of 1 where they repeat; seen as batch, height, width and channels.',
    kinds: ['add', 'sub', 'mul', 'div', 'maximum', 'minimum', 'prelu'],
    check: (operator, graph) => {
      const [output] = outputTensors(operator, graph);
      const whole = rowShape(output?.shape ?? []);
      return firstOf(dataTensors(operator, graph), ({ shape }) => {
        const part = rowShape(shape);
        const axes = ['n', 'h', 'w', 'c'] as const;
        const fits = axes.every((axis) => part[axis] === whole[axis] || part[axis] === 1);
        return fits
          ? undefined
          : `has the shape [${shape.join(', ')}], the output [${output?.shape.join(', ')}]`;
      });
    },
  },
  {
    code: 'UNSUPPORTED_FINE_OUTPUT',
    sentence: `The output's scale is more than the larger input scale divided by 2^${ADD_LEFT_SHIFT - 1}; of int16, by 2^${ADD_LEFT_SHIFT_INT16 - 1}.`,
    kinds: ['add', 'sub'],
    check: (operator, graph) => {
      const scales = dataTensors(operator, graph).map(({ quantization }) => quantization?.scales[0] ?? 0);
      const [output] = outputTensors(operator, graph);
      if (output?.type === 'float32') return undefined;
      const scale = output?.quantization?.scales[0] ?? 1;
      const leftShift = output?.type === 'int16' ? ADD_LEFT_SHIFT_INT16 : ADD_LEFT_SHIFT;
      return (2 * Math.max(...scales)) / (2 ** leftShift * scale) < 1 ? undefined : `it is ${scale}`;
    },
  },
  {
    code: 'UNSUPPORTED_SOFTMAX',
    sentence: `An output of int8 has scale 1/256, zero point -128 and at most ${MOST_SOFTMAX_CHANNELS} channels; of int16, scale 1/32768.`,
    kinds: ['softmax'],
    check: (operator, graph) =>
      firstOf(outputTensors(operator, graph), (output) => {
        if (output.type === 'float32' || (output.type === 'int16' && isQuantized(output, 2 ** -15, 0))) {
          return undefined;
        }
        if (!isQuantized(output, 1 / 256, -128)) return `has ${quantizationText(output)}`;
        const { c } = rowShape(output.shape);
        return c <= MOST_SOFTMAX_CHANNELS ? undefined : `has ${c} channels`;
      }),
  },
  {
    code: 'UNSUPPORTED_SOFTMAX_INPUT',
    sentence: 'The scale of an int8 input, times beta of SOFTMAX, is above 2^-26 and below 16.',
    kinds: ['softmax', 'logSoftmax'],
    check: (operator, graph) => {
      const input = inputAt(operator, graph, 0);
      if (input?.type !== 'int8') return undefined;
      const scale = input?.quantization?.scales[0] ?? 0;
      const factor = operator.kind === 'softmax' ? Math.fround(operator.beta) * scale : scale;
      const isInside = factor * 2 ** SOFTMAX_BITS > 1 && factor * 2 ** SOFTMAX_BITS < 2 ** MOST_SHIFT;
      return isInside ? undefined : `it is ${factor}`;
    },
  },
  {
    code: 'UNSUPPORTED_LOGISTIC',
    sentence: `An output of int8 has scale 1/256 and zero point -128; of int16, scale 1/32768 and an input scale of at most ${MOST_SQUASHED_SCALE}.`,
    kinds: ['logistic'],
    check: (operator, graph) =>
      firstOf(outputTensors(operator, graph), (output) =>
        isSquashed(operator, graph, output) || isQuantized(output, 1 / 256, -128)
          ? undefined
          : `has ${quantizationText(output)}`,
      ),
  },
  {
    code: 'UNSUPPORTED_TANH',
    sentence: `An output of int8 has scale 1/128 and zero point 0; of int16, scale 1/32768 and an input scale of at most ${MOST_SQUASHED_SCALE}.`,
    kinds: ['tanh'],
    check: (operator, graph) =>
      firstOf(outputTensors(operator, graph), (output) =>
        isSquashed(operator, graph, output) || isQuantized(output, 1 / 128, 0)
          ? undefined
          : `has ${quantizationText(output)}`,
      ),
  },
  {
    code: 'UNSUPPORTED_LOG_SOFTMAX',
    sentence: `An output of int8 has scale 1/16 and zero point 127, and at most ${MOST_LOGARITHMS} channels.`,
    kinds: ['logSoftmax'],
    check: (operator, graph) =>
      firstOf(outputTensors(operator, graph), (output) => {
        if (output.type === 'float32') return undefined;
        if (!isQuantized(output, 1 / 16, 127)) return `has ${quantizationText(output)}`;
        const { c } = rowShape(output.shape);
        return c <= MOST_LOGARITHMS ? undefined : `has ${c} channels`;
      }),
  },
  {
    code: 'UNSUPPORTED_L2_NORMALIZATION',
    sentence: 'An output of int8 has scale 1/128 and zero point 0.',
    kinds: ['l2Normalization'],
    check: (operator, graph) =>
      firstOf(outputTensors(operator, graph), (output) =>
        output.type === 'float32' || isQuantized(output, 1 / 128, 0)
          ? undefined
          : `has ${quantizationText(output)}`,
      ),
  },
  {
    code: 'UNSUPPORTED_DIVISION',
    sentence: `Of int8, the dividend's scale is ${LEAST_QUOTIENT} to ${MOST_QUOTIENT} times the divisor's scale times the output's.`,
    kinds: ['div'],
    check: (operator, graph) => {
      const tensors = movingTensors(operator, graph);
      if (tensors[2]?.type === 'float32') return undefined;
      const [a = 0, b = 1, output = 1] = tensors.map(({ quantization }) => quantization?.scales[0]);
      // In 32-bit floats, as the kernel computes it.
      const factor = Math.fround(a / Math.fround(b * output));
      return factor >= LEAST_QUOTIENT && factor < MOST_QUOTIENT ? undefined : `it is ${factor} times`;
    },
  },
  {
    code: 'UNSUPPORTED_BATCH_PADDING',
    sentence:
      'Where it pads, the zero point is 0: interpreters disagree whether they pad with zeros or zero points.',
    kinds: ['spaceToBatch'],
    check: (operator, graph) => {
      const isPadded = constantAt(operator, graph, 2)?.some((amount) => amount > 0) ?? false;
      return firstOf(isPadded ? outputTensors(operator, graph) : [], ({ quantization }) =>
        (quantization?.zeroPoints[0] ?? 0) === 0
          ? undefined
          : `has the zero point ${quantization?.zeroPoints[0]}`,
      );
    },
  },
  {
    code: 'UNSUPPORTED_PLACE_AXIS',
    sentence: 'The axis is constant.',
    kinds: ['argMax'],
    check: (operator, graph) =>
      constantAt(operator, graph, 1) === undefined ? 'it is computed at run time' : undefined,
  },
  {
    code: 'UNSUPPORTED_HARD_SWISH',
    sentence: "An int8 output's scale is more than the input's divided by 128.",
    kinds: ['hardSwish'],
    check: (operator, graph) => {
      if (outputTensors(operator, graph)[0]?.type === 'float32') return undefined;
      const [input = 0, output = 1] = movingTensors(operator, graph).map(
        ({ quantization }) => quantization?.scales[0],
      );
      // In 32-bit floats, as the kernel computes the factor that has to be below 1.
      const factor = Math.fround(Math.fround(Math.fround(1 / 128) * input) / output);
      return factor < 1 ? undefined : `the input has scale ${input}, the output ${output}`;
    },
  },
  {
    code: 'UNSUPPORTED_REDUCED_AXES',
    sentence: `The axes are constant, and at most ${MOST_REDUCED} elements become one.`,
    kinds: ['mean', 'sum', 'reduceMax'],
    check: (operator, graph) => {
      if (constantAt(operator, graph, 1) === undefined) return 'its axes are computed at run time';
      const [input, output] = movingTensors(operator, graph).map(({ shape }) => elementCount(shape));
      const count = (input ?? 0) / (output ?? 1);
      return count <= MOST_REDUCED ? undefined : `${count} do`;
    },
  },
  {
    code: 'UNSUPPORTED_MIXED_QUANTIZATION',
    sentence: 'Inputs and outputs have one type and the same scale and zero point.',
    kinds: ['concatenation', 'split', 'splitV', 'maximum', 'minimum', ...REARRANGING_KINDS],
    check: (operator, graph) => {
      const [first, ...rest] = movingTensors(operator, graph);
      if (first === undefined) return undefined;
      return firstOf(rest, (tensor) =>
        tensor.type === first.type && sameQuantization(tensor.quantization, first.quantization)
          ? undefined
          : `has ${tensor.type}, ${quantizationText(tensor)}; "${first.name}" has ${first.type}, ${quantizationText(first)}`,
      );
    },
  },
  {
    code: 'UNSUPPORTED_REARRANGEMENT',
    sentence: 'What it takes of its input is constant, has no ellipsis and no new axes, and is not empty.',
    kinds: REARRANGING_KINDS,
    check: (operator, graph) => {
      const isImage = movingTensors(operator, graph).every(({ shape }) => shape.length === 4);
      if (!isImage) return 'it is not on images';
      const given = operator.inputs.slice(1).map((_, index) => constantAt(operator, graph, index + 1));
      if (given.includes(undefined)) return 'it is computed at run time';
      const isBatched = operator.kind === 'spaceToBatch' || operator.kind === 'batchToSpace';
      return isBatched && given[0]?.length !== 2 ? 'its blocks are not of rows and columns' : undefined;
    },
  },
  {
    code: 'UNSUPPORTED_CONCATENATION_AXIS',
    sentence:
      'Tensors of fewer than 4 dimensions are joined along their last axis, or along one that begins them.',
    kinds: ['concatenation'],
    check: (operator, graph) => {
      if (operator.kind !== 'concatenation') return undefined;
      const shape = outputTensors(operator, graph)[0]?.shape ?? [];
      const axis = operator.axis < 0 ? operator.axis + shape.length : operator.axis;
      const isFirst = shape.slice(0, axis).every((size) => size === 1);
      return shape.length === 4 || axis === shape.length - 1 || isFirst
        ? undefined
        : `its axis is ${operator.axis}`;
    },
  },
  {
    code: 'UNSUPPORTED_SPLIT_AXIS',
    sentence: 'The split is along the last axis, at constant places.',
    kinds: ['split', 'splitV'],
    check: (operator, graph) => {
      const rank = dataTensors(operator, graph)[0]?.shape.length ?? 0;
      const [axis] = constantAt(operator, graph, operator.kind === 'split' ? 0 : 2) ?? [];
      if (axis === undefined) return 'its axis is computed at run time';
      return axis === rank - 1 || axis === -1 ? undefined : `its axis is ${axis}`;
    },
  },
  {
    code: 'UNSUPPORTED_PADDING',
    sentence:
      'Paddings, and the value of PADV2, are constant; tensors of fewer than 4 dimensions are padded along their last axis.',
    kinds: ['pad', 'padV2', 'mirrorPad'],
    check: checkPadding,
  },
  {
    code: 'UNSUPPORTED_RESIZE',
    sentence: 'The new size is constant, and not both align_corners and half_pixel_centers are set.',
    kinds: ['resizeBilinear', 'resizeNearest'],
    check: (operator, graph) => {
      if (constantAt(operator, graph, 1) === undefined) return 'its size is computed at run time';
      const isBoth = 'alignCorners' in operator && operator.alignCorners && operator.halfPixelCenters;
      return isBoth ? 'it has both' : undefined;
    },
  },
];

function checkPadding(operator: Operator, graph: Graph): string | undefined {
  const paddings = constantAt(operator, graph, 1);
  if (paddings === undefined) return 'its paddings are computed at run time';
  if (operator.kind === 'padV2' && constantAt(operator, graph, 2)?.length !== 1)
    return 'its value is no constant';
  const rank = inputAt(operator, graph, 0)?.shape.length ?? 0;
  const isInner = rank !== 4 && paddings.slice(0, -2).some((padding) => padding !== 0);
  return isInner ? `its paddings are ${paddings.join(', ')}` : undefined;
}

/** Real numbers, or int16 as the tables of int16 give it. */
function isSquashed(operator: Operator, graph: Graph, output: Tensor): boolean {
  const scale = inputAt(operator, graph, 0)?.quantization?.scales[0] ?? 0;
  const isWide = output.type === 'int16' && isQuantized(output, 2 ** -15, 0) && scale <= MOST_SQUASHED_SCALE;
  return output.type === 'float32' || isWide;
}

function isQuantized({ quantization }: Tensor, scale: number, zeroPoint: number): boolean {
  return quantization?.scales[0] === scale && quantization.zeroPoints[0] === zeroPoint;
}
