// SPDX-License-Identifier: Apache-2.0
// The least that a refusal names is the least: its plan needs all of it, less is refused, and no larger budget gets less.
import { loadBoard } from '@tinyseg/boards';
import { isTinysegError } from '@tinyseg/errors';
import { describeIf, modelsDir } from '@tinyseg/testing';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readTflite } from './formats/tflite/index.js';
import type { Graph } from './ir/index.js';
import { runPasses } from './passes/index.js';
import { costModelOf, OBJECTIVES, type Objective } from './planning/cost/cost-model.js';
import { planModel, type PlanModelOptions } from './planning/plan-model.js';
import { modelFilesMissing } from './testing/model-files.js';
import { randomGraph } from './testing/random-graph.js';

/** TINYSEG_RANDOM_GRAPHS asks for more of them. */
const COUNT = Number(process.env['TINYSEG_RANDOM_GRAPHS'] ?? 32);
const SEEDS = Array.from({ length: COUNT }, (_, i) => i + 1);

const board = loadBoard('nano33ble');
const model = costModelOf(board, board.stores.slice(0, 1));

/** Bytes of RAM of the plan for a budget; refused: the least that is named instead. */
type Outcome = { readonly ramBytes: number } | { readonly leastBytes: unknown };

function outcomeOf(graph: Graph, options: PlanModelOptions): Outcome {
  try {
    return { ramBytes: planModel(graph, options).attempt.ram.totalBytes };
  } catch (thrown) {
    if (isTinysegError(thrown, 'BUDGET_TOO_SMALL')) return { leastBytes: thrown.data['leastBytes'] };
    throw thrown;
  }
}

function optionsOf(streams: boolean, slotCount: number, objective: Objective): PlanModelOptions {
  return {
    ...{ strategy: 'auto', stores: [{ kind: 0, slotCount }], pointerBytes: 8, objective, model },
    ...{ streamInputs: streams, streamOutputs: streams },
  };
}

/** The least of a graph, held to what it says; budgets above it by so many bytes are tried, too. */
function expectLeast(graph: Graph, options: PlanModelOptions, above: readonly number[]): number {
  const outcome = (budgetBytes: number): Outcome => outcomeOf(graph, { ...options, budgetBytes });
  const refused = outcome(0);
  const least = 'leastBytes' in refused ? (refused.leastBytes as number) : NaN;
  expect(outcome(least)).toEqual({ ramBytes: least });
  expect(outcome(least - 4)).toEqual({ leastBytes: least });
  for (const more of above) {
    const met = outcome(least + more);
    if ('leastBytes' in met) throw new Error(`${String(least)} B were met, ${String(more)} B more were not`);
    expect(met.ramBytes).toBeLessThanOrEqual(least + more);
    expect(met.ramBytes).toBeGreaterThanOrEqual(least);
  }
  return least;
}

describe('the least budget', () => {
  it.each(SEEDS)('seed %i: is what its plan needs; less is refused, and more never gets less', (seed) => {
    const graph = runPasses(randomGraph(seed, 5));
    for (const streams of [false, true]) {
      const leasts = OBJECTIVES.map((objective, i) => {
        const options = optionsOf(streams, 1 + (seed % 2), objective);
        return expectLeast(graph, options, [[16], [64], [256], [1024]][(seed + i) % 4] ?? []);
      });
      // Whatever is aimed at, the same plans are there, but for what placement makes of one or the other.
      expect(Math.max(...leasts) - Math.min(...leasts)).toBeLessThanOrEqual(16);
    }
  });

  it('is that of a plan without spills where one needs less than all with', () => {
    const graph = runPasses(randomGraph(10, 10));
    expect(expectLeast(graph, optionsOf(false, 2, 'bytes'), [4])).toBeLessThanOrEqual(5636);
  });
});

const file = path.join(modelsDir(), 'vww_96_int8', 'model.tflite');
const { why, install } = modelFilesMissing;
describeIf(existsSync(file), why, install, 'the least budget of a classifier', () => {
  it('is what its plan needs, also where a faster pace needs less', () => {
    const graph = runPasses(readTflite(new Uint8Array(readFileSync(file))));
    expectLeast(graph, optionsOf(true, 2, 'bytes'), [100]);
  });
});
