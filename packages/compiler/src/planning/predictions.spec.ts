// SPDX-License-Identifier: Apache-2.0
// Predicted time and energy of small plans against sums done by hand, with the default kernels and with fast ones.
import { loadBoard, type BoardStore } from '@tinyseg/boards';
import { GraphBuilder, type TensorId } from '../ir/index.js';
import { withKernels } from './chosen-kernels.js';
import { costModelOf, type CostModel } from './cost/cost-model.js';
import { predictPlan } from './cost/predict.js';
import type { SpillDecision } from './decisions.js';
import { fastWays } from './fast-variants.js';
import { structureOf } from './structure.js';

/** Three convolutions of 8x8x4 by 3x3: 9,216 multiply-accumulates each, 7.9 instructions for each of them. */
const builder = new GraphBuilder('three');
const first = builder.conv2d(builder.input([1, 8, 8, 4]), { filters: 4, kernel: 3 });
const second = builder.conv2d(first, { filters: 4, kernel: 3 });
const graph = builder.output(builder.conv2d(second, { filters: 4, kernel: 3 })).build();
const [one, two, three] = graph.operators.map(({ id }) => id) as [number, number, number];
/** 10 ns an instruction. */
const CONV_US = (9216 * 7.9 * 10) / 1000;
/** 256 B written or read once: 40 instructions a byte of codec and checksum. */
const CODEC_US = (256 * 40 * 10) / 1000;
/** Eight blocks of a row, its header and the codec's byte: 41 B, at 1 MB/s after 100 us. */
const PASS_US = 8 * (100 + 41);

const base = loadBoard('host').stores.find(({ kind }) => kind === 'file')!;
const figure = (value: number) => ({ value, basis: 'assumed' as const, source: 'this test' });
const store = (overlapsCpu: boolean): BoardStore => ({
  ...base,
  ...{ overlapsCpu, readLatencyUs: figure(100), programLatencyUs: figure(100) },
  ...{ readBytesPerSecond: figure(1e6), programBytesPerSecond: figure(1e6) },
  ...{ readNanojoulesPerByte: figure(20), programNanojoulesPerByte: figure(30) },
});
const modelWith = (overlapsCpu: boolean): CostModel => ({
  ...{ nanosecondsPerInstruction: 10, activeMilliwatts: 20, stores: [store(overlapsCpu)] },
});
const spills = new Map<TensorId, SpillDecision>([
  [first, { store: 0, rowsPerBlock: 1, fetches: [{ readers: [two], mode: 'streamed' }] }],
]);
const stages = [[one], [two, three]];

describe('the prediction for a plan', () => {
  it('of one stage without spills is the sum of its kernels', () => {
    const { latencyMs, energyMj, transferMs } = predictPlan(graph, modelWith(true), {
      ...{ stages: [[one, two, three]], spills: new Map() },
    });
    expect(latencyMs).toBeCloseTo((3 * CONV_US) / 1000, 9);
    expect(energyMj).toBeCloseTo((3 * CONV_US * 20) / 1e6, 9);
    expect(transferMs).toBe(0);
  });

  it('with a spill beside arithmetic takes the longer of both in each stage', () => {
    const { latencyMs, energyMj } = predictPlan(graph, modelWith(true), { stages, spills });
    const writing = Math.max(CONV_US + CODEC_US, PASS_US);
    const reading = Math.max(2 * CONV_US + CODEC_US, PASS_US);
    // The first stage waits for its store, the second one does not.
    expect([writing, reading]).toEqual([PASS_US, 2 * CONV_US + CODEC_US]);
    expect(latencyMs).toBeCloseTo((writing + reading) / 1000, 9);
    const storeMj = (8 * 41 * (30 + 20)) / 1e6;
    expect(energyMj).toBeCloseTo(((writing + reading) * 20) / 1e6 + storeMj, 9);
  });

  it('with a spill that stalls the CPU adds both', () => {
    const { latencyMs, transferMs } = predictPlan(graph, modelWith(false), { stages, spills });
    expect(latencyMs).toBeCloseTo((3 * CONV_US + 2 * CODEC_US + 2 * PASS_US) / 1000, 9);
    expect(transferMs).toBeCloseTo((2 * PASS_US) / 1000, 9);
  });

  it('with chosen kernels takes what these were measured to take, at the cycles of their set', () => {
    const structure = structureOf(graph);
    const [fastest] = fastWays(graph, structure).get(two)!;
    const variants = new Map([[two, fastest!.variant.key]]);
    const board = loadBoard('nano33ble');
    const { model, unmeasured } = withKernels(graph, costModelOf(board), { ...structure, variants });
    expect(unmeasured).toEqual([]);
    const { latencyMs } = predictPlan(graph, model, { stages: [[one, two, three]], spills: new Map() });
    const cycles = 2 * 9216 * 7.9 * 1.4 + fastest!.instructions * 1.3;
    expect(latencyMs).toBeCloseTo((cycles * 1000) / 64e6, 9);
  });
});
