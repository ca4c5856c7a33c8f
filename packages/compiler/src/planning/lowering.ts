// SPDX-License-Identifier: Apache-2.0
/**
 * An operator of the graph as the plan sees it: its plan kind, the inputs that are operands (weights and
 * shape tensors are not), and the row map of each. Schedule and packing both start from here.
 */
import { inputWindow, type Nest, type RowMap } from '../analysis/row-windows.js';
import { windowGeometry, type WindowOperator } from '../analysis/window-geometry.js';
import { compilerError } from '../error-codes.js';
import {
  elementSizeBytes,
  rowShape,
  tensorOf,
  type Graph,
  type Operator,
  type RowShape,
  type Tensor,
  type TensorId,
} from '../ir/index.js';
import { AxisBit } from '../plan-format/index.js';
import { nestOf } from './nests.js';
import { kindForTypes, planKindOf } from './plan-kinds.js';

export interface LoweredInput {
  readonly tensor: TensorId;
  readonly map: RowMap;
}

export interface LoweredOperator {
  readonly op: Operator;
  readonly planKind: number;
  readonly inputs: readonly LoweredInput[];
  readonly outputs: readonly TensorId[];
  /** n, h, w, c before the input (PAD, MIRROR_PAD); all zero otherwise. */
  readonly before: readonly [number, number, number, number];
  /** The axis of a concatenation in n, h, w, c; 0 otherwise. */
  readonly axis: number;
  /** The axes of a reduction as `AxisBit`s; 0 otherwise. */
  readonly axes: number;
  /** Where the elements of a rearrangement come from; of nothing else. */
  readonly nest?: Nest;
}

/** What operators were lowered to last, with the tensors that it followed from. */
const known = new WeakMap<
  Operator,
  { readonly tensors: readonly unknown[]; readonly lowered: LoweredOperator }
>();

/**
 * Lowers one operator. The search over stages asks for the same ones in thousands of small graphs, so that answers
 * are kept for as long as the operator's tensors are the same.
 *
 * @throws TinysegError PLAN_UNSUPPORTED_OPERATOR for a kind, axis or shape that no kernel runs
 */
export function lowerOperator(graph: Graph, op: Operator): LoweredOperator {
  const ids = [...op.inputs, ...op.outputs];
  const before = known.get(op);
  const isKnown = before?.tensors.every((tensor, i) => tensor === graph.tensors.get(ids[i] ?? -1)) === true;
  if (before !== undefined && isKnown) return before.lowered;
  const lowered = loweredAnew(graph, op);
  known.set(op, { tensors: ids.map((id) => graph.tensors.get(id ?? -1)), lowered });
  return lowered;
}

function loweredAnew(graph: Graph, op: Operator): LoweredOperator {
  const usual = planKindOf(op);
  if (usual === undefined) return unsupported(op, 'no kernel runs this kind');
  const planKind = kindForTypes(graph, op, usual);
  const tensors = dataInputs(op);
  const axis = op.kind === 'concatenation' ? concatenationAxis(graph, op) : 0;
  const pads = op.kind === 'pad' || op.kind === 'padV2' || op.kind === 'mirrorPad';
  const before = pads ? padBefore(graph, op) : NO_PAD;
  const axes =
    op.kind === 'mean' || op.kind === 'sum' || op.kind === 'reduceMax' ? reducedAxes(graph, op) : 0;
  checkOutputs(graph, op);
  const nest = rearrangement(graph, op);
  const lowered = { op, planKind, outputs: op.outputs, before, axis, axes, ...(nest && { nest }) };
  const inputs = tensors.map((tensor, index) => ({
    tensor,
    map: rowMapOf(graph, { ...lowered, inputs: [] }, tensors, index),
  }));
  return { ...lowered, inputs };
}

const NO_PAD: readonly [number, number, number, number] = [0, 0, 0, 0];

