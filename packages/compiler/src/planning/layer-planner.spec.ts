// SPDX-License-Identifier: Apache-2.0
// The planner's claims against everything that could be chosen: on small graphs, all combinations of spills are tried.
import { runPasses } from '../passes/index.js';
import { GraphBuilder, type Graph, type TensorId } from '../ir/index.js';
import { randomGraph } from '../testing/random-graph.js';
import type { SpillDecision } from './decisions.js';
import { attemptWith, planLayers, settle, type Attempt, type PlanSetting } from './layer-planner.js';
import { spillCandidates } from './spill-options.js';
import { structureOf } from './structure.js';

function settingOf(graph: Graph, budgetBytes?: number): PlanSetting {
  return {
    ...{ graph, structure: structureOf(graph), forced: new Map(), stores: [{ kind: 0, slotCount: 1 }] },
    ...{ streamInputs: false, streamOutputs: false, pointerBytes: 4 },
    ...(budgetBytes === undefined ? {} : { budgetBytes }),
  };
}

/** Every combination of ways to spill, with large blocks and with single rows. */
function everyAttempt(setting: PlanSetting): Attempt[] {
  const { graph, structure, streamInputs } = setting;
  const found: Attempt[] = [];
  for (const blockBytes of [1024, 1]) {
    const candidates = spillCandidates(graph, structure, { store: 0, blockBytes, streamInputs });
    const visit = (at: number, spills: ReadonlyMap<TensorId, SpillDecision>): void => {
      const candidate = candidates[at];
      if (candidate === undefined) {
        found.push(attemptWith(setting, spills));
        return;
      }
      visit(at + 1, spills);
      for (const { decision } of candidate.options) {
        visit(at + 1, new Map([...spills, [candidate.tensor, decision]]));
      }
    };
    visit(0, new Map());
  }
  return found;
}

/** Two levels with a skip connection, like a U-Net, small enough to try everything. */
function smallUNet(widths: readonly [number, number]): Graph {
  const build = new GraphBuilder('small-u-net');
  const x = build.input([1, 32, 32, 2]);
  const skip = build.conv2d(x, { filters: widths[0] });
  const bottom = build.conv2d(build.maxPool2d(skip), { filters: widths[1], seed: 2 });
  const up = build.transposeConv(bottom, { filters: widths[0], seed: 3 });
  const y = build.conv2d(build.concatenation([skip, up]), { filters: 1, seed: 4 });
  return build.output(y).build();
}

describe('exhaustive', () => {
  const graphs: Graph[] = [
    smallUNet([8, 4]),
    smallUNet([4, 16]),
    ...[3, 5, 8, 9, 12].map((seed) => runPasses(randomGraph(seed, 4))),
  ];
  const tally = { claimed: 0, beaten: 0 };

  it.each(graphs.map((graph, index) => [index, graph] as const))(
    'is claimed on graph %i only where no combination that fits moves fewer bytes',
    (_, graph) => {
      const all = everyAttempt(settingOf(graph));
      const sizes = [...new Set(all.map(({ ram }) => ram.totalBytes))].sort((a, b) => a - b);
      for (const share of [0.1, 0.3, 0.5, 0.7, 0.9]) {
        const budgetBytes = sizes[Math.floor(share * (sizes.length - 1))] ?? 0;
        const outcome = planLayers(settingOf(graph, budgetBytes));
        if (!outcome.fits) continue;
        const fitting = all.filter(({ ram }) => ram.totalBytes <= budgetBytes);
        const least = Math.min(...fitting.map(({ movedBytes }) => movedBytes));
        if (least < outcome.attempt.movedBytes) tally.beaten++;
        if (!outcome.exhaustive) continue;
        expect(outcome.attempt.movedBytes).toBeLessThanOrEqual(least);
        if (outcome.attempt.movedBytes > 0) tally.claimed++;
      }
    },
  );

  it('is claimed for some plans that spill, and withheld where something better exists', () => {
    expect(tally.claimed).toBeGreaterThan(0);
    expect(tally.beaten).toBeGreaterThan(0);
  });
});

describe('settle', () => {
  it('places as low as it can where the budget would allow more', () => {
    const setting = settingOf(runPasses(randomGraph(8, 12)), 1e6);
    const hasty = attemptWith(setting, new Map());
    const settled = settle(setting, hasty);
    expect(settled.ram.arenaBytes).toBeLessThan(hasty.ram.arenaBytes);
    expect(planLayers(setting).attempt.ram).toEqual(settled.ram);
  });
});

describe('blocks', () => {
  it('are single rows where larger ones take too much', () => {
    const graph = smallUNet([8, 4]);
    const { fits, attempt } = planLayers(settingOf(graph, 1));
    const rows = [...attempt.decisions.spills.values()].map(({ rowsPerBlock }) => rowsPerBlock);
    expect([fits, new Set(rows)]).toEqual([false, new Set([1])]);
    const again = planLayers(settingOf(graph, attempt.ram.totalBytes));
    expect(again.fits).toBe(true);
  });

  it('hold several rows where there is room', () => {
    const graph = smallUNet([8, 4]);
    const plain = planLayers(settingOf(graph)).attempt.ram.totalBytes;
    const { spills } = planLayers(settingOf(graph, plain - 4000)).attempt.decisions;
    expect([...spills.values()].map(({ rowsPerBlock }) => rowsPerBlock)).toContain(4);
  });
});
