// SPDX-License-Identifier: Apache-2.0
/**
 * Operators of the compiler's graph: a closed union over `kind`.
 *
 * Input order is TFLite's; an optional input that is absent is `null`. What the compiler does not
 * know is an `opaque` operator, which keeps everything needed to write it back unchanged.
 */
import type { TensorId } from './tensor.js';

export type OperatorId = number;

export type Activation = 'none' | 'relu' | 'reluN1To1' | 'relu6' | 'tanh' | 'signBit';
export type Padding = 'same' | 'valid';

interface Base<Kind extends string> {
  readonly kind: Kind;
  readonly id: OperatorId;
  readonly inputs: readonly (TensorId | null)[];
  readonly outputs: readonly TensorId[];
  /** Operator version as the file states it (TFLite operator code). */
  readonly version: number;
  /**
   * Options in the file that the compiler does not model because they do not change an int8 computation
   * (say `quantizedBiasType`); the writer writes them back. Owned by formats/.
   */
  readonly extras?: Readonly<Record<string, unknown>>;
}

/**
 * Extra rows and columns of zero points around the input, from a fused PAD. Present only after
 * passes have run; replaces `padding` when present. Elements before/after in h and w.
 */
export interface ExplicitPadding {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

interface Window {
  readonly padding: Padding;
  readonly explicitPadding?: ExplicitPadding;
  readonly strideH: number;
  readonly strideW: number;
  readonly activation: Activation;
}

/** inputs: x [n,h,w,c], weights [o,kh,kw,c/groups], bias [o] or null. */
export interface Conv2d extends Base<'conv2d'>, Window {
  readonly dilationH: number;
  readonly dilationW: number;
}

/** inputs: x [n,h,w,c], weights [1,kh,kw,c*depthMultiplier], bias or null. */
export interface DepthwiseConv2d extends Base<'depthwiseConv2d'>, Window {
  readonly dilationH: number;
  readonly dilationW: number;
  readonly depthMultiplier: number;
}

/** inputs: output shape (int32, ignored: the output tensor's own shape counts), weights [o,kh,kw,i], x, bias?. */
export interface TransposeConv extends Base<'transposeConv'>, Window {}

/** inputs: x, weights [o,i], bias or null. */
export interface FullyConnected extends Base<'fullyConnected'> {
  readonly activation: Activation;
  readonly keepNumDims: boolean;
  readonly weightsFormat: 'default' | 'shuffled4x16Int8';
}

export interface Pool2d extends Base<'maxPool2d' | 'averagePool2d'>, Window {
  readonly filterH: number;
  readonly filterW: number;
}

export interface AddSub extends Base<'add' | 'sub'> {
  readonly activation: Activation;
  /** On int16: whether scales are powers of two; kept to be written back. */
  readonly potScaleInt16: boolean;
}

export interface Mul extends Base<'mul'> {
  readonly activation: Activation;
}

export interface Div extends Base<'div'> {
  readonly activation: Activation;
}

/** inputs: a, b; the greater, or the lesser, of each two elements. */
export interface Extreme extends Base<'maximum' | 'minimum'> {}

/** inputs: x, alpha (the slope below zero, broadcast). */
export interface Prelu extends Base<'prelu'> {}

export type Binary = AddSub | Mul;

export interface Concatenation extends Base<'concatenation'> {
  readonly axis: number;
  readonly activation: Activation;
}

/** inputs: x, paddings [rank,2]; `padV2` has a third, the value. */
export interface Pad extends Base<'pad' | 'padV2'> {}

/** inputs: x, paddings [rank,2]. The image goes on as its mirror image: `symmetric` repeats the edge, `reflect` does not. */
export interface MirrorPad extends Base<'mirrorPad'> {
  readonly mode: 'reflect' | 'symmetric';
}

/** inputs: x, shape (optional tensor). */
export interface Reshape extends Base<'reshape'> {
  readonly newShape?: readonly number[];
}

export interface Squeeze extends Base<'squeeze'> {
  readonly axes: readonly number[];
}

/** inputs: x, axis. */
export interface ExpandDims extends Base<'expandDims'> {}

export interface Softmax extends Base<'softmax'> {
  readonly beta: number;
}

export interface LeakyRelu extends Base<'leakyRelu'> {
  readonly alpha: number;
}

/** Functions of one element without options. */
export interface Unary
  extends Base<
    | 'relu'
    | 'relu6'
    | 'reluN1To1'
    | 'logistic'
    | 'tanh'
    | 'hardSwish'
    | 'elu'
    | 'quantize'
    | 'dequantize'
    | 'cast'
  > {}

/** inputs: x, begin, end, strides. */
export interface StridedSlice extends Base<'stridedSlice'> {
  readonly beginMask: number;
  readonly endMask: number;
  readonly ellipsisMask: number;
  readonly newAxisMask: number;
  readonly shrinkAxisMask: number;
  readonly offset: boolean;
}

/** inputs: x, begin, size. */
export interface Slice extends Base<'slice'> {}

export interface Shape extends Base<'shape'> {
  readonly outType: 'int32' | 'int64';
}

export interface Pack extends Base<'pack'> {
  readonly axis: number;
  readonly valuesCount: number;
}

/** inputs: x. As many outputs as `axis` is long, each without it. */
export interface Unpack extends Base<'unpack'> {
  readonly axis: number;
  readonly partCount: number;
}

/** inputs: axis, x. */
export interface Split extends Base<'split'> {
  readonly numSplits: number;
}

/** inputs: x, sizes, axis. */
export interface SplitV extends Base<'splitV'> {
  readonly numSplits: number;
}

/** inputs: x, size [2]. */
export interface Resize extends Base<'resizeBilinear' | 'resizeNearest'> {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

/** inputs: x, indices. The output has the dimensions of the indices in place of `axis`. */
export interface Gather extends Base<'gather'> {
  readonly axis: number;
  readonly batchDims: number;
}

/** inputs: x, axes. */
export interface Reduce extends Base<'mean' | 'sum' | 'reduceMax'> {
  readonly keepDims: boolean;
}

/** inputs: x, axis. Where along the axis the greatest element stands, the first of equal ones. */
export interface ArgMax extends Base<'argMax'> {
  /** The output has length 1 along the axis, instead of no such axis. Present only after passes have run. */
  readonly keepsAxis?: true;
}

/** Along the last axis: the logarithm of SOFTMAX. */
export interface LogSoftmax extends Base<'logSoftmax'> {}

/** Along the last axis: divided by the square root of the sum of squares. */
export interface L2Normalization extends Base<'l2Normalization'> {
  readonly activation: Activation;
}

/** inputs: x, block shape, paddings (spaceToBatch) or crops (batchToSpace). Pixels of blocks to images, and back. */
export interface BatchShuffle extends Base<'spaceToBatch' | 'batchToSpace'> {}

/** inputs: x, axes. */
export interface ReduceProd extends Base<'reduceProd'> {
  readonly keepDims: boolean;
}

/** Blocks of `blockSize` x `blockSize` pixels to channels, and back. */
export interface BlockShuffle extends Base<'depthToSpace' | 'spaceToDepth'> {
  readonly blockSize: number;
}

/** inputs: x, permutation. */
export interface Transpose extends Base<'transpose'> {}

/**
 * tinyseg's own operators in a rewritten model (custom operators named TINYSEG_*; docs/specs/custom-operators.md).
 * spill: input x, output a token tensor. fetch: input the token, output x.
 * fusedConcat / fusedConv2d: tokens stand where spilled inputs stood.
 */
export interface Spill extends Base<'spill'> {
  readonly store: string;
}
export interface Fetch extends Base<'fetch'> {
  readonly store: string;
}
export interface FusedConcatenation extends Base<'fusedConcatenation'> {
  readonly axis: number;
  readonly activation: Activation;
  /** For each input: true when it is a token and its rows are fetched piecewise. */
  readonly fetched: readonly boolean[];
}
/** inputs: concatenated parts (tokens where fetched), then weights, then bias or null. */
export interface FusedConv2d extends Base<'fusedConv2d'>, Window {
  readonly dilationH: number;
  readonly dilationW: number;
  readonly fetched: readonly boolean[];
}

/** An operator outside the union above, kept as the file has it. */
export interface Opaque extends Base<'opaque'> {
  /** Name in the TFLite schema ("GATHER_ND"), or the custom code. */
  readonly name: string;
  readonly builtinCode: number;
  readonly customCode?: string;
  /** The flatbuffers object of the options, owned by formats/tflite; null when there are none. */
  readonly options: unknown;
  readonly optionsType: number;
  readonly options2: unknown;
  readonly options2Type: number;
  readonly customOptions?: Uint8Array;
  readonly intermediates: readonly TensorId[];
  readonly mutatingVariableInputs: readonly boolean[];
}

export type Operator =
  | Conv2d
  | DepthwiseConv2d
  | TransposeConv
  | FullyConnected
  | Pool2d
  | AddSub
  | Mul
  | Div
  | Extreme
  | Prelu
  | ArgMax
  | LogSoftmax
  | L2Normalization
  | BatchShuffle
  | Concatenation
  | Pad
  | MirrorPad
  | Reshape
  | Squeeze
  | ExpandDims
  | Softmax
  | LeakyRelu
  | Unary
  | StridedSlice
  | Slice
  | Shape
  | Pack
  | Unpack
  | Split
  | SplitV
  | Resize
  | Gather
  | Reduce
  | ReduceProd
  | Transpose
  | BlockShuffle
  | Spill
  | Fetch
  | FusedConcatenation
  | FusedConv2d
  | Opaque;

export type OperatorKind = Operator['kind'];

type Narrowed<O extends Operator, K extends OperatorKind> = O extends Operator
  ? K extends O['kind']
    ? O & { readonly kind: K }
    : never
  : never;

/** The member of the union for a kind, also where several kinds share one interface. */
export type OperatorOf<K extends OperatorKind> = Narrowed<Operator, K>;
