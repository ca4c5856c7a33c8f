// SPDX-License-Identifier: Apache-2.0
/**
 * Parameters of the plan's operators, typed by kind: what `emit/plan` packs and the verifier and
 * reports read back. Field meanings are those of the `tseg_params_*` structs in `tseg/plan.h`.
 */
import type { TinysegError } from '@tinyseg/errors';
import { compilerError } from '../error-codes.js';
import {
  AXIS_LAYOUT,
  CONV_LAYOUT,
  CONVERT_LAYOUT,
  ELEMENTWISE_LAYOUT,
  FULLY_CONNECTED_LAYOUT,
  L2_NORMALIZATION_LAYOUT,
  LOG_SOFTMAX_LAYOUT,
  LOOKUP_LAYOUT,
  MIRROR_PAD_LAYOUT,
  PAD_LAYOUT,
  PIECEWISE_LAYOUT,
  POOL_LAYOUT,
  REAL_FUNCTION_LAYOUT,
  REARRANGE_LAYOUT,
  REDUCE_LAYOUT,
  REQUANTIZE_LAYOUT,
  RESIZE_LAYOUT,
  SOFTMAX_16_LAYOUT,
  SOFTMAX_LAYOUT,
  SQUASH_LAYOUT,
  type PlanRange,
  type RecordLayout,
} from './layout.js';
import { PlanKind } from './plan.js';
import { readRecord, writeRecord } from './records.js';

export interface ConvFields {
  readonly kernelH: number;
  readonly kernelW: number;
  readonly strideH: number;
  readonly strideW: number;
  readonly dilationH: number;
  readonly dilationW: number;
  readonly padTop: number;
  readonly padLeft: number;
  /** Depth multiplier of DEPTHWISE_CONV_2D; number of groups of CONV_2D; 1 for TRANSPOSE_CONV. */
  readonly depthMultiplier: number;
  readonly inputZeroPoint: number;
  readonly outputZeroPoint: number;
  readonly activationMin: number;
  readonly activationMax: number;
  readonly weights: PlanRange;
  readonly bias: PlanRange;
}

/** One multiplier and one shift per output channel; a shift > 0 is to the left. */
export interface ChannelScales {
  readonly multipliers: readonly number[];
  readonly shifts: readonly number[];
}

export interface ConvParams extends ConvFields, ChannelScales {}

export interface FullyConnectedFields {
  readonly batches: number;
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** Multipliers and shifts that follow: 1 (per tensor) or `outFeatures`. */
  readonly channelCount: number;
  readonly outputZeroPoint: number;
  readonly activationMin: number;
  readonly activationMax: number;
  readonly weights: PlanRange;
  readonly bias: PlanRange;
}

export interface FullyConnectedParams extends FullyConnectedFields, ChannelScales {}

export interface PoolFields {
  readonly kernelH: number;
  readonly kernelW: number;
  readonly strideH: number;
  readonly strideW: number;
  readonly padTop: number;
  readonly padLeft: number;
  readonly activationMin: number;
  readonly activationMax: number;
}

export interface ElementwiseFields {
  readonly leftShift: number;
  readonly input1Offset: number;
  readonly input1Multiplier: number;
  readonly input1Shift: number;
  readonly input2Offset: number;
  readonly input2Multiplier: number;
  readonly input2Shift: number;
  readonly outputOffset: number;
  readonly outputMultiplier: number;
  readonly outputShift: number;
  readonly activationMin: number;
  readonly activationMax: number;
}

/** axis: 0 = n, 1 = h, 2 = w, 3 = c. */
export interface AxisFields {
  readonly axis: number;
}

export interface PadFields {
  readonly beforeN: number;
  readonly beforeH: number;
  readonly beforeW: number;
  readonly beforeC: number;
  readonly value: number;
}

/** `edge`: 1 if the mirror image begins with the edge itself (symmetric), 0 if beside it (reflect). */
export interface MirrorPadFields {
  readonly beforeN: number;
  readonly beforeH: number;
  readonly beforeW: number;
  readonly beforeC: number;
  readonly edge: number;
}

export interface SoftmaxFields {
  readonly inputBetaMultiplier: number;
  readonly inputBetaLeftShift: number;
  readonly diffMin: number;
}

/** All 0 for float32. */
export interface LogSoftmaxFields {
  readonly inputMultiplier: number;
  readonly inputLeftShift: number;
  readonly reverseMultiplier: number;
  readonly reverseShift: number;
  readonly diffMin: number;
}

export interface L2NormalizationFields {
  readonly inputZeroPoint: number;
}

/** Of the tensor that is not float32; `scale` as the bits of a float32. */
export interface ConvertFields {
  readonly zeroPoint: number;
  readonly scale: number;
}

/** LOGISTIC (`tangent` 0) and TANH (1) of int16; 256 uint16 in the table. */
export interface SquashFields {
  readonly tangent: number;
  readonly multiplier: number;
  readonly rightShift: number;
  readonly table: PlanRange;
}

