// SPDX-License-Identifier: Apache-2.0
/**
 * How much RAM a plan needs at least, as far as its decisions show without a schedule: the bytes held at its peak, the
 * executor, and the stores that it uses.
 */
import { rowCount, rowSizeBytes } from '../../analysis/tensor-size.js';
import { tensorOf, type TensorId } from '../../ir/index.js';
import type { SpillDecision } from '../decisions.js';
import type { PlanSetting } from '../layer-planner.js';
import {
  ramParts,
  RECORD_BYTES,
  STREAM_BYTES,
  TRANSFER_CONTEXT_BYTES,
  type RamShape,
  type StoreShape,
} from '../ram.js';
import { CarriedRows } from '../schedule/carried-rows.js';
import { codecsOf } from '../schedule/index.js';
import { scheduleProblem } from '../schedule/problem.js';
import type { Moved, StageCost } from './partition-search.js';
import { carriedCount, isAllRows } from './share.js';
import type { Pace } from './stage-graph.js';

/** What all plans of a graph have in common. */
export type ExecutorShape = Pick<RamShape, 'operators' | 'operandsMax' | 'ports'>;

export function executorShape({ graph, structure, ...setting }: PlanSetting): ExecutorShape {
  const { streamInputs, streamOutputs, variants } = setting;
  const { jobs, ports } = scheduleProblem(graph, {
    stages: structure.running.map((id) => [id]),
    dissolved: structure.dissolved,
    views: structure.views,
    ...{ spills: new Map(), stores: [], streamInputs, streamOutputs },
    ...(variants === undefined ? {} : { variants }),
  });
  return {
    operators: jobs.length,
    operandsMax: jobs.reduce(
      (most, { inputs, outputs }) => Math.max(most, inputs.length + outputs.length),
      0,
    ),
    ports: ports.length,
  };
}

/** No plan with these spills needs less, if its arena has at least `arenaBytes`. */
export function leastRamBytes(
  { graph, stores, pointerBytes }: PlanSetting,
  executor: ExecutorShape,
  spills: ReadonlyMap<TensorId, SpillDecision>,
  arenaBytes: number,
): number {
  const all = [...spills].map(([id, spill]) => {
    const { rowsPerBlock, rows = ONE_OF_ONE, fetches, store, codecs = codecsOf(stores[store]) } = spill;
    const tensor = tensorOf(graph, id);
    const count = rowCount(tensor);
    const { blockCount } = new CarriedRows(count, Math.min(rowsPerBlock, count), rows.period, rows.carried);
    const blockBytes = Math.min(rowsPerBlock, count) * rowSizeBytes(tensor);
    return { store, blockCount, blockBytes, transfers: 1 + fetches.length, tally: (codecs & 2) !== 0 };
  });
  const shapes = stores.flatMap(({ kind, slotCount, unitBytes = 1 }, index): StoreShape[] => {
    const own = all.filter(({ store }) => store === index);
    if (own.length === 0) return [];
    const sum = (key: 'blockCount' | 'transfers'): number => own.reduce((total, one) => total + one[key], 0);
    return [
      {
        ...{ kind, slotCount, unitBytes, streams: own.length, blocks: sum('blockCount') },
        blockBytesMax: Math.max(...own.map(({ blockBytes }) => blockBytes)),
        // One block at least is under way at a time.
        records: sum('transfers'),
        tally: own.some(({ tally }) => tally),
      },
    ];
  });
  const transfers = all.reduce((sum, one) => sum + one.transfers, 0);
  return ramParts(arenaBytes, { ...executor, transfers, stores: shapes }, pointerBytes).totalBytes;
}

const ONE_OF_ONE = { period: 1, carried: 1 };

/** An entry of the index takes two bytes or four. */
const INDEX_ENTRY_BYTES = 2;
const TRANSFER_BYTES = RECORD_BYTES + TRANSFER_CONTEXT_BYTES;

/** What one tensor that is written and read once adds, in blocks of any size. */
export const ONE_SPILL_BYTES = STREAM_BYTES + INDEX_ENTRY_BYTES + 2 * TRANSFER_BYTES;

/** Bytes of RAM that streams and transfers take beside the arena, as a cost of stages; no plan has less. */
export function streamBytesOf(pace: Pace): StageCost {
  const blocks = ({ tensor: { id, rows }, share }: Moved): number =>
    Math.ceil(carriedCount(share, rows) / (isAllRows(share) ? pace.rowsPerBlock(id) : 1));
  return ({ written, read }) =>
    written.reduce((sum, one) => sum + STREAM_BYTES + INDEX_ENTRY_BYTES * blocks(one) + TRANSFER_BYTES, 0) +
    TRANSFER_BYTES * read.length;
}

/** What is beside any arena: `executor` in each plan, `stores` in plans that spill. */
export function besideBytes(
  { stores, pointerBytes }: PlanSetting,
  executor: ExecutorShape,
): { readonly executor: number; readonly stores: number } {
  const total = (shapes: readonly StoreShape[]): number =>
    ramParts(0, { ...executor, transfers: 0, stores: shapes }, pointerBytes).totalBytes;
  const none = total([]);
  const some = stores.map((store) => {
    const { kind, unitBytes = 1 } = store;
    const tally = (codecsOf(store) & 2) !== 0;
    const counts = { streams: 0, blocks: 0, records: 0, blockBytesMax: 0 };
    return total([{ kind, slotCount: 1, unitBytes, ...counts, tally }]);
  });
  return { executor: none, stores: Math.min(...some, Infinity) - none };
}
