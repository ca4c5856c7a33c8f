// SPDX-License-Identifier: Apache-2.0
/** Memory maps as data: which bytes of the arena are whose, and when. The pictures are made from these. */
import { firstFit } from '../../analysis/first-fit.js';
import { liveRanges } from '../../analysis/live-ranges.js';
import { rowCount, rowSizeBytes, tensorSizeBytes } from '../../analysis/tensor-size.js';
import { tflmArena } from '../../analysis/tflm-arena.js';
import { tensorOf, type Graph, type TensorId } from '../../ir/index.js';
import type { ArenaItem, Decisions, Draft, DraftBuffer } from '../../planning/decisions.js';
import type { Placement } from '../../planning/placement/index.js';
import { joinRows, rowsLabel, type RowBlock } from './memory-map-rows.js';

/** A rectangle: bytes `[offset, offset + size)` during `[start, end)` of the map's columns. */
export interface MapBlock {
  readonly kind: 'tensor' | 'spilled' | 'staging' | 'scratch' | 'state';
  readonly label: string;
  /** Columns; fractions are positions within a column. */
  readonly start: number;
  readonly end: number;
  readonly offset: number;
  readonly sizeBytes: number;
}

export interface MemoryMap {
  readonly title: string;
  /** One name for each column: an operator, or a stage. */
  readonly columns: readonly string[];
  readonly blocks: readonly MapBlock[];
  readonly heightBytes: number;
}

/**
 * The arena that TFLM's own planner gives the graph: whole tensors, one operator a column.
 *
 * @param spilled tensors to mark, since the plan beside it spills them
 */
export function tflmMemoryMap(
  graph: Graph,
  title: string,
  spilled: { has(tensor: TensorId): boolean } = new Set(),
): MemoryMap {
  const arena = tflmArena(graph);
  return {
    title,
    columns: graph.operators.map(({ kind }) => kind),
    blocks: liveRanges(graph)
      .filter(({ tensor, sizeBytes }) => sizeBytes > 0 && arena.offsets.has(tensor))
      .map(({ tensor, sizeBytes, live }) => ({
        kind: spilled.has(tensor) ? 'spilled' : 'tensor',
        label: shortLabel(graph, tensor),
        start: live.start,
        end: live.end,
        offset: arena.offsets.get(tensor) ?? 0,
        sizeBytes,
      })),
    heightBytes: arena.headBytes,
  };
}

/** The arena of a plan; a stage a column, ticks spread evenly within it. */
export function planMemoryMap(
  graph: Graph,
  decisions: Decisions,
  draft: Draft,
  placement: Placement,
  title: string,
): MemoryMap {
  const column = columnOf(draft.stageTicks);
  const fetchItems = new Set(draft.buffers.filter(({ role }) => role === 'fetch').map(({ item }) => item));
  const blockOf = (index: number, kind: MapBlock['kind'], label: string): MapBlock | undefined => {
    const item = draft.items[index];
    if (item === undefined) return undefined;
    const [start, end] = [column(item.start), column(item.end)];
    const { sizeBytes } = item;
    if (sizeBytes <= 0 || end <= start) return undefined;
    return { kind, label, start, end, offset: placement.offsets[index] ?? 0, sizeBytes };
  };
  const placed = placedRows(graph, decisions, draft, blockOf);
  const inRows = new Set(draft.buffers.flatMap(({ rowItems }) => rowItems ?? []));
  const whole = draft.items.flatMap((item, index) => {
    if (inRows.has(index)) return [];
    const { tensor } = item;
    const spilled = tensor !== undefined && decisions.spills.has(tensor);
    const resident = tensor !== undefined && item.sizeBytes >= tensorSizeBytes(tensorOf(graph, tensor));
    const rows = resident ? '' : ' rows';
    const label = tensor === undefined ? item.kind : `${shortLabel(graph, tensor)}${rows}`;
    return blockOf(index, kindOf(item.kind, spilled, fetchItems.has(index)), label) ?? [];
  });
  const all = [...whole, ...placed.flatMap((rows) => rows.map(({ block }) => block))];
  const columns = decisions.stages.map((stage) => stageName(graph, stage));
  // Rows come last: they may lie over rows of a ring that are dead.
  const joined = placed.flatMap((rows) => joinRows(rows, all, columns.length));
  const rowBlocks = joined.map((row) => ({ ...row.block, label: `${row.block.label} ${rowsLabel(row)}` }));
  return { title, columns, blocks: [...whole, ...rowBlocks], heightBytes: placement.heightBytes };
}

