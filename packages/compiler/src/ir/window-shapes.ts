// SPDX-License-Identifier: Apache-2.0
/** Shapes of what slides a window over an image: convolutions and pools. */
import type { OperatorOf } from './operator.js';
import { type AxisWindow, windowOutputLength } from './padding.js';
import { demand, type Dimensions, type Operands } from './shape-operands.js';
import { elementCount } from './tensor.js';

export type Image = readonly [n: number, height: number, width: number, channels: number];
type ImageSize = readonly [n: number, height: number, width: number, ...rest: readonly number[]];
type Convolution = OperatorOf<'conv2d' | 'depthwiseConv2d' | 'fusedConv2d'>;

export function convolve(
  operator: Convolution,
  image: ImageSize,
  kernelH: number,
  kernelW: number,
  outputs: number,
): readonly Dimensions[] {
  const { strideH, strideW, dilationH, dilationW } = operator;
  const [h, w] = windowed(
    operator,
    image,
    { kernel: kernelH, stride: strideH, dilation: dilationH },
    { kernel: kernelW, stride: strideW, dilation: dilationW },
  );
  return [[image[0], h, w, outputs]];
}

export function pool(
  operator: OperatorOf<'maxPool2d' | 'averagePool2d'>,
  operands: Operands,
): readonly Dimensions[] {
  const { filterH, filterW, strideH, strideW } = operator;
  const [h, w] = windowed(
    operator,
    operands.image(0),
    { kernel: filterH, stride: strideH, dilation: 1 },
    { kernel: filterW, stride: strideW, dilation: 1 },
  );
  return [[operands.image(0)[0], h, w, operands.image(0)[3]]];
}

function windowed(
  operator: Convolution | OperatorOf<'maxPool2d' | 'averagePool2d'>,
  [, height, width]: ImageSize,
  windowH: AxisWindow,
  windowW: AxisWindow,
): readonly [number, number] {
  checkWindow(windowH);
  checkWindow(windowW);
  const pads = operator.explicitPadding;
  const padsH = pads === undefined ? operator.padding : { before: pads.top, after: pads.bottom };
  const padsW = pads === undefined ? operator.padding : { before: pads.left, after: pads.right };
  const h = windowOutputLength(height, windowH, padsH);
  const w = windowOutputLength(width, windowW, padsW);
  demand(
    h > 0 && w > 0,
    `a window of ${windowH.kernel} x ${windowW.kernel} does not fit ${height} x ${width}`,
  );
  return [h, w];
}

export function checkWindow({ kernel, stride, dilation }: AxisWindow): void {
  const positive = [kernel, stride, dilation].every((value) => Number.isInteger(value) && value > 0);
  demand(positive, `window ${kernel}, stride ${stride} and dilation ${dilation} must be positive`);
}

export function checkBias(operands: Operands, index: number, outputs: number): void {
  if (!operands.has(index)) return;
  demand(elementCount(operands.shape(index)) === outputs, `the bias does not have ${outputs} elements`);
}
