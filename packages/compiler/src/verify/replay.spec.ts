// SPDX-License-Identifier: Apache-2.0
// Structure and replay on a plan written by hand: it passes, and each rule that is broken once is found by its code.
import { encodeParams, Opcode, Memory, type Plan, type Step } from '../plan-format/index.js';
import { examplePlan } from '../testing/example-plan.js';
import { countTicks } from '../testing/plan-mutants.js';
import { replay } from './replay.js';
import { checkStructure } from './structure.js';
import { Findings, type Violation } from './violation.js';

function judge(plan: Plan): readonly Violation[] {
  const findings = new Findings();
  checkStructure(plan, findings);
  if (findings.list.length === 0) replay(plan, findings);
  return findings.list;
}

const plan = examplePlan();

/** The plan with fields of one record changed. */
function withRecord<
  S extends
    | 'buffers'
    | 'operators'
    | 'operands'
    | 'segments'
    | 'streams'
    | 'transfers'
    | 'ports'
    | 'stores'
    | 'tensors',
>(section: S, index: number, change: Partial<Plan[S][number]>): Plan {
  const list = plan[section].map((record, i) => (i === index ? { ...record, ...change } : record));
  return { ...plan, [section]: list };
}

/** The plan with another program; ticks are counted anew. */
function withProgram(edit: (program: Step[]) => void): Plan {
  const program = [...plan.program];
  edit(program);
  return { ...plan, program, tickTotal: countTicks(program) };
}

const at = (opcode: number, nth = 0): number =>
  plan.program.flatMap((step, index) => (step.opcode === opcode ? [index] : []))[nth] ?? -1;
const swap = (program: Step[], a: number): void => void program.splice(a, 2, program[a + 1]!, program[a]!);

describe('the plan written by hand', () => {
  it('passes', () => {
    expect(judge(plan)).toEqual([]);
  });

  it('passes with loops unrolled: only what is executed counts', () => {
    const flat: Step[] = [];
    const run = (from: number, times: number): number => {
      let end = from;
      for (let i = 0; i < times; i++) {
        for (
          end = from;
          plan.program[end]!.opcode !== Opcode.endLoop && plan.program[end]!.opcode !== Opcode.end;
          end++
        ) {
          const step = plan.program[end]!;
          if (step.opcode === Opcode.loop) end = run(end + 1, step.argument);
          else flat.push(step);
        }
      }
      return end;
    };
    run(0, 1);
    expect(flat).toHaveLength(plan.tickTotal);
    expect(judge({ ...plan, program: [...flat, { opcode: Opcode.end, argument: 0 }] })).toEqual([]);
  });
});

