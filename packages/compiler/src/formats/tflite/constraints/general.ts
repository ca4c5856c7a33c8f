// SPDX-License-Identifier: Apache-2.0
/** Constraints on every operator: kinds, types, quantization, sizes. */
import { elementSizeBytes, rowShape, type OperatorKind, type Tensor } from '../../../ir/index.js';
import { type Constraint, firstOf, movingTensors } from './constraint.js';
import { TYPE_CONSTRAINTS } from './types.js';

/** Kinds that a kernel of the runtime computes. */
export const RUNNING_KINDS: readonly OperatorKind[] = [
  'conv2d',
  'depthwiseConv2d',
  'transposeConv',
  'fullyConnected',
  'maxPool2d',
  'averagePool2d',
  'add',
  'sub',
  'mul',
  'div',
  'maximum',
  'minimum',
  'prelu',
  'concatenation',
  'split',
  'splitV',
  'pad',
  'padV2',
  'mirrorPad',
  'reshape',
  'squeeze',
  'expandDims',
  'softmax',
  'relu',
  'relu6',
  'reluN1To1',
  'leakyRelu',
  'logistic',
  'tanh',
  'hardSwish',
  'elu',
  'quantize',
  'dequantize',
  'cast',
  'argMax',
  'l2Normalization',
  'logSoftmax',
  'mean',
  'sum',
  'reduceMax',
  'resizeBilinear',
  'resizeNearest',
  'slice',
  'stridedSlice',
  'transpose',
  'depthToSpace',
  'spaceToDepth',
  'spaceToBatch',
  'batchToSpace',
];

/** Kinds that run only while compiling, when their inputs are constants (or shapes). */
export const FOLDED_KINDS: readonly OperatorKind[] = ['shape', 'pack', 'unpack', 'gather', 'reduceProd'];

/** They move bytes and look at none. */
const MOVING_KINDS: readonly OperatorKind[] = [
  'concatenation',
  'split',
  'splitV',
  'reshape',
  'squeeze',
  'expandDims',
  'slice',
  'stridedSlice',
  'transpose',
  'depthToSpace',
  'spaceToDepth',
  'spaceToBatch',
  'batchToSpace',
];

/** They look at numbers as they are stored. */
const UNSCALED_KINDS: readonly OperatorKind[] = [...MOVING_KINDS, 'cast', 'argMax'];
const SCALED_KINDS = RUNNING_KINDS.filter((kind) => !UNSCALED_KINDS.includes(kind));

/** Their kernels go through a row element by element and never ask for its width. */
const SHAPELESS_KINDS: readonly OperatorKind[] = [
  'reshape',
  'squeeze',
  'expandDims',
  'relu',
  'relu6',
  'reluN1To1',
  'leakyRelu',
  'logistic',
  'tanh',
  'hardSwish',
  'elu',
  'quantize',
  'dequantize',
  'cast',
];

const LARGEST_DIMENSION = 32_768;
const MOST_OPERANDS = 16;

export const GENERAL_CONSTRAINTS: readonly Constraint[] = [
  {
    code: 'UNSUPPORTED_OPERATOR',
    sentence: 'The operator is one of those in docs/reference/supported-operators.md.',
    kinds: 'all',
    check: ({ kind }) => {
      if (RUNNING_KINDS.includes(kind)) return undefined;
      if (FOLDED_KINDS.includes(kind))
        return 'it would have to run on the device, because its inputs are no constants';
      return 'no kernel runs it';
    },
  },
  ...TYPE_CONSTRAINTS,
  {
    code: 'UNSUPPORTED_ELEMENT_SIZE',
    sentence: 'Inputs and outputs have elements of 1, 2, 4 or 8 whole bytes.',
    kinds: MOVING_KINDS,
    check: (operator, graph) =>
      firstOf(movingTensors(operator, graph), ({ type }) =>
        PLAN_TYPES.includes(type) && elementSizeBytes(type) !== undefined ? undefined : `is ${type}`,
      ),
  },
  {
    code: 'UNSUPPORTED_QUANTIZATION',
    sentence:
      'Inputs and outputs other than float32 have one scale, greater than 0, and one zero point for the whole tensor, which is 0 for int16.',
    kinds: SCALED_KINDS,
    check: (operator, graph) =>
      firstOf(movingTensors(operator, graph), ({ type, quantization }) => {
        if (type === 'float32') return undefined;
        if (quantization === undefined) return 'is not quantized';
        if (quantization.scales.length !== 1) return `has ${quantization.scales.length} scales`;
        const [zeroPoint = 0] = quantization.zeroPoints;
        if (type === 'int16' && zeroPoint !== 0) return `has the zero point ${zeroPoint}`;
        return (quantization.scales[0] ?? 0) > 0 ? undefined : `has the scale ${quantization.scales[0]}`;
      }),
  },
  {
    code: 'UNSUPPORTED_DIMENSION',
    sentence: `Inputs and outputs have at most 4 dimensions, each from 1 to ${LARGEST_DIMENSION}. Of 3 or fewer, all but the last make up one row: where neighbours matter, their product is at most ${LARGEST_DIMENSION}, too.`,
    kinds: RUNNING_KINDS,
    check: (operator, graph) =>
      firstOf(movingTensors(operator, graph), ({ shape }) =>
        hasKernelSize(shape) && (SHAPELESS_KINDS.includes(operator.kind) || hasKernelWidth(shape))
          ? undefined
          : `has the shape [${shape.join(', ')}]`,
      ),
  },
  {
    code: 'UNSUPPORTED_OPERAND_COUNT',
    sentence: `The operator has at most ${MOST_OPERANDS} inputs and outputs together, weights and parameters not counted.`,
    kinds: ['concatenation', 'split', 'splitV'],
    check: (operator, graph) => {
      const count = movingTensors(operator, graph).length;
      return count <= MOST_OPERANDS ? undefined : `it has ${count}`;
    },
  },
  {
    code: 'UNSUPPORTED_VARIABLE',
    sentence: 'No tensor is a variable that keeps its value from one inference to the next.',
    kinds: 'all',
    check: (operator, graph) =>
      firstOf(
        [...operator.inputs, ...operator.outputs].flatMap((id) => graph.tensors.get(id ?? -1) ?? []),
        ({ isVariable }) => (isVariable === true ? 'is a variable' : undefined),
      ),
  },
  {
    code: 'UNSUPPORTED_SPARSE',
    sentence: 'Constants are stored dense.',
    kinds: 'all',
    check: (operator, graph) =>
      firstOf(
        operator.inputs.flatMap((id) => graph.tensors.get(id ?? -1) ?? []),
        ({ sparsity }) => (sparsity === undefined ? undefined : 'is stored sparse'),
      ),
  },
];

function hasKernelSize(shape: Tensor['shape']): boolean {
  return shape.length <= 4 && shape.every((size) => size >= 1 && size <= LARGEST_DIMENSION);
}

function hasKernelWidth(shape: Tensor['shape']): boolean {
  return rowShape(shape).w <= LARGEST_DIMENSION;
}

/** Element types that a plan can name. */
const PLAN_TYPES: readonly string[] = ['float32', 'int32', 'uint8', 'int64', 'bool', 'int16', 'int8'];
