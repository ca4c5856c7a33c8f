// SPDX-License-Identifier: Apache-2.0
/**
 * A plan made by hand in which every row has a place of its own and one tensor is partly spilled: x goes through
 * tanh to a, row by row; of each three rows of a two are spilled and the third stays where it was made; then a goes
 * through relu to y. Rows of x, a and y take turns in four slots of 16 bytes. `contracts/plan/placed.tseg` holds
 * its bytes for the C side.
 */
import { assemblePlan } from '../emit/plan/index.js';
import { GraphBuilder, type Graph } from '../ir/index.js';
import { Opcode, StoreKind, type Plan } from '../plan-format/index.js';
import type { Decisions, Draft, DraftBuffer, DraftOperand } from '../planning/decisions.js';

const ROWS = 6;
const ROW_BYTES = 12;
const SLOT_BYTES = 16;
const PERIOD = 3;
const CARRIED = 2;

/** Slots of the rows of x, of a as it is made, of a as it is read, and of y. */
const SLOTS = {
  x: [0, 0, 0, 0, 0, 0],
  made: [1, 1, 2, 1, 1, 3],
  read: [0, 0, 2, 0, 0, 3],
  y: [1, 1, 1, 2, 2, 2],
} as const;

const BLOCKS = (ROWS * CARRIED) / PERIOD;
const TICKS = 4 * ROWS + 4 * BLOCKS;

export interface PlacedExample {
  readonly graph: Graph;
  readonly decisions: Decisions;
  readonly draft: Draft;
  /** Arena offset of each item of the draft. */
  readonly offsets: readonly number[];
}

function exampleGraph(): Graph {
  const builder = new GraphBuilder();
  const x = builder.input([1, ROWS, 2, 6], { scale: 0.02, zeroPoint: 3 });
  const a = builder.operator('tanh', [x], {}, { scale: 1 / 128, zeroPoint: 0 });
  return builder.output(builder.operator('relu', [a], {})).build();
}

/** The program: rows of a are made and two of three spilled, then read, those two after a fetch. */
function steps(): Uint32Array {
  const words: number[] = [];
  const add = (opcode: number, argument = 0): void => void words.push(opcode | (argument << 8));
  for (let row = 0; row < ROWS; row++) {
    add(Opcode.input, 0);
    add(Opcode.run, 0);
    if (row % PERIOD >= CARRIED) continue;
    add(Opcode.spillStart, 0);
    add(Opcode.spillWait, 0);
  }
  for (let row = 0; row < ROWS; row++) {
    if (row % PERIOD < CARRIED) {
      add(Opcode.fetchStart, 1);
      add(Opcode.fetchWait, 1);
    }
    add(Opcode.run, 1);
    add(Opcode.output, 1);
  }
  return Uint32Array.from(words);
}

/** The draft and where its items lie: one item for each row of each buffer. */
export function placedExample(): PlacedExample {
  const graph = exampleGraph();
  const [first, second] = graph.operators;
  const [x] = graph.inputs;
  const [y] = graph.outputs;
  const a = first?.outputs[0];
  if (first === undefined || second === undefined || x === undefined || y === undefined || a === undefined) {
    throw new Error('the example graph has two operators');
  }
  const places = [
    { tensor: x, role: 'home', slots: SLOTS.x },
    { tensor: a, role: 'home', slots: SLOTS.made },
    { tensor: a, role: 'fetch', slots: SLOTS.read },
    { tensor: y, role: 'home', slots: SLOTS.y },
  ] as const;
  const offsets = places.flatMap(({ slots }) => slots.map((slot) => slot * SLOT_BYTES));
  const items = places.flatMap(({ tensor, slots }) =>
    slots.map(() => ({
      ...{ kind: 'buffer' as const, sizeBytes: ROW_BYTES, alignment: SLOT_BYTES, start: 0, end: TICKS },
      ...{ tensor, operators: [] },
    })),
  );
  const buffers = places.map(({ tensor, role }, index): DraftBuffer => {
    const rowItems = Array.from({ length: ROWS }, (_, row) => index * ROWS + row);
    const size = { ringRows: ROWS, rowStride: ROW_BYTES, sizeBytes: ROWS * ROW_BYTES };
    return { tensor, role, views: [], ...size, item: -1, rowItems };
  });
  const operand = (tensor: number, buffer: number): DraftOperand => ({
    tensor,
    segments: [{ buffer, tensor, channelBegin: 0, channelCount: 6 }],
  });
  const operator = (
    id: number,
    variant: number,
    from: DraftOperand,
    to: DraftOperand,
  ): Draft['operators'][0] => ({
    ...{ id, variant, callCount: ROWS, rowsPerCall: 1, inputs: [from], outputs: [to] },
    ...{ scratchItem: -1, scratchBytes: 0, stateItem: -1, stateBytes: 0 },
  });
  const LOOKUP_ROW = 0x0d01;
  const draft: Draft = {
    ...{ steps: steps(), buffers, items, inPlace: [], stageTicks: [0, TICKS] },
    operators: [
      operator(first.id, LOOKUP_ROW, operand(x, 0), operand(a, 1)),
      operator(second.id, LOOKUP_ROW, operand(a, 2), operand(y, 3)),
    ],
    streams: [
      {
        ...{ store: 0, tensor: a, rowsPerBlock: 1, blockCount: BLOCKS, codecs: 3 },
        ...{ period: PERIOD, carried: CARRIED },
      },
    ],
    transfers: [
      { stream: 0, direction: 'spill', buffer: 1, inFlight: 1 },
      { stream: 0, direction: 'fetch', buffer: 2, inFlight: 1 },
    ],
    ports: [
      { direction: 'input', buffer: 0, tensor: x, rowsPerStep: 1, index: 0 },
      { direction: 'output', buffer: 3, tensor: y, rowsPerStep: 1, index: 0 },
    ],
  };
  const fetches = [{ readers: [second.id], mode: 'streamed' as const }];
  const rows = { period: PERIOD, carried: CARRIED };
  const none = new Set<number>();
  const decisions: Decisions = {
    ...{ stages: [[first.id], [second.id]], dissolved: none, views: none },
    ...{ streamInputs: true, streamOutputs: true, stores: [{ kind: StoreKind.ram, slotCount: 1 }] },
    spills: new Map([[a, { store: 0, rowsPerBlock: 1, fetches, rows }]]),
  };
  return { graph, decisions, draft, offsets };
}

export function placedPlan(): Plan {
  const { graph, decisions, draft, offsets } = placedExample();
  return assemblePlan(graph, decisions, draft, offsets);
}

export const PLACED_INPUT = Int8Array.from({ length: ROWS * ROW_BYTES }, (_, i) => ((i * 37) % 256) - 128);
