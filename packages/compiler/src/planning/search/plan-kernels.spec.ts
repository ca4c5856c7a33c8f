// SPDX-License-Identifier: Apache-2.0
// Behaviour of plans whose kernels compete with resident rows for RAM: they fit, verify, and use what room there is.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { assemblePlan } from '../../emit/plan/index.js';
import { readTflite } from '../../formats/tflite/index.js';
import type { Graph } from '../../ir/index.js';
import { runPasses } from '../../passes/index.js';
import { randomGraph } from '../../testing/random-graph.js';
import { verifyPlan } from '../../verify/index.js';
import { fastWays, kernelWays } from '../fast-variants.js';
import { planModel, type PlanModelOptions, type PlannedModel } from '../plan-model.js';
import { structureOf } from '../structure.js';
import type { KernelWays } from './index.js';

/** Moving bytes costs nothing: kernels alone count. */
const OPTIONS: PlanModelOptions = {
  ...{ strategy: 'auto', objective: 'latency', variants: 'fast', pointerBytes: 4 },
  ...{ stores: [{ kind: 0, slotCount: 2, unitBytes: 1 }], streamInputs: true, streamOutputs: true },
  model: { nanosecondsPerInstruction: 1, activeMilliwatts: 0 },
};

const waysOf = (graph: Graph): KernelWays => kernelWays(graph, fastWays(graph, structureOf(graph)));

function instructions({ attempt }: PlannedModel, ways: KernelWays): number {
  return [...ways].reduce((sum, [id, list]) => {
    const chosen = attempt.decisions.variants?.get(id);
    const way = list.find(({ key }) => key === chosen) ?? list[list.length - 1];
    return sum + (way?.instructions ?? 0);
  }, 0);
}

function expectVerified(graph: Graph, { attempt }: PlannedModel, budgetBytes: number): void {
  const { decisions, draft, placement, ram } = attempt;
  expect(verifyPlan(assemblePlan(graph, decisions, draft, placement.offsets), graph)).toEqual([]);
  expect(ram.totalBytes).toBeLessThanOrEqual(budgetBytes);
}

/** Plans for rising budgets, each with at most as many instructions as the one before. */
function expectNeverMore(graph: Graph, budgets: readonly number[]): readonly number[] {
  const ways = waysOf(graph);
  let least = Infinity;
  return budgets.map((budgetBytes) => {
    const planned = planModel(graph, { ...OPTIONS, budgetBytes });
    expectVerified(graph, planned, budgetBytes);
    const count = instructions(planned, ways);
    expect(count).toBeLessThanOrEqual(least);
    least = count;
    return count;
  });
}

describe('plans that choose kernels with stages and residency', () => {
  it('take fewer instructions the more RAM there is: Tiny U-Net', () => {
    const examples = path.resolve(import.meta.dirname, '../../../../../examples/car-segmentation');
    const file = readFileSync(path.join(examples, 'tiny_unet_80x120.tflite'));
    const graph = runPasses(readTflite(new Uint8Array(file)));
    const [small, large] = expectNeverMore(graph, [40_000, 70_000]);
    expect(small).toBeLessThan(64e6);
    expect(large).toBeLessThan(52e6);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('take no more instructions for more RAM: random graph %i', (seed) => {
    const graph = runPasses(randomGraph(seed, 10));
    const least = planModel(graph, { ...OPTIONS, variants: 'portable' }).attempt.ram.totalBytes;
    expectNeverMore(
      graph,
      [1, 1.1, 1.25, 1.5, 2, 4].map((factor) => Math.ceil(least * factor)),
    );
  });
});
