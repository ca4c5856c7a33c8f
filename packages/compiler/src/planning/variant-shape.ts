// SPDX-License-Identifier: Apache-2.0
/** What of an operator decides which kernel variants can run it, and what they need. */
import { windowGeometry } from '../analysis/window-geometry.js';
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
    outputWidth: w,
    outputChannels: c,
    reducesRows: (lowered.axes & ROW_AXES) !== 0,
  };
  if (op.kind !== 'conv2d') return shape;
  const { kernelH, kernelW } = windowGeometry(graph, op);
  const weights = op.inputs[1];
  if (weights == null) return unsupported(op, 'it has no weights');
  return { ...shape, kernelH, kernelW, channelsPerGroup: tensorOf(graph, weights).shape[3] ?? 1 };
}
