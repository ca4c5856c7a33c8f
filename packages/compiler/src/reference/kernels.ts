// SPDX-License-Identifier: Apache-2.0
/** Which function of the reference interpreter computes which kind of operator. */
import type { OperatorKind } from '../ir/index.js';
import { binary } from './arithmetic.js';
import { shuffleBatches } from './batches.js';
import { conv2d, depthwiseConv2d, fusedConv2d } from './convolution.js';
import { fullyConnected } from './fully-connected.js';
import { concatenation, pack, split, splitV, unpack } from './joining.js';
import { pointwise } from './pointwise.js';
import { pool2d } from './pooling.js';
import { l2Normalization, logSoftmax } from './normalising.js';
import { cast, dequantize, quantize } from './quantizing.js';
import {
  depthToSpace,
  mirrorPad,
  pad,
  reshape,
  shape,
  slice,
  spaceToDepth,
  stridedSlice,
  transpose,
} from './rearranging.js';
import { reduce } from './reducing.js';
import { resizeBilinear, resizeNearest } from './resizing.js';
import { gather, reduceProduct } from './shape-arithmetic.js';
import { argMax, extreme, prelu } from './selecting.js';
import { softmax } from './softmax.js';
import { transposeConv } from './transposed-convolution.js';
import type { Call } from './values.js';

/** Fills the call's outputs. Throws TinysegError INTERPRET_UNSUPPORTED for types or attributes that no oracle has. */
export type Kernel<K extends OperatorKind> = (call: Call<K>) => void;

/** SPILL and FETCH move no element; interpret.ts does them. */
export const KERNELS: { readonly [K in Exclude<OperatorKind, 'spill' | 'fetch'>]: Kernel<K> } = {
  conv2d,
  depthwiseConv2d,
  transposeConv,
  fullyConnected,
  maxPool2d: pool2d,
  averagePool2d: pool2d,
  add: binary,
  sub: binary,
  mul: binary,
  div: binary,
  maximum: extreme,
  minimum: extreme,
  prelu,
  argMax,
  logSoftmax,
  l2Normalization,
  spaceToBatch: shuffleBatches,
  batchToSpace: shuffleBatches,
  concatenation,
  pad,
  padV2: pad,
  mirrorPad,
  reshape,
  squeeze: reshape,
  expandDims: reshape,
  softmax,
  leakyRelu: pointwise,
  relu: pointwise,
  relu6: pointwise,
  reluN1To1: pointwise,
  logistic: pointwise,
  tanh: pointwise,
  hardSwish: pointwise,
  elu: pointwise,
  quantize,
  dequantize,
  cast,
  stridedSlice,
  slice,
  shape,
  pack,
  unpack,
  split,
  splitV,
  resizeBilinear,
  resizeNearest,
  gather,
  mean: reduce,
  sum: reduce,
  reduceMax: reduce,
  reduceProd: reduceProduct,
  transpose,
  depthToSpace,
  spaceToDepth,
  fusedConcatenation: concatenation,
  fusedConv2d,
  opaque: (call) => call.refuse(`${call.operator.name} is not among the operators that tinyseg knows`),
};