/** Tables of 513 int16. */
export interface Softmax16Fields {
  readonly multiplier: number;
  readonly shift: number;
  readonly exponentials: PlanRange;
  readonly reciprocals: PlanRange;
}

export interface LookupFields {
  readonly table: PlanRange;
}

export interface RequantizeFields {
  readonly inputZeroPoint: number;
  readonly outputZeroPoint: number;
  readonly multiplier: number;
  readonly shift: number;
}

/** 0 or 1 each. */
export interface ResizeFields {
  readonly alignCorners: number;
  readonly halfPixelCenters: number;
}

/** Bits of `ReduceFields.axes`. */
export const AxisBit = { n: 1, h: 2, w: 4, c: 8 } as const;

export interface ReduceFields {
  readonly inputZeroPoint: number;
  readonly outputZeroPoint: number;
  readonly multiplier: number;
  readonly shift: number;
  /** `AxisBit`s. */
  readonly axes: number;
}

/** x >= 0 times the first factor, x < 0 times the second, negated where `negate` is 1; then clamped. */
export interface PiecewiseFields {
  readonly multiplier: number;
  readonly shift: number;
  readonly negativeMultiplier: number;
  readonly negativeShift: number;
  readonly negate: number;
  readonly activationMin: number;
  readonly activationMax: number;
}

/** Functions of one float32 element (enum tseg_function), by the graph's kinds. */
export const RealFunction = {
  relu: 0,
  relu6: 1,
  reluN1To1: 2,
  leakyRelu: 3,
  logistic: 4,
  tanh: 5,
  hardSwish: 6,
  elu: 7,
} as const;

/** `alpha`: the slope of LEAKY_RELU below zero, as the bits of a float32. */
export interface RealFunctionFields {
  readonly function: number;
  readonly alpha: number;
}

/** Loops of a `RearrangeFields`, the last the fastest. */
export const NEST_DEPTH = 6;

/** Element i of the output is element base + i0 * step0 + .. + i5 * step5 of the input. */
export interface RearrangeFields {
  readonly size0: number;
  readonly size1: number;
  readonly size2: number;
  readonly size3: number;
  readonly size4: number;
  readonly size5: number;
  readonly step0: number;
  readonly step1: number;
  readonly step2: number;
  readonly step3: number;
  readonly step4: number;
  readonly step5: number;
  readonly base: number;
  /** Loops that count rows of the output; the others count the elements of one. */
  readonly rowLoops: number;
}

/** Parameters with the shape they have in the file. `none`: zero bytes. */
export type PlanParams =
  | { readonly shape: 'conv'; readonly values: ConvParams }
  | { readonly shape: 'fullyConnected'; readonly values: FullyConnectedParams }
  | { readonly shape: 'pool'; readonly values: PoolFields }
  | { readonly shape: 'elementwise'; readonly values: ElementwiseFields }
  | { readonly shape: 'axis'; readonly values: AxisFields }
  | { readonly shape: 'pad'; readonly values: PadFields }
  | { readonly shape: 'mirrorPad'; readonly values: MirrorPadFields }
  | { readonly shape: 'softmax'; readonly values: SoftmaxFields }
  | { readonly shape: 'logSoftmax'; readonly values: LogSoftmaxFields }
  | { readonly shape: 'l2Normalization'; readonly values: L2NormalizationFields }
  | { readonly shape: 'convert'; readonly values: ConvertFields }
  | { readonly shape: 'squash'; readonly values: SquashFields }
  | { readonly shape: 'softmax16'; readonly values: Softmax16Fields }
  | { readonly shape: 'lookup'; readonly values: LookupFields }
  | { readonly shape: 'requantize'; readonly values: RequantizeFields }
  | { readonly shape: 'resize'; readonly values: ResizeFields }
  | { readonly shape: 'reduce'; readonly values: ReduceFields }
  | { readonly shape: 'piecewise'; readonly values: PiecewiseFields }
  | { readonly shape: 'realFunction'; readonly values: RealFunctionFields }
  | { readonly shape: 'rearrange'; readonly values: RearrangeFields }
  | { readonly shape: 'none' };

export type ParamsShape = PlanParams['shape'];

