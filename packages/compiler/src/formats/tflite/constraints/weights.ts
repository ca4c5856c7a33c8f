// SPDX-License-Identifier: Apache-2.0
/** Constraints on convolutions, FULLY_CONNECTED and pools: weights, biases, windows, activations. */
import {
  type ElementType,
  type Graph,
  type Operator,
  rowShape,
  sameQuantization,
} from '../../../ir/index.js';
import {
  type Constraint,
  inputAt,
  outputTensors,
  quantizationText,
  WEIGHTED_KINDS,
  weightPlaces,
} from './constraint.js';

const LARGEST_WINDOW = 4096;
const LARGEST_POOL_ELEMENTS = 2 ** 22;
const POOL_KINDS = ['maxPool2d', 'averagePool2d'] as const;
const WINDOW_KINDS = ['conv2d', 'depthwiseConv2d', 'transposeConv', ...POOL_KINDS] as const;
const FUSING_KINDS = [
  'conv2d',
  'depthwiseConv2d',
  'fullyConnected',
  ...POOL_KINDS,
  'add',
  'sub',
  'mul',
  'div',
] as const;

export const WEIGHT_CONSTRAINTS: readonly Constraint[] = [
  {
    code: 'UNSUPPORTED_WEIGHTS',
    sentence: 'Weights are constant: int8 with zero points of 0, or float32 with float32 activations.',
    kinds: WEIGHTED_KINDS,
    check: (operator, graph) => {
      const weights = inputAt(operator, graph, weightPlaces(operator).weights);
      if (weights?.data === undefined) return 'its weights are computed at run time';
      if (isReal(operator, graph)) return weights.type === 'float32' ? undefined : `they are ${weights.type}`;
      if (weights.type !== 'int8') return `its weights are ${weights.type}`;
      if (weights.quantization === undefined) return 'its weights are not quantized';
      return weights.quantization.zeroPoints.every((value) => value === 0)
        ? undefined
        : 'its weights have a zero point';
    },
  },
  {
    code: 'UNSUPPORTED_WEIGHT_SCALES',
    sentence: 'Weights of int8 have one scale, or one for each output channel.',
    kinds: WEIGHTED_KINDS,
    check: (operator, graph) => {
      if (isReal(operator, graph)) return undefined;
      const { weights: place, channelAxis } = weightPlaces(operator);
      const weights = inputAt(operator, graph, place);
      const { scales, axis } = weights?.quantization ?? { scales: [0], axis: 0 };
      if (scales.length === 1 || (axis === channelAxis && scales.length === weights?.shape[channelAxis])) {
        return undefined;
      }
      return `its weights have ${scales.length} scales along axis ${axis}`;
    },
  },
  {
    code: 'UNSUPPORTED_BIAS',
    sentence: 'The bias is absent, or constant: int32; int64 with int16 activations, float32 with float32.',
    kinds: WEIGHTED_KINDS,
    check: (operator, graph) => {
      const bias = inputAt(operator, graph, weightPlaces(operator).bias);
      if (bias === undefined) return undefined;
      if (bias.data === undefined) return 'its bias is computed at run time';
      const [output] = outputTensors(operator, graph);
      const wanted = BIAS_TYPES[output?.type ?? 'int8'] ?? 'int32';
      return bias.type === wanted ? undefined : `its bias is ${bias.type}`;
    },
  },
  {
    code: 'UNSUPPORTED_ACTIVATION',
    sentence: 'The fused activation is NONE, RELU, RELU6 or RELU_N1_TO_1.',
    kinds: FUSING_KINDS,
    check: (operator) => {
      const activation = activationOf(operator);
      return activation === 'tanh' || activation === 'signBit' ? `it is ${activation}` : undefined;
    },
  },
  {
    code: 'UNSUPPORTED_LATE_ACTIVATION',
    sentence: 'There is no fused activation: interpreters disagree whether it counts.',
    kinds: ['transposeConv', 'concatenation', 'l2Normalization'],
    check: (operator) => (activationOf(operator) === 'none' ? undefined : `it is ${activationOf(operator)}`),
  },
  {
    code: 'UNSUPPORTED_WINDOW',
    sentence: `Kernel, stride and dilation are at most ${LARGEST_WINDOW} in each direction.`,
    kinds: WINDOW_KINDS,
    check: (operator, graph) => {
      const sizes = windowSizes(operator, inputAt(operator, graph, 1)?.shape ?? []);
      const largest = Math.max(...sizes);
      return largest <= LARGEST_WINDOW ? undefined : `one is ${largest}`;
    },
  },
  {
    code: 'UNSUPPORTED_POOL_WINDOW',
    sentence: `The window has at most ${LARGEST_POOL_ELEMENTS} elements.`,
    kinds: POOL_KINDS,
    check: (operator) => {
      if (operator.kind !== 'maxPool2d' && operator.kind !== 'averagePool2d') return undefined;
      const count = operator.filterH * operator.filterW;
      return count <= LARGEST_POOL_ELEMENTS ? undefined : `it has ${count}`;
    },
  },
  {
    code: 'UNSUPPORTED_RESCALING',
    sentence: 'Input and output have the same scale and zero point.',
    kinds: [
      ...POOL_KINDS,
      'resizeBilinear',
      'resizeNearest',
      'pad',
      'padV2',
      'mirrorPad',
      'reshape',
      'squeeze',
      'expandDims',
      'reduceMax',
    ],
    check: (operator, graph) => {
      const [from, [to]] = [inputAt(operator, graph, 0), outputTensors(operator, graph)];
      if (from === undefined || to === undefined || sameQuantization(from.quantization, to.quantization))
        return undefined;
      return `the input has ${quantizationText(from)}, the output ${quantizationText(to)}`;
    },
  },
  {
    code: 'UNSUPPORTED_WEIGHTS_FORMAT',
    sentence: 'Weights are in the default format, not shuffled.',
    kinds: ['fullyConnected'],
    check: (operator) =>
      operator.kind === 'fullyConnected' && operator.weightsFormat !== 'default'
        ? `they are ${operator.weightsFormat}`
        : undefined,
  },
  {
    code: 'UNSUPPORTED_FEATURE_ROWS',
    sentence: 'The output has no image rows: it has fewer than 4 dimensions, or a height of 1 in one image.',
    kinds: ['fullyConnected'],
    check: (operator, graph) => {
      const [output] = outputTensors(operator, graph);
      const { n, h } = rowShape(output?.shape ?? []);
      return n * h === 1 ? undefined : `it is [${output?.shape.join(', ')}]`;
    },
  },
];

const BIAS_TYPES: Partial<Record<ElementType, ElementType>> = { int16: 'int64', float32: 'float32' };

function isReal(operator: Operator, graph: Graph): boolean {
  return outputTensors(operator, graph)[0]?.type === 'float32';
}

function activationOf(operator: Operator): string {
  return 'activation' in operator ? operator.activation : 'none';
}

function windowSizes(operator: Operator, weights: readonly number[]): readonly number[] {
  const kernel = [weights[1] ?? 1, weights[2] ?? 1];
  switch (operator.kind) {
    case 'conv2d':
    case 'depthwiseConv2d':
      return [...kernel, operator.strideH, operator.strideW, operator.dilationH, operator.dilationW];
    case 'transposeConv':
      return [...kernel, operator.strideH, operator.strideW];
    case 'maxPool2d':
    case 'averagePool2d':
      return [operator.filterH, operator.filterW, operator.strideH, operator.strideW];
    default:
      return [1];
  }
}
