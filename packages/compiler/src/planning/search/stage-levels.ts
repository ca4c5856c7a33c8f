// SPDX-License-Identifier: Apache-2.0
/** The bytes that each tensor of a stage holds at each of its calls, for whatever is chosen about it. */
import type { Graph, TensorId } from '../../ir/index.js';
import type { Structure } from '../structure.js';
import { fewerChoices } from './fewer-choices.js';
import { madeIn, readersIn, type Flow, type FlowTensor } from './flow.js';
import type { KernelSet } from './kernel-sets.js';
import { ALL_ROWS, carries, sharesOf, type Share } from './share.js';
import { farReaders, stageGraph, type Pace } from './stage-graph.js';
import { traceStage, type RowLives, type StageTrace } from './stage-trace.js';

/**
 * What becomes of a tensor that the stage makes.
 * ring: only the rows that the stage itself still needs. whole: all rows stay until their last readers. kept: as
 * whole, and written too, so that it can be given up at a later border. written: later readers fetch it.
 */
export interface MadeChoice {
  readonly kind: 'ring' | 'whole' | 'kept' | 'written';
  /** Its far readers in the stage itself fetch it. */
  readonly far: boolean;
  /** Rows that are spilled, if any are; the others stay. */
  readonly share: Share;
}

/**
 * Where a stage has a tensor from before. whole: at home. kept: there too, and on the store, so that it may be given up
 * behind this stage. Otherwise these rows are fetched, and the others are at home.
 */
export type Source = 'whole' | 'kept' | Share;

export interface MadeTensor {
  readonly tensor: FlowTensor;
  readonly choices: readonly MadeChoice[];
}

/** A far reader pays for a second buffer only where the ring it saves is longer than this. */
const LONG_RING_ROWS = 4;

/** Both schedules of the stage [first, end): with and without far readers apart. */
export class StageLevels {
  /** Tensors from before that the stage reads. */
  readonly read: readonly FlowTensor[];
  readonly made: readonly MadeTensor[];
  /** False where choices were left out because there are too many combinations. */
  readonly isComplete: boolean;
  private readonly plain: StageTrace;
  private readonly apart: StageTrace;

  constructor(
    graph: Graph,
    structure: Structure,
    flow: Flow,
    readonly range: { readonly first: number; readonly end: number },
    pace: Pace,
    /** Sets of kernels to compare. Default: those of the flow. */
    readonly kernels?: readonly KernelSet[],
  ) {
    const { first, end } = range;
    const trace = (far: ReadonlySet<TensorId>): StageTrace =>
      traceStage(stageGraph(graph, structure, flow, range, far, pace));
    this.plain = trace(new Set());
    const every = madeIn(flow, first, end).map((tensor) => ({ tensor, choices: this.choicesOf(tensor) }));
    ({ made: this.made, isComplete: this.isComplete } = fewerChoices(every));
    const far = new Set(
      this.made.filter(({ choices }) => choices.some((one) => one.far)).map(({ tensor }) => tensor.id),
    );
    this.apart = far.size === 0 ? this.plain : trace(far);
    this.read = (flow.crossing[first] ?? []).filter((tensor) => readersIn(tensor, first, end).length > 0);
  }

  get calls(): number {
    return this.plain.calls;
  }

  /** State, and scratch of the kernels that are given; where sets of kernels are compared, each adds its own. */
  get internal(): Float64Array {
    const { internal, scratch } = this.plain;
    return this.kernels === undefined
      ? internal.map((bytes, call) => bytes + (scratch[call] ?? 0))
      : internal;
  }

  /** A tensor from before. */
  ofRead({ id, rows, rowBytes, lastNeed }: FlowTensor, source: Source): Float64Array {
    const lives = this.plain.fetches.get(id) ?? this.plain.homes.get(id);
    const level = new Level(this.calls, rowBytes);
    for (let row = 0; row < rows; row++) {
      const isLast = lastNeed < this.range.end || source === 'kept';
      if (typeof source === 'object' && carries(source, row)) level.addRow(lives, row);
      else level.add(0, isLast ? (lives?.lastRead[row] ?? -1) : this.calls - 1);
    }
    return level.sums();
  }

  /** A tensor that the stage makes. */
  ofMade({ id, rows, rowBytes }: FlowTensor, { kind, far, share }: MadeChoice): Float64Array {
    const home = this.plain.homes.get(id);
    const level = new Level(this.calls, rowBytes);
    const stays = kind === 'whole' || kind === 'kept';
    for (let row = 0; row < rows; row++) {
      const away = !stays && (kind === 'written' || far) && carries(share, row);
      if (away && far) {
        level.addRow(this.apart.homes.get(id), row);
        level.addRow(this.apart.fetches.get(id), row);
      } else if (away || kind === 'ring') {
        level.addRow(home, row);
      } else {
        level.add(home?.first[row] ?? 0, this.calls - 1);
      }
    }
    return level.sums();
  }

  private choicesOf(tensor: FlowTensor): MadeChoice[] {
    const { first, end } = this.range;
    const { forced, spillable } = tensor;
    const one = (kind: MadeChoice['kind']): MadeChoice => ({ kind, far: false, share: ALL_ROWS });
    const spilled = (kind: 'ring' | 'written', far: boolean): MadeChoice[] =>
      sharesOf(tensor).map((share) => ({ kind, far, share }));
    const ringRows = this.plain.homes.get(tensor.id)?.ringRows ?? 0;
    const mayBeFar = spillable && farReaders(tensor, first, end).length > 0;
    const far = mayBeFar && (forced || ringRows > LONG_RING_ROWS);
    if (tensor.lastNeed < end)
      return [...(forced ? [] : [one('ring')]), ...(far ? spilled('ring', true) : [])];
    if (!spillable) return [one('whole')];
    return [
      ...(forced ? [] : [one('whole')]),
      ...(readersIn(tensor, end, Infinity).length > 1 ? [one('kept')] : []),
      ...spilled('written', false),
      ...(far ? spilled('written', true) : []),
    ];
  }
}

/** Adds up rows over calls. */
class Level {
  private readonly change: Float64Array;

  constructor(
    private readonly calls: number,
    private readonly rowBytes: number,
  ) {
    this.change = new Float64Array(calls + 1);
  }

  /** A row held from call `first` to call `last`. */
  add(first: number, last: number): void {
    if (last < first) return;
    this.change[first] = (this.change[first] ?? 0) + this.rowBytes;
    this.change[last + 1] = (this.change[last + 1] ?? 0) - this.rowBytes;
  }

  addRow(lives: RowLives | undefined, row: number): void {
    this.add(lives?.first[row] ?? 0, lives?.last[row] ?? -1);
  }

  sums(): Float64Array {
    const held = this.change.subarray(0, this.calls);
    for (let call = 1; call < held.length; call++) held[call] = (held[call] ?? 0) + (held[call - 1] ?? 0);
    return held;
  }
}
