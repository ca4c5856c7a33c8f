// SPDX-License-Identifier: Apache-2.0
/**
 * Packs one operator: its parameters, with all quantization turned into integers, and its constants in the
 * layout of the variant. The numbers are those that TFLite Micro's reference kernels prepare.
 */
import type { Nest } from '../../analysis/row-windows.js';
import { windowGeometry } from '../../analysis/window-geometry.js';
import { typeTrouble } from '../../formats/tflite/index.js';
import {
  constantNumbers,
  elementCount,
  rowShape,
  tensorOf,
  type Graph,
  type Operator,
  type OperatorKind,
  type OperatorOf,
  type Tensor,
  type TensorId,
} from '../../ir/index.js';
import { mirrorEdge, unsupported, type LoweredOperator } from '../../planning/lowering.js';
import {
  PlanKind,
  type PlanParams,
  type RearrangeFields,
  type RequantizeFields,
} from '../../plan-format/index.js';
import type { WeightLayout } from '../../planning/variants.js';
import type { ConstantPool } from './constant-pool.js';
import { packBinary, packDiv, packPiecewise, packPrelu } from './elementwise-params.js';
import { quantizeMultiplier } from './fixed-point.js';
import { lookupTable, type LookupFunction } from './lookup-tables.js';
import {
  activationRange,
  biasOf,
  channelMultipliers,
  foldZeroPoint,
  int32Bytes,
  scalarQuantization,
  weightsOf,
  wholeMultiplier,
  wideBiasOf,
} from './quantization.js';
import { floatBits, packReal } from './real-params.js';
import { packLogSoftmax, packSoftmax } from './softmax-params.js';
import { inLayout } from './weight-layouts.js';
import { packSquash, packWideSoftmax } from './wide-functions.js';

/** Where constants of an operator go, and how its kernel variant wants its weights. */
export interface Packing {
  readonly pool: ConstantPool;
  readonly layout: WeightLayout;
}

/** What packing one operator may look at. */
interface Work extends Packing {
  readonly graph: Graph;
  readonly lowered: LoweredOperator;
}

type Packer<K extends OperatorKind> = (op: OperatorOf<K>, work: Work) => PlanParams;

const convolution: Packer<Convolution['kind']> = (op, work) => packConvolution(work.graph, op, work);
const pool: Packer<'maxPool2d' | 'averagePool2d'> = (op, { graph }) => packPool(graph, op);
const binary: Packer<'add' | 'sub' | 'mul'> = (op, { graph }) => packBinary(graph, op);
const padding: Packer<'pad' | 'padV2'> = (op, { graph, lowered }) => packPad(graph, op, lowered.before);
const reduction: Packer<'mean' | 'sum' | 'reduceMax'> = (op, { graph, lowered }) =>
  packReduction(graph, op, lowered.axes);
const functionTable: Packer<Exclude<LookupFunction['kind'], 'leakyRelu' | 'logistic' | 'tanh'>> = (
  op,
  work,
) => packLookup(work.graph, op, { kind: op.kind }, work.pool);
const squashing: Packer<'logistic' | 'tanh'> = (op, work) =>
  work.lowered.planKind === PlanKind.squash
    ? packSquash(work.graph, op, work.pool)
    : packLookup(work.graph, op, { kind: op.kind }, work.pool);
const resizing: Packer<'resizeBilinear' | 'resizeNearest'> = (op) => ({
  shape: 'resize',
  values: { alignCorners: Number(op.alignCorners), halfPixelCenters: Number(op.halfPixelCenters) },
});
const nothing = (): PlanParams => ({ shape: 'none' });

