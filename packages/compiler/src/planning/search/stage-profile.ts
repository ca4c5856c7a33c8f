// SPDX-License-Identifier: Apache-2.0
/**
 * How many bytes one stage needs, for every choice about the tensors that cross its borders: from two
 * schedules of the stage alone. The calls of a stage come in the same order whatever is spilled, so calls
 * are the time in which rings of both schedules are laid over one another.
 */
import { alignUp } from '../../analysis/first-fit.js';
import type { Graph, TensorId } from '../../ir/index.js';
import { Opcode } from '../../plan-format/index.js';
import type { ArenaItem, Draft } from '../decisions.js';
import { savedBytes } from '../place-draft.js';
import { scheduleProgram } from '../schedule/index.js';
import type { Structure } from '../structure.js';
import { farReaders, residentStageGraph, stageGraph, type Pace } from './stage-graph.js';
import { madeIn, readersIn, type Flow, type FlowTensor } from './flow.js';

/**
 * What becomes of a tensor that the stage makes.
 * ring: only the rows that the stage itself still needs. whole: stays until its last reader. kept: as
 * whole, and written too, so that it can be given up at a later border. written: its later readers fetch
 * it. `far`: its far readers in the stage itself fetch it, too.
 */
export type MadeChoice = 'ring' | 'whole' | 'kept' | 'written' | 'ring-far' | 'written-far';

/** Bytes held from call `first` to call `last` of the stage, both included. */
interface Piece {
  readonly sizeBytes: number;
  readonly first: number;
  readonly last: number;
}

export interface MadeTensor {
  readonly tensor: FlowTensor;
  readonly choices: readonly MadeChoice[];
}

export interface StageProfile {
  readonly first: number;
  readonly end: number;
  /** Tensors from before that the stage reads. */
  readonly read: readonly FlowTensor[];
  readonly made: readonly MadeTensor[];
  /**
   * Most bytes at one call of the stage, without tensors from before that it does not read.
   *
   * @param fetches for each of `read`, whether it is fetched (otherwise it is whole in RAM)
   * @param choices for each of `made`
   */
  readonly peakBytes: (fetches: readonly boolean[], choices: readonly MadeChoice[]) => number;
}

/** A far reader pays for a second buffer only where the ring it saves is longer than this. */
const LONG_RING_ROWS = 4;

/** Schedules the stage [first, end). A pure function of its arguments. */
export function stageProfile(
  graph: Graph,
  structure: Structure,
  flow: Flow,
  range: { readonly first: number; readonly end: number },
  pace: Pace,
  inPlace: boolean,
): StageProfile {
  const { first, end } = range;
  const plain = scheduleStage(graph, structure, flow, range, new Set(), pace);
  const made = madeIn(flow, first, end).map((tensor) => ({
    tensor,
    choices: choicesOf(tensor, first, end, plain),
  }));
  const far = new Set(
    made
      .filter(({ choices }) => choices.some((choice) => choice.endsWith('far')))
      .map(({ tensor }) => tensor.id),
  );
  const apart = far.size === 0 ? plain : scheduleStage(graph, structure, flow, range, far, pace);
  const read = (flow.crossing[first] ?? []).filter((tensor) => readersIn(tensor, first, end).length > 0);
  const choosable = new Set(made.filter(({ choices }) => choices.length > 1).map(({ tensor }) => tensor.id));
  const crossing = new Set(
    made.filter(({ tensor }) => tensor.lastNeed >= end).map(({ tensor }) => tensor.id),
  );
  const fixed = plain.base.filter(({ tensor }) => !choosable.has(tensor) && !crossing.has(tensor));
  const variable = made.filter(({ tensor }) => choosable.has(tensor.id) || crossing.has(tensor.id));
  const levels = new Levels(plain.calls, [...fixed, ...plain.internal]);
  const shared = inPlace ? sharedBytes(graph, structure, flow, range) : [];
  const lastUse = (id: TensorId): number => lastCall(plain, id);
  /** A tensor that is whole from before: until its last use if that is in this stage. */
  const wholePiece = ({ id, wholeBytes, lastNeed }: FlowTensor): Piece => {
    const last = lastNeed < end ? lastUse(id) : plain.calls - 1;
    return { sizeBytes: wholeBytes, first: 0, last };
  };
  const peakBytes: StageProfile['peakBytes'] = (fetches, choices) => {
    const whole = read.filter((_, i) => fetches[i] !== true);
    const left = made.filter((_, i) => choices[i] === 'whole' || choices[i] === 'kept');
    const saved = savings(
      shared,
      whole.map(({ id }) => id),
      left.map(({ tensor }) => tensor.id),
    ).map(({ dying, growing, bytes }): Piece => {
      const [home] = plain.homes.get(growing) ?? [];
      return { sizeBytes: -bytes, first: home?.first ?? 0, last: lastUse(dying) };
    });
    return levels.peakWith([
      ...saved.filter((piece) => piece.first <= piece.last),
      ...whole.map(wholePiece),
      ...read.flatMap(({ id }, i) => (fetches[i] === true ? (plain.fetches.get(id) ?? []) : [])),
      ...variable.flatMap((entry) =>
        piecesOf(plain, apart, entry.tensor, choices[made.indexOf(entry)] ?? 'ring'),
      ),
    ]);
  };
  return { first, end, read, made, peakBytes };
}

