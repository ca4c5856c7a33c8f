// SPDX-License-Identifier: Apache-2.0
/** The one table that says which TFLite operator is which kind, and how its options are read and written. */
import type { IGeneratedObject } from 'flatbuffers';
import type { Operator, OperatorKind, OperatorOf } from '../../ir/index.js';
import {
  activation,
  type FieldCodec,
  float32,
  mirrorMode,
  numbers,
  optionalNumbers,
  padding,
  same,
  shapeType,
  weightsFormat,
} from './options-codec.js';
import * as fb from './schema/generated/tflite.js';

const { BuiltinOperator: Code, BuiltinOptions: Options } = fb;

/** Kinds that are builtin operators of TFLite; the others are custom operators or opaque. */
export type BuiltinKind = Exclude<
  OperatorKind,
  'opaque' | 'spill' | 'fetch' | 'fusedConcatenation' | 'fusedConv2d'
>;

type OwnFields<K extends OperatorKind> = Exclude<
  keyof OperatorOf<K>,
  'kind' | 'id' | 'inputs' | 'outputs' | 'version' | 'extras' | 'explicitPadding' | 'keepsAxis'
>;

/** One codec for each field that this kind has beyond those that all operators have. */
export type FieldCodecs<K extends OperatorKind> = {
  readonly [F in OwnFields<K>]-?: FieldCodec<OperatorOf<K>[F]>;
};

export interface OperatorEntry<K extends BuiltinKind = BuiltinKind> {
  readonly code: fb.BuiltinOperator;
  readonly optionsType: fb.BuiltinOptions;
  /** Makes an options object with the defaults of the schema; absent when the operator has none. */
  readonly makeOptions?: () => IGeneratedObject;
  /** Least and most inputs; inputs from `required` on may be absent (null). */
  readonly inputs: readonly [least: number, most: number];
  readonly outputs: readonly [least: number, most: number];
  /** The first inputs that must not be null. */
  readonly required: number;
  readonly fields: FieldCodecs<K>;
}

const MANY = 65_535;

const strides = { strideH: same<number>('strideH'), strideW: same<number>('strideW') };
const dilations = {
  dilationH: same<number>('dilationHFactor'),
  dilationW: same<number>('dilationWFactor'),
};
const fused = activation('fusedActivationFunction');
const conv = { padding: padding('padding'), ...strides, activation: fused };
const pool = { ...conv, filterH: same<number>('filterHeight'), filterW: same<number>('filterWidth') };
const resize = {
  alignCorners: same<boolean>('alignCorners'),
  halfPixelCenters: same<boolean>('halfPixelCenters'),
};
const powerOfTwo = same<boolean>('potScaleInt16');
const noFields = {};

type Arity = readonly [least: number, most: number];

function entry<K extends BuiltinKind>(
  code: fb.BuiltinOperator,
  optionsType: fb.BuiltinOptions,
  makeOptions: (() => IGeneratedObject) | undefined,
  [inputs, outputs]: readonly [Arity, Arity],
  fields: FieldCodecs<K>,
): OperatorEntry<K> {
  const base = { code, optionsType, inputs, outputs, required: inputs[0], fields };
  return makeOptions === undefined ? base : { ...base, makeOptions };
}

const ONE: Arity = [1, 1];
const TWO: Arity = [2, 2];
const THREE: Arity = [3, 3];
const UNARY = [ONE, ONE] as const;
const BINARY = [TWO, ONE] as const;

