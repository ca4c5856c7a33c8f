// SPDX-License-Identifier: Apache-2.0
/**
 * The parameters that each operator of a plan must have, derived anew from the model by the rules of
 * TFLite's reference kernels and the layouts in `tseg/plan.h`. Nothing here is shared with `emit/plan`.
 */
import {
  constantIntegers,
  constantNumbers,
  elementCount,
  rowShape,
  type Activation,
  type Operator,
  type OperatorOf,
  type Tensor,
} from '../ir/index.js';
import { expectedPlaces } from './expected-places.js';
import { expectedReals } from './expected-reals.js';
import { affineOf, expectedPieces, expectedTable, inUnits, type Affine } from './expected-tables.js';
import { expectedSoftmax16, expectedSquash } from './expected-wide.js';
import { poolParams, windowParams, type Convolution } from './expected-windows.js';
import { factorOf, type Factor } from './fixed-point.js';

/** Value of a parameter field by its name: a number, the numbers of a list, or the bytes of a range of the constants. */
export type ExpectedParams = Readonly<Record<string, number | readonly number[] | Uint8Array>>;

/** An operator of the model with its tensors; `inputs` are in the model's order, absent ones undefined. */
export interface Sources {
  readonly inputs: readonly (Tensor | undefined)[];
  readonly outputs: readonly Tensor[];
}

const TYPE_RANGE: Readonly<Record<string, readonly [number, number]>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
};

/** Bounds of a fused activation on the output's scale. */
function activationBounds(activation: Activation, output: Tensor): ExpectedParams {
  const { scale, zeroPoint } = affineOf(output);
  let [activationMin, activationMax] = TYPE_RANGE[output.type] ?? [0, 0];
  const at = (real: number): number => zeroPoint + inUnits(real, scale);
  if (activation === 'relu' || activation === 'relu6') activationMin = Math.max(activationMin, at(0));
  if (activation === 'reluN1To1') activationMin = Math.max(activationMin, at(-1));
  if (activation === 'relu6') activationMax = Math.min(activationMax, at(6));
  if (activation === 'reluN1To1') activationMax = Math.min(activationMax, at(1));
  return { activationMin, activationMax };
}

function int32Bytes(values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, index) => {
    view.setInt32(4 * index, value, true);
  });
  return new Uint8Array(view.buffer);
}

/** The model's biases, or zeros, each less the sum of its channel's weights times `zeroPoint`; modulo 2^32. */
function biasBytes(bias: Tensor | undefined, sums: readonly number[], zeroPoint: number): Uint8Array {
  const own = bias === undefined ? undefined : constantIntegers(bias);
  return int32Bytes(sums.map((sum, channel) => ((own?.[channel] ?? 0) - zeroPoint * sum) | 0));
}

/** Sum of the weights of each output channel: rows of the first axis, or every `count`-th element. */
function channelSums(weights: Tensor, count: number, isInterleaved: boolean): readonly number[] {
  const bytes = weights.data ?? new Uint8Array(0);
  const data = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  const each = data.length / count;
  const [step, skip] = isInterleaved ? [count, 1] : [1, each];
  return Array.from({ length: count }, (_, channel) => {
    let total = 0;
    for (let i = 0; i < each; i++) total += data[channel * skip + i * step] ?? 0;
    return total;
  });
}

function factors(input: Affine, weights: Tensor, output: Affine, count: number): readonly Factor[] {
  const scales = weights.quantization?.scales ?? [];
  return Array.from({ length: count }, (_, channel) => {
    const scale = Math.fround((scales.length > 1 ? scales[channel] : scales[0]) ?? 0);
    const factor = factorOf((input.scale * scale) / output.scale);
    return factor.multiplier === 0 ? { multiplier: 0, shift: -1 } : factor;
  });
}

function split(list: readonly Factor[]): ExpectedParams {
  return { multipliers: list.map(({ multiplier }) => multiplier), shifts: list.map(({ shift }) => shift) };
}