/** For each buffer whose rows have places: a block for each row that no buffer before it has drawn. */
function placedRows(
  graph: Graph,
  decisions: Decisions,
  draft: Draft,
  blockOf: (item: number, kind: MapBlock['kind'], label: string) => MapBlock | undefined,
): readonly (readonly RowBlock[])[] {
  const drawn = new Set<number>();
  const homesFirst = [...draft.buffers].sort(
    (a, b) => Number(a.role === 'fetch') - Number(b.role === 'fetch'),
  );
  return homesFirst.flatMap((buffer: DraftBuffer) => {
    const { tensor, role, rowItems } = buffer;
    if (rowItems === undefined) return [];
    const spill = decisions.spills.get(tensor);
    const { period, carried } = spill?.rows ?? { period: 1, carried: 1 };
    const rows = rowItems.flatMap((item, row): RowBlock[] => {
      if (item < 0 || drawn.has(item)) return [];
      drawn.add(item);
      const spilled = spill !== undefined && row % period < carried;
      const block = blockOf(item, kindOf('buffer', spilled, role === 'fetch'), shortLabel(graph, tensor));
      return block === undefined ? [] : [{ block, firstRow: row, lastRow: row }];
    });
    return [rows];
  });
}

/** Rows of a lane that shows what lies in the store, from its first block to its last fetch; lanes do not overlap. */
export function storeLanes(
  map: MemoryMap,
  graph: Graph,
  decisions: Decisions,
  draft: Draft,
): readonly MapBlock[] {
  const column = columnOf(draft.stageTicks);
  const spans = [...decisions.spills.keys()].flatMap((tensor) => {
    const itemsOf = (role: DraftBuffer['role']): readonly ArenaItem[] =>
      draft.buffers
        .filter((buffer) => buffer.tensor === tensor && buffer.role === role)
        .flatMap(({ item, rowItems }) => rowItems ?? [item])
        .flatMap((item) => draft.items[item] ?? []);
    const first = itemsOf('home').reduce((least, { start }) => Math.min(least, start), Infinity);
    const start = Number.isFinite(first) ? first : 0;
    const end = itemsOf('fetch').reduce((most, item) => Math.max(most, item.end), start);
    return end > start ? [{ tensor, start: column(start), end: column(end) }] : [];
  });
  const lanes = firstFit(spans.map(({ start, end }, id) => ({ id, lower: start, upper: end, size: 1 })));
  return spans.map(({ tensor, start, end }, i) => ({
    kind: 'spilled',
    label: shortLabel(graph, tensor),
    start,
    end: Math.min(end, map.columns.length),
    offset: lanes[i] ?? 0,
    sizeBytes: spilledBytesOf(graph, tensor, decisions.spills.get(tensor)?.rows),
  }));
}

function kindOf(kind: 'buffer' | 'scratch' | 'state', spilled: boolean, fetched: boolean): MapBlock['kind'] {
  if (kind !== 'buffer') return kind;
  if (fetched) return 'staging';
  return spilled ? 'spilled' : 'tensor';
}

/** Bytes of the rows of a tensor that a spill carries; default: all. */
export function spilledBytesOf(
  graph: Graph,
  tensor: TensorId,
  { period, carried }: { readonly period: number; readonly carried: number } = { period: 1, carried: 1 },
): number {
  const info = tensorOf(graph, tensor);
  const rows = rowCount(info);
  return (Math.floor(rows / period) * carried + Math.min(rows % period, carried)) * rowSizeBytes(info);
}

/** From ticks to columns: stage i fills `[i, i + 1)`. */
function columnOf(stageTicks: readonly number[]): (tick: number) => number {
  const last = stageTicks.length - 1;
  return (tick) => {
    let stage = 0;
    while (stage + 1 < last && (stageTicks[stage + 1] ?? Infinity) <= tick) stage++;
    const begin = stage === 0 ? 0 : (stageTicks[stage] ?? 0);
    const end = stageTicks[stage + 1] ?? begin + 1;
    return stage + Math.min(1, (tick - begin) / Math.max(1, end - begin));
  };
}

function stageName(graph: Graph, stage: readonly number[]): string {
  const [first] = stage;
  const op = graph.operators.find(({ id }) => id === first);
  return stage.length === 1 ? (op?.kind ?? '') : `${String(stage.length)} operators, row by row`;
}

/** "t12 80x120x8": short enough for a picture, precise enough to look up. */
export function shortLabel(graph: Graph, id: TensorId): string {
  const { shape } = tensorOf(graph, id);
  const trimmed = shape.length === 4 && shape[0] === 1 ? shape.slice(1) : shape;
  return `t${String(id)} ${trimmed.join('x')}`;
}
