// SPDX-License-Identifier: Apache-2.0
// Between two points of the trade-off: what room there is keeps rows in RAM, and more of it never costs more.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { loadBoard } from '@tinyseg/boards';
import { assemblePlan } from '../../emit/plan/index.js';
import { readTflite } from '../../formats/tflite/index.js';
import { runPasses } from '../../passes/index.js';
import { verifyPlan } from '../../verify/index.js';
import { costModelOf, type Objective } from '../cost/cost-model.js';
import { planModel } from '../plan-model.js';
import { isAllRows } from './share.js';

const examples = path.resolve(import.meta.dirname, '../../../../../examples/car-segmentation');
const file = readFileSync(path.join(examples, 'tiny_unet_80x120.tflite'));
const graph = runPasses(readTflite(new Uint8Array(file)));

const board = loadBoard('nano33ble');
const model = costModelOf(board, board.stores.slice(0, 1));

const planFor = (budgetBytes: number, objective: Objective = 'bytes'): ReturnType<typeof planModel> =>
  planModel(graph, {
    ...{ strategy: 'auto', stores: [{ kind: 0, slotCount: 2, unitBytes: 1 }], pointerBytes: 4, budgetBytes },
    ...{ streamInputs: true, streamOutputs: true, objective, model },
  });

/** The periods of tensors that are spilled in part. */
function periodsOf({ attempt }: ReturnType<typeof planModel>): number[] {
  const shares = [...attempt.decisions.spills.values()].flatMap(({ rows }) =>
    rows === undefined ? [] : [rows],
  );
  return shares.filter((share) => !isAllRows(share)).map(({ period }) => period);
}

describe('the Tiny U-Net 80x120 between two quarters of its tensors', () => {
  it('moves fewer bytes than quarters do, in a plan that the verifier passes', () => {
    const { attempt } = planFor(60_000);
    // By quarters alone: 172,800 B.
    expect(attempt.movedBytes).toBeLessThanOrEqual(163_200);
    const { decisions, draft, placement } = attempt;
    expect(verifyPlan(assemblePlan(graph, decisions, draft, placement.offsets), graph)).toEqual([]);
  });

  it.each(['latency', 'energy', 'wear'] as const)('is tuned for %s, too', (objective) => {
    expect(planFor(60_000, objective).attempt.movedBytes).toBeLessThanOrEqual(163_200);
  });

  it('spills the first rows and keeps the last ones where that moves less', () => {
    // The tensor has 80 rows.
    expect(periodsOf(planFor(60_000))).toContain(80);
  });

  it('spills periodic rows where that moves less', () => {
    const found = planFor(76_000);
    expect(periodsOf(found)).toContain(16);
    expect(found.attempt.movedBytes).toBeLessThanOrEqual(105_600);
  });

  it('moves no more for more room', () => {
    let moved = Infinity;
    for (const budgetBytes of [56_000, 58_000, 59_000, 61_000, 62_500, 64_000]) {
      const { attempt } = planFor(budgetBytes);
      expect(attempt.ram.totalBytes).toBeLessThanOrEqual(budgetBytes);
      expect(attempt.movedBytes).toBeLessThanOrEqual(moved);
      moved = attempt.movedBytes;
    }
  });
});