/** A table is what it is: one line an operator. */
// prettier-ignore
export const OPERATOR_TABLE: { readonly [K in BuiltinKind]: OperatorEntry<K> } = {
  conv2d: entry(Code.CONV_2D, Options.Conv2DOptions, () => new fb.Conv2DOptionsT(), [[2, 3], ONE], { ...conv, ...dilations }),
  depthwiseConv2d: entry(Code.DEPTHWISE_CONV_2D, Options.DepthwiseConv2DOptions, () => new fb.DepthwiseConv2DOptionsT(), [[2, 3], ONE], { ...conv, ...dilations, depthMultiplier: same('depthMultiplier') }),
  transposeConv: entry(Code.TRANSPOSE_CONV, Options.TransposeConvOptions, () => new fb.TransposeConvOptionsT(), [[3, 4], ONE], conv),
  fullyConnected: entry(Code.FULLY_CONNECTED, Options.FullyConnectedOptions, () => new fb.FullyConnectedOptionsT(), [[2, 3], ONE], { activation: fused, keepNumDims: same('keepNumDims'), weightsFormat: weightsFormat('weightsFormat') }),
  maxPool2d: entry(Code.MAX_POOL_2D, Options.Pool2DOptions, () => new fb.Pool2DOptionsT(), UNARY, pool),
  averagePool2d: entry(Code.AVERAGE_POOL_2D, Options.Pool2DOptions, () => new fb.Pool2DOptionsT(), UNARY, pool),
  add: entry(Code.ADD, Options.AddOptions, () => new fb.AddOptionsT(), BINARY, { activation: fused, potScaleInt16: powerOfTwo }),
  sub: entry(Code.SUB, Options.SubOptions, () => new fb.SubOptionsT(), BINARY, { activation: fused, potScaleInt16: powerOfTwo }),
  mul: entry(Code.MUL, Options.MulOptions, () => new fb.MulOptionsT(), BINARY, { activation: fused }),
  div: entry(Code.DIV, Options.DivOptions, () => new fb.DivOptionsT(), BINARY, { activation: fused }),
  maximum: entry(Code.MAXIMUM, Options.MaximumMinimumOptions, () => new fb.MaximumMinimumOptionsT(), BINARY, noFields),
  minimum: entry(Code.MINIMUM, Options.MaximumMinimumOptions, () => new fb.MaximumMinimumOptionsT(), BINARY, noFields),
  prelu: entry(Code.PRELU, Options.NONE, undefined, BINARY, noFields),
  argMax: entry(Code.ARG_MAX, Options.ArgMaxOptions, () => new fb.ArgMaxOptionsT(), BINARY, noFields),
  logSoftmax: entry(Code.LOG_SOFTMAX, Options.LogSoftmaxOptions, () => new fb.LogSoftmaxOptionsT(), UNARY, noFields),
  l2Normalization: entry(Code.L2_NORMALIZATION, Options.L2NormOptions, () => new fb.L2NormOptionsT(), UNARY, { activation: fused }),
  spaceToBatch: entry(Code.SPACE_TO_BATCH_ND, Options.SpaceToBatchNDOptions, () => new fb.SpaceToBatchNDOptionsT(), [THREE, ONE], noFields),
  batchToSpace: entry(Code.BATCH_TO_SPACE_ND, Options.BatchToSpaceNDOptions, () => new fb.BatchToSpaceNDOptionsT(), [THREE, ONE], noFields),
  concatenation: entry(Code.CONCATENATION, Options.ConcatenationOptions, () => new fb.ConcatenationOptionsT(), [[1, MANY], ONE], { axis: same('axis'), activation: fused }),
  pad: entry(Code.PAD, Options.PadOptions, () => new fb.PadOptionsT(), BINARY, noFields),
  padV2: entry(Code.PADV2, Options.PadV2Options, () => new fb.PadV2OptionsT(), [THREE, ONE], noFields),
  mirrorPad: entry(Code.MIRROR_PAD, Options.MirrorPadOptions, () => new fb.MirrorPadOptionsT(), BINARY, { mode: mirrorMode('mode') }),
  reshape: entry(Code.RESHAPE, Options.ReshapeOptions, () => new fb.ReshapeOptionsT(), [[1, 2], ONE], { newShape: optionalNumbers('newShape') }),
  squeeze: entry(Code.SQUEEZE, Options.SqueezeOptions, () => new fb.SqueezeOptionsT(), UNARY, { axes: numbers('squeezeDims') }),
  expandDims: entry(Code.EXPAND_DIMS, Options.ExpandDimsOptions, () => new fb.ExpandDimsOptionsT(), BINARY, noFields),
  softmax: entry(Code.SOFTMAX, Options.SoftmaxOptions, () => new fb.SoftmaxOptionsT(), UNARY, { beta: float32('beta') }),
  leakyRelu: entry(Code.LEAKY_RELU, Options.LeakyReluOptions, () => new fb.LeakyReluOptionsT(), UNARY, { alpha: float32('alpha') }),
  relu: entry(Code.RELU, Options.NONE, undefined, UNARY, noFields),
  relu6: entry(Code.RELU6, Options.NONE, undefined, UNARY, noFields),
  reluN1To1: entry(Code.RELU_N1_TO_1, Options.NONE, undefined, UNARY, noFields),
  logistic: entry(Code.LOGISTIC, Options.NONE, undefined, UNARY, noFields),
  tanh: entry(Code.TANH, Options.NONE, undefined, UNARY, noFields),
  hardSwish: entry(Code.HARD_SWISH, Options.HardSwishOptions, () => new fb.HardSwishOptionsT(), UNARY, noFields),
  quantize: entry(Code.QUANTIZE, Options.QuantizeOptions, () => new fb.QuantizeOptionsT(), UNARY, noFields),
  elu: entry(Code.ELU, Options.NONE, undefined, UNARY, noFields),
  cast: entry(Code.CAST, Options.CastOptions, () => new fb.CastOptionsT(), UNARY, noFields),
  dequantize: entry(Code.DEQUANTIZE, Options.DequantizeOptions, () => new fb.DequantizeOptionsT(), UNARY, noFields),
  stridedSlice: entry(Code.STRIDED_SLICE, Options.StridedSliceOptions, () => new fb.StridedSliceOptionsT(), [[4, 4], ONE], {
    beginMask: same('beginMask'), endMask: same('endMask'), ellipsisMask: same('ellipsisMask'),
    newAxisMask: same('newAxisMask'), shrinkAxisMask: same('shrinkAxisMask'), offset: same('offset'),
  }),
  slice: entry(Code.SLICE, Options.SliceOptions, () => new fb.SliceOptionsT(), [THREE, ONE], noFields),
  shape: entry(Code.SHAPE, Options.ShapeOptions, () => new fb.ShapeOptionsT(), UNARY, { outType: shapeType('outType') }),
  pack: entry(Code.PACK, Options.PackOptions, () => new fb.PackOptionsT(), [[1, MANY], ONE], { axis: same('axis'), valuesCount: same('valuesCount') }),
  unpack: entry(Code.UNPACK, Options.UnpackOptions, () => new fb.UnpackOptionsT(), [ONE, [1, MANY]], { axis: same('axis'), partCount: same('num') }),
  split: entry(Code.SPLIT, Options.SplitOptions, () => new fb.SplitOptionsT(), [TWO, [1, MANY]], { numSplits: same('numSplits') }),
  splitV: entry(Code.SPLIT_V, Options.SplitVOptions, () => new fb.SplitVOptionsT(), [THREE, [1, MANY]], { numSplits: same('numSplits') }),
  resizeBilinear: entry(Code.RESIZE_BILINEAR, Options.ResizeBilinearOptions, () => new fb.ResizeBilinearOptionsT(), BINARY, resize),
  resizeNearest: entry(Code.RESIZE_NEAREST_NEIGHBOR, Options.ResizeNearestNeighborOptions, () => new fb.ResizeNearestNeighborOptionsT(), BINARY, resize),
  gather: entry(Code.GATHER, Options.GatherOptions, () => new fb.GatherOptionsT(), BINARY, { axis: same('axis'), batchDims: same('batchDims') }),
  mean: entry(Code.MEAN, Options.ReducerOptions, () => new fb.ReducerOptionsT(), BINARY, { keepDims: same('keepDims') }),
  sum: entry(Code.SUM, Options.ReducerOptions, () => new fb.ReducerOptionsT(), BINARY, { keepDims: same('keepDims') }),
  reduceMax: entry(Code.REDUCE_MAX, Options.ReducerOptions, () => new fb.ReducerOptionsT(), BINARY, { keepDims: same('keepDims') }),
  reduceProd: entry(Code.REDUCE_PROD, Options.ReducerOptions, () => new fb.ReducerOptionsT(), BINARY, { keepDims: same('keepDims') }),
  depthToSpace: entry(Code.DEPTH_TO_SPACE, Options.DepthToSpaceOptions, () => new fb.DepthToSpaceOptionsT(), UNARY, { blockSize: same('blockSize') }),
  spaceToDepth: entry(Code.SPACE_TO_DEPTH, Options.SpaceToDepthOptions, () => new fb.SpaceToDepthOptionsT(), UNARY, { blockSize: same('blockSize') }),
  transpose: entry(Code.TRANSPOSE, Options.TransposeOptions, () => new fb.TransposeOptionsT(), BINARY, noFields),
};

