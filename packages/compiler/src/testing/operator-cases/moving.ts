// SPDX-License-Identifier: Apache-2.0
// Cases of pools, resizing, reductions, and of what only moves elements.
import type {
  Activation,
  OperatorKind,
  OperatorOf,
  Padding,
  TensorId,
  TensorOptions,
} from '../../ir/index.js';
import {
  type Bench,
  type CaseOptions,
  float32,
  int16,
  int8,
  type OperatorCase,
  operatorCase,
} from './operator-case.js';

const X = int8(0.05, -7);
const X16 = int16(1 / 3000);

interface Pool {
  readonly input: readonly [number, number, number, number];
  readonly filter: readonly [number, number];
  readonly stride?: readonly [number, number];
  readonly padding?: Padding;
  readonly activation?: Activation;
  readonly type?: TensorOptions;
}

function pool(
  kind: 'maxPool2d' | 'averagePool2d',
  name: string,
  p: Pool,
  options?: CaseOptions,
): OperatorCase {
  const prefix = kind === 'maxPool2d' ? 'max-pool2d' : 'average-pool2d';
  return operatorCase(
    `${prefix}-${name}`,
    (bench) => {
      const { stride = p.filter, padding = 'valid', activation = 'none', type = X } = p;
      return bench.operator(
        kind,
        [bench.input(p.input, type)],
        {
          ...{ filterH: p.filter[0], filterW: p.filter[1], strideH: stride[0], strideW: stride[1] },
          ...{ padding, activation },
        },
        type,
      );
    },
    options,
  );
}

const POOLS: readonly OperatorCase[] = (['maxPool2d', 'averagePool2d'] as const).flatMap((kind) => [
  pool(kind, 'halving', { input: [1, 6, 5, 3], filter: [2, 2] }),
  pool(kind, 'overlapping', { input: [2, 5, 7, 2], filter: [3, 3], stride: [2, 2], padding: 'same' }),
  pool(kind, 'flat', {
    input: [1, 4, 9, 2],
    filter: [1, 4],
    stride: [3, 2],
    padding: 'same',
    activation: 'relu',
  }),
  pool(kind, 'whole', { input: [1, 7, 6, 3], filter: [7, 6] }),
  pool(kind, 'narrow', {
    input: [1, 6, 6, 2],
    filter: [2, 3],
    activation: 'reluN1To1',
    type: int8(0.02, 30),
  }),
  pool(
    kind,
    'extreme',
    { input: [1, 6, 6, 2], filter: [3, 3], stride: [1, 1], padding: 'same' },
    { pattern: 'extreme' },
  ),
  pool(kind, 'int16', { input: [1, 5, 5, 2], filter: [3, 2], stride: [2, 1], padding: 'same', type: X16 }),
  pool(kind, 'float', {
    input: [1, 5, 5, 2],
    filter: [3, 2],
    stride: [2, 1],
    padding: 'same',
    type: float32,
    activation: 'relu6',
  }),
]);

interface Resizing {
  readonly input: readonly [number, number, number, number];
  readonly size: readonly [number, number];
  readonly places?: 'corners' | 'centers';
  readonly type?: TensorOptions;
}

function resize(
  kind: 'resizeBilinear' | 'resizeNearest',
  name: string,
  r: Resizing,
  oracle: OperatorCase['oracle'] = 'tflite-micro',
): OperatorCase {
  const prefix = kind === 'resizeBilinear' ? 'resize-bilinear' : 'resize-nearest';
  return operatorCase(
    `${prefix}-${name}`,
    (bench) => {
      const { type = X, places } = r;
      return bench.operator(
        kind,
        [bench.input(r.input, type), bench.integers(...r.size)],
        { alignCorners: places === 'corners', halfPixelCenters: places === 'centers' },
        type,
      );
    },
    { oracle, pattern: name === 'extreme' ? 'extreme' : 'random' },
  );
}

