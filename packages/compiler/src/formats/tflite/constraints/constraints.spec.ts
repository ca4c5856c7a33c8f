// SPDX-License-Identifier: Apache-2.0
// Each support constraint, broken once by a small model and met by the others.
import { readFileSync } from 'node:fs';
import { describeIf } from '@tinyseg/testing';
import {
  type Graph,
  GraphBuilder,
  type Operator,
  type Tensor,
  type TensorOptions,
} from '../../../ir/index.js';
import { runPasses } from '../../../passes/index.js';
import { modelFiles, modelFilesMissing } from '../../../testing/model-files.js';
import { readTflite } from '../read.js';
import { checkSupported, CONSTRAINTS } from './index.js';

type Add = (build: GraphBuilder, x: number) => number;

/** A graph of one operator over an int8 image of 1 x 4 x 4 x 2. */
function graphOf(add: Add, input: TensorOptions = {}): Graph {
  const build = new GraphBuilder();
  return build.output(add(build, build.input([1, 4, 4, 2], input))).build();
}

function changeTensor(graph: Graph, id: number, change: Partial<Tensor>): Graph {
  const tensor = graph.tensors.get(id) as Tensor;
  return { ...graph, tensors: new Map(graph.tensors).set(id, { ...tensor, ...change }) };
}

function changeOperator(graph: Graph, change: object): Graph {
  return { ...graph, operators: graph.operators.map((operator) => ({ ...operator, ...change }) as Operator) };
}

const conv: Add = (build, x) => build.conv2d(x, { filters: 1 });
const pool: Add = (build, x) => build.maxPool2d(x);
const relu: Add = (build, x) => build.operator('relu', [x], {});
const add: Add = (build, x) => build.add(x, x);
const join: Add = (build, x) => build.concatenation([x, x]);
const probability = { scale: 1 / 256, zeroPoint: -128 };
const softmax: Add = (build, x) => build.operator('softmax', [x], { beta: 1 }, probability);
const size: Add = (build, x) =>
  build.operator('resizeNearest', [x, build.constant([2], [8, 8])], {
    alignCorners: false,
    halfPixelCenters: false,
  });
const dense: Add = (build, x) =>
  build.operator(
    'fullyConnected',
    [x, build.constant([1, 32], Array<number>(32).fill(1), { type: 'int8', scale: 1 })],
    {
      ...{ activation: 'none', keepNumDims: false, weightsFormat: 'default' },
    },
  );
const pad =
  (...paddings: readonly number[]): Add =>
  (build, x) =>
    build.operator('pad', [x, build.constant([4, 2], paddings)], {});
const mean =
  (...axes: readonly number[]): Add =>
  (build, x) =>
    build.operator('mean', [x, build.constant([axes.length], axes)], { keepDims: true });

