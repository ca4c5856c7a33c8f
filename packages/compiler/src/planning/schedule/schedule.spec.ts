// SPDX-License-Identifier: Apache-2.0
/** Schedules: the verifier accepts them whatever was decided, rings are as small as the order allows. */
import fc from 'fast-check';
import { assemblePlan } from '../../emit/plan/index.js';
import { rowCount } from '../../analysis/tensor-size.js';
import { GraphBuilder, tensorOf, type Graph, type TensorId } from '../../ir/index.js';
import { Opcode, PortDirection, type Plan } from '../../plan-format/index.js';
import { randomGraph } from '../../testing/random-graph.js';
import { verifyPlan } from '../../verify/index.js';
import type { Decisions, Draft, SpillDecision } from '../decisions.js';
import { place } from '../placement/index.js';
import { randomDecisions, withPlacedRows } from '../../testing/random-decisions.js';
import { placeDraft } from '../place-draft.js';
import { scheduleProgram } from './index.js';

const RUNS = 200;

function planOf(graph: Graph, decisions: Decisions): { readonly draft: Draft; readonly plan: Plan } {
  const draft = scheduleProgram(graph, decisions);
  const problem = draft.items.map(({ start, end, sizeBytes, alignment }, id) => ({
    ...{ id, lower: start, upper: end, size: sizeBytes, align: alignment },
  }));
  const { offsets } = place(problem, { nodeLimit: 200, rounds: 2 });
  return { draft, plan: assemblePlan(graph, decisions, draft, offsets) };
}

/** One stage of everything, or one stage for each operator. */
function simple(graph: Graph, how: 'layers' | 'single', more: Partial<Decisions> = {}): Decisions {
  const ids = graph.operators.map(({ id }) => id);
  return {
    stages: how === 'layers' ? ids.map((id) => [id]) : [ids],
    views: new Set(),
    dissolved: new Set(),
    spills: new Map(),
    stores: [{ kind: 0, slotCount: 2 }],
    streamInputs: true,
    streamOutputs: true,
    ...more,
  };
}

const ringOf = (draft: Draft, tensor: TensorId, role = 'home'): number | undefined =>
  draft.buffers.find((buffer) => buffer.tensor === tensor && buffer.role === role)?.ringRows;

const rowsOf = (graph: Graph, tensor: TensorId): number => rowCount(tensorOf(graph, tensor));

const opcodes = (draft: Draft): number[] => Array.from(draft.steps, (word) => word & 0xff);

describe('scheduleProgram on random graphs with random decisions', () => {
  it('gives plans that the verifier accepts', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1e6 }), fc.nat({ max: 1e6 }), (graphSeed, seed) => {
        const graph = randomGraph(graphSeed);
        const { plan } = planOf(graph, randomDecisions(graph, seed));
        expect(verifyPlan(plan, graph)).toEqual([]);
      }),
      { seed: 11, numRuns: RUNS },
    );
  });

  it('gives rings of which none can lose a row', () => {
    let shrunk = 0;
    fc.assert(
      fc.property(fc.nat({ max: 1e6 }), fc.nat({ max: 1e6 }), (graphSeed, seed) => {
        const graph = randomGraph(graphSeed, 6);
        const { plan } = planOf(graph, randomDecisions(graph, seed));
        plan.buffers.forEach((buffer, index) => {
          const { n, h } = plan.tensors[buffer.tensor] ?? { n: 0, h: 0 };
          if (buffer.ringRows === 1 || buffer.ringRows === n * h) return;
          const smaller = { ...buffer, ringRows: buffer.ringRows - 1 };
          const damaged = {
            ...plan,
            buffers: plan.buffers.map((other, i) => (i === index ? smaller : other)),
          };
          expect(verifyPlan(damaged, graph)).not.toEqual([]);
          shrunk++;
        });
      }),
      { seed: 12, numRuns: 60 },
    );
    expect(shrunk).toBeGreaterThan(40);
  });

  it('gives plans that the verifier accepts with rows placed one by one and some of them spilled', () => {
    let [placed, partly, mixed] = [0, 0, 0];
    fc.assert(
      fc.property(fc.nat({ max: 1e6 }), fc.nat({ max: 1e6 }), (graphSeed, seed) => {
        const graph = randomGraph(graphSeed, 10);
        const decisions = withPlacedRows(graph, randomDecisions(graph, seed), seed);
        const draft = scheduleProgram(graph, decisions);
        const placement = placeDraft(draft, { nodeLimit: 200 }, true);
        const plan = assemblePlan(graph, decisions, draft, placement.offsets);
        expect(verifyPlan(plan, graph)).toEqual([]);
        expect(plan.arenaBytes).toBe(placement.heightBytes);
        expect(placement.heightBytes).toBeGreaterThanOrEqual(placement.lowerBoundBytes);
        if (plan.places.length > 0) placed++;
        const cut = draft.streams.filter(({ period, carried }) => carried !== period);
        if (cut.length > 0) partly++;
        if (cut.some(({ period, tensor }) => period !== undefined && period < rowsOf(graph, tensor))) mixed++;
      }),
      { seed: 13, numRuns: RUNS },
    );
    expect(Math.min(placed, partly, mixed)).toBeGreaterThan(30);
  });

  it('gives the same draft for the same arguments', () => {
    const graph = randomGraph(5);
    const decisions = randomDecisions(graph, 6);
    expect(scheduleProgram(graph, decisions)).toEqual(scheduleProgram(graph, decisions));
  });
});

