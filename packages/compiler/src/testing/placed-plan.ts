// SPDX-License-Identifier: Apache-2.0
/**
 * A plan made by hand in which every row has a place of its own and one tensor is partly spilled: x goes through
 * tanh to a, row by row; of each three rows of a two are spilled and the third stays where it was made; then a goes
 * through relu to y. Rows of x, a and y take turns in four slots of 16 bytes. `contracts/plan/placed.tseg` holds
 * its bytes for the C side.
 */
import { assemblePlan } from '../emit/plan/index.js';
import { GraphBuilder, type Graph, type OperatorId, type TensorId } from '../ir/index.js';
import { Opcode, PlanKind, StoreKind, type Plan } from '../plan-format/index.js';
import type { ArenaItem, Decisions, Draft, DraftBuffer, DraftOperator } from '../planning/decisions.js';

const ROWS = 6;
const CHANNELS = 6;
const ROW_BYTES = 2 * CHANNELS;
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

export interface PlacedExample {
  readonly graph: Graph;
  readonly decisions: Decisions;
  readonly draft: Draft;
  /** Arena offset of each item of the draft. */
  readonly offsets: readonly number[];
}

function exampleGraph(): Graph {
  const builder = new GraphBuilder();
  const x = builder.input([1, ROWS, 2, CHANNELS], { scale: 0.02, zeroPoint: 3 });
  const a = builder.operator('tanh', [x], {}, { scale: 1 / 128, zeroPoint: 0 });
  return builder.output(builder.operator('relu', [a], {})).build();
}

/** The rows that steps touch: of x, of a as it is made, of a as it is fetched, of y. */
const Rows = { x: 0, made: 1, read: 2, y: 3 } as const;
type Rows = (typeof Rows)[keyof typeof Rows];

interface Program {
  readonly words: Uint32Array;
  /** First tick of the second stage. */
  readonly middle: number;
  /** Ticks [start, end) of each row, by `Rows`; rows of a that are not fetched are `made` to their end. */
  readonly spans: readonly (readonly { start: number; end: number }[])[];
}

/** Rows of a are made and two of three spilled; then all are read, those two after a fetch. */
function program(): Program {
  const words: number[] = [];
  const spans = [0, 1, 2, 3].map(() =>
    Array.from({ length: ROWS }, () => ({ start: Number.POSITIVE_INFINITY, end: 0 })),
  );
  const add = (opcode: number, argument: number, row: number, ...touched: Rows[]): void => {
    for (const rows of touched) {
      const span = spans[rows]?.[row];
      if (span === undefined) continue;
      span.start = Math.min(span.start, words.length);
      span.end = words.length + 1;
    }
    words.push(opcode | (argument << 8));
  };
  for (let row = 0; row < ROWS; row++) {
    add(Opcode.input, 0, row, Rows.x);
    add(Opcode.run, 0, row, Rows.x, Rows.made);
    if (row % PERIOD >= CARRIED) continue;
    add(Opcode.spillStart, 0, row, Rows.made);
    add(Opcode.spillWait, 0, row, Rows.made);
  }
  const middle = words.length;
  for (let row = 0; row < ROWS; row++) {
    const fetched = row % PERIOD < CARRIED;
    if (fetched) {
      add(Opcode.fetchStart, 1, row, Rows.read);
      add(Opcode.fetchWait, 1, row, Rows.read);
    }
    add(Opcode.run, 1, row, fetched ? Rows.read : Rows.made, Rows.y);
    add(Opcode.output, 1, row, Rows.y);
  }
  return { words: Uint32Array.from(words), middle, spans };
}

/** An item for each row that has a place in this list of rows, at the offset of its slot. */
class RowItems {
  readonly items: ArenaItem[] = [];
  readonly offsets: number[] = [];

  constructor(private readonly spans: Program['spans']) {}

  /** Items of the rows of a buffer; where it has none, those of `rest`. */
  add(
    tensor: TensorId,
    rows: Rows,
    slots: readonly number[],
    rest: readonly number[] = [],
  ): readonly number[] {
    return slots.map((slot, row) => {
      const span = this.spans[rows]?.[row];
      if (span === undefined || span.end === 0) return rest[row] ?? -1;
      this.offsets.push(slot * SLOT_BYTES);
      const size = { sizeBytes: ROW_BYTES, alignment: SLOT_BYTES };
      return this.items.push({ kind: 'buffer', ...size, ...span, tensor, operators: [] }) - 1;
    });
  }
}

function placedBuffer(tensor: TensorId, role: 'home' | 'fetch', rowItems: readonly number[]): DraftBuffer {
  const size = { ringRows: ROWS, rowStride: ROW_BYTES, sizeBytes: ROWS * ROW_BYTES };
  return { tensor, role, views: [], ...size, item: -1, rowItems };
}

function lookup(id: OperatorId, from: TensorId, source: number, to: TensorId, target: number): DraftOperator {
  const operand = (tensor: TensorId, buffer: number): DraftOperator['inputs'][number] => ({
    tensor,
    segments: [{ buffer, tensor, channelBegin: 0, channelCount: CHANNELS }],
  });
  return {
    ...{ id, variant: (PlanKind.lookup << 8) | 1, callCount: ROWS, rowsPerCall: 1 },
    ...{ inputs: [operand(from, source)], outputs: [operand(to, target)] },
    ...{ scratchItem: -1, scratchBytes: 0, stateItem: -1, stateBytes: 0 },
  };
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
  const { words, middle, spans } = program();
  const rows = new RowItems(spans);
  const xItems = rows.add(x, Rows.x, SLOTS.x);
  const made = rows.add(a, Rows.made, SLOTS.made);
  const read = rows.add(a, Rows.read, SLOTS.read, made);
  const yItems = rows.add(y, Rows.y, SLOTS.y);
  const carried = { period: PERIOD, carried: CARRIED };
  const draft: Draft = {
    ...{ steps: words, items: rows.items, inPlace: [], stageTicks: [0, middle, words.length] },
    buffers: [
      placedBuffer(x, 'home', xItems),
      placedBuffer(a, 'home', made),
      placedBuffer(a, 'fetch', read),
      placedBuffer(y, 'home', yItems),
    ],
    operators: [lookup(first.id, x, 0, a, 1), lookup(second.id, a, 2, y, 3)],
    streams: [
      { store: 0, tensor: a, rowsPerBlock: 1, blockCount: (ROWS * CARRIED) / PERIOD, codecs: 3, ...carried },
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
  const none = new Set<number>();
  const decisions: Decisions = {
    ...{ stages: [[first.id], [second.id]], dissolved: none, views: none },
    ...{ streamInputs: true, streamOutputs: true, stores: [{ kind: StoreKind.ram, slotCount: 1 }] },
    spills: new Map([[a, { store: 0, rowsPerBlock: 1, fetches, rows: carried }]]),
  };
  return { graph, decisions, draft, offsets: rows.offsets };
}

export function placedPlan(): Plan {
  const { graph, decisions, draft, offsets } = placedExample();
  return assemblePlan(graph, decisions, draft, offsets);
}

export const PLACED_INPUT = Int8Array.from({ length: ROWS * ROW_BYTES }, (_, i) => ((i * 37) % 256) - 128);