const RESIZES: readonly OperatorCase[] = (['resizeBilinear', 'resizeNearest'] as const).flatMap((kind) => [
  resize(kind, 'double', { input: [2, 3, 4, 2], size: [6, 8] }),
  resize(kind, 'double-centers', { input: [1, 3, 4, 2], size: [6, 8], places: 'centers' }),
  resize(kind, 'odd-centers', { input: [1, 5, 3, 2], size: [7, 8], places: 'centers' }),
  resize(kind, 'odd-corners', { input: [1, 4, 3, 2], size: [9, 7], places: 'corners' }),
  resize(kind, 'smaller', { input: [1, 9, 7, 2], size: [4, 3] }),
  resize(kind, 'smaller-centers', { input: [1, 9, 7, 2], size: [4, 3], places: 'centers' }),
  resize(kind, 'to-one', { input: [1, 4, 5, 2], size: [1, 1], places: 'corners' }),
  resize(kind, 'from-one', { input: [1, 1, 1, 3], size: [3, 4], places: 'centers' }),
  resize(kind, 'extreme', { input: [1, 5, 5, 2], size: [8, 11], places: 'centers' }),
  resize(
    kind,
    'int16',
    { input: [1, 4, 3, 2], size: [7, 8], places: 'centers', type: X16 },
    'tensorflow-lite',
  ),
  resize(kind, 'float', { input: [1, 4, 3, 2], size: [7, 8], type: float32 }),
  resize(kind, 'float-centers', { input: [1, 4, 3, 2], size: [6, 8], places: 'centers', type: float32 }),
]);

function reduction(
  kind: 'mean' | 'sum' | 'reduceMax',
  name: string,
  axes: readonly number[],
  [from, to]: readonly [TensorOptions, TensorOptions],
  keepDims = false,
  shape: readonly number[] = [2, 5, 3, 4],
): OperatorCase {
  return operatorCase(
    `${kind === 'reduceMax' ? 'reduce-max' : kind}-${name}`,
    (bench) => bench.operator(kind, [bench.input(shape, from), bench.integers(...axes)], { keepDims }, to),
    { pattern: name === 'extreme' ? 'extreme' : 'random' },
  );
}

const REDUCTIONS: readonly OperatorCase[] = [
  reduction('mean', 'rows-and-columns', [1, 2], [X, int8(0.03, 4)], true),
  reduction('mean', 'dropped', [2, 1], [X, X]),
  reduction('mean', 'channels', [-1], [X, int8(0.04, -20)], true),
  reduction('mean', 'everything', [0, 1, 2, 3], [X, int8(0.001, 3)], true),
  reduction('mean', 'one-pixel', [1, 2], [X, int8(0.02, -60)], true, [1, 1, 1, 9]),
  reduction('mean', 'extreme', [1, 2], [int8(0.05, 127), int8(0.09, -128)], true, [1, 16, 17, 3]),
  reduction('mean', 'growing', [1, 2], [X, int8(0.0007, 5)], true, [3, 4, 8, 2]),
  reduction('mean', 'int16', [1, 2], [X16, int16(1 / 5000)], true),
  reduction('mean', 'float', [1, 2], [float32, float32], true),
  reduction('mean', 'rows', [1], [X, int8(0.04, -20)], true),
  reduction('mean', 'images', [0], [X, X]),
  reduction('mean', 'vectors', [0], [X, int8(0.04, 9)], false, [7, 5]),
  reduction('sum', 'int8', [1, 2], [X, int8(0.3, 4)]),
  reduction('sum', 'channels', [3], [X, int8(0.11, -4)], true),
  reduction('sum', 'columns', [2], [X, int8(0.2, 14)]),
  reduction('sum', 'images-and-rows', [0, 1], [X, int8(0.3, 0)], true),
  reduction('sum', 'extreme', [1, 2], [int8(0.05, -128), int8(9, -128)], true, [1, 16, 17, 3]),
  reduction('sum', 'int16', [3], [X16, int16(1 / 900)]),
  reduction('sum', 'float', [1], [float32, float32]),
  reduction('reduceMax', 'int8', [1, 2], [X, X], true),
  reduction('reduceMax', 'channels', [-1], [X, X]),
  reduction('reduceMax', 'images', [0, 2], [X, X], true),
  reduction('reduceMax', 'everything', [0, 1, 2, 3], [X, X], true),
  reduction('reduceMax', 'float', [3], [float32, float32]),
];

/** A case that moves elements of one input; its output has the type of the input. */
function moved<K extends OperatorKind>(
  name: string,
  kind: K,
  shape: readonly number[],
  operands: (bench: Bench, x: TensorId) => readonly TensorId[],
  fields: Omit<OperatorOf<K>, 'kind' | 'id' | 'inputs' | 'outputs' | 'version'>,
  type = X,
): OperatorCase {
  return operatorCase(name, (bench) =>
    bench.operator(kind, operands(bench, bench.input(shape, type)), fields),
  );
}

function padded(name: string, shape: readonly number[], paddings: readonly number[], type = X): OperatorCase {
  const operands = (bench: Bench, x: TensorId) => [x, bench.constant([shape.length, 2], paddings)];
  return moved(`pad-${name}`, 'pad', shape, operands, {}, type);
}

