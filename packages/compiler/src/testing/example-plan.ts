// SPDX-License-Identifier: Apache-2.0
/**
 * A small complete plan, written by hand, that uses every section of the format: an input taken row by
 * row, a lookup whose output is spilled in blocks of two rows and fetched back, and a 1 x 1 convolution
 * whose rows are given one by one. `contracts/plan/example.tseg` holds its bytes for the C side.
 */
import { encodeParams } from '../plan-format/params.js';
import {
  Direction,
  Opcode,
  Memory,
  PLAN_NONE,
  PlanKind,
  PlanType,
  PortDirection,
  StoreKind,
  type Plan,
} from '../plan-format/plan.js';

const ROWS = 4;
const WEIGHTS_AT = 256;
const BIAS_AT = 260;

/** The lookup negates: int8 x becomes -x, and -128 becomes 127. */
function negationTable(): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, index) => {
    const x = (index << 24) >> 24;
    return Math.min(127, -x) & 0xff;
  });
}

function constants(): Uint8Array {
  const bytes = new Uint8Array(BIAS_AT + 4);
  bytes.set(negationTable());
  const view = new DataView(bytes.buffer);
  view.setInt8(WEIGHTS_AT, 3);
  view.setInt8(WEIGHTS_AT + 1, -2);
  view.setInt32(BIAS_AT, 10, true);
  return bytes;
}

const lookupParams = encodeParams({ shape: 'lookup', values: { table: { offset: 0, size: 256 } } });

const convParams = encodeParams({
  shape: 'conv',
  values: {
    kernelH: 1,
    kernelW: 1,
    strideH: 1,
    strideW: 1,
    dilationH: 1,
    dilationW: 1,
    padTop: 0,
    padLeft: 0,
    depthMultiplier: 1,
    inputZeroPoint: 0,
    outputZeroPoint: -1,
    activationMin: -128,
    activationMax: 127,
    weights: { offset: WEIGHTS_AT, size: 2 },
    bias: { offset: BIAS_AT, size: 4 },
    multipliers: [0x40000000],
    shifts: [0],
  },
});

function tensor(source: number, c: number, zeroPoint: number): Plan['tensors'][number] {
  const root = source;
  return {
    type: PlanType.int8,
    n: 1,
    h: ROWS,
    w: 2,
    c,
    rowBytes: 2 * c,
    root,
    zeroPoint,
    scale: 0.5,
    source,
  };
}

const step = (opcode: number, argument = 0): Plan['program'][number] => ({ opcode, argument });

const PROGRAM = [
  step(Opcode.loop, 2),
  step(Opcode.loop, 2),
  step(Opcode.input, 0),
  step(Opcode.run, 0),
  step(Opcode.endLoop),
  step(Opcode.spillStart, 0),
  step(Opcode.spillWait, 0),
  step(Opcode.endLoop),
  step(Opcode.loop, 2),
  step(Opcode.fetchStart, 1),
  step(Opcode.fetchWait, 1),
  step(Opcode.loop, 2),
  step(Opcode.run, 1),
  step(Opcode.output, 1),
  step(Opcode.endLoop),
  step(Opcode.endLoop),
  step(Opcode.end),
];

const COMMON = {
  inputCount: 1,
  outputCount: 1,
  callCount: ROWS,
  rowsPerCall: 1,
  stateOffset: 0,
  stateSize: 0,
};

const OPERATORS: Plan['operators'] = [
  {
    kind: PlanKind.lookup,
    variant: (PlanKind.lookup << 8) | 1,
    ...COMMON,
    firstOperand: 0,
    paramsOffset: 0,
    paramsSize: lookupParams.length,
    scratchOffset: 0,
    scratchSize: 0,
    source: 0,
  },
  {
    kind: PlanKind.conv2d,
    variant: (PlanKind.conv2d << 8) | 1,
    ...COMMON,
    firstOperand: 2,
    paramsOffset: lookupParams.length,
    paramsSize: convParams.length,
    scratchOffset: 32,
    scratchSize: 16,
    source: 1,
  },
];

/** Arena: the lookup's ring and later the fetched rows at 0, rows of input and output at 16, scratch at 32. */
export function examplePlan(): Plan {
  return {
    arenaBytes: 48,
    tickTotal: 24,
    tensors: [tensor(0, 2, 0), tensor(1, 2, 0), tensor(2, 1, -1)],
    buffers: [
      { tensor: 0, memory: Memory.arena, offset: 16, rowStride: 4, ringRows: 1, firstPlace: PLAN_NONE },
      { tensor: 1, memory: Memory.arena, offset: 0, rowStride: 4, ringRows: 2, firstPlace: PLAN_NONE },
      { tensor: 1, memory: Memory.arena, offset: 0, rowStride: 4, ringRows: 2, firstPlace: PLAN_NONE },
      { tensor: 2, memory: Memory.arena, offset: 16, rowStride: 2, ringRows: 1, firstPlace: PLAN_NONE },
    ],
    segments: [
      { buffer: 0, channelBegin: 0, channelCount: 2 },
      { buffer: 1, channelBegin: 0, channelCount: 2 },
      { buffer: 2, channelBegin: 0, channelCount: 2 },
      { buffer: 3, channelBegin: 0, channelCount: 1 },
    ],
    operands: [
      { tensor: 0, firstSegment: 0, segmentCount: 1 },
      { tensor: 1, firstSegment: 1, segmentCount: 1 },
      { tensor: 1, firstSegment: 2, segmentCount: 1 },
      { tensor: 2, firstSegment: 3, segmentCount: 1 },
    ],
    operators: OPERATORS,
    params: Uint8Array.from([...lookupParams, ...convParams]),
    stores: [{ kind: StoreKind.ram, blockBytesMax: 8, slotCount: 1, unitBytes: 1 }],
    streams: [{ store: 0, tensor: 1, rowsPerBlock: 2, blockCount: 2, codecs: 3, period: 1, carried: 1 }],
    transfers: [
      { stream: 0, direction: Direction.spill, buffer: 1, inFlight: 1 },
      { stream: 0, direction: Direction.fetch, buffer: 2, inFlight: 1 },
    ],
    ports: [
      { direction: PortDirection.input, buffer: 0, rowsPerStep: 1, index: 0 },
      { direction: PortDirection.output, buffer: 3, rowsPerStep: 1, index: 0 },
    ],
    places: [],
    program: PROGRAM,
    constants: constants(),
  };
}

/** An input of the example plan and the output that it must give, worked out from the definitions above. */
export const EXAMPLE_INPUT = Int8Array.from([
  0, 0, 1, 2, -3, 4, 5, -6, 10, 20, -128, 100, 127, -127, -50, 50,
]);

export function exampleOutput(): Int8Array {
  return Int8Array.from({ length: 2 * ROWS }, (_, pixel) => {
    const a = Math.min(127, -(EXAMPLE_INPUT[2 * pixel] ?? 0));
    const b = Math.min(127, -(EXAMPLE_INPUT[2 * pixel + 1] ?? 0));
    const sum = 3 * a - 2 * b + 10;
    // Half of the sum; the reference's doubling high multiplication rounds halves upward.
    const half = Math.floor((sum + 1) / 2);
    return Math.max(-128, Math.min(127, half - 1));
  });
}
