// SPDX-License-Identifier: Apache-2.0
/** Plans put together: packed numbers by hand-worked examples, shared constants, and refusals by code. */
import { GraphBuilder, type Graph, type OperatorKind, type TensorId } from '../../ir/index.js';
import type { Decisions } from '../../planning/decisions.js';
import { place } from '../../planning/placement/index.js';
import { scheduleProgram } from '../../planning/schedule/index.js';
import {
  decodeParams,
  decodePlan,
  encodePlan,
  Memory,
  PlanKind,
  PlanType,
  type Plan,
  type PlanParams,
} from '../../plan-format/index.js';
import { randomDecisions } from '../../testing/random-decisions.js';
import { randomGraph } from '../../testing/random-graph.js';
import { assemblePlan } from './index.js';

function planOf(graph: Graph, more: Partial<Decisions> = {}): Plan {
  const none = new Set<number>();
  const decisions: Decisions = {
    stages: graph.operators.map(({ id }) => [id]),
    ...{ views: none, dissolved: none, spills: new Map(), stores: [] },
    ...{ streamInputs: false, streamOutputs: false },
    ...more,
  };
  const draft = scheduleProgram(graph, decisions);
  const problem = draft.items.map(({ start, end, sizeBytes, alignment }, id) => ({
    ...{ id, lower: start, upper: end, size: sizeBytes, align: alignment },
  }));
  return assemblePlan(graph, decisions, draft, place(problem).offsets);
}

function paramsOf(plan: Plan, index = 0): PlanParams {
  const { kind, paramsOffset, paramsSize } = plan.operators[index] ?? {
    kind: 0,
    paramsOffset: 0,
    paramsSize: 0,
  };
  return decodeParams(kind, plan.params.subarray(paramsOffset, paramsOffset + paramsSize));
}

const int32At = (bytes: Uint8Array, offset: number): number =>
  new DataView(bytes.buffer, bytes.byteOffset).getInt32(offset, true);

describe('assemblePlan', () => {
  it('folds the input zero point into the bias and pads as TFLite does', () => {
    const builder = new GraphBuilder();
    const x = builder.input([1, 4, 5, 1], { scale: 0.5, zeroPoint: 3 });
    const quantization = { scales: [0.25, 0.125], zeroPoints: [0, 0], axis: 0 };
    const weights = builder.constant([2, 2, 2, 1], [1, 2, 3, 4, -1, -2, -3, -4], {
      type: 'int8',
      quantization,
    });
    const bias = builder.constant([2], [100, -100]);
    const window = { padding: 'same', strideH: 2, strideW: 2, dilationH: 1, dilationW: 1 } as const;
    const y = builder.operator(
      'conv2d',
      [x, weights, bias],
      { ...window, activation: 'relu' },
      { scale: 1, zeroPoint: -5 },
    );
    const plan = planOf(builder.output(y).build());
    const params = paramsOf(plan);
    if (params.shape !== 'conv') throw new Error('no parameters of a convolution');
    const { values } = params;
    expect(values).toMatchObject({
      ...{ kernelH: 2, kernelW: 2, strideH: 2, strideW: 2, padTop: 0, padLeft: 0, depthMultiplier: 1 },
      ...{ inputZeroPoint: 3, outputZeroPoint: -5, activationMin: -5, activationMax: 127 },
      ...{ multipliers: [2 ** 30, 2 ** 30], shifts: [-2, -3] },
    });
    expect([0, 4].map((at) => int32At(plan.constants, values.bias.offset + at))).toEqual([70, -70]);
    expect(Array.from(plan.constants.subarray(values.weights.offset, values.weights.offset + 4))).toEqual([
      1, 2, 3, 4,
    ]);
    expect(plan.operators[0]).toMatchObject({ kind: PlanKind.conv2d, callCount: 2, scratchSize: 16 });
  });

  it('keeps equal constants once', () => {
    const builder = new GraphBuilder();
    const x = builder.input([1, 4, 4, 1], { scale: 0.1 });
    const y = builder.operator('relu', [builder.operator('relu', [x], {})], {});
    expect(planOf(builder.output(y).build()).constants).toHaveLength(256);
  });

  it('places constant operands in the constants', () => {
    const builder = new GraphBuilder();
    const x = builder.input([1, 3, 2, 2]);
    const offset = builder.constant([1, 1, 1, 2], [7, -7], { type: 'int8', scale: 0.05 });
    const plan = planOf(builder.output(builder.add(x, offset)).build());
    const constant = plan.buffers.find(({ memory }) => memory === Memory.constants);
    expect(constant).toMatchObject({ rowStride: 2, ringRows: 1 });
    expect(plan.constants[constant?.offset ?? -1]).toBe(7);
  });

  it('leaves out stores that nothing is spilled to', () => {
    const graph = randomGraph(3);
    expect(planOf(graph, { stores: [{ kind: 0, slotCount: 1 }] }).stores).toEqual([]);
  });

  it('states the largest block of each store', () => {
    const builder = new GraphBuilder();
    const x = builder.input([1, 10, 4, 2]);
    const a = builder.conv2d(x, { filters: 3 });
    const graph = builder.output(builder.conv2d(a, { filters: 1 })).build();
    const stores = [
      { kind: 1, slotCount: 1 },
      { kind: 3, slotCount: 2, unitBytes: 512 },
    ];
    const spill = { store: 1, rowsPerBlock: 4, fetches: [{ readers: [1], mode: 'streamed' as const }] };
    const plan = planOf(graph, { stores, spills: new Map([[a, spill]]) });
    expect(plan.stores).toEqual([{ kind: 3, blockBytesMax: 48, slotCount: 2, unitBytes: 512 }]);
    expect(plan.streams).toMatchObject([{ store: 0, rowsPerBlock: 4, blockCount: 3, codecs: 3 }]);
  });

  it('gives bytes that read back to the same plan, and the same bytes again', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const graph = randomGraph(seed);
      const decisions = randomDecisions(graph, seed);
      const bytes = encodePlan(planOf(graph, decisions));
      expect(encodePlan(decodePlan(bytes))).toEqual(bytes);
      expect(encodePlan(planOf(graph, decisions))).toEqual(bytes);
    }
  });

  it('carries types other than int8 where bytes only move', () => {
    const builder = new GraphBuilder();
    const x = builder.input([1, 2, 2, 1], { type: 'uint8', scale: 0.1, zeroPoint: 128 });
    const y = builder.operator('quantize', [x], {}, { type: 'int8', scale: 0.1, zeroPoint: 0 });
    const plan = planOf(builder.output(y).build());
    expect(plan.tensors.map(({ type }) => type)).toEqual([PlanType.uint8, PlanType.int8]);
    expect(paramsOf(plan)).toEqual({
      shape: 'requantize',
      values: { inputZeroPoint: 128, outputZeroPoint: 0, multiplier: 2 ** 30, shift: 1 },
    });
  });
});

