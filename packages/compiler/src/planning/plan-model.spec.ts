// SPDX-License-Identifier: Apache-2.0
// Behaviour of the planner on the Tiny U-Net: what fits which budget, what it costs, and what it says otherwise.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isTinysegError, type TinysegError } from '@tinyseg/errors';
import { readTflite } from '../formats/tflite/index.js';
import { GraphBuilder } from '../ir/index.js';
import { runPasses } from '../passes/index.js';
import { planModel, type PlanModelOptions, type PlannedModel } from './plan-model.js';

const file = path.resolve(
  import.meta.dirname,
  '../../../../examples/car-segmentation/tiny_unet_80x120.tflite',
);
const graph = runPasses(readTflite(new Uint8Array(readFileSync(file))));
const idOf = (part: string): number =>
  [...graph.tensors.values()].find(({ name, data }) => data === undefined && name.includes(part))!.id;

function options(changes: Partial<PlanModelOptions>): PlanModelOptions {
  return {
    strategy: 'layers',
    stores: [{ kind: 0, slotCount: 2 }],
    streamInputs: false,
    streamOutputs: false,
    pointerBytes: 4,
    ...changes,
  };
}

const plan = (changes: Partial<PlanModelOptions>): PlannedModel => planModel(graph, options(changes));

function refusal(refused: PlanModelOptions): TinysegError {
  try {
    planModel(graph, refused);
  } catch (thrown) {
    if (isTinysegError(thrown)) return thrown;
    throw thrown;
  }
  throw new Error('nothing was refused');
}

describe('layer-by-layer plans', () => {
  it('need no spills without a budget, and build no concatenation', () => {
    const { attempt } = plan({});
    expect(attempt.decisions.spills.size).toBe(0);
    expect(attempt.decisions.dissolved.size).toBe(3);
    // Two whole tensors of 76,800 B and one of 38,400 B, and scratch; TFLM needs 230,400 B.
    expect(attempt.ram.arenaBytes).toBeLessThan(192_000 + 256);
    expect(attempt.placement.proved).toBe(true);
  });

  it('reach the bound with one skip tensor spilled: 153,600 B and scratch', () => {
    const { attempt } = plan({ budgetBytes: 160_000 });
    expect([...attempt.decisions.spills.keys()]).toEqual([idOf('down0b_relu')]);
    expect(attempt.movedBytes).toBe(2 * 76_800);
    expect(attempt.ram.totalBytes).toBeLessThanOrEqual(160_000);
    expect(attempt.ram.arenaBytes).toBeLessThan(153_600 + 256);
    expect(attempt.placement.heightBytes).toBe(attempt.placement.lowerBoundBytes);
  });

  it('never exceed the budget, and move no fewer bytes for less RAM', () => {
    let moved = 0;
    for (const budgetBytes of [240_000, 190_000, 170_000, 150_000, 110_000, 80_000, 50_000]) {
      const { attempt } = plan({ budgetBytes });
      expect(attempt.ram.totalBytes).toBeLessThanOrEqual(budgetBytes);
      expect(attempt.movedBytes).toBeGreaterThanOrEqual(moved);
      moved = attempt.movedBytes;
    }
  });

  it('refuse what is too small, naming the least that would do and what is in the way', () => {
    const error = refusal(options({ budgetBytes: 20_000 }));
    expect(error.code).toBe('BUDGET_TOO_SMALL');
    const { leastBytes, inTheWay } = error.data as { leastBytes: number; inTheWay: { tensor?: number }[] };
    expect(inTheWay[0]!.tensor).toBe(graph.inputs[0]);
    expect(plan({ budgetBytes: leastBytes }).attempt.ram.totalBytes).toBeLessThanOrEqual(leastBytes);
  });

  it('spill nothing when no store is allowed', () => {
    const { stores: _stores, ...storeless } = options({ budgetBytes: 160_000 });
    expect(refusal(storeless)).toMatchObject({ code: 'BUDGET_TOO_SMALL', exitCode: 4 });
  });

  it('repeat themselves', () => {
    const [first, second] = [plan({ budgetBytes: 100_000 }), plan({ budgetBytes: 100_000 })];
    expect(second.attempt.placement).toEqual(first.attempt.placement);
    expect([...second.attempt.decisions.spills]).toEqual([...first.attempt.decisions.spills]);
    expect(second.attempt.draft.steps).toEqual(first.attempt.draft.steps);
  });
});

