// SPDX-License-Identifier: Apache-2.0
// Rows with places of their own and a partly carried stream: the plan made by hand passes, and damage to any of it is found.
import { Memory, PLAN_NONE, type Plan } from '../plan-format/index.js';
import { placedExample, placedPlan } from '../testing/placed-plan.js';
import { verifyPlan } from './index.js';

const plan = placedPlan();
const { graph } = placedExample();

const codes = (damaged: Plan): readonly string[] => verifyPlan(damaged, graph).map(({ code }) => code);

function withRecord<S extends 'buffers' | 'streams' | 'stores' | 'ports'>(
  section: S,
  index: number,
  change: Partial<Plan[S][number]>,
): Plan {
  const list = plan[section].map((record, i) => (i === index ? { ...record, ...change } : record));
  return { ...plan, [section]: list };
}

/** The plan with the place of one row of one buffer changed. */
function withPlace(buffer: number, row: number, place: number): Plan {
  const at = (plan.buffers[buffer]?.firstPlace ?? 0) + row;
  return { ...plan, places: plan.places.map((old, i) => (i === at ? place : old)) };
}

/** Buffers in the order in which operators use them. */
const [INPUT, MADE, READ, OUTPUT] = ports();

function ports(): readonly [number, number, number, number] {
  const of = (tensor: number): number[] =>
    plan.buffers.flatMap((buffer, i) => (plan.tensors[buffer.tensor]?.source === tensor ? [i] : []));
  const [x = 0] = graph.inputs;
  const [y = 0] = graph.outputs;
  const a = graph.operators[0]?.outputs[0] ?? 0;
  const [made = 0, read = 0] = of(a);
  return [of(x)[0] ?? 0, made, read, of(y)[0] ?? 0];
}

describe('rows with places of their own', () => {
  it('share slots across tensors, and the plan passes', () => {
    expect(verifyPlan(plan, graph)).toEqual([]);
    expect(plan.arenaBytes).toBe(60);
    expect(plan.buffers.map(({ firstPlace }) => firstPlace)).not.toContain(PLAN_NONE);
  });

  const broken: readonly [string, string, Plan][] = [
    ['a row read elsewhere than it was made', 'WRONG_BYTES', withPlace(READ, 2, 3)],
    ['a row made over one that is still to be read', 'WRONG_BYTES', withPlace(MADE, 5, 2)],
    ['a row made over the one it is made from', 'ALIAS', withPlace(OUTPUT, 2, 2)],
    ['a fetched row read where it was not fetched to', 'WRONG_BYTES', withPlace(MADE, 2, 0)],
    ['a place beyond the arena', 'EXTENT', withPlace(INPUT, 0, 4)],
    ['a place of more than 16 bits', 'STRUCTURE', withPlace(INPUT, 0, 0x10000)],
    ['an arena that ends inside a row', 'EXTENT', { ...plan, arenaBytes: plan.arenaBytes - 1 }],
    ['an arena larger than its rows', 'EXTENT', { ...plan, arenaBytes: plan.arenaBytes + 1 }],
    ['too few places', 'STRUCTURE', { ...plan, places: plan.places.slice(0, -1) }],
    ['places that begin too late', 'STRUCTURE', withRecord('buffers', OUTPUT, { firstPlace: 19 })],
    [
      'the places of another tensor',
      'ALIAS',
      withRecord('buffers', OUTPUT, { firstPlace: plan.buffers[READ]!.firstPlace }),
    ],
    [
      'a ring in the place of places',
      'WRONG_BYTES',
      withRecord('buffers', READ, { firstPlace: PLAN_NONE, ringRows: 5 }),
    ],
    ['places with an offset', 'STRUCTURE', withRecord('buffers', INPUT, { offset: 16 })],
    ['places with a ring', 'STRUCTURE', withRecord('buffers', INPUT, { ringRows: 5 })],
    ['places with a stride', 'STRUCTURE', withRecord('buffers', INPUT, { rowStride: 16 })],
    ['places in the constants', 'STRUCTURE', withRecord('buffers', INPUT, { memory: Memory.constants })],
    ['a port that moves two rows with places', 'STRUCTURE', withRecord('ports', 0, { rowsPerStep: 2 })],
  ];

  it.each(broken)('finds %s: %s', (_, code, damaged) => {
    expect(codes(damaged)).toContain(code);
  });

  it('are at most so many as the format allows, those counted twice that two buffers share', () => {
    const many = Array.from({ length: 262_144 / 6 + 1 }, () => plan.buffers[INPUT]!);
    expect(codes({ ...plan, buffers: [...plan.buffers, ...many] })).toContain('STRUCTURE');
    expect(codes({ ...plan, places: new Array<number>(262_145).fill(0) })).toContain('STRUCTURE');
  });

  it('may lie where scratch is, if they are not among the rows that an operator writes', () => {
    const scratch = (scratchOffset: number): Plan => ({
      ...plan,
      arenaBytes: 64,
      operators: plan.operators.map((op, i) => (i === 1 ? { ...op, scratchOffset, scratchSize: 16 } : op)),
    });
    expect(verifyPlan(scratch(16), graph)).toMatchObject([{ code: 'ALIAS', message: /scratch or state/ }]);
    // Rows of its input are there; the replay sees that they are alive.
    expect(verifyPlan(scratch(0), graph)[0]).toMatchObject({
      code: 'ALIAS',
      tick: expect.any(Number) as number,
    });
  });
});

describe('a stream of some rows', () => {
  const stream = (change: Partial<Plan['streams'][number]>): Plan => withRecord('streams', 0, change);

  const broken: readonly [string, string, Plan][] = [
    ['other rows carried than were fetched for', 'WRONG_BYTES', stream({ period: 6, carried: 4 })],
    ['all rows carried', 'STRUCTURE', stream({ period: 1, carried: 1 })],
    ['fewer rows carried', 'STRUCTURE', stream({ carried: 1 })],
    ['more rows carried', 'STRUCTURE', stream({ carried: 3 })],
    ['no rows carried', 'STRUCTURE', stream({ carried: 0 })],
    ['more carried than a period has', 'STRUCTURE', stream({ carried: 4 })],
    ['a period of nothing', 'STRUCTURE', stream({ period: 0 })],
    ['a period longer than the tensor', 'STRUCTURE', stream({ period: 7 })],
    ['a block too many', 'STRUCTURE', stream({ blockCount: 5 })],
    ['a block too few', 'STRUCTURE', stream({ blockCount: 3 })],
    [
      'blocks of two rows with places',
      'STRUCTURE',
      {
        ...stream({ rowsPerBlock: 2, blockCount: 2 }),
        stores: plan.stores.map((store) => ({ ...store, blockBytesMax: 24 })),
      },
    ],
  ];

  it.each(broken)('finds %s: %s', (_, code, damaged) => {
    expect(codes(damaged)).toContain(code);
  });

  it('moves blocks of consecutive rows only', () => {
    const rings = plan.buffers.map((buffer) => ({ ...buffer, firstPlace: PLAN_NONE }));
    const blocks = (change: Partial<Plan['streams'][number]>): readonly string[] =>
      verifyPlan({ ...stream({ rowsPerBlock: 3, blockCount: 2, ...change }), buffers: rings }, graph)
        .filter(({ stream: index }) => index === 0)
        .map(({ message }) => message);
    expect(blocks({ period: 3, carried: 2 })).toEqual([expect.stringContaining('reaches over')]);
    expect(blocks({ period: 6, carried: 4 })).toEqual([]);
    expect(blocks({ period: 1, carried: 1 })).toEqual([]);
  });
});
