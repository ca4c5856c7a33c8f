// SPDX-License-Identifier: Apache-2.0
// A small graph with an operator of every kind that the runtime has a kernel for, and the shapes that are hard for it.
import { GraphBuilder } from '../../packages/compiler/src/ir/build.js';
import type { Graph, TensorId } from '../../packages/compiler/src/ir/index.js';

/** An image branch with odd sizes, strides, dilation, padding, skips and resizing; then a classifying tail. */
export function kindsGraph(): Graph {
  const b = new GraphBuilder('kinds');
  const image = b.input([1, 11, 13, 3], { scale: 0.02, zeroPoint: 3 });
  const first = b.conv2d(image, {
    filters: 6,
    stride: 2,
    activation: 'relu',
    output: { scale: 0.015, zeroPoint: -128 },
  });
  const deep = b.depthwiseConv2d(first, { filters: 12, output: { scale: 0.005, zeroPoint: 9 } });
  const padded = b.operator('pad', [deep, b.constant([4, 2], [0, 0, 1, 2, 2, 0, 0, 0])], {});
  const pooled = b.maxPool2d(padded);
  const up = b.transposeConv(pooled, { filters: 6, output: { scale: 0.004 } });
  const average = b.operator('averagePool2d', [up], {
    ...{ filterH: 3, filterW: 3, strideH: 1, strideW: 1 },
    ...{ padding: 'same', activation: 'none' },
  });
  const joined = b.concatenation([up, average]);
  const mixed = b.conv2d(joined, { filters: 6, kernel: 1, output: { scale: 0.002, zeroPoint: -20 } });
  const small = b.maxPool2d(mixed);
  const bilinear = b.operator('resizeBilinear', [small, b.constant([2], [9, 10])], {
    ...{ alignCorners: false, halfPixelCenters: true },
  });
  const nearest = b.operator('resizeNearest', [small, b.constant([2], [9, 10])], {
    ...{ alignCorners: true, halfPixelCenters: false },
  });
  const sum = b.add(bilinear, nearest, { scale: 0.004, zeroPoint: -5 });
  const gate = b.operator('logistic', [nearest], {}, { scale: 1 / 256, zeroPoint: -128 });
  const gated = b.operator('mul', [sum, gate], { activation: 'relu6' }, { scale: 0.001, zeroPoint: -128 });
  const difference = b.operator(
    'sub',
    [gated, bilinear],
    { activation: 'none', potScaleInt16: false },
    { scale: 0.003 },
  );
  const halves = [b.tensor([1, 9, 10, 3], { scale: 0.003 }), b.tensor([1, 9, 10, 3], { scale: 0.003 })];
  b.operatorInto('split', [b.constant([], [3]), difference], halves, { numSplits: 2 });
  const rows = b.concatenation(halves, 1);
  const columns = b.concatenation([rows, rows], 2);
  const highest = b.operator('reduceMax', [rows, b.constant([1], [3])], { keepDims: true }, { scale: 0.003 });
  const total = b.operator('sum', [rows, b.constant([1], [1])], { keepDims: true }, { scale: 0.04 });
  const centred = b.add(highest, total, { scale: 0.03, zeroPoint: 7 });
  const unsigned = b.operator('quantize', [columns], {}, { type: 'uint8', scale: 0.002, zeroPoint: 128 });
  return b.output(unsigned, tail(b, columns), dense(b, centred)).build();
}

/** Takes an image row by row. */
function dense(b: GraphBuilder, x: TensorId): TensorId {
  const features = b.shapeOf(x).reduce((product, size) => product * size, 1);
  const values = Array.from({ length: 4 * features }, (_, i) => ((i * 53) % 241) - 120);
  const weights = b.constant([4, features], values, { type: 'int8', scale: 0.01 });
  const options = { activation: 'relu', keepNumDims: false, weightsFormat: 'default' } as const;
  return b.operator('fullyConnected', [x, weights, null], options, { scale: 0.2, zeroPoint: -128 });
}

function tail(b: GraphBuilder, x: TensorId): TensorId {
  const mean = b.operator('mean', [x, b.constant([2], [1, 2])], { keepDims: true }, { scale: 0.001 });
  const channels = b.shapeOf(mean).at(-1) ?? 1;
  const flat = b.operator('reshape', [mean, b.constant([2], [1, channels])], { newShape: [1, channels] });
  const weights = b.constant(
    [5, channels],
    Array.from({ length: 5 * channels }, (_, i) => ((i * 37) % 200) - 100),
    { type: 'int8', scale: 0.1 },
  );
  const scores = b.operator('fullyConnected', [flat, weights, null], {
    ...{ activation: 'none', keepNumDims: false, weightsFormat: 'default' },
  });
  return b.operator('softmax', [scores], { beta: 1 }, { scale: 1 / 256, zeroPoint: -128 });
}
