// SPDX-License-Identifier: Apache-2.0
/** Which kind of the plan runs which operator of the graph. */
import {
  tensorOf,
  type ElementType,
  type Graph,
  type Operator,
  type OperatorKind,
  type TensorId,
} from '../ir/index.js';
import { PlanKind } from '../plan-format/index.js';

const PLAN_KINDS: Partial<Record<OperatorKind, number>> = {
  conv2d: PlanKind.conv2d,
  depthwiseConv2d: PlanKind.depthwiseConv2d,
  transposeConv: PlanKind.transposeConv,
  fullyConnected: PlanKind.fullyConnected,
  maxPool2d: PlanKind.maxPool2d,
  averagePool2d: PlanKind.averagePool2d,
  add: PlanKind.add,
  sub: PlanKind.sub,
  mul: PlanKind.mul,
  div: PlanKind.div,
  maximum: PlanKind.maximum,
  minimum: PlanKind.minimum,
  prelu: PlanKind.prelu,
  concatenation: PlanKind.concatenation,
  pad: PlanKind.pad,
  padV2: PlanKind.pad,
  mirrorPad: PlanKind.mirrorPad,
  softmax: PlanKind.softmax,
  relu: PlanKind.lookup,
  relu6: PlanKind.lookup,
  reluN1To1: PlanKind.lookup,
  leakyRelu: PlanKind.lookup,
  logistic: PlanKind.lookup,
  tanh: PlanKind.lookup,
  hardSwish: PlanKind.lookup,
  elu: PlanKind.lookup,
  quantize: PlanKind.requantize,
  dequantize: PlanKind.convert,
  cast: PlanKind.cast,
  argMax: PlanKind.argMax,
  l2Normalization: PlanKind.l2Normalization,
  logSoftmax: PlanKind.logSoftmax,
  resizeBilinear: PlanKind.resizeBilinear,
  resizeNearest: PlanKind.resizeNearest,
  split: PlanKind.split,
  splitV: PlanKind.split,
  mean: PlanKind.mean,
  sum: PlanKind.sum,
  reduceMax: PlanKind.reduceMax,
  reshape: PlanKind.copy,
  squeeze: PlanKind.copy,
  expandDims: PlanKind.copy,
  slice: PlanKind.rearrange,
  stridedSlice: PlanKind.rearrange,
  transpose: PlanKind.rearrange,
  depthToSpace: PlanKind.rearrange,
  spaceToDepth: PlanKind.rearrange,
  spaceToBatch: PlanKind.rearrange,
  batchToSpace: PlanKind.rearrange,
};

/** The plan kind that runs this operator of int8; undefined when none does. */
export function planKindOf(op: Operator): number | undefined {
  return PLAN_KINDS[op.kind];
}

/**
 * Functions of one element are tables of int8; a table of int16 would have 128 KiB. QUANTIZE of real numbers is the
 * inverse of DEQUANTIZE.
 */
export function kindForTypes(graph: Graph, op: Operator, usual: number): number {
  const typeOf = (id: TensorId | null | undefined): ElementType => tensorOf(graph, id as TensorId).type;
  if (op.kind === 'quantize' && typeOf(op.inputs[0]) === 'float32') return PlanKind.convert;
  if (op.kind === 'softmax' && typeOf(op.outputs[0]) === 'int16') return PlanKind.softmax16;
  if (usual !== PlanKind.lookup) return usual;
  const type = typeOf(op.outputs[0]);
  if (type === 'float32') return PlanKind.realFunction;
  if (type !== 'int16') return PlanKind.lookup;
  return op.kind === 'logistic' || op.kind === 'tanh' ? PlanKind.squash : PlanKind.piecewise;
}