/** Inputs whose rows a kernel reads, in the order of the plan's operands. */
export function dataInputs(op: Operator): readonly TensorId[] {
  const at = (index: number): TensorId => {
    const id = op.inputs[index];
    return id ?? unsupported(op, `input ${String(index)} is absent`);
  };
  switch (op.kind) {
    case 'concatenation':
      return op.inputs.map((_, index) => at(index));
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'maximum':
    case 'minimum':
    case 'prelu':
      return [at(0), at(1)];
    case 'transposeConv':
      return [at(2)];
    case 'split':
      return [at(1)];
    default:
      return [at(0)];
  }
}

function shapeOf(graph: Graph, id: TensorId): RowShape {
  return rowShape(tensorOf(graph, id).shape);
}

/** Bytes of a row of the tensor: w * c elements. */
export function rowBytesOf(tensor: Tensor): number {
  const { w, c } = rowShape(tensor.shape);
  return w * c * (elementSizeBytes(tensor.type) ?? 0);
}

/** Rows of the tensor over all images. */
export function rowCountOf(tensor: Tensor): number {
  const { n, h } = rowShape(tensor.shape);
  return n * h;
}

function rowMapOf(
  graph: Graph,
  lowered: LoweredOperator,
  tensors: readonly TensorId[],
  index: number,
): RowMap {
  const { op } = lowered;
  const id = tensors[index] as TensorId;
  const input = shapeOf(graph, id);
  const output = shapeOf(graph, op.outputs[0] as TensorId);
  const heights = { heightIn: input.h, heightOut: output.h };
  if (lowered.nest !== undefined) return { kind: 'nest', ...lowered.nest, rowElementsIn: input.w * input.c };
  switch (op.kind) {
    case 'conv2d':
    case 'depthwiseConv2d':
    case 'maxPool2d':
    case 'averagePool2d':
    case 'transposeConv':
      return windowMap(graph, op, heights);
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'maximum':
    case 'minimum':
    case 'prelu':
      checkBroadcast(graph, op, tensors);
      return { kind: 'broadcast', imagesIn: input.n, ...heights };
    case 'concatenation':
      return joinedMap(graph, lowered.axis, tensors, index, output.h);
    case 'pad':
    case 'padV2':
    case 'mirrorPad': {
      const [beginN, beginH] = lowered.before;
      const place = { beginN, beginH, imagesIn: input.n, ...heights };
      return op.kind === 'mirrorPad'
        ? { kind: 'mirrored', edge: mirrorEdge(op), ...place }
        : { kind: 'placed', ...place };
    }
    case 'resizeBilinear':
    case 'resizeNearest':
      return resizeMap(op, heights);
    case 'fullyConnected':
      return { kind: 'all', rowsIn: input.n * input.h };
    case 'mean':
    case 'sum':
    case 'reduceMax': {
      const [images, lines] = [(lowered.axes & AxisBit.n) !== 0, (lowered.axes & AxisBit.h) !== 0];
      return { kind: 'reduced', images, lines, imagesIn: input.n, ...heights };
    }
    case 'reshape':
    case 'squeeze':
    case 'expandDims': {
      const [from, to] = [tensorOf(graph, id), tensorOf(graph, op.outputs[0] as TensorId)];
      return { kind: 'bytes', rowBytesIn: rowBytesOf(from), rowBytesOut: rowBytesOf(to) };
    }
    default:
      return { kind: 'same' };
  }
}

interface Heights {
  readonly heightIn: number;
  readonly heightOut: number;
}

function resizeMap(
  op: Extract<Operator, { kind: 'resizeBilinear' | 'resizeNearest' }>,
  heights: Heights,
): RowMap {
  const kind = op.kind === 'resizeBilinear' ? 'bilinear' : 'nearest';
  const { alignCorners, halfPixelCenters } = op;
  return { kind, alignCorners, halfPixelCenters, ...heights };
}