const KIND_BY_CODE = new Map<number, BuiltinKind>(
  Object.entries(OPERATOR_TABLE).map(([kind, { code }]) => [code, kind as BuiltinKind]),
);

/** The kind of a builtin code; undefined when the graph keeps such operators opaque. */
export function kindOfCode(code: number): BuiltinKind | undefined {
  return KIND_BY_CODE.get(code);
}

/** The table's line for a kind, with the types forgotten so that code can loop over its fields. */
export function entryOf(kind: BuiltinKind): OperatorEntry & {
  readonly fields: Readonly<Record<string, FieldCodec<unknown>>>;
} {
  return OPERATOR_TABLE[kind] as never;
}

/** Upper-case name of a builtin code as the schema spells it ("CONV_2D"). */
export function nameOfCode(code: number): string {
  return fb.BuiltinOperator[code] ?? `BUILTIN_${code}`;
}

/** The name under which people know an operator of the graph ("CONV_2D", "TINYSEG_SPILL", "GATHER_ND"). */
export function operatorName(operator: Operator): string {
  switch (operator.kind) {
    case 'opaque':
      return operator.name;
    case 'spill':
    case 'fetch':
    case 'fusedConcatenation':
    case 'fusedConv2d':
      return CUSTOM_NAMES[operator.kind];
    default:
      return nameOfCode(OPERATOR_TABLE[operator.kind].code);
  }
}

/** Custom codes of tinyseg's own operators (docs/specs/custom-operators.md). */
export const CUSTOM_NAMES = {
  spill: 'TINYSEG_SPILL',
  fetch: 'TINYSEG_FETCH',
  fusedConcatenation: 'TINYSEG_FUSED_CONCATENATION',
  fusedConv2d: 'TINYSEG_FUSED_CONV_2D',
} as const;

export type CustomKind = keyof typeof CUSTOM_NAMES;

/** The kind of one of our custom operators; undefined for everybody else's. */
export function kindOfCustomName(name: string): CustomKind | undefined {
  return (Object.keys(CUSTOM_NAMES) as CustomKind[]).find((kind) => CUSTOM_NAMES[kind] === name);
}