/** Of kinds that a REARRANGE runs there is nothing to say but their nest. */
const PACKERS: { readonly [K in OperatorKind]?: Packer<K> } = {
  conv2d: convolution,
  depthwiseConv2d: convolution,
  transposeConv: convolution,
  fullyConnected: (op, work) => packFullyConnected(work.graph, op, work.pool),
  maxPool2d: pool,
  averagePool2d: pool,
  add: binary,
  sub: binary,
  mul: binary,
  div: (op, { graph }) => packDiv(graph, op),
  maximum: nothing,
  minimum: nothing,
  prelu: (op, { graph }) => packPrelu(graph, op),
  cast: nothing,
  argMax: nothing,
  dequantize: (op, { graph }) => packConversion(graph, op, op.inputs[0]),
  l2Normalization: (op, { graph }) => {
    const { zeroPoint } = scalarQuantization(op, tensorOf(graph, op.inputs[0] as TensorId));
    return { shape: 'l2Normalization', values: { inputZeroPoint: zeroPoint } };
  },
  logSoftmax: (op, { graph }) => packLogSoftmax(graph, op),
  concatenation: (op, { lowered }) =>
    op.activation === 'none'
      ? { shape: 'axis', values: { axis: lowered.axis } }
      : unsupported(op, 'it has a fused activation'),
  pad: padding,
  padV2: padding,
  mirrorPad: (op, { lowered }) => {
    const [beforeN, beforeH, beforeW, beforeC] = lowered.before;
    return { shape: 'mirrorPad', values: { beforeN, beforeH, beforeW, beforeC, edge: mirrorEdge(op) } };
  },
  softmax: (op, { graph, lowered, pool }) =>
    lowered.planKind === PlanKind.softmax16 ? packWideSoftmax(graph, op, pool) : packSoftmax(graph, op),
  relu: functionTable,
  relu6: functionTable,
  reluN1To1: functionTable,
  logistic: squashing,
  tanh: squashing,
  hardSwish: functionTable,
  elu: functionTable,
  leakyRelu: (op, work) => packLookup(work.graph, op, { kind: op.kind, alpha: op.alpha }, work.pool),
  quantize: (op, { graph, lowered }) =>
    lowered.planKind === PlanKind.convert ? packConversion(graph, op, op.outputs[0]) : packRescale(graph, op),
  mean: reduction,
  sum: reduction,
  reduceMax: reduction,
  resizeBilinear: resizing,
  resizeNearest: resizing,
  split: nothing,
  splitV: nothing,
  reshape: nothing,
  squeeze: nothing,
  expandDims: nothing,
};

/** The parameters of an operator; its weights, bias and tables go into the pool. */
export function packOperator(graph: Graph, lowered: LoweredOperator, packing: Packing): PlanParams {
  const { op } = lowered;
  requireTypes(graph, lowered);
  if (lowered.nest !== undefined) return packNest(lowered.nest);
  if (lowered.planKind === PlanKind.piecewise) return packPiecewise(graph, op);
  const real = outputOf(graph, op).type === 'float32' ? packReal(graph, op, packing.pool) : undefined;
  if (real !== undefined) return real;
  const pack = PACKERS[op.kind] as Packer<OperatorKind> | undefined;
  if (pack === undefined) return unsupported(op, 'no kernel runs this kind');
  return pack(op, { graph, lowered, ...packing });
}

function requireTypes(graph: Graph, { op, inputs, outputs }: LoweredOperator): void {
  const trouble = typeTrouble(
    op,
    inputs.map(({ tensor }) => tensorOf(graph, tensor)),
    outputs.map((id) => tensorOf(graph, id)),
  );
  if (trouble !== undefined) unsupported(op, `${trouble}, which its kernels do not take`);
}

/** Of multipliers of 64-bit sums. */
const MOST_WIDE_SHIFT = 7;

type Convolution = OperatorOf<'conv2d' | 'depthwiseConv2d' | 'transposeConv'>;