describe('the replay', () => {
  const broken: readonly [string, string, Plan][] = [
    [
      'a row overwritten before it is spilled',
      'WRONG_BYTES',
      withProgram((program) => {
        // Three rows into a ring of two, then the block of the first two.
        const step = (opcode: number, argument = 0): Step => ({ opcode, argument });
        const row = [step(Opcode.input), step(Opcode.run)];
        const block = [step(Opcode.spillStart), step(Opcode.spillWait)];
        program.splice(0, at(Opcode.spillWait) + 2, ...row, ...row, ...row, ...block, ...row, ...block);
      }),
    ],
    [
      'a row read that was never made',
      'WRONG_BYTES',
      withProgram((program) => swap(program, at(Opcode.input))),
    ],
    [
      'an output taken before it is made',
      'WRONG_BYTES',
      withProgram((program) => swap(program, at(Opcode.run, 1))),
    ],
    [
      'an operand that looks into another place',
      'WRONG_BYTES',
      {
        ...withRecord('segments', 2, { buffer: 4 }),
        buffers: [...plan.buffers, { ...plan.buffers[2]!, offset: 8 }],
      },
    ],
    ['an output over its own input', 'ALIAS', withRecord('buffers', 3, { offset: 0 })],
    ['scratch over a row that is fetched later', 'ALIAS', withRecord('operators', 1, { scratchOffset: 0 })],
    [
      'rows changed while they are being spilled',
      'IN_FLIGHT',
      withProgram((program) => {
        // START in the first round, WAIT only after the second round's calls: its rows take the place of those of the first.
        program.splice(0, at(Opcode.spillWait) + 2, ...interleaved());
      }),
    ],
    [
      'rows read before they are there',
      'IN_FLIGHT',
      withProgram((program) => {
        const [wait] = program.splice(at(Opcode.fetchWait), 1);
        program.splice(at(Opcode.endLoop, 2), 0, wait!);
      }),
    ],
    ['a wait without a start', 'PROGRAM', withProgram((program) => swap(program, at(Opcode.spillStart)))],
    [
      'a call too many',
      'PROGRAM',
      withProgram((program) => program.splice(at(Opcode.run), 0, program[at(Opcode.run)]!)),
    ],
    ['a call too few', 'PROGRAM', withProgram((program) => program.splice(at(Opcode.output), 1))],
    [
      'a loop too long',
      'PROGRAM',
      withProgram((program) => (program[0] = { opcode: Opcode.loop, argument: 3 })),
    ],
    ['ticks that are not those of the program', 'PROGRAM', { ...plan, tickTotal: plan.tickTotal + 1 }],
    ['an arena larger than what is used', 'EXTENT', { ...plan, arenaBytes: 64 }],
  ];

  /** All blocks fetched into a place of their own; the second fetch starts where `early` says. */
  function fetchesApart(early: boolean): Plan {
    const step = (opcode: number, argument = 0): Step => ({ opcode, argument });
    const rows = [step(Opcode.input), step(Opcode.run), step(Opcode.input), step(Opcode.run)];
    const spill = [step(Opcode.spillStart), step(Opcode.spillWait)];
    const [start, wait] = [step(Opcode.fetchStart, 1), step(Opcode.fetchWait, 1)];
    const given = [step(Opcode.run, 1), step(Opcode.output, 1), step(Opcode.run, 1), step(Opcode.output, 1)];
    const second = early ? [start, ...rows, ...spill] : [...rows, ...spill, start];
    const program = [...rows, ...spill, start, wait, ...given, ...second, wait, ...given, step(Opcode.end)];
    const moved = withRecord('buffers', 2, { offset: 48 });
    return { ...moved, arenaBytes: 56, program, tickTotal: countTicks(program) };
  }

  it('finds a block fetched before it is written, and nothing else where nothing else is wrong', () => {
    expect(judge(fetchesApart(false))).toEqual([]);
    expect(judge(fetchesApart(true))).toEqual([
      {
        code: 'IN_FLIGHT',
        message: 'transfer 1 fetches block 1 before it is written',
        ...{ transfer: 1, stream: 0, tick: 12, position: 12 },
      },
    ]);
  });

  function interleaved(): Step[] {
    const step = (opcode: number, argument = 0): Step => ({ opcode, argument });
    const rows = [step(Opcode.input), step(Opcode.run), step(Opcode.input), step(Opcode.run)];
    const wait = step(Opcode.spillWait);
    return [...rows, step(Opcode.spillStart), ...rows, wait, step(Opcode.spillStart), wait];
  }

  it.each(broken)('finds %s: %s', (_, code, damaged) => {
    expect(judge(damaged).map((violation) => violation.code)).toContain(code);
  });

  it('says where: tick, position, operator, tensor and row', () => {
    const [first] = judge(withProgram((program) => swap(program, at(Opcode.input))));
    expect(first).toMatchObject({
      code: 'WRONG_BYTES',
      tick: 0,
      position: 2,
      operator: 0,
      tensor: 0,
      row: 0,
    });
  });

  it('stops at twenty findings', () => {
    const far = withProgram((program) => (program[at(Opcode.run)] = { opcode: Opcode.run, argument: 1 }));
    expect(judge(far).length).toBeGreaterThan(0);
    expect(judge(far).length).toBeLessThanOrEqual(20);
  });
});