/** What a tensor made in the stage holds, by choice. */
function piecesOf(
  plain: StageSchedule,
  apart: StageSchedule,
  tensor: FlowTensor,
  choice: MadeChoice,
): readonly Piece[] {
  if (choice === 'ring' || choice === 'written') return plain.homes.get(tensor.id) ?? [];
  if (choice === 'ring-far' || choice === 'written-far') {
    return [...(apart.homes.get(tensor.id) ?? []), ...(apart.fetches.get(tensor.id) ?? [])];
  }
  const [home] = plain.homes.get(tensor.id) ?? [];
  return [{ sizeBytes: tensor.wholeBytes, first: home?.first ?? 0, last: plain.calls - 1 }];
}

/** The last call of the stage that uses a tensor from before. */
function lastCall(plain: StageSchedule, id: TensorId): number {
  const pieces = [...(plain.fetches.get(id) ?? []), ...(plain.homes.get(id) ?? [])];
  return pieces.reduce((most, { last }) => Math.max(most, last), 0);
}

/** Bytes that a tensor made in the stage shares with one that dies in it, if both are whole. */
interface Shared {
  readonly dying: TensorId;
  readonly growing: TensorId;
  readonly bytes: number;
}

function sharedBytes(
  graph: Graph,
  structure: Structure,
  flow: Flow,
  range: { readonly first: number; readonly end: number },
): readonly Shared[] {
  // An input that is taken row by row may still be coming in.
  const complete = (tensor: FlowTensor): boolean => tensor.madeAt < 0 || !graph.inputs.includes(tensor.id);
  const dying = new Set(
    (flow.crossing[range.first] ?? [])
      .filter((tensor) => tensor.lastNeed < range.end && complete(tensor))
      .map(({ id }) => id),
  );
  const growing = new Set(
    madeIn(flow, range.first, range.end)
      .filter(({ lastNeed }) => lastNeed >= range.end)
      .map(({ id }) => id),
  );
  if (dying.size === 0 || growing.size === 0) return [];
  const part = residentStageGraph(graph, structure, flow, range);
  const draft = scheduleProgram(part.graph, part.decisions, { inPlace: true });
  return draft.inPlace
    .map((pair) => ({
      dying: draft.items[pair.dying]?.tensor ?? -1,
      growing: draft.items[pair.growing]?.tensor ?? -1,
      bytes: savedBytes(draft, pair),
    }))
    .filter((pair) => pair.bytes > 0 && dying.has(pair.dying) && growing.has(pair.growing))
    .sort((a, b) => b.bytes - a.bytes || a.dying - b.dying || a.growing - b.growing);
}

/** The pairs that may be used together, each tensor once; the largest savings first. */
function savings(
  shared: readonly Shared[],
  wholeBefore: readonly TensorId[],
  wholeAfter: readonly TensorId[],
): readonly Shared[] {
  const taken = new Set<TensorId>();
  return shared.filter(({ dying, growing }) => {
    if (!wholeBefore.includes(dying) || !wholeAfter.includes(growing)) return false;
    if (taken.has(dying) || taken.has(growing)) return false;
    taken.add(dying).add(growing);
    return true;
  });
}

function choicesOf(tensor: FlowTensor, first: number, end: number, plain: StageSchedule): MadeChoice[] {
  const far = farReaders(tensor, first, end).length > 0;
  const long =
    tensor.spillable && far && (tensor.forced || (plain.ringRows.get(tensor.id) ?? 0) > LONG_RING_ROWS);
  if (tensor.lastNeed < end) {
    if (tensor.forced) return far ? ['ring-far'] : [];
    return long ? ['ring', 'ring-far'] : ['ring'];
  }
  if (!tensor.spillable) return ['whole'];
  const later = readersIn(tensor, end, Infinity).length;
  return [
    ...(tensor.forced ? [] : (['whole'] as const)),
    ...(later > 1 ? (['kept'] as const) : []),
    'written',
    ...(long ? (['written-far'] as const) : []),
  ];
}