describe('a stage of several operators', () => {
  it('keeps three rows before a 3 x 3 convolution and two before a 2 x 2 pool', () => {
    const builder = new GraphBuilder();
    const x = builder.input([1, 16, 8, 3]);
    const a = builder.conv2d(x, { filters: 4 });
    const b = builder.maxPool2d(a);
    const graph = builder.output(builder.conv2d(b, { filters: 4 })).build();
    const { draft } = planOf(graph, simple(graph, 'single'));
    expect([x, a, b].map((tensor) => ringOf(draft, tensor))).toEqual([3, 2, 3]);
    expect(ringOf(draft, graph.outputs[0] ?? -1)).toBe(1);
  });

  it('keeps of a mirrored image what its mirror shows at either end', () => {
    const builder = new GraphBuilder();
    const x = builder.input([1, 16, 8, 3]);
    const a = builder.operator('relu', [x], {});
    const paddings = builder.constant([4, 2], [0, 0, 2, 3, 1, 1, 0, 0]);
    const graph = builder.output(builder.operator('mirrorPad', [a, paddings], { mode: 'reflect' })).build();
    const { draft } = planOf(graph, simple(graph, 'single'));
    // Rows 2, 1, 0 stand before row 0; rows 14, 13, 12 behind row 15, which is there by then.
    expect(ringOf(draft, a)).toBe(4);
    expect(ringOf(draft, graph.outputs[0] ?? -1)).toBe(1);
  });

  it('makes a skip connection a delay line as long as the detour is behind', () => {
    const builder = new GraphBuilder();
    const x = builder.input([1, 20, 4, 2]);
    const skip = builder.conv2d(x, { filters: 2, kernel: 1 });
    let way = skip;
    for (let depth = 0; depth < 3; depth++) way = builder.conv2d(way, { filters: 2, kernel: 3 });
    const graph = builder.output(builder.add(skip, way)).build();
    const { draft } = planOf(graph, simple(graph, 'single'));
    // Row y of the sum needs row y + 3 of the skip to have been made.
    expect(ringOf(draft, skip)).toBe(4);
  });

  it('runs branches that its last operator does not need as soon as their rows are there', () => {
    const builder = new GraphBuilder();
    const x = builder.input([1, 30, 4, 2]);
    const trunk = builder.conv2d(x, { filters: 2 });
    const side = builder.conv2d(trunk, { filters: 3 });
    const main = builder.conv2d(trunk, { filters: 2 });
    const graph = builder.output(side, main).build();
    const { draft } = planOf(graph, simple(graph, 'single'));
    expect([x, trunk, side, main].map((tensor) => ringOf(draft, tensor))).toEqual([3, 3, 1, 1]);
  });

  it('shares one scratch, as large as the hungriest call', () => {
    const builder = new GraphBuilder();
    const x = builder.input([1, 8, 8, 4]);
    const graph = builder.output(builder.conv2d(builder.conv2d(x, { filters: 9 }), { filters: 4 })).build();
    const scratch = scheduleProgram(graph, simple(graph, 'single')).items.filter(
      ({ kind }) => kind === 'scratch',
    );
    expect(scratch.map(({ sizeBytes }) => sizeBytes)).toEqual([Math.ceil((4 * 3 + 9 * 9) / 16) * 16]);
  });
});