/** Ids: 0 is the input; a convolution's weights are 1 and its bias 2. */
const broken: Readonly<Record<string, Graph>> = {
  UNSUPPORTED_OPERATOR: graphOf((build, x) =>
    build.operator('gather', [x, build.constant([1], [0])], { axis: 1, batchDims: 0 }),
  ),
  UNSUPPORTED_TYPE: graphOf(pool, { type: 'uint8' }),
  UNSUPPORTED_ELEMENT_SIZE: graphOf(join, { type: 'complex64' }),
  UNSUPPORTED_QUANTIZATION: changeTensor(graphOf(relu), 1, {
    quantization: { scales: [0], zeroPoints: [0], axis: 0 },
  }),
  UNSUPPORTED_DIMENSION: changeTensor(changeTensor(graphOf(relu), 0, { shape: [1, 1, 1, 32_769] }), 1, {
    shape: [1, 1, 1, 32_769],
  }),
  UNSUPPORTED_OPERAND_COUNT: graphOf((build, x) => build.concatenation(Array<number>(16).fill(x))),
  UNSUPPORTED_VARIABLE: changeTensor(graphOf(relu), 0, { isVariable: true }),
  UNSUPPORTED_SPARSE: changeTensor(graphOf(conv), 1, { sparsity: {} }),
  UNSUPPORTED_WEIGHTS: changeTensor(graphOf(conv), 1, {
    quantization: { scales: [1], zeroPoints: [3], axis: 0 },
  }),
  UNSUPPORTED_WEIGHT_SCALES: changeTensor(graphOf(conv), 1, {
    quantization: { scales: [1, 1], zeroPoints: [0, 0], axis: 3 },
  }),
  UNSUPPORTED_BIAS: changeTensor(graphOf(conv), 2, { type: 'int64', data: new Uint8Array(8) }),
  UNSUPPORTED_ACTIVATION: changeOperator(graphOf(conv), { activation: 'tanh' }),
  UNSUPPORTED_LATE_ACTIVATION: changeOperator(graphOf(join), { activation: 'relu' }),
  UNSUPPORTED_WINDOW: changeOperator(graphOf(conv), { strideH: 5_000 }),
  UNSUPPORTED_POOL_WINDOW: changeOperator(graphOf(pool), { filterH: 4_096, filterW: 4_096, padding: 'same' }),
  UNSUPPORTED_RESCALING: graphOf((build, x) =>
    build.operator('reshape', [x], { newShape: [32] }, { scale: 0.1 }),
  ),
  UNSUPPORTED_WEIGHTS_FORMAT: changeOperator(graphOf(dense), { weightsFormat: 'shuffled4x16Int8' }),
  UNSUPPORTED_FEATURE_ROWS: graphOf((build, x) =>
    build.operator('fullyConnected', [x, build.constant([1, 2], [1, 2], { type: 'int8', scale: 1 })], {
      ...{ activation: 'none', keepNumDims: true, weightsFormat: 'default' },
    }),
  ),
  UNSUPPORTED_BROADCAST: graphOf((build, x) =>
    build.add(
      build.operator('reshape', [x], { newShape: [2, 4, 4] }),
      build.constant([4, 1], [1, 2, 3, 4], { type: 'int8' }),
    ),
  ),
  UNSUPPORTED_FINE_OUTPUT: changeTensor(graphOf(add), 1, {
    quantization: { scales: [1e-8], zeroPoints: [0], axis: 0 },
  }),
  UNSUPPORTED_SOFTMAX: changeTensor(graphOf(softmax), 1, {
    quantization: { scales: [0.1], zeroPoints: [0], axis: 0 },
  }),
  UNSUPPORTED_SOFTMAX_INPUT: changeOperator(graphOf(softmax), { beta: 1e9 }),
  UNSUPPORTED_LOGISTIC: graphOf((build, x) => build.operator('logistic', [x], {})),
  UNSUPPORTED_TANH: graphOf((build, x) => build.operator('tanh', [x], {})),
  UNSUPPORTED_LOG_SOFTMAX: graphOf((build, x) => build.operator('logSoftmax', [x], {})),
  UNSUPPORTED_L2_NORMALIZATION: graphOf((build, x) =>
    build.operator('l2Normalization', [x], { activation: 'none' }),
  ),
  UNSUPPORTED_DIVISION: graphOf((build, x) =>
    build.operator('div', [x, x], { activation: 'none' }, { scale: 0.1 }),
  ),
  UNSUPPORTED_BATCH_PADDING: graphOf(
    (build, x) =>
      build.operator(
        'spaceToBatch',
        [x, build.constant([2], [2, 2]), build.constant([2, 2], [2, 0, 0, 0])],
        {},
      ),
    { zeroPoint: 3 },
  ),
  UNSUPPORTED_PLACE_AXIS: graphOf((build, x) => {
    const place = build.tensor([1, 4, 4], { type: 'int32' });
    build.operatorInto('argMax', [x, build.input([1], { type: 'int32' })], [place], {});
    return place;
  }),
  UNSUPPORTED_HARD_SWISH: graphOf((build, x) => {
    const coarse = build.operator('quantize', [x], {}, { scale: 1 });
    return build.operator('hardSwish', [coarse], {}, { scale: 1 / 128 });
  }),
  UNSUPPORTED_REDUCED_AXES: (() => {
    const build = new GraphBuilder();
    const x = build.input([1, 4096, 2049, 1]);
    return build.output(build.operator('mean', [x, build.constant([2], [1, 2])], { keepDims: true })).build();
  })(),
  UNSUPPORTED_MIXED_QUANTIZATION: graphOf((build, x) => {
    const other = build.operator('quantize', [x], {}, { scale: 0.1 });
    return build.concatenation([x, other]);
  }),
  UNSUPPORTED_REARRANGEMENT: graphOf((build, x) => {
    const begin = build.input([4], { type: 'int32' });
    const part = build.tensor([1, 2, 2, 2]);
    build.operatorInto('slice', [x, begin, build.constant([4], [1, 2, 2, 2])], [part], {});
    return part;
  }),
  UNSUPPORTED_CONCATENATION_AXIS: graphOf((build, x) => {
    const flat = build.operator('reshape', [x], { newShape: [4, 4, 2] });
    return build.concatenation([flat, flat], 1);
  }),
  UNSUPPORTED_SPLIT_AXIS: (() => {
    const build = new GraphBuilder();
    const parts = [build.tensor([1, 2, 4, 2]), build.tensor([1, 2, 4, 2])];
    const x = build.input([1, 4, 4, 2]);
    build.operatorInto('split', [build.constant([], [1]), x], parts, { numSplits: 2 });
    return build.output(...parts).build();
  })(),
  UNSUPPORTED_PADDING: graphOf((build, x) =>
    build.operator(
      'pad',
      [build.operator('reshape', [x], { newShape: [16, 2] }), build.constant([2, 2], [1, 0, 0, 0])],
      {},
    ),
  ),
  UNSUPPORTED_RESIZE: changeOperator(graphOf(size), { alignCorners: true, halfPixelCenters: true }),
};

