// SPDX-License-Identifier: Apache-2.0
// Accumulations, SPLIT and single-row reductions on plans written by hand: each rule that is broken alone is found.
import {
  AxisBit,
  encodeParams,
  Opcode,
  Memory,
  PLAN_NONE,
  PlanKind,
  PlanType,
  PortDirection,
  type Plan,
  type PlanBuffer,
  type PlanOperator,
  type PlanTensor,
  type Step,
} from '../plan-format/index.js';
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

const codes = (plan: Plan): readonly string[] => [...new Set(judge(plan).map(({ code }) => code))];

const ROWS = 5;

const step = (opcode: number, argument = 0): Step => ({ opcode, argument });

function tensor(source: number, h: number, w: number, c: number): PlanTensor {
  const common = { type: PlanType.int8, n: 1, zeroPoint: 0, scale: 1, source, root: source };
  return { ...common, h, w, c, rowBytes: w * c };
}

function ring(index: number, offset: number, rowStride: number, ringRows: number): PlanBuffer {
  return { tensor: index, memory: Memory.arena, offset, rowStride, ringRows, firstPlace: PLAN_NONE };
}

/** The plan with operands, one segment and one buffer each in the order of `used`, and a program. */
function planOf(
  parts: Pick<Plan, 'arenaBytes' | 'tensors' | 'buffers' | 'operators' | 'params' | 'ports'>,
  used: readonly number[],
  steps: readonly Step[],
): Plan {
  const program = [...steps, step(Opcode.end)];
  return {
    ...parts,
    segments: used.map((buffer) => {
      const { c } = parts.tensors[parts.buffers[buffer]!.tensor]!;
      return { buffer, channelBegin: 0, channelCount: c };
    }),
    operands: used.map((buffer, i) => ({
      tensor: parts.buffers[buffer]!.tensor,
      firstSegment: i,
      segmentCount: 1,
    })),
    ...{ stores: [], streams: [], transfers: [], places: [], constants: new Uint8Array() },
    program,
    tickTotal: countTicks(program),
  };
}

function meanParams(axes: number): Uint8Array {
  const values = { inputZeroPoint: 0, outputZeroPoint: 0, multiplier: 1 << 30, shift: 1, axes };
  return encodeParams({ shape: 'reduce', values });
}

const params = meanParams(AxisBit.h);

function mean(index: number, stateOffset: number): PlanOperator {
  return {
    kind: PlanKind.mean,
    variant: (PlanKind.mean << 8) | 2,
    ...{ inputCount: 1, outputCount: 1, firstOperand: 2 * index, source: index },
    ...{ callCount: 3, rowsPerCall: 2, paramsOffset: index * params.length, paramsSize: params.length },
    ...{ scratchOffset: 0, scratchSize: 0, stateOffset, stateSize: 16 },
  };
}

const input = (index: number, buffer: number): Plan['ports'][number] => ({
  ...{ direction: PortDirection.input, buffer, rowsPerStep: 1, index },
});
const output = (index: number, buffer: number): Plan['ports'][number] => ({
  ...{ direction: PortDirection.output, buffer, rowsPerStep: 1, index },
});

const TAKE = step(Opcode.input, 0);
const BOTH = [step(Opcode.run, 0), step(Opcode.run, 1)];
const PROGRAM = [
  ...[TAKE, TAKE, ...BOTH, TAKE, TAKE, ...BOTH, TAKE, ...BOTH],
  ...[step(Opcode.output, 1), step(Opcode.output, 2)],
];

/** Two MEANs over the five rows of one input, two rows a call: rows at 0, outputs at 16 and 20, states at 32 and 48. */
const plan = planOf(
  {
    arenaBytes: 64,
    tensors: [tensor(0, ROWS, 2, 2), tensor(1, 1, 2, 2), tensor(2, 1, 2, 2)],
    buffers: [ring(0, 0, 4, 2), ring(1, 16, 4, 1), ring(2, 20, 4, 1)],
    operators: [mean(0, 32), mean(1, 48)],
    params: Uint8Array.from([...params, ...params]),
    ports: [input(0, 0), output(0, 1), output(1, 2)],
  },
  [0, 1, 0, 2],
  PROGRAM,
);

function withRecord<S extends 'buffers' | 'operators' | 'operands'>(
  section: S,
  index: number,
  change: Partial<Plan[S][number]>,
): Plan {
  return {
    ...plan,
    [section]: plan[section].map((record, i) => (i === index ? { ...record, ...change } : record)),
  };
}