describe('models beyond the limits of plans', () => {
  const codeFor = (build: GraphBuilder, output: number, changes: Partial<PlanModelOptions> = {}): string => {
    try {
      planModel(build.output(output).build(), options(changes));
    } catch (thrown) {
      if (isTinysegError(thrown)) return `${thrown.code} ${String(thrown.data['limit'])} ${thrown.exitCode}`;
      throw thrown;
    }
    return 'none';
  };

  it('are refused as too large, not as a defect: an arena', () => {
    const build = new GraphBuilder();
    const x = build.input([1, 4096, 4096, 4]);
    const y = build.conv2d(x, { filters: 16, kernel: 1 });
    expect(codeFor(build, y)).toBe('PLAN_TOO_LARGE arenaBytes 4');
  });

  it('are refused as too large, not as a defect: operators', () => {
    const build = new GraphBuilder();
    let x = build.input([1, 2, 2, 1]);
    for (let i = 0; i < 4097; i++) x = build.add(x, x);
    expect(codeFor(build, x)).toBe('PLAN_TOO_LARGE operators 4');
  });

  it('are refused as too large, not as a defect: ports', () => {
    const build = new GraphBuilder();
    let sum = build.input([1, 2, 2, 1]);
    for (let i = 0; i < 64; i++) sum = build.add(sum, build.input([1, 2, 2, 1]));
    expect(codeFor(build, sum)).toBe('PLAN_TOO_LARGE ports 4');
  });
});

describe('a single-stage plan', () => {
  it('keeps rows only: less than half of the layer-by-layer arena, without any store', () => {
    const { attempt } = plan({ strategy: 'single-stage', streamInputs: true, streamOutputs: true });
    expect(attempt.ram.arenaBytes).toBeLessThan(120_000);
    expect(attempt.movedBytes).toBe(0);
  });

  it('spills the tensors it is told to', () => {
    const spill = [idOf('down0b_relu')];
    const { attempt } = plan({ strategy: 'single-stage', streamInputs: true, streamOutputs: true, spill });
    expect(attempt.movedBytes).toBe(2 * 76_800);
    expect(attempt.ram.arenaBytes).toBeLessThan(72_000);
  });

  it('refuses to spill a constant or an output', () => {
    for (const tensor of [graph.outputs[0]!, -5]) {
      expect(refusal(options({ strategy: 'single-stage', spill: [tensor] })).code).toBe(
        'SPILL_UNKNOWN_TENSOR',
      );
    }
  });
});

describe('spills that the user names, with the strategy auto', () => {
  const named = idOf('down1b_relu');

  it.each([240_000, 100_000, 60_000])('are in the plan for %i B, whatever else is', (budgetBytes) => {
    const { attempt, strategy } = plan({ strategy: 'auto', spill: [named], budgetBytes });
    expect(strategy).toBe('auto');
    expect([...attempt.decisions.spills.keys()]).toContain(named);
    expect(attempt.ram.totalBytes).toBeLessThanOrEqual(budgetBytes);
    if (budgetBytes === 240_000) expect(attempt.movedBytes).toBe(2 * 38_400);
  });
});

describe('a model that only renames dimensions', () => {
  it.each(['auto', 'layers', 'single-stage'] as const)(
    'has a plan without stages by strategy %s',
    (strategy) => {
      const build = new GraphBuilder();
      const renamed = build.operator('reshape', [build.input([1, 4, 2, 3])], { newShape: [1, 2, 4, 3] });
      const { attempt } = planModel(build.output(renamed).build(), options({ strategy }));
      expect(attempt.decisions.stages).toEqual([]);
    },
  );
});
