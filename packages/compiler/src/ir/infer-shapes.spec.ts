// SPDX-License-Identifier: Apache-2.0
// Behaviour of shape inference.
import { GraphBuilder, inferShapes, type Operator, verifyGraph } from './index.js';

describe('inferShapes', () => {
  const one = { strideH: 1, strideW: 1, padding: 'valid', activation: 'none' } as const;
  const conv = { ...one, dilationH: 1, dilationW: 1 } as const;
  const slice = {
    beginMask: 0,
    endMask: 0,
    ellipsisMask: 0,
    newAxisMask: 0,
    shrinkAxisMask: 0,
    offset: false,
  };
  type Case = readonly [string, (build: GraphBuilder, x: number) => number, readonly number[]];
  const cases: readonly Case[] = [
    [
      'a dilated convolution',
      (b, x) =>
        b.operator(
          'conv2d',
          [x, b.constant([5, 3, 3, 4], Array<number>(180).fill(0), { type: 'int8' }), null],
          { ...conv, dilationH: 2, dilationW: 1 },
        ),
      [1, 4, 4, 5],
    ],
    [
      'a grouped convolution',
      (b, x) => b.operator('conv2d', [x, b.constant([2, 1, 1, 2], [1, 2, 3, 4], { type: 'int8' })], conv),
      [1, 8, 6, 2],
    ],
    ['a strided convolution with SAME', (b, x) => b.conv2d(x, { filters: 3, stride: 3 }), [1, 3, 2, 3]],
    [
      'a depthwise convolution',
      (b, x) => b.depthwiseConv2d(x, { filters: 8, padding: 'valid' }),
      [1, 6, 4, 8],
    ],
    ['a pool', (b, x) => b.maxPool2d(x, 3, 2), [1, 3, 2, 4]],
    ['a transposed convolution', (b, x) => b.transposeConv(x, { filters: 2 }), [1, 16, 12, 2]],
    [
      'a fully connected layer',
      (b, x) =>
        b.operator('fullyConnected', [x, b.constant([2, 4], [1, 2, 3, 4, 5, 6, 7, 8], { type: 'int8' })], {
          activation: 'none',
          keepNumDims: false,
          weightsFormat: 'default',
        }),
      [48, 2],
    ],
    [
      'a fully connected layer that keeps dimensions',
      (b, x) =>
        b.operator('fullyConnected', [x, b.constant([2, 4], [1, 2, 3, 4, 5, 6, 7, 8], { type: 'int8' })], {
          activation: 'none',
          keepNumDims: true,
          weightsFormat: 'default',
        }),
      [1, 8, 6, 2],
    ],
    [
      'a broadcast',
      (b, x) => b.add(x, b.constant([6, 1], [1, 2, 3, 4, 5, 6], { type: 'int8' })),
      [1, 8, 6, 4],
    ],
    ['a concatenation', (b, x) => b.concatenation([x, x], 1), [1, 16, 6, 4]],
    [
      'a padding',
      (b, x) => b.operator('pad', [x, b.constant([4, 2], [0, 0, 1, 2, 3, 4, 0, 1])], {}),
      [1, 11, 13, 5],
    ],
    [
      'a mirrored padding',
      (b, x) =>
        b.operator('mirrorPad', [x, b.constant([4, 2], [0, 0, 7, 2, 3, 5, 0, 3])], { mode: 'reflect' }),
      [1, 17, 14, 7],
    ],
    [
      'a reshape with an open dimension',
      (b, x) => b.operator('reshape', [x, b.constant([2], [-1, 24])], {}),
      [8, 24],
    ],
    ['squeezing all', (b, x) => b.operator('squeeze', [x], { axes: [] }), [8, 6, 4]],
    ['expanding', (b, x) => b.operator('expandDims', [x, b.constant([], [-1])], {}), [1, 8, 6, 4, 1]],
    [
      'a strided slice',
      (b, x) =>
        b.operator(
          'stridedSlice',
          [x, b.constant([2], [0, 7]), b.constant([2], [1, 0]), b.constant([2], [1, -2])],
          { ...slice, shrinkAxisMask: 1 },
        ),
      [4, 6, 4],
    ],
    [
      'a slice',
      (b, x) => b.operator('slice', [x, b.constant([4], [0, 2, 0, 1]), b.constant([4], [1, -1, 3, 2])], {}),
      [1, 6, 3, 2],
    ],
    ['the shape', (b, x) => b.operator('shape', [x], { outType: 'int32' }), [4]],
    ['a pack', (b, x) => b.operator('pack', [x, x], { axis: 0, valuesCount: 2 }), [2, 1, 8, 6, 4]],
    [
      'a resize',
      (b, x) =>
        b.operator('resizeBilinear', [x, b.constant([2], [3, 5])], {
          alignCorners: false,
          halfPixelCenters: true,
        }),
      [1, 3, 5, 4],
    ],
    ['a mean', (b, x) => b.operator('mean', [x, b.constant([2], [1, -2])], { keepDims: false }), [1, 4]],
    [
      'a mean that keeps dimensions',
      (b, x) => b.operator('mean', [x, b.constant([2], [1, 2])], { keepDims: true }),
      [1, 1, 1, 4],
    ],
    [
      'a transposition',
      (b, x) => b.operator('transpose', [x, b.constant([4], [0, 3, 1, 2])], {}),
      [1, 4, 8, 6],
    ],
  ];

  it.each(cases)('knows the shape of %s', (_, add, shape) => {
    const build = new GraphBuilder();
    const y = add(build, build.input([1, 8, 6, 4]));
    expect(build.shapeOf(y)).toEqual(shape);
  });

  it('knows the parts of SPLIT and SPLIT_V', () => {
    const build = new GraphBuilder();
    const x = build.input([1, 6]);
    const parts = [build.tensor([1, 2]), build.tensor([1, 2]), build.tensor([1, 2])];
    build.operatorInto('split', [build.constant([], [1]), x], parts, { numSplits: 3 });
    const uneven = [build.tensor([1, 1]), build.tensor([1, 5])];
    build.operatorInto('splitV', [x, build.constant([2], [1, -1]), build.constant([], [-1])], uneven, {
      numSplits: 2,
    });
    expect(verifyGraph(build.output(...parts, ...uneven).build())).toEqual([]);
  });

  it.each([
    [
      'a window larger than the image',
      (b: GraphBuilder, x: number) => b.conv2d(x, { filters: 1, kernel: 9, padding: 'valid' }),
    ],
    ['a stride of 0', (b: GraphBuilder, x: number) => b.maxPool2d(x, 2, 0)],
    [
      'tensors that do not fit together',
      (b: GraphBuilder, x: number) => b.add(x, b.constant([3], [1, 2, 3], { type: 'int8' })),
    ],
    ['an axis that is not there', (b: GraphBuilder, x: number) => b.concatenation([x, x], 4)],
    ['too few elements', (b: GraphBuilder, x: number) => b.operator('reshape', [x], { newShape: [1, 2] })],
    [
      'a slice beyond the end',
      (b: GraphBuilder, x: number) =>
        b.operator('slice', [x, b.constant([4], [0, 2, 0, 1]), b.constant([4], [1, 7, 3, 2])], {}),
    ],
    [
      'a mirror image that repeats more than the image beside its edge',
      (b: GraphBuilder, x: number) =>
        b.operator('mirrorPad', [x, b.constant([4, 2], [0, 0, 8, 0, 0, 0, 0, 0])], { mode: 'reflect' }),
    ],
  ])('says what is wrong with %s', (_, add) => {
    const build = new GraphBuilder();
    expect(() => add(build, build.input([1, 8, 6, 4]))).toThrow(
      expect.objectContaining({ code: 'GRAPH_INVARIANT' }),
    );
  });

  it('does not know what depends on run-time data', () => {
    const build = new GraphBuilder();
    const x = build.input([1, 4]);
    const shape = build.input([2], { type: 'int32' });
    const y = build.tensor([2, 2]);
    build.operatorInto('reshape', [x, shape], [y], {});
    const graph = build.output(y).build();
    expect(inferShapes(graph, graph.operators[0] as Operator)).toEqual({ status: 'unknown' });
  });
});