interface StageSchedule {
  readonly calls: number;
  /** Ring rows of each tensor made in the stage. */
  readonly ringRows: ReadonlyMap<TensorId, number>;
  readonly homes: ReadonlyMap<TensorId, readonly Piece[]>;
  readonly fetches: ReadonlyMap<TensorId, readonly Piece[]>;
  /** The homes again, of tensors made in the stage, to pick fixed ones from. */
  readonly base: readonly (Piece & { readonly tensor: TensorId })[];
  /** Scratch and state. */
  readonly internal: readonly Piece[];
}

function scheduleStage(
  graph: Graph,
  structure: Structure,
  flow: Flow,
  range: { readonly first: number; readonly end: number },
  inside: ReadonlySet<TensorId>,
  pace: Pace,
): StageSchedule {
  const part = stageGraph(graph, structure, flow, range, inside, pace);
  const draft = scheduleProgram(part.graph, part.decisions);
  const clock = callClock(draft);
  const made = new Set(madeIn(flow, range.first, range.end).map(({ id }) => id));
  const homes = new Map<TensorId, Piece[]>();
  const fetches = new Map<TensorId, Piece[]>();
  const ringRows = new Map<TensorId, number>();
  const base: (Piece & { tensor: TensorId })[] = [];
  for (const { tensor, role, item, ringRows: rows } of draft.buffers) {
    const piece = item < 0 ? undefined : clock.piece(draft.items[item]);
    if (piece === undefined) continue;
    const list = role === 'fetch' ? fetches : homes;
    list.set(tensor, [...(list.get(tensor) ?? []), piece]);
    if (role !== 'home' || !made.has(tensor)) continue;
    ringRows.set(tensor, rows);
    base.push({ ...piece, tensor });
  }
  const internal = draft.items.flatMap((item) => {
    const piece = item.kind === 'buffer' ? undefined : clock.piece(item);
    return piece === undefined ? [] : [piece];
  });
  return { calls: clock.calls, ringRows, homes, fetches, base, internal };
}

/** Ticks of the first working stage as calls: what counts are the bytes held while a kernel runs. */
function callClock(draft: Draft): {
  readonly calls: number;
  readonly piece: (item: ArenaItem | undefined) => Piece | undefined;
} {
  const [begin = 0, until = 0] = draft.stageTicks;
  // before[t - begin]: calls at ticks [begin, t).
  const before = new Int32Array(until - begin + 1);
  for (let tick = begin; tick < until; tick++) {
    const runs = ((draft.steps[tick] ?? 0) & 0xff) === Opcode.run ? 1 : 0;
    before[tick - begin + 1] = (before[tick - begin] ?? 0) + runs;
  }
  const callsBefore = (tick: number): number => before[Math.min(Math.max(tick, begin), until) - begin] ?? 0;
  return {
    calls: callsBefore(until),
    piece: (item) => {
      if (item === undefined || item.sizeBytes === 0) return undefined;
      const first = callsBefore(item.start);
      const last = callsBefore(item.end) - 1;
      return last < first ? undefined : { sizeBytes: alignUp(item.sizeBytes, item.alignment), first, last };
    },
  };
}

/** Bytes held at each call by a fixed set of pieces, and the peak with further ones on top. */
class Levels {
  private readonly held: Float64Array;

  constructor(calls: number, pieces: readonly Piece[]) {
    const change = new Float64Array(calls + 1);
    for (const { sizeBytes, first, last } of pieces) {
      change[first] = (change[first] ?? 0) + sizeBytes;
      change[last + 1] = (change[last + 1] ?? 0) - sizeBytes;
    }
    this.held = change.subarray(0, calls);
    for (let call = 1; call < calls; call++)
      this.held[call] = (this.held[call] ?? 0) + (this.held[call - 1] ?? 0);
  }

  peakWith(pieces: readonly Piece[]): number {
    // Between the starts and ends of the pieces on top, only the highest fixed level matters.
    const borders = [...new Set([0, ...pieces.flatMap(({ first, last }) => [first, last + 1])])]
      .filter((call) => call < this.held.length)
      .sort((a, b) => a - b);
    let peak = 0;
    borders.forEach((begin, i) => {
      const until = borders[i + 1] ?? this.held.length;
      const on = pieces.reduce(
        (sum, { sizeBytes, first, last }) => sum + (first <= begin && begin <= last ? sizeBytes : 0),
        0,
      );
      let level = 0;
      for (let call = begin; call < until; call++) level = Math.max(level, this.held[call] ?? 0);
      peak = Math.max(peak, level + on);
    });
    return peak;
  }
}
