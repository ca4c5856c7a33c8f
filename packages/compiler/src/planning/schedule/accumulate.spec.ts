// SPDX-License-Identifier: Apache-2.0
// Operators that take their input row by row and make their output in the last call.
import { assemblePlan } from '../../emit/plan/index.js';
import { type Graph, GraphBuilder } from '../../ir/index.js';
import { verifyPlan } from '../../verify/index.js';
import type { Decisions, Draft } from '../decisions.js';
import { place } from '../placement/index.js';
import { scheduleProgram } from './index.js';

const HEIGHT = 12;

/** Convolution, then `tail`, on an image of 12 rows. */
function graphWith(tail: (build: GraphBuilder, x: number) => number): Graph {
  const build = new GraphBuilder();
  const x = build.conv2d(build.input([1, HEIGHT, 6, 2]), { filters: 3 });
  return build.output(tail(build, x)).build();
}

/** Everything in one stage, input and output row by row. */
function oneStage(graph: Graph, variants?: Decisions['variants']): { decisions: Decisions; draft: Draft } {
  const none = new Set<number>();
  const decisions: Decisions = {
    stages: [graph.operators.map(({ id }) => id)],
    ...{ views: none, dissolved: none, spills: new Map(), stores: [] },
    ...{ streamInputs: true, streamOutputs: true },
    ...(variants === undefined ? {} : { variants }),
  };
  return { decisions, draft: scheduleProgram(graph, decisions) };
}

/** Ring rows by tensor, after the verifier has replayed the plan. */
function ringRows(graph: Graph): Map<number, number> {
  const { decisions, draft } = oneStage(graph);
  const problem = draft.items.map(({ start, end, sizeBytes, alignment }, id) => ({
    ...{ id, lower: start, upper: end, size: sizeBytes, align: alignment },
  }));
  const plan = assemblePlan(graph, decisions, draft, place(problem).offsets);
  expect(verifyPlan(plan, graph)).toEqual([]);
  return new Map(draft.buffers.map(({ tensor, ringRows: rows }) => [tensor, rows]));
}

const mean = (axes: readonly number[]) => (build: GraphBuilder, x: number) =>
  build.operator('mean', [x, build.constant([axes.length], axes)], { keepDims: true });

const dense = (build: GraphBuilder, x: number): number => {
  const weights = build.constant([5, HEIGHT * 18], Array<number>(5 * HEIGHT * 18).fill(3), {
    type: 'int8',
    scale: 0.01,
  });
  const options = { activation: 'none', keepNumDims: false, weightsFormat: 'default' } as const;
  return build.operator('fullyConnected', [x, weights, null], options);
};

describe('accumulating variants in a stage', () => {
  it.each([
    ['MEAN over an image', mean([1, 2]), 4 * 3],
    ['MEAN over rows', mean([1]), 4 * 18],
    ['FULLY_CONNECTED', dense, 4 * 5],
  ] as const)('%s takes rows as they are made, and keeps its sums', (_, tail, stateBytes) => {
    const graph = graphWith(tail);
    const [conv, last] = graph.operators;
    const rows = ringRows(graph);
    expect(rows.get(graph.inputs[0]!)).toBe(3);
    expect(rows.get(conv?.outputs[0] ?? -1)).toBe(1);
    const made = oneStage(graph).draft.operators.find(({ id }) => id === last?.id);
    expect([made?.callCount, made?.rowsPerCall, made?.stateBytes]).toEqual([HEIGHT, 1, stateBytes]);
  });

  it('a reduction inside a row makes rows, and keeps nothing', () => {
    const graph = graphWith(mean([3]));
    expect(ringRows(graph).get(graph.outputs[0]!)).toBe(1);
    expect(oneStage(graph).draft.operators[1]).toMatchObject({ callCount: HEIGHT, stateBytes: 0 });
  });

  it('what reads the output waits for the last row', () => {
    const graph = graphWith((build, x) => {
      const scores = build.operator(
        'softmax',
        [dense(build, x)],
        { beta: 1 },
        { scale: 1 / 256, zeroPoint: -128 },
      );
      return build.operator('relu', [scores], {});
    });
    expect(ringRows(graph).get(graph.inputs[0]!)).toBe(3);
  });

  it('a variant that does not suit the shape is refused', () => {
    const graph = graphWith(dense);
    const last = graph.operators[1]!.id;
    // Variant 1 takes an input of one row.
    expect(() => oneStage(graph, new Map([[last, (4 << 8) | 1]]))).toThrow(
      expect.objectContaining({ code: 'PLAN_BAD_DECISIONS' }),
    );
  });
});