function convolution(
  operator: Convolution,
  x: Tensor,
  weights: Tensor,
  bias: Tensor | undefined,
  y: Tensor,
): ExpectedParams {
  const channels = rowShape(y.shape).c;
  const [input, output] = [affineOf(x), affineOf(y)];
  const sums = channelSums(weights, channels, operator.kind === 'depthwiseConv2d');
  return {
    ...windowParams(operator, x, weights, y),
    inputZeroPoint: input.zeroPoint,
    outputZeroPoint: output.zeroPoint,
    ...activationBounds(operator.activation, y),
    weights: weights.data ?? new Uint8Array(0),
    bias:
      y.type === 'int16'
        ? (bias?.data ?? new Uint8Array(8 * channels))
        : biasBytes(bias, sums, operator.kind === 'transposeConv' ? 0 : input.zeroPoint),
    ...split(factors(input, weights, output, channels)),
  };
}

function fullyConnected(
  operator: OperatorOf<'fullyConnected'>,
  { inputs, outputs }: Sources,
): ExpectedParams {
  const [x, weights, bias] = inputs;
  const [y] = outputs;
  if (x === undefined || weights === undefined || y === undefined) return {};
  const [outFeatures = 1, inFeatures = 1] = weights.shape;
  const [input, output] = [affineOf(x), affineOf(y)];
  const isPerChannel = (weights.quantization?.scales.length ?? 1) > 1;
  // With one scale the reference multiplies the two scales as 32-bit floats.
  const product = Math.fround(input.scale * affineOf(weights).scale);
  const list = isPerChannel
    ? factors(input, weights, output, outFeatures)
    : [factorOf(product / output.scale)];
  return {
    batches: elementCount(y.shape) / outFeatures,
    ...{ inFeatures, outFeatures, channelCount: list.length },
    outputZeroPoint: output.zeroPoint,
    ...activationBounds(operator.activation, y),
    weights: weights.data ?? new Uint8Array(0),
    bias:
      y.type === 'int16'
        ? (bias?.data ?? new Uint8Array(8 * outFeatures))
        : biasBytes(bias, channelSums(weights, outFeatures, false), input.zeroPoint),
    ...split(list),
  };
}

const sumLeftShift = (y: Tensor): number => (y.type === 'int16' ? 15 : 20);

/** ADD counts in 64-bit floats, SUB in 32-bit ones. */
function sum(operator: OperatorOf<'add' | 'sub'>, a: Tensor, b: Tensor, y: Tensor): ExpectedParams {
  const precise = operator.kind === 'add' ? (x: number): number => x : Math.fround;
  const [first, second, output] = [affineOf(a), affineOf(b), affineOf(y)];
  const twice = 2 * Math.max(first.scale, second.scale);
  const [factor1, factor2] = [
    factorOf(precise(first.scale / twice)),
    factorOf(precise(second.scale / twice)),
  ];
  const factor = factorOf(precise(twice / precise(2 ** sumLeftShift(y) * output.scale)));
  return {
    leftShift: sumLeftShift(y),
    ...{ input1Offset: -first.zeroPoint, input1Multiplier: factor1.multiplier, input1Shift: factor1.shift },
    ...{ input2Offset: -second.zeroPoint, input2Multiplier: factor2.multiplier, input2Shift: factor2.shift },
    ...{ outputOffset: output.zeroPoint, outputMultiplier: factor.multiplier, outputShift: factor.shift },
    ...activationBounds(operator.activation, y),
  };
}

function product(operator: OperatorOf<'mul'>, a: Tensor, b: Tensor, y: Tensor): ExpectedParams {
  const [first, second, output] = [affineOf(a), affineOf(b), affineOf(y)];
  const factor = factorOf((first.scale * second.scale) / output.scale);
  return {
    leftShift: 0,
    ...{ input1Offset: -first.zeroPoint, input1Multiplier: 0, input1Shift: 0 },
    ...{ input2Offset: -second.zeroPoint, input2Multiplier: 0, input2Shift: 0 },
    ...{ outputOffset: output.zeroPoint, outputMultiplier: factor.multiplier, outputShift: factor.shift },
    ...activationBounds(operator.activation, y),
  };
}

/** The factor of the scales is computed in 32-bit floats. */
function quotient(operator: OperatorOf<'div'>, a: Tensor, b: Tensor, y: Tensor): ExpectedParams {
  const f = Math.fround;
  const [first, second, output] = [affineOf(a), affineOf(b), affineOf(y)];
  const factor = factorOf(f(first.scale / f(second.scale * output.scale)));
  return {
    leftShift: 0,
    ...{ input1Offset: -first.zeroPoint, input1Multiplier: 0, input1Shift: 0 },
    ...{ input2Offset: -second.zeroPoint, input2Multiplier: 0, input2Shift: 0 },
    ...{ outputOffset: output.zeroPoint, outputMultiplier: factor.multiplier, outputShift: factor.shift },
    ...activationBounds(operator.activation, y),
  };
}