function joined(name: string, shapes: readonly (readonly number[])[], axis: number, type = X): OperatorCase {
  return operatorCase(`concatenation-${name}`, (bench) =>
    bench.concatenation(
      shapes.map((shape) => bench.input(shape, type)),
      axis,
    ),
  );
}

function divided(name: string, shape: readonly number[], axis: number, count: number): OperatorCase {
  return operatorCase(`split-${name}`, (bench) => {
    const at = axis < 0 ? axis + shape.length : axis;
    const part = shape.with(at, (shape[at] ?? 0) / count);
    const parts = Array.from({ length: count }, () => bench.tensor(part, X));
    bench.operatorInto('split', [bench.constant([], [axis]), bench.input(shape, X)], parts, {
      numSplits: count,
    });
    return parts;
  });
}

interface Strided {
  readonly begin: readonly number[];
  readonly end: readonly number[];
  readonly step: readonly number[];
  readonly beginMask?: number;
  readonly endMask?: number;
  readonly shrinkAxisMask?: number;
}

function strided(name: string, shape: readonly number[], s: Strided): OperatorCase {
  const operands = (bench: Bench, x: TensorId) => [
    x,
    ...[s.begin, s.end, s.step].map((values) => bench.integers(...values)),
  ];
  const { beginMask = 0, endMask = 0, shrinkAxisMask = 0 } = s;
  const masks = { beginMask, endMask, shrinkAxisMask, ellipsisMask: 0, newAxisMask: 0, offset: false };
  return moved(`strided-slice-${name}`, 'stridedSlice', shape, operands, masks);
}

