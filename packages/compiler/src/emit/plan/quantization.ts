// SPDX-License-Identifier: Apache-2.0
/** Turns scales and zero points of the graph into the integers that plan parameters hold, as TFLite does. */
import type { Activation, ElementType, Graph, Operator, Tensor, TensorId } from '../../ir/index.js';
import { tensorOf } from '../../ir/index.js';
import { unsupported } from '../../planning/lowering.js';
import { quantizeMultiplier, roundAway, type Multiplier } from './fixed-point.js';
import type { ScalarQuantization } from './lookup-tables.js';

const f32 = Math.fround;

/** Scale and zero point of a tensor quantized as a whole. */
export function scalarQuantization(op: Operator, tensor: Tensor): ScalarQuantization {
  const { scales = [], zeroPoints = [] } = tensor.quantization ?? {};
  const [scale] = scales;
  if (scale === undefined || scales.length !== 1) {
    return unsupported(op, `tensor "${tensor.name}" is not quantized as a whole`);
  }
  return { scale, zeroPoint: zeroPoints[0] ?? 0 };
}

/** The quantized bounds of a fused activation, both inclusive (CalculateActivationRangeQuantized). */
export function activationRange(
  op: Operator,
  activation: Activation,
  { scale, zeroPoint }: ScalarQuantization,
  type: ElementType = 'int8',
): { readonly activationMin: number; readonly activationMax: number } {
  const [least, most] = type === 'int16' ? [-32768, 32767] : [-128, 127];
  const quantized = (bound: number): number => zeroPoint + roundAway(f32(bound / scale));
  const between = (low: number, high: number): { activationMin: number; activationMax: number } => ({
    activationMin: Math.max(least, low),
    activationMax: Math.min(most, high),
  });
  switch (activation) {
    case 'none':
      return between(least, most);
    case 'relu':
      return between(quantized(0), most);
    case 'relu6':
      return between(quantized(0), quantized(6));
    case 'reluN1To1':
      return between(quantized(-1), quantized(1));
    default:
      return unsupported(op, `the fused activation ${activation} has no kernel`);
  }
}

/**
 * One multiplier for each output channel: input scale * filter scale / output scale in double precision.
 * A filter quantized as a whole gives all channels the same.
 */
export function channelMultipliers(
  op: Operator,
  scales: { readonly input: number; readonly output: number },
  weights: Tensor,
  channelCount: number,
): { readonly multipliers: readonly number[]; readonly shifts: readonly number[] } {
  const filter = weights.quantization?.scales ?? [];
  if (filter.length !== 1 && filter.length !== channelCount) {
    return unsupported(op, `tensor "${weights.name}" has ${String(filter.length)} scales`);
  }
  const all = Array.from({ length: channelCount }, (_, channel) =>
    toTheRight(quantizeMultiplier((scales.input * (filter[channel] ?? filter[0] ?? 0)) / scales.output)),
  );
  return { multipliers: all.map(({ multiplier }) => multiplier), shifts: all.map(({ shift }) => shift) };
}

/** A multiplier of 0 gives 0 at any shift: one to the right, so that the loader meets no others in most models. */
function toTheRight(factor: Multiplier): Multiplier {
  return factor.multiplier === 0 ? { multiplier: 0, shift: -1 } : factor;
}

/** The multiplier of a FULLY_CONNECTED whose filter is quantized as a whole: the product is in single precision. */
export function wholeMultiplier(
  scales: { readonly input: number; readonly output: number },
  filter: number,
): Multiplier {
  return quantizeMultiplier(f32(scales.input * filter) / scales.output);
}

/** Weights of a layer; refused when absent, not int8, or asymmetric. */
export function weightsOf(
  graph: Graph,
  op: Operator,
  id: TensorId | null | undefined,
): Tensor & { readonly data: Uint8Array } {
  if (id == null) return unsupported(op, 'it has no weights');
  const tensor = tensorOf(graph, id);
  const { data } = tensor;
  if (data === undefined) return unsupported(op, `its weights "${tensor.name}" are not constant`);
  if (tensor.type !== 'int8')
    return unsupported(op, `its weights "${tensor.name}" are ${tensor.type}, not int8`);
  if (tensor.quantization?.zeroPoints.some((zeroPoint) => zeroPoint !== 0) === true) {
    return unsupported(op, `its weights "${tensor.name}" have a zero point`);
  }
  return { ...tensor, data };
}

/** The bias as int32 numbers; zeros when the operator has none. */
export function biasOf(
  graph: Graph,
  op: Operator,
  id: TensorId | null | undefined,
  count: number,
): Int32Array {
  if (id == null) return new Int32Array(count);
  const { data, type, name } = tensorOf(graph, id);
  if (data === undefined || type !== 'int32' || data.length !== 4 * count) {
    return unsupported(op, `its bias "${name}" is not a constant of ${String(count)} int32`);
  }
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  return Int32Array.from({ length: count }, (_, index) => view.getInt32(4 * index, true));
}

/**
 * bias[o] - inputZeroPoint * (sum of the weights of o), modulo 2^32, so that kernels multiply the stored
 * elements. `channelOf` tells the output channel of a weight.
 */
export function foldZeroPoint(
  bias: Int32Array,
  weights: Uint8Array,
  inputZeroPoint: number,
  channelOf: (index: number) => number,
): Int32Array {
  const sums = new Int32Array(bias.length);
  for (let index = 0; index < weights.length; index++) {
    const channel = channelOf(index);
    sums[channel] = (sums[channel] ?? 0) + (((weights[index] ?? 0) << 24) >> 24);
  }
  return bias.map((value, channel) => value - Math.imul(inputZeroPoint, sums[channel] ?? 0));
}

/** The bias of int16 activations: int64 numbers; zeros when the operator has none. */
export function wideBiasOf(
  graph: Graph,
  op: Operator,
  id: TensorId | null | undefined,
  count: number,
): Uint8Array {
  if (id == null) {
    const stated = op.extras?.['quantizedBiasType'];
    if (stated === 2 || stated === 'int32') return unsupported(op, 'it says that its sums have 32 bits');
    return new Uint8Array(8 * count);
  }
  const { data, type, name } = tensorOf(graph, id);
  if (data === undefined || type !== 'int64' || data.length !== 8 * count) {
    return unsupported(op, `its bias "${name}" is not a constant of ${String(count)} int64`);
  }
  return data;
}

/** int32 numbers as little-endian bytes. */
export function int32Bytes(values: Int32Array): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => view.setInt32(4 * index, value, true));
  return bytes;
}
