// SPDX-License-Identifier: Apache-2.0
// The least that a refusal names is the least: the plan made for it needs all of it, and a byte less is refused.
import { isTinysegError } from '@tinyseg/errors';
import { describeIf, modelsDir } from '@tinyseg/testing';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readTflite } from './formats/tflite/index.js';
import type { Graph } from './ir/index.js';
import { runPasses } from './passes/index.js';
import { planModel, type PlanModelOptions } from './planning/plan-model.js';
import { modelFilesMissing } from './testing/model-files.js';
import { randomGraph } from './testing/random-graph.js';

const SEEDS = Array.from({ length: 12 }, (_, i) => i + 1);

/** What the plan for a budget needs, or the least that its refusal names. */
function outcomeOf(
  graph: Graph,
  options: PlanModelOptions,
): { readonly ramBytes?: number; readonly leastBytes?: unknown } {
  try {
    return { ramBytes: planModel(graph, options).attempt.ram.totalBytes };
  } catch (thrown) {
    if (isTinysegError(thrown, 'BUDGET_TOO_SMALL')) return { leastBytes: thrown.data['leastBytes'] };
    throw thrown;
  }
}

function expectLeast(graph: Graph, streams: boolean, slotCount: number): void {
  const outcome = (budgetBytes: number): ReturnType<typeof outcomeOf> =>
    outcomeOf(graph, {
      ...{ strategy: 'auto', stores: [{ kind: 0, slotCount }], pointerBytes: 8 },
      ...{ streamInputs: streams, streamOutputs: streams, budgetBytes },
    });
  const least = outcome(1).leastBytes as number;
  expect(outcome(least)).toEqual({ ramBytes: least });
  expect(outcome(least - 1)).toEqual({ leastBytes: least });
}

describe('the least budget', () => {
  it.each(SEEDS)('seed %i: is what its plan needs, and a byte less is refused with the same', (seed) => {
    expectLeast(runPasses(randomGraph(seed, 10)), seed % 3 !== 0, 1 + (seed % 3));
  });
});

const model = path.join(modelsDir(), 'vww_96_int8', 'model.tflite');
const { why, install } = modelFilesMissing;
describeIf(existsSync(model), why, install, 'the least budget of a classifier', () => {
  it('is what its plan needs, also where a faster pace needs less', () => {
    expectLeast(runPasses(readTflite(new Uint8Array(readFileSync(model)))), true, 2);
  });
});
