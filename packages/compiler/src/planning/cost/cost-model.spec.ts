// SPDX-License-Identifier: Apache-2.0
// Behaviour of predictions: what overlaps, what adds up, what a plan that spills nothing costs.
import { loadBoard } from '@tinyseg/boards';
import { GraphBuilder } from '../../ir/index.js';
import { planModel } from '../plan-model.js';
import { costModelOf, passCost, type CostModel } from './cost-model.js';
import { instructionsOf } from './kernel-instructions.js';
import { predictPlan } from './predict.js';
import { StageTime } from './stage-time.js';

const board = loadBoard('nano33ble');
const storeNamed = (name: string): (typeof board.stores)[number] =>
  board.stores.find((store) => store.name === name)!;
const builder = new GraphBuilder('two');
const input = builder.input([1, 8, 8, 4]);
const middle = builder.conv2d(input, { filters: 4, kernel: 3 });
const graph = builder.output(builder.conv2d(middle, { filters: 4, kernel: 3 })).build();

describe('the cost model', () => {
  it('hides transfers behind arithmetic where store and plan allow it, and adds them elsewhere', () => {
    const [sd, flash] = [costModelOf(board, [storeNamed('sd')]), costModelOf(board, [storeNamed('flash')])];
    const stageUs = (
      model: CostModel,
      computeUs: number,
      ...transfers: [number, number, boolean][]
    ): number => {
      const time = new StageTime(model);
      time.computeUs = computeUs;
      for (const [store, timeUs, beside] of transfers) time.transfer(store, timeUs, beside);
      return time.totalUs;
    };
    expect(stageUs(sd, 100, [0, 70, true])).toBe(100);
    expect(stageUs(sd, 100, [0, 170, true])).toBe(170);
    expect(stageUs(sd, 100, [0, 70, false])).toBe(170);
    expect(stageUs(flash, 100, [0, 70, true])).toBe(170);
    // Two stores work side by side; the flash stalls the CPU and the SD card does not.
    const both = costModelOf(board, [storeNamed('sd'), storeNamed('flash'), storeNamed('remote')]);
    expect(stageUs(both, 100, [0, 150, true], [2, 140, true])).toBe(150);
    expect(stageUs(both, 100, [0, 150, true], [1, 70, true])).toBe(170);
    expect(stageUs(both, 100, [0, 100, true], [0, 90, true])).toBe(190);
  });

  it('charges erasing to what is written, and pads blocks to the unit of the store', () => {
    const flash = costModelOf(board, [storeNamed('flash')]);
    const [written, read] = (['program', 'read'] as const).map((verb) =>
      passCost(graph, flash, 0, middle, { rowsPerBlock: 1, rows: 8 }, verb),
    );
    expect([written!.erasedUnits, read!.erasedUnits]).toEqual([1, 0]);
    expect(written!.timeUs).toBeGreaterThan(85_000);
    expect(read!.timeUs).toBeLessThan(100);
    const sd = costModelOf(board, [storeNamed('sd')]);
    const [single, whole] = [1, 8].map(
      (rowsPerBlock) => passCost(graph, sd, 0, middle, { rowsPerBlock, rows: 8 }, 'read').timeUs,
    );
    // Eight blocks of 512 B against one.
    expect(single! / whole!).toBeCloseTo(8, 5);
  });

  it('predicts a plan without spills as the instructions of its kernels', () => {
    const model = costModelOf(board);
    const { attempt } = planModel(graph, {
      ...{ strategy: 'auto', streamInputs: true, streamOutputs: true, pointerBytes: 4, model },
    });
    const instructions = graph.operators.reduce((sum, op) => sum + instructionsOf(graph, op), 0);
    const { latencyMs, energyMj, erasedUnits } = predictPlan(graph, model, attempt.decisions);
    expect(latencyMs).toBeCloseTo((instructions * 1.4 * 1000) / 64e6, 9);
    expect(energyMj).toBeCloseTo(latencyMs * 6.3 * 3.3 * 1e-3, 9);
    expect(erasedUnits).toBe(0);
  });
});