function withSteps(steps: readonly Step[]): Plan {
  const program = [...steps, step(Opcode.end)];
  return { ...plan, program, tickTotal: countTicks(program) };
}

describe('an accumulation of two rows a call', () => {
  it('passes', () => {
    expect(judge(plan)).toEqual([]);
  });

  it('writes its output in its last call only: until then rows may lie there', () => {
    // Slot 1 of the input's ring holds no row that the last call reads.
    expect(judge(withRecord('buffers', 1, { offset: 4 }))).toEqual([]);
    expect(codes(withRecord('buffers', 1, { offset: 0 }))).toContain('ALIAS');
  });

  it('reads all rows of a call', () => {
    const early = [TAKE, ...BOTH, TAKE, TAKE, ...BOTH, TAKE, TAKE, ...BOTH, ...PROGRAM.slice(-2)];
    expect(judge(withSteps(early))).toContainEqual(
      expect.objectContaining({ code: 'WRONG_BYTES', operator: 0, row: 1, tick: 1 }),
    );
  });

  it('has a state apart from rows with places that it reads', () => {
    const placed = (first: number): Plan => ({
      ...withRecord('buffers', 0, { ringRows: ROWS, firstPlace: 0 }),
      places: [first, 0, 0, 1, 0],
    });
    expect(judge(placed(1))).toEqual([]);
    expect(codes(placed(3))).toEqual(['ALIAS']);
  });

  it('finds its state between calls as it left it', () => {
    // Another input is taken to where the first state lies, and nobody reads it.
    const between = [TAKE, TAKE, ...BOTH, step(Opcode.input, 1), TAKE, TAKE, ...BOTH, TAKE, ...BOTH];
    const other = (offset: number): Plan => ({
      ...withSteps([...between, step(Opcode.output, 2), step(Opcode.output, 3)]),
      arenaBytes: 80,
      tensors: [...plan.tensors, tensor(3, 1, 4, 4)],
      buffers: [...plan.buffers, ring(3, offset, 16, 1)],
      ports: [input(0, 0), input(1, 3), output(0, 1), output(1, 2)],
    });
    expect(judge(other(64))).toEqual([]);
    expect(judge({ ...other(32), arenaBytes: 64 })).toEqual([
      expect.objectContaining({ code: 'WRONG_BYTES', operator: 0, tick: 7 }),
      expect.objectContaining({ code: 'WRONG_BYTES', operator: 0, tick: 10 }),
    ]);
  });

  it("has a state that is no other operator's", () => {
    const shared = { ...withRecord('operators', 1, { stateOffset: 32 }), arenaBytes: 48 };
    expect(codes(shared)).toEqual(['WRONG_BYTES']);
  });

  it('keeps four bytes for each element of its output', () => {
    expect(codes(withRecord('operators', 0, { stateSize: 12 }))).toEqual(['EXTENT']);
  });

  it('writes the tensor that its operand names', () => {
    const found = judge(withRecord('operands', 1, { tensor: 2 }));
    expect(found).toEqual([expect.objectContaining({ code: 'STRUCTURE', operator: 0 })]);
  });
});

describe('SPLIT', () => {
  /** Two outputs of two channels, of which only the second is given. */
  function split(secondOffset: number, arenaBytes: number): Plan {
    const operator: PlanOperator = {
      kind: PlanKind.split,
      variant: (PlanKind.split << 8) | 1,
      ...{ inputCount: 1, outputCount: 2, firstOperand: 0, callCount: 1, rowsPerCall: 1 },
      ...{ paramsOffset: 0, paramsSize: 0, scratchOffset: 0, scratchSize: 0, stateOffset: 0, stateSize: 0 },
      source: 0,
    };
    const buffers = [ring(0, 0, 8, 1), ring(1, 8, 4, 1), ring(2, secondOffset, 4, 1)];
    const tensors = [tensor(0, 1, 2, 4), tensor(1, 1, 2, 2), tensor(2, 1, 2, 2)];
    const ports = [input(0, 0), output(0, 2)];
    const steps = [TAKE, step(Opcode.run, 0), step(Opcode.output, 1)];
    return planOf(
      { arenaBytes, tensors, buffers, operators: [operator], params: new Uint8Array(), ports },
      [0, 1, 2],
      steps,
    );
  }

  it('has outputs that lie apart', () => {
    expect(judge(split(12, 16))).toEqual([]);
    expect(codes(split(8, 12))).toEqual(['ALIAS']);
  });
});

