// SPDX-License-Identifier: Apache-2.0
/**
 * What the planner decides and what the scheduler makes of it: the contract between the search
 * (which chooses `Decisions`), `scheduleProgram` (which turns them into a `Draft`), the placement
 * (which gives each arena item of the draft an offset) and `assemblePlan`.
 */
import type { OperatorId, TensorId } from '../ir/index.js';

/** How far consumers of a spilled tensor get its rows back. One transfer and one buffer each. */
export interface FetchDecision {
  /** Operators that read this fetched copy; after dissolving, the reader of a dissolved concatenation. */
  readonly readers: readonly OperatorId[];
  /**
   * whole: every row is fetched before the first reader's stage begins, into a resident buffer.
   * streamed: blocks are fetched just before the rows are needed, into a ring (fused fetch).
   */
  readonly mode: 'whole' | 'streamed';
  /**
   * streamed only. true (default): the next block is started before the call that still reads the
   * former ones, so that it overlaps that call, at the price of one more block in the ring.
   * false: it is started after that call, into the rows the call has released.
   */
  readonly ahead?: boolean;
}

/** A tensor whose rows go to a store. Operators that no fetch names read the buffer it is produced in. */
export interface SpillDecision {
  /** Index into `Decisions.stores`. */
  readonly store: number;
  readonly rowsPerBlock: number;
  readonly fetches: readonly FetchDecision[];
  /** Bit i allows codec i; bit 0 (raw) is always added. Default: codecs 0 and 1, raw alone on a store in RAM. */
  readonly codecs?: number;
  /**
   * Rows of the next block that may be produced while a block is being written, before the program
   * waits for it. Default 1; 0 waits before the next row is made, so that nothing overlaps the write and the ring
   * has no spare row. It decides the size of the ring of a tensor nobody else keeps whole.
   */
  readonly spareRows?: number;
  /**
   * Only rows r with r mod period < carried are spilled, 1 <= carried <= period; the others stay in the buffer
   * that the tensor is produced in until their last reader. Default: all rows. Otherwise blocks have one row, and
   * the rows of the tensor are placed one by one (`Decisions.rowPlaced`), whether it is named there or not.
   */
  readonly rows?: { readonly period: number; readonly carried: number };
}

export interface StoreDecision {
  /** `StoreKind` of the plan format. */
  readonly kind: number;
  /** Operations that may be under way at once, 1..4. */
  readonly slotCount: number;
  /** Largest unit in which the device reads or programs, a power of two. Default 1. */
  readonly unitBytes?: number;
  /** What the board calls it. Default `store 0` and so on. */
  readonly name?: string;
  /** Bytes that all streams on it may take. Default: no limit. */
  readonly capacityBytes?: number;
  /** Streams begin at multiples of this. Default 1. */
  readonly eraseBytes?: number;
}

/**
 * Everything that is chosen about a plan except addresses.
 *
 * An operator of the graph is in exactly one of: a stage (it runs), `dissolved` (a concatenation along
 * channels that is never built: its readers take segments), `views` (a reshape that keeps the bytes in
 * place). Stages run one after the other in this order; the operators of one stage run interleaved, row
 * by row, and must be listed in an order in which each comes after those it reads from.
 */
export interface Decisions {
  readonly stages: readonly (readonly OperatorId[])[];
  readonly dissolved: ReadonlySet<OperatorId>;
  readonly views: ReadonlySet<OperatorId>;
  /** Keyed by root tensor: never a view, never a dissolved concatenation, never a constant. */
  readonly spills: ReadonlyMap<TensorId, SpillDecision>;
  /** Those that may be used; only those that are get into the plan. */
  readonly stores: readonly StoreDecision[];
  /** false: inputs are resident: all rows are taken by one step at the start. true: row by row. */
  readonly streamInputs: boolean;
  /** false: outputs are resident until the end and given by one step there. true: row by row. */
  readonly streamOutputs: boolean;
  /**
   * Root tensors of which each row has a place of its own in the arena, for just as long as it is needed; 'all':
   * every tensor that can. Those can that hold several rows, are moved in blocks of one row, and are neither resident
   * inputs or outputs nor read as a tensor with other rows. What can not keeps its ring. Default: none.
   */
  readonly rowPlaced?: ReadonlySet<TensorId> | 'all';
  /** Key of the kernel variant by operator; default: the first of `planning/variants.ts` for its kind. */
  readonly variants?: ReadonlyMap<OperatorId, number>;
}

