// SPDX-License-Identifier: Apache-2.0
/** How much of a store the streams of a plan take, with headers and the device's units. */
import { alignUp } from '../analysis/first-fit.js';
import { rowCount, rowSizeBytes } from '../analysis/tensor-size.js';
import { compilerError } from '../error-codes.js';
import { tensorOf, type Graph, type TensorId } from '../ir/index.js';
import type { Decisions, SpillDecision, StoreDecision } from './decisions.js';
import { CarriedRows } from './schedule/carried-rows.js';

/** Header of a block and the byte by which a codec may expand it (docs/specs/store-format.md). */
export const BLOCK_OVERHEAD_BYTES = 9;

/** Bytes that the stream of a spilled tensor takes on a store. */
export function streamCapacityBytes(
  graph: Graph,
  id: TensorId,
  { rowsPerBlock, rows = { period: 1, carried: 1 } }: SpillDecision,
  { unitBytes = 1, eraseBytes = 1 }: StoreDecision,
): number {
  const tensor = tensorOf(graph, id);
  const count = rowCount(tensor);
  const { blockCount } = new CarriedRows(count, rowsPerBlock, rows.period, rows.carried);
  const block = Math.min(rowsPerBlock, count) * rowSizeBytes(tensor) + BLOCK_OVERHEAD_BYTES;
  return alignUp(blockCount * alignUp(block, unitBytes), eraseBytes);
}

/** The last check of a plan that is about to be written. @throws TinysegError STORE_TOO_SMALL */
export function checkStoreCapacity(graph: Graph, { spills, stores }: Decisions): void {
  stores.forEach((store, index) => {
    const neededBytes = [...spills]
      .filter(([, spill]) => spill.store === index)
      .reduce((sum, [id, spill]) => sum + streamCapacityBytes(graph, id, spill, store), 0);
    if (neededBytes > (store.capacityBytes ?? Infinity)) throw storeTooSmall([store], neededBytes);
  });
}

/** @param neededBytes what the plan that spills the least takes, on the first of the stores */
export function storeTooSmall(stores: readonly StoreDecision[], neededBytes: number): Error {
  const held = stores.map(({ name = 'the store', capacityBytes = Infinity }) => ({ name, capacityBytes }));
  const which = held
    .map(({ name, capacityBytes }) => `"${name}" holds ${String(capacityBytes)} B`)
    .join(', ');
  return compilerError(
    'STORE_TOO_SMALL',
    `The plan that spills the least takes ${String(neededBytes)} B on "${held[0]?.name ?? ''}", but ${which}` +
      `${held.length > 1 ? ', and no division among them has room' : ''}. ` +
      'Choose another store, or several (--store), or allow more RAM (--ram).',
    { neededBytes, capacityBytes: held[0]?.capacityBytes, store: held[0]?.name, stores: held },
  );
}