/** PRELU: one factor at and above zero, one for products with slopes. */
function slopes(x: Tensor, alpha: Tensor, y: Tensor): ExpectedParams {
  const [input, slope, output] = [affineOf(x), affineOf(alpha), affineOf(y)];
  const above = factorOf(input.scale / output.scale);
  const below = factorOf((input.scale * slope.scale) / output.scale);
  return {
    leftShift: 0,
    ...{ input1Offset: -input.zeroPoint, input1Multiplier: above.multiplier, input1Shift: above.shift },
    ...{ input2Offset: -slope.zeroPoint, input2Multiplier: 0, input2Shift: 0 },
    ...{ outputOffset: output.zeroPoint, outputMultiplier: below.multiplier, outputShift: below.shift },
    ...activationBounds('none', y),
  };
}

/** Between integers a factor; else zero point and scale of the tensor that is not float32. */
function conversion(x: Tensor, y: Tensor): ExpectedParams {
  if (x.type !== 'float32' && y.type !== 'float32') return rescaling(x, y);
  const { scale, zeroPoint } = affineOf(x.type === 'float32' ? y : x);
  return { zeroPoint, scale: new Int32Array(Float32Array.of(scale).buffer)[0] ?? 0 };
}

/** An axis of the model's tensor as one of n, h, w, c; below four dimensions all but the last are w. */
function rowAxis(axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (rank === 4) return positive;
  return positive === rank - 1 ? 3 : 2;
}

function paddedBefore(x: Tensor, paddings: Tensor): ExpectedParams {
  const before = (constantIntegers(paddings) ?? []).filter((_, index) => index % 2 === 0);
  const [beforeN = 0, beforeH = 0, beforeW = 0, beforeC = 0] =
    x.shape.length === 4 ? before : [0, 0, 0, before[before.length - 1]];
  return { beforeN, beforeH, beforeW, beforeC };
}

function pad(x: Tensor, paddings: Tensor, value: Tensor | undefined, y: Tensor): ExpectedParams {
  const given = value === undefined ? undefined : constantNumbers(value)?.[0];
  const real = given ?? affineOf(y).zeroPoint;
  const bits = y.type === 'float32' ? new Int32Array(Float32Array.of(real).buffer)[0] : real;
  return { ...paddedBefore(x, paddings), value: bits ?? 0 };
}

const SOFTMAX_INTEGER_BITS = 5;

function softmax(beta: number, x: Tensor): ExpectedParams {
  const real = Math.fround(beta) * affineOf(x).scale * 2 ** (31 - SOFTMAX_INTEGER_BITS);
  const factor = factorOf(Math.min(real, 2 ** 31 - 1));
  const radius = (2 ** SOFTMAX_INTEGER_BITS - 1) * 2 ** (31 - SOFTMAX_INTEGER_BITS);
  return {
    inputBetaMultiplier: factor.multiplier,
    inputBetaLeftShift: factor.shift,
    diffMin: -Math.floor(radius / 2 ** factor.shift),
  };
}

function logSoftmax(x: Tensor): ExpectedParams {
  const {
    inputBetaMultiplier = 0,
    inputBetaLeftShift = 0,
    diffMin = 0,
  } = softmax(1, x) as Record<string, number>;
  const back = factorOf(2 ** (31 - inputBetaLeftShift) / inputBetaMultiplier);
  return {
    ...{ inputMultiplier: inputBetaMultiplier, inputLeftShift: inputBetaLeftShift, diffMin },
    ...{ reverseMultiplier: back.multiplier, reverseShift: back.shift },
  };
}

/** From the input's scale to the output's. */
function rescaling(x: Tensor, y: Tensor): ExpectedParams {
  const [input, output] = [affineOf(x), affineOf(y)];
  return {
    inputZeroPoint: input.zeroPoint,
    outputZeroPoint: output.zeroPoint,
    ...factorOf(input.scale / output.scale),
  };
}