const MOVES: readonly OperatorCase[] = [
  padded('rows-and-columns', [1, 3, 4, 2], [0, 0, 1, 2, 3, 0, 0, 0]),
  padded('everything', [2, 2, 3, 2], [1, 0, 0, 1, 2, 1, 1, 2]),
  padded('vector', [5], [2, 3]),
  padded('int16', [1, 3, 4, 2], [0, 0, 1, 2, 3, 0, 0, 0], X16),
  padded('float', [1, 3, 4, 2], [0, 0, 1, 2, 3, 0, 0, 0], float32),
  moved(
    'pad-v2',
    'padV2',
    [1, 3, 2, 2],
    (bench, x) => [
      x,
      bench.constant([4, 2], [0, 0, 2, 1, 1, 1, 0, 0]),
      bench.constant([1], [42], { type: 'int8', scale: 0.05, zeroPoint: -7 }),
    ],
    {},
  ),
  joined(
    'channels',
    [
      [2, 3, 2, 4],
      [2, 3, 2, 1],
      [2, 3, 2, 3],
    ],
    3,
  ),
  joined(
    'columns',
    [
      [1, 3, 2, 4],
      [1, 3, 5, 4],
    ],
    2,
  ),
  joined(
    'rows',
    [
      [2, 3, 2, 2],
      [2, 1, 2, 2],
    ],
    1,
  ),
  joined(
    'images',
    [
      [2, 3, 2, 2],
      [1, 3, 2, 2],
    ],
    0,
  ),
  joined(
    'vectors',
    [
      [1, 7],
      [1, 4],
    ],
    -1,
  ),
  joined(
    'int16',
    [
      [1, 3, 2, 4],
      [1, 3, 2, 1],
    ],
    3,
    X16,
  ),
  operatorCase('pack-inside', (bench) =>
    bench.operator('pack', [bench.input([2, 3], X), bench.input([2, 3], X)], { axis: 1, valuesCount: 2 }, X),
  ),
  divided('channels', [2, 3, 2, 6], 3, 3),
  divided('rows', [1, 4, 3, 2], 1, 2),
  divided('last', [1, 8], -1, 4),
  operatorCase('split-v-channels', (bench) => {
    const x = bench.input([2, 3, 2, 6], X);
    const parts = [1, 3, 2].map((length) => bench.tensor([2, 3, 2, length], X));
    bench.operatorInto('splitV', [x, bench.integers(1, 3, 2), bench.constant([], [3])], parts, {
      numSplits: 3,
    });
    return parts;
  }),
  moved(
    'slice',
    'slice',
    [2, 4, 5, 3],
    (bench, x) => [x, bench.integers(1, 1, 0, 2), bench.integers(1, 2, -1, 1)],
    {},
  ),
  strided('steps', [2, 7, 5, 3], { begin: [0, 1, 0, 2], end: [2, 6, 5, 3], step: [1, 2, 3, 1] }),
  strided('backwards', [1, 4, 5, 2], { begin: [0, -1, 3, 0], end: [1, -5, 0, 2], step: [1, -1, -2, 1] }),
  strided('masks', [1, 4, 5, 2], {
    begin: [9, 3, 1, 0],
    end: [0, 9, 0, 2],
    step: [1, 1, 2, 1],
    beginMask: 1,
    endMask: 5,
  }),
  strided('shrunk', [3, 4, 5], { begin: [-1, 1, 0], end: [0, 3, 5], step: [1, 1, 2], shrinkAxisMask: 1 }),
  moved('transpose-images', 'transpose', [2, 3, 4, 2], (bench, x) => [x, bench.integers(0, 3, 1, 2)], {}),
  moved('transpose-matrix', 'transpose', [3, 5], (bench, x) => [x, bench.integers(1, 0)], {}),
  moved('transpose-rows', 'transpose', [2, 3, 4, 2], (bench, x) => [x, bench.integers(0, 2, 1, 3)], {}),
  moved('transpose-cube', 'transpose', [3, 5, 2], (bench, x) => [x, bench.integers(2, 0, 1)], {}),
  moved('transpose-int16', 'transpose', [1, 3, 4, 2], (bench, x) => [x, bench.integers(3, 1, 0, 2)], {}, X16),
  moved('depth-to-space', 'depthToSpace', [2, 3, 2, 8], (_, x) => [x], { blockSize: 2 }),
  moved('depth-to-space-three', 'depthToSpace', [1, 2, 3, 18], (_, x) => [x], { blockSize: 3 }),
  moved('space-to-depth', 'spaceToDepth', [2, 4, 6, 3], (_, x) => [x], { blockSize: 2 }),
  moved('space-to-depth-three', 'spaceToDepth', [1, 6, 3, 2], (_, x) => [x], { blockSize: 3 }),
  moved(
    'slice-cube',
    'slice',
    [4, 5, 3],
    (bench, x) => [x, bench.integers(1, 2, 0), bench.integers(2, -1, 2)],
    {},
  ),
  moved(
    'slice-int16',
    'slice',
    [1, 4, 5, 3],
    (bench, x) => [x, bench.integers(0, 1, 2, 1), bench.integers(1, 3, 2, 2)],
    {},
    X16,
  ),
  padded('cube', [2, 3, 4], [1, 0, 2, 1, 0, 3]),
  joined(
    'cube',
    [
      [2, 3, 4],
      [2, 1, 4],
    ],
    1,
  ),
  operatorCase('pack-images', (bench) =>
    bench.operator(
      'pack',
      [bench.input([3, 2, 2], X), bench.input([3, 2, 2], X)],
      { axis: 0, valuesCount: 2 },
      X,
    ),
  ),
  operatorCase('unpack-rows', (bench) => {
    const parts = [0, 1, 2].map(() => bench.tensor([2, 4], X));
    bench.operatorInto('unpack', [bench.input([2, 3, 4], X)], parts, { axis: 1, partCount: 3 });
    return parts;
  }),
  operatorCase('split-v-rows', (bench) => {
    const parts = [1, 3].map((height) => bench.tensor([2, height, 2, 3], X));
    const inputs = [bench.input([2, 4, 2, 3], X), bench.integers(1, 3), bench.constant([], [1])];
    bench.operatorInto('splitV', inputs, parts, { numSplits: 2 });
    return parts;
  }),
  moved('reshape', 'reshape', [1, 3, 4, 2], (bench, x) => [x, bench.integers(2, -1)], { newShape: [2, -1] }),
  moved('reshape-rows', 'reshape', [2, 3, 4, 2], (bench, x) => [x, bench.integers(1, 4, 3, 4)], {
    newShape: [1, 4, 3, 4],
  }),
  moved('reshape-longer-rows', 'reshape', [2, 3, 2, 2], (bench, x) => [x, bench.integers(1, 2, 4, 3)], {
    newShape: [1, 2, 4, 3],
  }),
  moved('squeeze', 'squeeze', [1, 3, 1, 2], (_, x) => [x], { axes: [0, 2] }),
  moved('expand-dims', 'expandDims', [3, 4], (bench, x) => [x, bench.constant([1], [1])], {}),
];

export const MOVING_CASES: readonly OperatorCase[] = [...POOLS, ...RESIZES, ...REDUCTIONS, ...MOVES];