describe('checkSupported', () => {
  it('has a breaking model for each constraint', () => {
    expect(Object.keys(broken).sort()).toEqual([...new Set(CONSTRAINTS.map(({ code }) => code))].sort());
  });

  it.each(Object.entries(broken))('names %s', (code, graph) => {
    const found = checkSupported(graph).find((unsupported) => unsupported.code === code);
    expect(found?.reason).toContain('; here, ');
    expect(found?.name).toMatch(/^[A-Z0-9_]+$/);
  });

  it.each([
    ['a convolution', conv],
    ['a depthwise convolution', (build: GraphBuilder, x: number) => build.depthwiseConv2d(x, { filters: 4 })],
    ['a transposed convolution', (build: GraphBuilder, x: number) => build.transposeConv(x, { filters: 1 })],
    ['a max pool', pool],
    ['a RELU', relu],
    ['an addition', add],
    [
      'a HARD_SWISH whose output is just coarse enough',
      (build: GraphBuilder, x: number) => {
        const coarse = build.operator('quantize', [x], {}, { scale: 1 });
        return build.operator('hardSwish', [coarse], {}, { scale: Math.fround(1 / 128 + 1e-8) });
      },
    ],
    ['a concatenation', join],
    ['a softmax', softmax],
    ['a resize', size],
    ['a fully connected layer', dense],
    ['a padding', pad(0, 0, 1, 0, 0, 1, 0, 2)],
    ['a mean', mean(1, 2)],
    ['a mean over negative axes', mean(-2, -3)],
    ['a mean over channels', mean(3)],
  ])('has nothing against %s', (_, operator) => {
    expect(checkSupported(graphOf(operator))).toEqual([]);
  });

  it('bounds the width of a row, which all dimensions but the last make up below rank 4', () => {
    const wide = (kind: 'add' | 'tanh', shape: number[]): readonly string[] => {
      const build = new GraphBuilder();
      const x = build.input(shape, { scale: 0.1 });
      const y = kind === 'add' ? build.add(x, x) : build.operator('tanh', [x], {}, { scale: 1 / 128 });
      return checkSupported(build.output(y).build()).map(({ code }) => code);
    };
    expect(wide('add', [256, 128, 3])).toEqual([]);
    expect(wide('add', [257, 128, 3])).toEqual(['UNSUPPORTED_DIMENSION']);
    expect(wide('tanh', [257, 128, 3])).toEqual([]);
  });

  it('says only one thing of an operator that no kernel runs, or of one of another type', () => {
    const graph = graphOf(
      (build, x) => build.operator('gather', [x, build.constant([1], [0])], { axis: 1, batchDims: 0 }),
      {
        type: 'float32',
      },
    );
    expect(checkSupported(graph).map(({ code }) => code)).toEqual(['UNSUPPORTED_OPERATOR']);
    const other = checkSupported(graphOf(relu, { type: 'uint8' }));
    expect(other.map(({ code }) => code)).toEqual(['UNSUPPORTED_TYPE']);
  });
});

describeIf(
  modelFiles.length > 0,
  modelFilesMissing.why,
  modelFilesMissing.install,
  'support of real models',
  () => {
    it.each(modelFiles.map(({ name, file }) => [name, file]))('%s', (_, file) => {
      expect(checkSupported(runPasses(readTflite(readFileSync(file))))).toEqual([]);
    });
  },
);
