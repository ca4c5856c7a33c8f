// SPDX-License-Identifier: Apache-2.0
/**
 * The RAM that a plan needs beside its arena, part by part: what `--ram` bounds.
 *
 * The sizes mirror the C runtime: `tseg_exec_context_size` (src/exec/exec.c), compared with the C function on
 * the host and with sizes that a 32-bit compiler gives (tools/conformance), and `tseg_store_memory_size`
 * (src/store/layout.c), by contracts/stores/memory-size.txt. The stack is a bound of another kind: STACK_BYTES.
 */
import { alignUp } from '../analysis/first-fit.js';
import { rowCount, rowSizeBytes } from '../analysis/tensor-size.js';
import { tensorOf, type Graph } from '../ir/index.js';
import { StoreKind } from '../plan-format/index.js';
import type { Decisions, Draft } from './decisions.js';

export type PointerBytes = 4 | 8;

/** Bytes of each part; `totalBytes` is the plan's `ramBytes`. */
export interface RamParts {
  readonly arenaBytes: number;
  /** The executor's context. */
  readonly contextBytes: number;
  /** Engines of all stores, with their transfer slots. */
  readonly storeBytes: number;
  /** Block devices under the engines. */
  readonly deviceBytes: number;
  /** Link client; 0 without a remote store. */
  readonly linkBytes: number;
  readonly stackBytes: number;
  readonly totalBytes: number;
}

/** What the sizes depend on; both a draft and a finished plan have it. */
export interface RamShape {
  readonly operators: number;
  /** Most inputs and outputs of one operator. */
  readonly operandsMax: number;
  readonly transfers: number;
  readonly ports: number;
  readonly stores: readonly StoreShape[];
}

export interface StoreShape {
  readonly kind: number;
  readonly slotCount: number;
  readonly unitBytes: number;
  readonly blockBytesMax: number;
  readonly streams: number;
  readonly blocks: number;
  /** Blocks that may be between START and WAIT, over all transfers of the store. */
  readonly records: number;
  /** Whether a stream allows the codec that counts bytes (codec 1). */
  readonly tally: boolean;
}

/**
 * Bound on the stack of a run. With pointers of 8 bytes: measured; the host program reports 3.4 to 3.6 KB
 * (`stackHighWaterBytes`), its file callbacks included. With 4: assumed, no board has been measured. Built by
 * `gcc -m32 -Os`, the runtime's largest frame has 600 B (checking a plan's counts) and those of a step under
 * 200 B each; what the application's callbacks take is not in it.
 */
export const STACK_BYTES: Readonly<Record<PointerBytes, number>> = { 4: 2048, 8: 4096 };

/** sizeof(tseg_link_client) is at most this with the default options (TSEG_LINK_CLIENT_BYTES_MAX is 944). */
const LINK_CLIENT_BYTES = 1024;

/** sizeof(tseg_block_device) with the state of its driver is at most this. */
const DEVICE_BYTES = 128;

export function ramParts(arenaBytes: number, shape: RamShape, pointerBytes: PointerBytes): RamParts {
  const contextBytes = execContextBytes(shape, pointerBytes);
  const storeBytes = shape.stores.reduce((sum, store) => sum + storeMemoryBytes(store), 0);
  const remotes = shape.stores.filter(({ kind }) => kind === StoreKind.remote).length;
  const deviceBytes = shape.stores.length * DEVICE_BYTES;
  const linkBytes = remotes * LINK_CLIENT_BYTES;
  const stackBytes = STACK_BYTES[pointerBytes];
  const totalBytes = arenaBytes + contextBytes + storeBytes + deviceBytes + linkBytes + stackBytes;
  return { arenaBytes, contextBytes, storeBytes, deviceBytes, linkBytes, stackBytes, totalBytes };
}

/** What each transfer adds to the executor's context. */
export const TRANSFER_CONTEXT_BYTES = 8;

/** Twin of tseg_exec_context_size, for targets with pointers of 4 or 8 bytes. */
export function execContextBytes(shape: RamShape, pointerBytes: PointerBytes): number {
  const segment = alignUp(2 * pointerBytes + 16, pointerBytes);
  const operand = alignUp(pointerBytes + 4, pointerBytes) + 8 * segment;
  // plan, arena, what the application gives (5); 2 counters; 3 loops of 8 bytes; 3 words; the store waited for; 7 arrays.
  const executor = alignUp(7 * pointerBytes + 8 + 24 + 12, pointerBytes) + 8 * pointerBytes;
  return [
    executor,
    shape.operandsMax * operand,
    shape.operandsMax * pointerBytes,
    shape.operators * pointerBytes,
    shape.stores.length * pointerBytes,
    shape.transfers * TRANSFER_CONTEXT_BYTES,
    shape.operators * 4,
    shape.ports * 4,
  ].reduce((sum, bytes) => sum + alignUp(bytes, 16), 0);
}

const ENGINE_BYTES = 192;
/** What each stream and each block under way add to the memory of a store. */
export const STREAM_BYTES = 32;
export const RECORD_BYTES = 40;

const TALLY_BYTES = 512;
const BLOCK_HEADER_BYTES = 8;
const CODEC_OVERHEAD_BYTES = 1;

/** Twin of tseg_store_memory_size. */
export function storeMemoryBytes(store: StoreShape): number {
  const largest = BLOCK_HEADER_BYTES + CODEC_OVERHEAD_BYTES + store.blockBytesMax;
  const slot = alignUp(alignUp(largest, store.unitBytes), 16);
  const indexEntry = largest > 0xffff ? 4 : 2;
  return (
    ENGINE_BYTES +
    alignUp(store.streams * STREAM_BYTES, 16) +
    alignUp(store.records * RECORD_BYTES, 16) +
    (store.tally ? TALLY_BYTES : 0) +
    alignUp(store.blocks * indexEntry, 16) +
    slot * store.slotCount
  );
}

/** The shape of a draft. */
export function ramShapeOf(graph: Graph, decisions: Decisions, draft: Draft): RamShape {
  const stores = decisions.stores.map(({ kind, slotCount, unitBytes = 1 }, index) => {
    const streams = draft.streams.filter(({ store }) => store === index);
    const blockBytes = streams.map(({ tensor: id, rowsPerBlock }) => {
      const tensor = tensorOf(graph, id);
      return Math.min(rowsPerBlock, rowCount(tensor)) * rowSizeBytes(tensor);
    });
    const transfers = draft.transfers.filter(({ stream }) => draft.streams[stream]?.store === index);
    return {
      kind,
      slotCount,
      unitBytes,
      blockBytesMax: Math.max(0, ...blockBytes),
      streams: streams.length,
      blocks: streams.reduce((sum, { blockCount }) => sum + blockCount, 0),
      records: transfers.reduce(
        (sum, { inFlight, stream }) => sum + Math.min(inFlight, draft.streams[stream]?.blockCount ?? 0),
        0,
      ),
      tally: streams.some(({ codecs }) => (codecs & 2) !== 0),
    };
  });
  return {
    operators: draft.operators.length,
    operandsMax: Math.max(0, ...draft.operators.map(({ inputs, outputs }) => inputs.length + outputs.length)),
    transfers: draft.transfers.length,
    ports: draft.ports.length,
    stores: stores.filter(({ streams }) => streams > 0),
  };
}