const SHAPE_BY_KIND = new Map<number, ParamsShape>([
  [PlanKind.conv2d, 'conv'],
  [PlanKind.depthwiseConv2d, 'conv'],
  [PlanKind.transposeConv, 'conv'],
  [PlanKind.fullyConnected, 'fullyConnected'],
  [PlanKind.maxPool2d, 'pool'],
  [PlanKind.averagePool2d, 'pool'],
  [PlanKind.add, 'elementwise'],
  [PlanKind.sub, 'elementwise'],
  [PlanKind.mul, 'elementwise'],
  [PlanKind.concatenation, 'axis'],
  [PlanKind.pad, 'pad'],
  [PlanKind.softmax, 'softmax'],
  [PlanKind.lookup, 'lookup'],
  [PlanKind.requantize, 'requantize'],
  [PlanKind.resizeBilinear, 'resize'],
  [PlanKind.resizeNearest, 'resize'],
  [PlanKind.split, 'none'],
  [PlanKind.mean, 'reduce'],
  [PlanKind.copy, 'none'],
  [PlanKind.sum, 'reduce'],
  [PlanKind.reduceMax, 'reduce'],
  [PlanKind.rearrange, 'rearrange'],
  [PlanKind.piecewise, 'piecewise'],
  [PlanKind.mirrorPad, 'mirrorPad'],
  [PlanKind.realFunction, 'realFunction'],
  [PlanKind.maximum, 'none'],
  [PlanKind.minimum, 'none'],
  [PlanKind.prelu, 'elementwise'],
  [PlanKind.div, 'elementwise'],
  [PlanKind.convert, 'convert'],
  [PlanKind.cast, 'none'],
  [PlanKind.argMax, 'none'],
  [PlanKind.l2Normalization, 'l2Normalization'],
  [PlanKind.logSoftmax, 'logSoftmax'],
  [PlanKind.squash, 'squash'],
  [PlanKind.softmax16, 'softmax16'],
]);

const LAYOUTS = {
  conv: CONV_LAYOUT,
  fullyConnected: FULLY_CONNECTED_LAYOUT,
  pool: POOL_LAYOUT,
  elementwise: ELEMENTWISE_LAYOUT,
  axis: AXIS_LAYOUT,
  pad: PAD_LAYOUT,
  mirrorPad: MIRROR_PAD_LAYOUT,
  softmax: SOFTMAX_LAYOUT,
  lookup: LOOKUP_LAYOUT,
  requantize: REQUANTIZE_LAYOUT,
  resize: RESIZE_LAYOUT,
  reduce: REDUCE_LAYOUT,
  rearrange: REARRANGE_LAYOUT,
  piecewise: PIECEWISE_LAYOUT,
  realFunction: REAL_FUNCTION_LAYOUT,
  convert: CONVERT_LAYOUT,
  l2Normalization: L2_NORMALIZATION_LAYOUT,
  logSoftmax: LOG_SOFTMAX_LAYOUT,
  squash: SQUASH_LAYOUT,
  softmax16: SOFTMAX_16_LAYOUT,
} as const;

/** The shape of the parameters of a plan kind; undefined for a kind that the format does not know. */
export function paramsShapeOf(kind: number): ParamsShape | undefined {
  return SHAPE_BY_KIND.get(kind);
}

/** The bytes of an operator's parameters; a multiple of 4. */
export function encodeParams(params: PlanParams): Uint8Array {
  if (params.shape === 'none') return new Uint8Array(0);
  const layout = LAYOUTS[params.shape] as unknown as RecordLayout<object>;
  const scales = channelScalesOf(params);
  const bytes = new Uint8Array(layout.size + 8 * scales.multipliers.length);
  const view = new DataView(bytes.buffer);
  writeRecord(view, 0, layout, params.values);
  [...scales.multipliers, ...scales.shifts].forEach((value, index) => {
    view.setInt32(layout.size + 4 * index, value, true);
  });
  return bytes;
}

/**
 * Reads the parameters of an operator of this kind.
 *
 * @throws TinysegError PLAN_RECORD when the kind is unknown or the size is not that of its parameters
 */
export function decodeParams(kind: number, bytes: Uint8Array): PlanParams {
  const shape = paramsShapeOf(kind);
  if (shape === undefined) throw badParams(kind, bytes, 'the kind is unknown');
  if (shape === 'none') {
    if (bytes.length !== 0) throw badParams(kind, bytes, 'this kind has no parameters');
    return { shape };
  }
  const layout = LAYOUTS[shape] as unknown as RecordLayout<object>;
  if (bytes.length < layout.size) throw badParams(kind, bytes, `it needs at least ${String(layout.size)}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const values = readRecord(view, 0, layout);
  const rest = bytes.length - layout.size;
  if (shape !== 'conv' && shape !== 'fullyConnected') {
    if (rest !== 0) throw badParams(kind, bytes, `it needs exactly ${String(layout.size)}`);
    return { shape, values } as PlanParams;
  }
  if (rest % 8 !== 0) throw badParams(kind, bytes, 'multipliers and shifts are not equal in number');
  const words = Array.from({ length: rest / 4 }, (_, index) => view.getInt32(layout.size + 4 * index, true));
  const scales = { multipliers: words.slice(0, rest / 8), shifts: words.slice(rest / 8) };
  return { shape, values: { ...(values as object), ...scales } } as unknown as PlanParams;
}

function channelScalesOf(params: PlanParams): ChannelScales {
  if (params.shape === 'conv' || params.shape === 'fullyConnected') return params.values;
  return { multipliers: [], shifts: [] };
}

function badParams(kind: number, bytes: Uint8Array, why: string): TinysegError {
  return compilerError(
    'PLAN_RECORD',
    `The plan has ${String(bytes.length)} bytes of parameters for an operator of kind ${String(kind)}: ${why}. Compile the model again.`,
    { kind, sizeBytes: bytes.length },
  );
}