describe('a reduction of each row by itself', () => {
  function rowwise(change: Partial<PlanOperator> = {}, outputRows = ROWS, arenaBytes = 48): Plan {
    const operator = {
      ...mean(0, 0),
      variant: (PlanKind.mean << 8) | 3,
      ...{ callCount: outputRows, rowsPerCall: 1, scratchOffset: 32, scratchSize: 16, stateSize: 0 },
      ...change,
    };
    const tensors = [tensor(0, ROWS, 2, 2), tensor(1, outputRows, 1, 2)];
    const buffers = [ring(0, 0, 4, 1), ring(1, 16, 2, 1)];
    const ports = [input(0, 0), output(0, 1)];
    const steps = Array.from({ length: ROWS }, () => [TAKE, step(Opcode.run, 0), step(Opcode.output, 1)]);
    const own = meanParams(AxisBit.w);
    return planOf(
      { arenaBytes, tensors, buffers, operators: [operator], params: own, ports },
      [0, 1],
      steps.flat(),
    );
  }

  it('needs scratch for the sums of a row', () => {
    expect(judge(rowwise())).toEqual([]);
    const without = rowwise({ scratchOffset: 0, scratchSize: 0 }, ROWS, 18);
    expect(judge(without).map(({ message }) => message)).toEqual(['operator 0: 0 bytes of scratch, not 16']);
  });

  it('makes as many rows as it takes', () => {
    const [found] = judge(rowwise({}, 1));
    expect(found).toMatchObject({
      code: 'STRUCTURE',
      message: expect.stringContaining('keeps rows') as string,
    });
  });
});

describe('FULLY_CONNECTED that makes everything in one call', () => {
  function connected(rows: number): Plan {
    const values = {
      ...{ batches: 1, inFeatures: 4 * rows, outFeatures: 2, channelCount: 1, outputZeroPoint: 0 },
      ...{ activationMin: -128, activationMax: 127, multipliers: [1 << 30], shifts: [1] },
      ...{ weights: { offset: 0, size: 8 * rows }, bias: { offset: 8 * rows, size: 8 } },
    };
    const own = encodeParams({ shape: 'fullyConnected', values });
    const kind = PlanKind.fullyConnected;
    const operator = {
      ...mean(0, 0),
      ...{
        kind,
        variant: (kind << 8) | 1,
        callCount: 1,
        rowsPerCall: 1,
        stateSize: 0,
        paramsSize: own.length,
      },
    };
    const tensors = [tensor(0, rows, 2, 2), tensor(1, 1, 1, 2)];
    const buffers = [ring(0, 0, 4, rows), ring(1, 4 * rows, 2, 1)];
    const ports = [input(0, 0), output(0, 1)];
    const steps = [...Array.from({ length: rows }, () => TAKE), step(Opcode.run, 0), step(Opcode.output, 1)];
    return planOf(
      { arenaBytes: 4 * rows + 2, tensors, buffers, operators: [operator], params: own, ports },
      [0, 1],
      steps,
    );
  }

  it('takes an input of one row', () => {
    expect(judge(connected(1))).toEqual([]);
    expect(codes(connected(2))).toEqual(['STRUCTURE']);
  });
});

describe('rows with places that operators write', () => {
  it('are at most as many as the format allows, counted for each operator', () => {
    const rows = 131_072;
    const wide: Plan = {
      ...plan,
      tensors: [...plan.tensors, tensor(3, rows, 1, 1)],
      buffers: [...plan.buffers, { ...ring(3, 0, 1, rows), firstPlace: 0 }],
      segments: [...plan.segments, { buffer: 3, channelBegin: 0, channelCount: 1 }],
      places: new Array<number>(rows).fill(0),
      operands: [...plan.operands, { tensor: 3, firstSegment: 4, segmentCount: 1 }],
    };
    const writers = (count: number): Plan => ({
      ...wide,
      operators: Array.from({ length: count }, () => ({ ...mean(0, 32), inputCount: 1, firstOperand: 3 })),
    });
    const found = (count: number): readonly string[] => {
      const findings = new Findings();
      checkStructure(writers(count), findings);
      return findings.list.map(({ message }) => message);
    };
    expect(found(2)).not.toContainEqual(expect.stringContaining('rows of buffers with places'));
    expect(found(3)).toContainEqual(expect.stringContaining('393216 rows of buffers with places'));
  });
});