describe('a stage of one operator', () => {
  it('reads and writes whole tensors', () => {
    const builder = new GraphBuilder();
    const x = builder.input([1, 12, 4, 2]);
    const a = builder.conv2d(x, { filters: 2 });
    const graph = builder.output(builder.conv2d(a, { filters: 2 })).build();
    const draft = scheduleProgram(
      graph,
      simple(graph, 'layers', { streamInputs: false, streamOutputs: false }),
    );
    expect([x, a, graph.outputs[0] ?? -1].map((tensor) => ringOf(draft, tensor))).toEqual([12, 12, 12]);
    expect(opcodes(draft)).toEqual([
      Opcode.input,
      ...Array.from({ length: 24 }, () => Opcode.run),
      Opcode.output,
    ]);
    expect(draft.stageTicks).toEqual([1, 13, 26]);
  });
});

describe('a spilled tensor', () => {
  function spilledSkip(spill: Partial<SpillDecision>, ahead: boolean, how: 'layers' | 'single'): Draft {
    const builder = new GraphBuilder();
    const x = builder.input([1, 24, 4, 2]);
    const skip = builder.conv2d(x, { filters: 2, kernel: 1 });
    const way = builder.conv2d(builder.conv2d(skip, { filters: 2 }), { filters: 2 });
    const join = builder.concatenation([skip, way]);
    const graph = builder.output(builder.conv2d(join, { filters: 2 })).build();
    const [, , , concat, last] = graph.operators.map(({ id }) => id);
    const decisions = simple(graph, how, {
      stages: [graph.operators.map(({ id }) => id).filter((id) => id !== concat)].flatMap((ids) =>
        how === 'single' ? [ids] : ids.map((id) => [id]),
      ),
      dissolved: new Set([concat ?? -1]),
      spills: new Map([
        [
          skip,
          {
            store: 0,
            rowsPerBlock: 1,
            fetches: [{ readers: [last ?? -1], mode: 'streamed', ahead }],
            ...spill,
          },
        ],
      ]),
    });
    expect(verifyPlan(planOf(graph, decisions).plan, graph)).toEqual([]);
    return scheduleProgram(graph, decisions);
  }

  const rows = (draft: Draft, role: string): number | undefined =>
    draft.buffers.find((buffer) => buffer.role === role && buffer.tensor === draft.streams[0]?.tensor)
      ?.ringRows;

  it('is fetched into a ring of its window and one block ahead', () => {
    expect(rows(spilledSkip({}, true, 'layers'), 'fetch')).toBe(4);
    expect(rows(spilledSkip({}, false, 'layers'), 'fetch')).toBe(3);
    expect(rows(spilledSkip({ rowsPerBlock: 4 }, true, 'layers'), 'fetch')).toBe(7);
  });

  it('may be fetched in the stage that spills it', () => {
    const draft = spilledSkip({}, true, 'single');
    expect(rows(draft, 'fetch')).toBe(4);
    const spilled = draft.steps.indexOf(Opcode.spillWait);
    expect(draft.steps.indexOf(Opcode.fetchStart | (1 << 8))).toBeGreaterThan(spilled);
  });

  it('moves each block once, each start with its wait, the next block while a call runs', () => {
    const draft = spilledSkip({ rowsPerBlock: 5 }, true, 'layers');
    const count = (opcode: number): number => opcodes(draft).filter((other) => other === opcode).length;
    for (const opcode of [Opcode.spillStart, Opcode.spillWait, Opcode.fetchStart, Opcode.fetchWait]) {
      expect(count(opcode)).toBe(5);
    }
    const second = draft.steps.lastIndexOf(Opcode.fetchStart | (1 << 8));
    expect((draft.steps[second + 1] ?? 0) & 0xff).toBe(Opcode.run);
  });

  it('is moved wholly, also rows that no window reaches', () => {
    const builder = new GraphBuilder();
    const x = builder.input([1, 9, 4, 2]);
    const a = builder.conv2d(x, { filters: 2 });
    const b = builder.conv2d(a, { filters: 2, kernel: 1, stride: 4, padding: 'valid' });
    const graph = builder.output(builder.conv2d(b, { filters: 1 })).build();
    const spill: SpillDecision = {
      store: 0,
      rowsPerBlock: 100,
      fetches: [{ readers: [1], mode: 'streamed' }],
    };
    const decisions = simple(graph, 'layers', { spills: new Map([[a, spill]]) });
    const { plan } = planOf(graph, decisions);
    expect(plan.streams[0]).toMatchObject({ rowsPerBlock: 9, blockCount: 1 });
    expect(verifyPlan(plan, graph)).toEqual([]);
  });
});