describe('the structure', () => {
  const loop = { opcode: Opcode.loop, argument: 1 };
  const endLoop = { opcode: Opcode.endLoop, argument: 0 };
  const broken: readonly [string, string, Plan][] = [
    ['a tensor of a wrong row size', 'STRUCTURE', withRecord('tensors', 0, { rowBytes: 3 })],
    ['a tensor of no known type', 'STRUCTURE', withRecord('tensors', 0, { type: 77 })],
    ['a root that is no root', 'STRUCTURE', withRecord('tensors', 0, { root: 9 })],
    ['a view of another size', 'STRUCTURE', withRecord('tensors', 2, { root: 0 })],
    ['a ring of more rows than there are', 'STRUCTURE', withRecord('buffers', 0, { ringRows: 5 })],
    ['rows that overlap in their ring', 'STRUCTURE', withRecord('buffers', 1, { rowStride: 3 })],
    ['a buffer beyond the arena', 'EXTENT', withRecord('buffers', 0, { offset: 45 })],
    ['a constant that is not whole', 'STRUCTURE', withRecord('buffers', 0, { memory: Memory.constants })],
    ['segments that leave channels out', 'STRUCTURE', withRecord('segments', 0, { channelBegin: 1 })],
    ['an operand of nothing', 'STRUCTURE', withRecord('operands', 0, { segmentCount: 0 })],
    ['calls that do not make the rows', 'STRUCTURE', withRecord('operators', 0, { callCount: 3 })],
    [
      'a call larger than its ring',
      'STRUCTURE',
      withRecord('operators', 1, { rowsPerCall: 2, callCount: 2 }),
    ],
    ['parameters of another kind', 'STRUCTURE', withRecord('operators', 0, { paramsSize: 4 })],
    ['a variant of another kind', 'STRUCTURE', withRecord('operators', 0, { variant: 257 })],
    [
      'a variant that no runtime has',
      'STRUCTURE',
      withRecord('operators', 0, { variant: plan.operators[0]!.variant + 1 }),
    ],
    ['too little scratch', 'EXTENT', withRecord('operators', 1, { scratchSize: 0 })],
    ['scratch out of line', 'EXTENT', withRecord('operators', 1, { scratchOffset: 24 })],
    ['slots smaller than a block', 'STRUCTURE', withRecord('stores', 0, { blockBytesMax: 4 })],
    ['a store of no known kind', 'STRUCTURE', withRecord('stores', 0, { kind: 9 })],
    ['blocks that do not make the tensor', 'STRUCTURE', withRecord('streams', 0, { blockCount: 1 })],
    ['a period longer than the tensor', 'STRUCTURE', withRecord('streams', 0, { period: 5, carried: 5 })],
    [
      'a block of more rows than are carried',
      'STRUCTURE',
      withRecord('streams', 0, { period: 4, carried: 1, blockCount: 1 }),
    ],
    ['a stream that may not be stored raw', 'STRUCTURE', withRecord('streams', 0, { codecs: 2 })],
    ['a stream that nobody writes', 'STRUCTURE', withRecord('transfers', 0, { direction: 1 })],
    ['a transfer of another tensor', 'STRUCTURE', withRecord('transfers', 1, { buffer: 0 })],
    ['more blocks under way than there are', 'STRUCTURE', withRecord('transfers', 1, { inFlight: 3 })],
    ['a port of more rows than its ring', 'STRUCTURE', withRecord('ports', 0, { rowsPerStep: 2 })],
    ['ports out of order', 'STRUCTURE', withRecord('ports', 1, { index: 1 })],
    ['a loop that is left open', 'PROGRAM', withProgram((program) => program.unshift(loop))],
    ['a loop of nothing', 'PROGRAM', withProgram((program) => program.unshift(loop, endLoop))],
    [
      'loops four deep',
      'PROGRAM',
      withProgram((program) => {
        program.unshift(loop, loop);
        program.splice(program.length - 1, 0, endLoop, endLoop);
      }),
    ],
    [
      'a step that is not known',
      'PROGRAM',
      withProgram((program) => program.unshift({ opcode: 12, argument: 0 })),
    ],
    [
      'an argument that names nothing',
      'PROGRAM',
      withProgram((program) => program.unshift({ opcode: Opcode.run, argument: 2 })),
    ],
    ['an arena too large to replay', 'EXTENT', { ...plan, arenaBytes: 2 ** 31 }],
  ];

  it.each(broken)('finds %s: %s', (_, code, damaged) => {
    expect(judge(damaged).map((violation) => violation.code)).toContain(code);
  });

  it.each([
    ['scratch', withRecord('operators', 1, { scratchOffset: 0 })],
    ['state', withRecord('operators', 1, { stateOffset: 0, stateSize: 4 })],
  ])('finds %s over the rows of its own operator, before any step is replayed', (_, damaged) => {
    const findings = new Findings();
    checkStructure(damaged, findings);
    expect(findings.list).toEqual([expect.objectContaining({ code: 'ALIAS', operator: 1 })]);
  });

  it('counts the parameters of each operator, shared or not', () => {
    const [first] = plan.operators;
    const shared = judge(withRecord('operators', 0, { paramsSize: first!.paramsSize + 4 }));
    expect(shared.map(({ message }) => message)).toContain('operators share parameters');
  });

  it('accepts a larger window of parameters only when they can be read', () => {
    const params = encodeParams({ shape: 'axis', values: { axis: 3 } });
    expect(judge({ ...plan, params }).map(({ code }) => code)).toContain('STRUCTURE');
  });
});
