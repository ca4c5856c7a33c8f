// SPDX-License-Identifier: Apache-2.0
// Between two points of the trade-off: what room there is keeps rows in RAM, and more of it never costs more.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { assemblePlan } from '../../emit/plan/index.js';
import { readTflite } from '../../formats/tflite/index.js';
import { runPasses } from '../../passes/index.js';
import { verifyPlan } from '../../verify/index.js';
import { planModel } from '../plan-model.js';
import { isAllRows } from './share.js';

const examples = path.resolve(import.meta.dirname, '../../../../../examples/car-segmentation');
const file = readFileSync(path.join(examples, 'tiny_unet_80x120.tflite'));
const graph = runPasses(readTflite(new Uint8Array(file)));

const planFor = (budgetBytes: number): ReturnType<typeof planModel> =>
  planModel(graph, {
    ...{ strategy: 'auto', stores: [{ kind: 0, slotCount: 2, unitBytes: 1 }], pointerBytes: 4, budgetBytes },
    ...{ streamInputs: true, streamOutputs: true },
  });

describe('the Tiny U-Net 80x120 between two quarters of its tensors', () => {
  it('moves fewer bytes than quarters do, in a plan that the verifier passes', () => {
    const { attempt } = planFor(60_000);
    // By quarters alone: 172,800 B.
    expect(attempt.movedBytes).toBeLessThanOrEqual(163_200);
    const { decisions, draft, placement } = attempt;
    expect(verifyPlan(assemblePlan(graph, decisions, draft, placement.offsets), graph)).toEqual([]);
    const shares = [...decisions.spills.values()].flatMap(({ rows }) => (rows === undefined ? [] : [rows]));
    expect(shares.some((share) => !isAllRows(share) && share.period !== 4)).toBe(true);
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
