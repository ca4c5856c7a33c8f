// SPDX-License-Identifier: Apache-2.0
/** What of an operator decides which kernel variants can run it, and what they need. */
import { windowGeometry, windowInput } from '../analysis/window-geometry.js';
import { elementCount, rowShape, tensorOf, type Graph, type TensorId } from '../ir/index.js';
import { AxisBit } from '../plan-format/index.js';
import { rowCountOf, unsupported, type LoweredOperator } from './lowering.js';
import type { VariantShape } from './variants.js';

const ROW_AXES = AxisBit.n | AxisBit.h;

/** The shape of a lowered operator whose data input has so many segments. */
export function variantShape(graph: Graph, lowered: LoweredOperator, segmentCount: number): VariantShape {
  const { op } = lowered;
  const output = tensorOf(graph, op.outputs[0] as TensorId);
  const { w, c } = rowShape(output.shape);
  const shape = {
    ...{ kernelH: 1, kernelW: 1, channelsPerGroup: 1, segmentCount },
    outputElements: elementCount(output.shape),
    outputRowElements: w * c,
    inputRows: rowCountOf(tensorOf(graph, lowered.inputs[0]?.tensor ?? -1)),
    inputChannels: rowShape(tensorOf(graph, lowered.inputs[0]?.tensor ?? -1).shape).c,
    outputRows: rowCountOf(output),
    outputWidth: w,
    outputChannels: c,
    upsamples: false,
    plain3x3: false,
    elementType: output.type,
    reducesRows: (lowered.axes & ROW_AXES) !== 0,
  };
  if (op.kind !== 'conv2d' && op.kind !== 'depthwiseConv2d' && op.kind !== 'transposeConv') return shape;
  const { kernelH, kernelW, strideH, strideW, padTop, padLeft } = windowGeometry(graph, op);
  if (op.kind !== 'conv2d') {
    const plain = kernelH === strideH && kernelW === strideW && padTop === 0 && padLeft === 0;
    const input = rowShape(tensorOf(graph, windowInput(op)).shape);
    const covers = w === input.w * strideW && rowShape(output.shape).h === input.h * strideH;
    return { ...shape, kernelH, kernelW, upsamples: op.kind === 'transposeConv' && plain && covers };
  }
  const weights = op.inputs[1];
  if (weights == null) return unsupported(op, 'it has no weights');
  const channelsPerGroup = tensorOf(graph, weights).shape[3] ?? 1;
  const isPlain = strideH === 1 && strideW === 1 && op.dilationH === 1 && op.dilationW === 1;
  const plain3x3 = isPlain && kernelH === 3 && kernelW === 3 && rowShape(output.shape).n === 1;
  return { ...shape, kernelH, kernelW, channelsPerGroup, plain3x3 };
}

/** By lowered operator, which stands for its tensors, and by segments of its data input. */
const kept = new WeakMap<LoweredOperator, Map<number, VariantShape>>();

/** `variantShape`, kept for when it is asked for again. `lowered` must come from the same graph, or one with its tensors. */
export function keptVariantShape(graph: Graph, lowered: LoweredOperator, segmentCount: number): VariantShape {
  let known = kept.get(lowered);
  if (known === undefined) kept.set(lowered, (known = new Map<number, VariantShape>()));
  let shape = known.get(segmentCount);
  if (shape === undefined) known.set(segmentCount, (shape = variantShape(graph, lowered, segmentCount)));
  return shape;
}
