// SPDX-License-Identifier: Apache-2.0
/** Kernel, strides, dilations and paddings of convolutions and pools, derived anew from the model. */
import {
  rowShape,
  type ExplicitPadding,
  type Operator,
  type OperatorOf,
  type Padding,
  type Tensor,
} from '../ir/index.js';

type Numbers = Readonly<Record<string, number>>;

interface Windowed {
  readonly padding: Padding;
  readonly explicitPadding?: ExplicitPadding;
  readonly strideH: number;
  readonly strideW: number;
}

/** Elements of padding before the first: half of what SAME adds, rounded down. `sliding` is the longer side. */
function paddingBefore(sliding: number, stride: number, reach: number): number {
  const steps = Math.floor((sliding + stride - 1) / stride);
  return Math.floor(Math.max((steps - 1) * stride + reach - sliding, 0) / 2);
}

function padding(operator: Windowed, side: Tensor, reachH: number, reachW: number): Numbers {
  const { explicitPadding } = operator;
  if (explicitPadding !== undefined) return { padTop: explicitPadding.top, padLeft: explicitPadding.left };
  if (operator.padding === 'valid') return { padTop: 0, padLeft: 0 };
  const { h, w } = rowShape(side.shape);
  return {
    padTop: paddingBefore(h, operator.strideH, reachH),
    padLeft: paddingBefore(w, operator.strideW, reachW),
  };
}

export type Convolution = OperatorOf<'conv2d'> | OperatorOf<'depthwiseConv2d'> | OperatorOf<'transposeConv'>;

/** The window of a convolution, and its depth multiplier or groups. */
export function windowParams(operator: Convolution, x: Tensor, weights: Tensor, y: Tensor): Numbers {
  const [, kernelH = 1, kernelW = 1, lastAxis = 1] = weights.shape;
  const isTransposed = operator.kind === 'transposeConv';
  const dilationH = isTransposed ? 1 : operator.dilationH;
  const dilationW = isTransposed ? 1 : operator.dilationW;
  const [reachH, reachW] = [(kernelH - 1) * dilationH + 1, (kernelW - 1) * dilationW + 1];
  return {
    ...{ kernelH, kernelW, dilationH, dilationW },
    ...{ strideH: operator.strideH, strideW: operator.strideW },
    // A transposed convolution slides over its output.
    ...padding(operator, isTransposed ? y : x, reachH, reachW),
    depthMultiplier: depthNumber(operator.kind, rowShape(x.shape).c, rowShape(y.shape).c, lastAxis),
  };
}

function depthNumber(kind: Operator['kind'], from: number, to: number, lastAxis: number): number {
  if (kind === 'transposeConv') return 1;
  return kind === 'depthwiseConv2d' ? to / from : from / lastAxis;
}

/** The window of a pool. */
export function poolParams(operator: OperatorOf<'maxPool2d' | 'averagePool2d'>, x: Tensor): Numbers {
  const { filterH, filterW, strideH, strideW } = operator;
  return {
    ...{ kernelH: filterH, kernelW: filterW, strideH, strideW },
    ...padding(operator, x, filterH, filterW),
  };
}