/** Axes of an image as a set of bits: n, h, w, c from the lowest. */
function axisBits(axes: Tensor): number {
  return (constantIntegers(axes) ?? []).reduce((bits, axis) => bits | (1 << (axis < 0 ? axis + 4 : axis)), 0);
}

/** A maximum is not rescaled. */
function reduction(kind: Operator['kind'], x: Tensor, axes: Tensor, y: Tensor): ExpectedParams {
  const unscaled = { inputZeroPoint: 0, outputZeroPoint: 0, multiplier: 0, shift: 0 };
  return { ...(kind === 'reduceMax' ? unscaled : rescaling(x, y)), axes: axisBits(axes) };
}

function resizing(operator: OperatorOf<'resizeBilinear' | 'resizeNearest'>): ExpectedParams {
  return {
    alignCorners: Number(operator.alignCorners),
    halfPixelCenters: Number(operator.halfPixelCenters),
  };
}

function shares(operator: OperatorOf<'softmax' | 'logSoftmax'>, x: Tensor, y: Tensor): ExpectedParams {
  if (operator.kind === 'logSoftmax') return logSoftmax(x);
  return y.type === 'int16' ? expectedSoftmax16(operator.beta, x) : softmax(operator.beta, x);
}

function expectedInt16(operator: Operator, x: Tensor, y: Tensor): ExpectedParams | undefined {
  const squashes = operator.kind === 'logistic' || operator.kind === 'tanh';
  return squashes ? expectedSquash(operator.kind, x) : expectedPieces(operator, x, y);
}

function combination(
  operator: OperatorOf<'add' | 'sub' | 'mul' | 'div' | 'prelu'>,
  a: Tensor,
  b: Tensor,
  y: Tensor,
): ExpectedParams {
  switch (operator.kind) {
    case 'mul':
      return product(operator, a, b, y);
    case 'div':
      return quotient(operator, a, b, y);
    case 'prelu':
      return slopes(a, b, y);
    default:
      return sum(operator, a, b, y);
  }
}

/** Fields by name; undefined for an operator that has no parameters of its own in a plan or can't be in one. */
export function expectedParams(operator: Operator, sources: Sources): ExpectedParams | undefined {
  const [a, b, c, d] = sources.inputs;
  const [y] = sources.outputs;
  if (y === undefined) return undefined;
  const reals = y.type === 'float32' ? expectedReals(operator, sources) : undefined;
  if (reals !== undefined) return reals;
  switch (operator.kind) {
    case 'conv2d':
    case 'depthwiseConv2d':
      return a && b && convolution(operator, a, b, c, y);
    case 'transposeConv':
      return b && c && convolution(operator, c, b, d, y);
    case 'fullyConnected':
      return fullyConnected(operator, sources);
    case 'maxPool2d':
    case 'averagePool2d':
      return a && { ...poolParams(operator, a), ...activationBounds(operator.activation, y) };
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'prelu':
      return a && b && combination(operator, a, b, y);
    case 'l2Normalization':
      return a && { inputZeroPoint: affineOf(a).zeroPoint };
    case 'concatenation':
      return { axis: rowAxis(operator.axis, y.shape.length) };
    case 'pad':
    case 'padV2':
      return a && b && pad(a, b, operator.kind === 'padV2' ? c : undefined, y);
    case 'mirrorPad':
      return a && b && { ...paddedBefore(a, b), edge: operator.mode === 'symmetric' ? 1 : 0 };
    case 'softmax':
    case 'logSoftmax':
      return a && shares(operator, a, y);
    case 'quantize':
    case 'dequantize':
      return a && conversion(a, y);
    case 'mean':
    case 'sum':
    case 'reduceMax':
      return a && b && reduction(operator.kind, a, b, y);
    case 'slice':
    case 'stridedSlice':
    case 'transpose':
    case 'depthToSpace':
    case 'spaceToDepth':
    case 'spaceToBatch':
    case 'batchToSpace':
      return expectedPlaces(operator, sources.inputs, y);
    case 'resizeBilinear':
    case 'resizeNearest':
      return resizing(operator);
    default: {
      if (y.type === 'int16') return a && expectedInt16(operator, a, y);
      const table = a && expectedTable(operator, a, y);
      return table && { table };
    }
  }
}