function packConvolution(graph: Graph, op: Convolution, { pool, layout }: Packing): PlanParams {
  const transposed = op.kind === 'transposeConv';
  const input = tensorOf(graph, op.inputs[transposed ? 2 : 0] as TensorId);
  const output = outputOf(graph, op);
  const weights = weightsOf(graph, op, op.inputs[1]);
  const [inputQ, outputQ] = [scalarQuantization(op, input), scalarQuantization(op, output)];
  const channels = rowShape(output.shape).c;
  const biasId = op.inputs[transposed ? 3 : 2];
  const isWide = output.type === 'int16';
  const scales = channelMultipliers(op, { input: inputQ.scale, output: outputQ.scale }, weights, channels);
  if (isWide && scales.shifts.some((shift) => shift > MOST_WIDE_SHIFT)) {
    return unsupported(op, 'its output scale is too fine for sums of 64 bits');
  }
  return {
    shape: 'conv',
    values: {
      ...windowGeometry(graph, op),
      depthMultiplier: depthMultiplier(op, rowShape(input.shape).c, weights),
      inputZeroPoint: inputQ.zeroPoint,
      outputZeroPoint: outputQ.zeroPoint,
      ...activationRange(op, op.activation, outputQ, output.type),
      weights: pool.add(inLayout(layout, weights)),
      bias: pool.add(
        isWide
          ? wideBiasOf(graph, op, biasId, channels)
          : foldedBias(graph, op, biasId, weights, inputQ.zeroPoint),
      ),
      ...scales,
    },
  };
}

/** The bias as int32, less the input's zero point times the sum of the weights. */
function foldedBias(
  graph: Graph,
  op: Convolution,
  biasId: TensorId | null | undefined,
  { data }: Tensor & { readonly data: Uint8Array },
  zeroPoint: number,
): Uint8Array {
  const channels = rowShape(outputOf(graph, op).shape).c;
  const bias = biasOf(graph, op, biasId, channels);
  // At the border a transposed convolution has fewer taps: its kernel subtracts the zero point itself.
  if (op.kind === 'transposeConv') return int32Bytes(bias);
  const perChannel = data.length / channels;
  const channelOf =
    op.kind === 'depthwiseConv2d'
      ? (index: number): number => index % channels
      : (index: number): number => Math.floor(index / perChannel);
  return int32Bytes(foldZeroPoint(bias, data, zeroPoint, channelOf));
}

/** DEPTHWISE_CONV_2D: outputs for each input channel. CONV_2D: the number of groups. */
function depthMultiplier(op: Convolution, inputChannels: number, weights: Tensor): number {
  if (op.kind === 'depthwiseConv2d') return (weights.shape[3] ?? 0) / inputChannels;
  return op.kind === 'conv2d' ? inputChannels / (weights.shape[3] ?? inputChannels) : 1;
}

function packFullyConnected(graph: Graph, op: OperatorOf<'fullyConnected'>, pool: ConstantPool): PlanParams {
  if (op.weightsFormat !== 'default') return unsupported(op, 'its weights are shuffled');
  const input = tensorOf(graph, op.inputs[0] as TensorId);
  const output = outputOf(graph, op);
  const weights = weightsOf(graph, op, op.inputs[1]);
  const [outFeatures = 1, inFeatures = 1] = weights.shape;
  const [inputQ, outputQ] = [scalarQuantization(op, input), scalarQuantization(op, output)];
  const scales = { input: inputQ.scale, output: outputQ.scale };
  const filter = weights.quantization?.scales ?? [];
  const whole = filter.length === 1 ? wholeMultiplier(scales, filter[0] ?? 0) : undefined;
  const multipliers =
    whole === undefined
      ? channelMultipliers(op, scales, weights, outFeatures)
      : { multipliers: [whole.multiplier], shifts: [whole.shift] };
  const isWide = output.type === 'int16';
  if (isWide && multipliers.shifts.some((shift) => shift > MOST_WIDE_SHIFT)) {
    return unsupported(op, 'its output scale is too fine for sums of 64 bits');
  }
  const folded = (): Uint8Array =>
    int32Bytes(
      foldZeroPoint(biasOf(graph, op, op.inputs[2], outFeatures), weights.data, inputQ.zeroPoint, (index) =>
        Math.floor(index / inFeatures),
      ),
    );
  return {
    shape: 'fullyConnected',
    values: {
      batches: elementCount(input.shape) / inFeatures,
      inFeatures,
      outFeatures,
      channelCount: multipliers.multipliers.length,
      outputZeroPoint: outputQ.zeroPoint,
      ...activationRange(op, op.activation, outputQ, output.type),
      weights: pool.add(weights.data),
      bias: pool.add(isWide ? wideBiasOf(graph, op, op.inputs[2], outFeatures) : folded()),
      ...multipliers,
    },
  };
}