describe('what no kernel runs', () => {
  type Make = (builder: GraphBuilder, x: TensorId) => TensorId;
  const x4 = [1, 4, 4, 2];

  const unary =
    (kind: OperatorKind, output: Parameters<GraphBuilder['tensor']>[1]): Make =>
    (builder, x) => {
      const y = builder.tensor(x4, output);
      builder.operatorInto(kind as 'tanh', [x], [y], {});
      return y;
    };

  it.each<[string, Make]>([
    ['a float tensor', unary('tanh', { type: 'float32' })],
    [
      'a softmax with another output scale',
      (builder, x) => builder.operator('softmax', [x], { beta: 1 }, { scale: 0.5 }),
    ],
    ['a logistic with another zero point', unary('logistic', { scale: 1 / 256, zeroPoint: 0 })],
    [
      'an operator without a kernel',
      (builder, x) => {
        const y = builder.tensor([4], { type: 'int32' });
        builder.operatorInto('shape', [x], [y], { outType: 'int32' });
        return y;
      },
    ],
    [
      'weights with a zero point',
      (builder, x) => {
        const quantization = { scales: [0.1], zeroPoints: [4], axis: 0 };
        const weights = builder.constant([1, 1, 1, 2], [1, 2], { type: 'int8', quantization });
        const window = { padding: 'same', strideH: 1, strideW: 1, dilationH: 1, dilationW: 1 } as const;
        return builder.operator('conv2d', [x, weights, null], { ...window, activation: 'none' });
      },
    ],
    [
      'a fused activation without a kernel',
      (builder, x) => builder.operator('mul', [x, x], { activation: 'tanh' }),
    ],
  ])('is refused by code: %s', (_, make) => {
    const builder = new GraphBuilder();
    const graph = builder.output(make(builder, builder.input(x4))).build();
    expect(() => planOf(graph)).toThrow(expect.objectContaining({ code: 'PLAN_UNSUPPORTED_OPERATOR' }));
  });
});