/** A buffer of a draft: rows of one root tensor in one place. */
export interface DraftBuffer {
  /** Root tensor whose rows it holds. */
  readonly tensor: TensorId;
  readonly role: 'home' | 'fetch' | 'constant';
  /** Tensors whose bytes these are too (views), each with a buffer record of its own at the same offset. */
  readonly views: readonly TensorId[];
  readonly ringRows: number;
  readonly rowStride: number;
  readonly sizeBytes: number;
  /** Index into `Draft.items`, or -1 for a constant and for a buffer with `rowItems`. */
  readonly item: number;
  /**
   * Each row has a place of its own: the index into `Draft.items` of each row of the tensor,
   * or -1 for a row that is never written or read here. Then ringRows is the number
   * of rows, rowStride the bytes of a row, and sizeBytes their product, which the arena need not hold at once.
   * The offsets of these items are multiples of 16.
   */
  readonly rowItems?: readonly number[];
}

/** Bytes [bottom, top) from the start of an item during ticks [start, end). */
export interface LiveSpan {
  readonly start: number;
  readonly end: number;
  readonly bottom: number;
  readonly top: number;
}

/**
 * Something the arena must hold during ticks [start, end). Items whose intervals overlap must not
 * overlap in bytes, unless those are dead (`spans`). `alignment` is a power of two that the offset must be a multiple of.
 */
export interface ArenaItem {
  readonly kind: 'buffer' | 'scratch' | 'state';
  readonly sizeBytes: number;
  readonly alignment: number;
  readonly start: number;
  readonly end: number;
  /** Tensor of a buffer; undefined for scratch and state. */
  readonly tensor?: TensorId;
  /**
   * Which of its bytes are live when, in a draft that places rows of other tensors one by one: other items may lie
   * over those that are not. Default: all bytes during [start, end).
   */
  readonly spans?: readonly LiveSpan[];
  /** The row of the tensor, where rows are placed one by one (`DraftBuffer.rowItems`). */
  readonly row?: number;
  /**
   * Of a scratch or state: items with `spans` that hold what its operators read or write. It may not lie over them at
   * any time, because kernels keep row offsets there and loaders don't know which rows are dead.
   */
  readonly apart?: readonly number[];
  /** Operators that use a scratch (all of one stage share it) or a state. */
  readonly operators: readonly OperatorId[];
}

/** What one operand is made of: one segment, or several for a dissolved concatenation. */
export interface DraftOperand {
  readonly tensor: TensorId;
  readonly segments: readonly {
    /** Index into `Draft.buffers`. */
    readonly buffer: number;
    /** The tensor as which the bytes are read: the buffer's own, or one of its views. */
    readonly tensor: TensorId;
    readonly channelBegin: number;
    readonly channelCount: number;
  }[];
}

export interface DraftOperator {
  readonly id: OperatorId;
  readonly variant: number;
  readonly callCount: number;
  readonly rowsPerCall: number;
  readonly inputs: readonly DraftOperand[];
  readonly outputs: readonly DraftOperand[];
  /** Index into `Draft.items`, or -1 when it needs none. */
  readonly scratchItem: number;
  readonly scratchBytes: number;
  readonly stateItem: number;
  readonly stateBytes: number;
}

export interface DraftStream {
  readonly store: number;
  readonly tensor: TensorId;
  readonly rowsPerBlock: number;
  readonly blockCount: number;
  readonly codecs: number;
  /** The stream carries only rows r with r mod period < carried. Default: 1 and 1, all rows. */
  readonly period?: number;
  readonly carried?: number;
}

export interface DraftTransfer {
  readonly stream: number;
  readonly direction: 'spill' | 'fetch';
  readonly buffer: number;
  readonly inFlight: number;
}

export interface DraftPort {
  readonly direction: 'input' | 'output';
  readonly buffer: number;
  /** The tensor as which the rows are moved: the buffer's own, or one of its views. */
  readonly tensor: TensorId;
  readonly rowsPerStep: number;
  readonly index: number;
}

/**
 * Two buffers that may share bytes although both live: at `growingOffset` bytes from the start of the dying one
 * (a multiple of the alignment, perhaps negative) or lower, each row of the growing one is written only over
 * rows that nobody needs any more.
 */
export interface InPlacePair {
  /** Indices into `Draft.items`. */
  readonly dying: number;
  readonly growing: number;
  readonly growingOffset: number;
}

/**
 * A schedule without addresses. `steps` is the flat program, one word a tick (`opcode | argument << 8`,
 * without LOOP, END_LOOP and END); arguments index `operators`, `transfers` and `ports`.
 */
export interface Draft {
  readonly steps: Uint32Array;
  readonly buffers: readonly DraftBuffer[];
  readonly items: readonly ArenaItem[];
  readonly operators: readonly DraftOperator[];
  readonly streams: readonly DraftStream[];
  readonly transfers: readonly DraftTransfer[];
  readonly ports: readonly DraftPort[];
  readonly inPlace: readonly InPlacePair[];
  /** First tick of each stage, and the tick total at the end. */
  readonly stageTicks: readonly number[];
}