function packPool(graph: Graph, op: OperatorOf<'maxPool2d' | 'averagePool2d'>): PlanParams {
  const { kernelH, kernelW, strideH, strideW, padTop, padLeft } = windowGeometry(graph, op);
  const output = outputOf(graph, op);
  const range = activationRange(op, op.activation, scalarQuantization(op, output), output.type);
  return { shape: 'pool', values: { kernelH, kernelW, strideH, strideW, padTop, padLeft, ...range } };
}

function packPad(
  graph: Graph,
  op: OperatorOf<'pad' | 'padV2'>,
  [beforeN, beforeH, beforeW, beforeC]: LoweredOperator['before'],
): PlanParams {
  const output = outputOf(graph, op);
  const given = op.kind === 'padV2' ? op.inputs[2] : undefined;
  const zero = output.quantization?.zeroPoints[0] ?? 0;
  const [number] = given == null ? [zero] : (constantNumbers(tensorOf(graph, given)) ?? []);
  if (number === undefined) return unsupported(op, 'its padding value is not constant');
  const value = output.type === 'float32' ? floatBits(number) : number;
  return { shape: 'pad', values: { beforeN, beforeH, beforeW, beforeC, value } };
}

function packNest({ sizes, steps, base, rowLoops }: Nest): PlanParams {
  const numbered = [
    ...sizes.map((size, loop) => [`size${String(loop)}`, size] as const),
    ...steps.map((step, loop) => [`step${String(loop)}`, step] as const),
  ];
  const values = { ...Object.fromEntries(numbered), base, rowLoops } as unknown as RearrangeFields;
  return { shape: 'rearrange', values };
}

function packLookup(graph: Graph, op: Operator, apply: LookupFunction, pool: ConstantPool): PlanParams {
  const input = scalarQuantization(op, tensorOf(graph, op.inputs[0] as TensorId));
  const output = scalarQuantization(op, outputOf(graph, op));
  if (apply.kind === 'logistic' && output.zeroPoint !== -128) {
    return unsupported(op, 'the reference wants an output zero point of -128');
  }
  return { shape: 'lookup', values: { table: pool.add(lookupTable(apply, input, output)) } };
}

/** Between float32 and the tensor with this id. */
function packConversion(graph: Graph, op: Operator, id: TensorId | null | undefined): PlanParams {
  const { scale, zeroPoint } = scalarQuantization(op, tensorOf(graph, id as TensorId));
  return { shape: 'convert', values: { zeroPoint, scale: floatBits(scale) } };
}

/** QUANTIZE between quantized types: one factor from input to output. */
function packRescale(graph: Graph, op: Operator): PlanParams {
  return { shape: 'requantize', values: rescaling(graph, op) };
}

/** MEAN, SUM: the same. REDUCE_MAX takes its elements as they are. */
function packReduction(graph: Graph, op: Operator, axes: number): PlanParams {
  const values =
    op.kind === 'reduceMax'
      ? { inputZeroPoint: 0, outputZeroPoint: 0, multiplier: 0, shift: 0 }
      : rescaling(graph, op);
  return { shape: 'reduce', values: { ...values, axes } };
}

function rescaling(graph: Graph, op: Operator): RequantizeFields {
  const input = scalarQuantization(op, tensorOf(graph, op.inputs[0] as TensorId));
  const output = scalarQuantization(op, outputOf(graph, op));
  return {
    inputZeroPoint: input.zeroPoint,
    outputZeroPoint: output.zeroPoint,
    ...quantizeMultiplier(input.scale / output.scale),
  };
}

function outputOf(graph: Graph, op: Operator): Tensor {
  return tensorOf(graph, op.outputs[0] as TensorId);
}