function joinedMap(
  graph: Graph,
  axis: number,
  tensors: readonly TensorId[],
  index: number,
  heightOut: number,
): RowMap {
  if (axis >= 2) return { kind: 'same' };
  const { n, h } = shapeOf(graph, tensors[index] as TensorId);
  const earlier = tensors.slice(0, index).map((tensor) => shapeOf(graph, tensor));
  const begin = earlier.reduce((sum, shape) => sum + (axis === 0 ? shape.n : shape.h), 0);
  const place = axis === 0 ? { beginN: begin, beginH: 0 } : { beginN: 0, beginH: begin };
  return { kind: 'placed', ...place, imagesIn: n, heightIn: h, heightOut };
}

function windowMap(graph: Graph, op: WindowOperator, heights: Heights): RowMap {
  const { kernelH, strideH, dilationH, padTop } = windowGeometry(graph, op);
  if (op.kind === 'transposeConv') {
    return { kind: 'transposed', kernel: kernelH, stride: strideH, padTop, ...heights };
  }
  return { kind: 'window', kernel: kernelH, stride: strideH, dilation: dilationH, padTop, ...heights };
}

/** Rows of `output` written by any kernel must be produced in order, the same number for each output. */
function checkOutputs(graph: Graph, op: Operator): void {
  const rows = op.outputs.map((id) => rowCountOf(tensorOf(graph, id)));
  if (rows.some((count) => count !== rows[0])) unsupported(op, 'its outputs differ in rows');
  if (op.kind === 'split' || op.kind === 'splitV') {
    const input = shapeOf(graph, dataInputs(op)[0] as TensorId);
    const channels = op.outputs.reduce((sum, id) => sum + shapeOf(graph, id).c, 0);
    const widths = op.outputs.every((id) => shapeOf(graph, id).w === input.w);
    if (channels !== input.c || !widths) unsupported(op, 'only a split along channels runs by rows');
  }
  if (op.kind === 'argMax') {
    const [input, output] = [op.inputs[0], op.outputs[0]].map((id) => shapeOf(graph, id as TensorId));
    const isShown = (['n', 'h', 'w'] as const).every((axis) => input?.[axis] === output?.[axis]);
    if (!isShown || output?.c !== 1) unsupported(op, 'its axis is not the last of a tensor that keeps it');
  }
  if (op.kind === 'fullyConnected' && rows[0] !== 1) {
    unsupported(op, 'its output has an image shape of several rows');
  }
}

function checkBroadcast(graph: Graph, op: Operator, tensors: readonly TensorId[]): void {
  const output = shapeOf(graph, op.outputs[0] as TensorId);
  for (const id of tensors) {
    const input = shapeOf(graph, id);
    const fits = (['n', 'h', 'w', 'c'] as const).every(
      (axis) => input[axis] === output[axis] || input[axis] === 1,
    );
    if (!fits) unsupported(op, 'its inputs repeat along an axis that rows do not show');
  }
}

/** The axis in n, h, w, c. Below rank 4 the last axis is c, and an axis that begins the tensor is w. */
function concatenationAxis(graph: Graph, op: Extract<Operator, { kind: 'concatenation' }>): number {
  const { shape } = tensorOf(graph, op.outputs[0] as TensorId);
  const axis = op.axis < 0 ? op.axis + shape.length : op.axis;
  if (shape.length === 4) return axis;
  if (axis === shape.length - 1) return 3;
  const outside = shape.slice(0, axis).reduce((product, size) => product * size, 1);
  return outside === 1 ? 2 : unsupported(op, 'it joins along an inner axis of a tensor that is no image');
}

function rearrangement(graph: Graph, op: Operator): Nest | undefined {
  switch (op.kind) {
    case 'slice':
    case 'stridedSlice':
    case 'transpose':
    case 'depthToSpace':
    case 'spaceToDepth':
    case 'spaceToBatch':
    case 'batchToSpace':
      return nestOf(graph, op) ?? unsupported(op, 'its parameters are not constant, or it is not on images');
    default:
      return undefined;
  }
}