describe('views and ports', () => {
  it('keep tensors whole whose bytes are read in other rows', () => {
    const builder = new GraphBuilder();
    const x = builder.input([1, 6, 4, 2]);
    const a = builder.conv2d(x, { filters: 2 });
    const view = builder.operator('reshape', [a, builder.constant([4], [1, 4, 6, 2])], {
      newShape: [1, 4, 6, 2],
    });
    const graph = builder.output(builder.conv2d(view, { filters: 2 })).build();
    const decisions = { ...simple(graph, 'single'), stages: [[0, 2]], views: new Set([1]) };
    const { draft, plan } = planOf(graph, decisions);
    expect(draft.buffers.find(({ tensor }) => tensor === a)).toMatchObject({ ringRows: 6, views: [view] });
    expect(verifyPlan(plan, graph)).toEqual([]);
  });

  it('take inputs that nobody reads', () => {
    const builder = new GraphBuilder();
    const unused = builder.input([4], { type: 'int32' });
    const x = builder.input([1, 4, 4, 2]);
    const graph = builder.output(builder.conv2d(x, { filters: 2 })).build();
    for (const streamInputs of [true, false]) {
      const { draft, plan } = planOf(graph, simple(graph, 'single', { streamInputs }));
      expect(draft.steps[0]).toBe(Opcode.input);
      expect(ringOf(draft, unused)).toBe(1);
      expect(verifyPlan(plan, graph)).toEqual([]);
    }
  });
});

describe('unusual outputs', () => {
  const builder = new GraphBuilder();
  const x = builder.input([1, 4, 4, 2]);
  const y = builder.add(x, x);
  const constant = builder.constant([1, 2, 2, 1], [1, 2, 3, 4], { type: 'int8', scale: 0.1 });
  const base = builder.output(y).build();

  it.each([
    ['an input', [x, y]],
    ['given twice', [y, y]],
  ])('are moved like any other: %s', (_, outputs) => {
    for (const streamed of [true, false]) {
      const graph = { ...base, outputs };
      const { plan } = planOf(
        graph,
        simple(graph, 'single', { streamInputs: streamed, streamOutputs: streamed }),
      );
      expect(plan.ports.filter(({ direction }) => direction === PortDirection.output)).toHaveLength(2);
      expect(verifyPlan(plan, graph)).toEqual([]);
    }
  });

  it('are refused when they are constants', () => {
    const graph = { ...base, outputs: [constant] };
    expect(() => scheduleProgram(graph, simple(graph, 'single'))).toThrow(
      expect.objectContaining({ code: 'PLAN_UNSUPPORTED_OPERATOR' }),
    );
  });
});

describe('decisions that contradict themselves', () => {
  const builder = new GraphBuilder();
  const x = builder.input([1, 4, 4, 2]);
  const graph = builder.output(builder.conv2d(builder.conv2d(x, { filters: 2 }), { filters: 2 })).build();
  const base = simple(graph, 'single');
  const spill: SpillDecision = { store: 0, rowsPerBlock: 1, fetches: [{ readers: [1], mode: 'whole' }] };

  it.each<[string, Partial<Decisions>]>([
    ['an operator that is nowhere', { stages: [[0]] }],
    ['an operator in two places', { views: new Set([0]) }],
    ['a spill without fetches', { spills: new Map([[3, { ...spill, fetches: [] }]]) }],
    ['a spill to no store', { spills: new Map([[3, { ...spill, store: 7 }]]) }],
    ['a variant of another kind', { variants: new Map([[0, 0x0201]]) }],
  ])('are refused: %s', (_, change) => {
    expect(() => scheduleProgram(graph, { ...base, ...change })).toThrow(
      expect.objectContaining({ code: 'PLAN_BAD_DECISIONS' }),
    );
  });
});