const AXES = ['n', 'h', 'w', 'c'] as const;

/** The axes of a reduction of an image; its output has length 1 along each, and keeps the others. */
function reducedAxes(graph: Graph, op: Extract<Operator, { kind: 'mean' | 'sum' | 'reduceMax' }>): number {
  const given = op.inputs[1];
  const { shape } = tensorOf(graph, op.inputs[0] as TensorId);
  const values = given == null ? [] : constantInts(tensorOf(graph, given));
  if (values.length === 0 || shape.length !== 4) {
    return unsupported(op, 'its axes are not constant axes of an image');
  }
  const axes = new Set(values.map((axis) => AXES[axis < 0 ? axis + 4 : axis]));
  const [from, to] = [rowShape(shape), shapeOf(graph, op.outputs[0] as TensorId)];
  const fits = AXES.every((axis) => to[axis] === (axes.has(axis) ? 1 : from[axis]));
  if (!fits) return unsupported(op, 'its output does not show the axes that are left');
  return AXES.reduce((bits, axis) => bits | (axes.has(axis) ? AxisBit[axis] : 0), 0);
}

function padBefore(
  graph: Graph,
  op: Extract<Operator, { kind: 'pad' | 'padV2' | 'mirrorPad' }>,
): readonly [number, number, number, number] {
  const paddings = op.inputs[1];
  const values = paddings == null ? [] : constantInts(tensorOf(graph, paddings));
  const { shape } = tensorOf(graph, op.inputs[0] as TensorId);
  if (values.length !== 2 * shape.length) return unsupported(op, 'its paddings are not a constant [rank, 2]');
  const before = shape.map((_, axis) => values[2 * axis] ?? 0);
  const padded = shape.map((_, axis) => before[axis] !== 0 || values[2 * axis + 1] !== 0);
  if (shape.length === 4) return before as unknown as readonly [number, number, number, number];
  const last = shape.length - 1;
  const inner = shape.slice(0, Math.max(0, last - 1));
  if (
    padded.slice(0, Math.max(0, last - 1)).some(Boolean) ||
    (padded[last - 1] === true && inner.some((d) => d !== 1))
  ) {
    return unsupported(op, 'it pads an inner axis of a tensor that is no image');
  }
  return [0, 0, before[last - 1] ?? 0, before[last] ?? 0];
}

/** 1 if the mirror image begins with the edge, which stands twice then. */
export function mirrorEdge({ mode }: Extract<Operator, { kind: 'mirrorPad' }>): 0 | 1 {
  return mode === 'symmetric' ? 1 : 0;
}

/** The elements of a constant int32 or int64 tensor; empty when it has no data. */
export function constantInts(tensor: Tensor): readonly number[] {
  const { data } = tensor;
  if (data === undefined) return [];
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  if (tensor.type === 'int32') {
    return Array.from({ length: data.length >> 2 }, (_, index) => view.getInt32(4 * index, true));
  }
  if (tensor.type === 'int64') {
    return Array.from({ length: data.length >> 3 }, (_, index) => Number(view.getBigInt64(8 * index, true)));
  }
  return [];
}

/** Whether a call that computes rows [first, end) needs input row `row` or beyond. */
export function reaches(map: RowMap, first: number, end: number, row: number): boolean {
  for (let r = first; r < end; r++) if (inputWindow(map, r).end > row) return true;
  return false;
}

/** Refuses an operator, naming it and the reason. */
export function unsupported(op: Operator, why: string): never {
  throw compilerError(
    'PLAN_UNSUPPORTED_OPERATOR',
    `Operator ${String(op.id)} (${op.kind}) can not be planned: ${why}. \`tinyseg inspect\` lists what the model needs.`,
    { operator: op.id, kind: op.kind },
  );
}
