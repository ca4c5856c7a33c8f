// SPDX-License-Identifier: Apache-2.0
/** Memory maps as data: which bytes of the arena are whose, and when. The pictures are made from these. */
import { firstFit } from '../../analysis/first-fit.js';
import { liveRanges } from '../../analysis/live-ranges.js';
import { rowCount, rowSizeBytes, tensorSizeBytes } from '../../analysis/tensor-size.js';
import { tflmArena } from '../../analysis/tflm-arena.js';
import { tensorOf, type Graph, type TensorId } from '../../ir/index.js';
import type { ArenaItem, Decisions, Draft, DraftBuffer } from '../../planning/decisions.js';
import { liveSpans } from '../../planning/live-spans.js';
import type { Placement } from '../../planning/placement/index.js';
import { residentPortTensors } from './port-report.js';

/** Bytes `[offset, offset + size)` during `[start, end)` of the map's columns. */
export interface MapPart {
  /** Columns; fractions are positions within a column. */
  readonly start: number;
  readonly end: number;
  readonly offset: number;
  readonly sizeBytes: number;
}

/** A rectangle that something holds. */
export interface MapBlock extends MapPart {
  /** port: an input or output that is held whole. shared: where one tensor grows into another. */
  readonly kind: 'tensor' | 'spilled' | 'port' | 'staging' | 'scratch' | 'state' | 'shared';
  readonly label: string;
  /** What of the rectangle is held, where rows have places of their own; default: all of it. */
  readonly parts?: readonly MapPart[];
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
  const ports = new Set([...graph.inputs, ...graph.outputs]);
  return {
    title,
    columns: graph.operators.map(({ kind }) => kind),
    blocks: liveRanges(graph)
      .filter(({ tensor, sizeBytes }) => sizeBytes > 0 && arena.offsets.has(tensor))
      .map(({ tensor, sizeBytes, live }) => ({
        kind: ports.has(tensor) ? 'port' : spilled.has(tensor) ? 'spilled' : 'tensor',
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
  const ports = residentPortTensors(decisions, draft);
  const partsOf = (index: number): MapPart[] =>
    liveSpans(draft.items[index] as ArenaItem).map(({ start, end, bottom, top }) => {
      const offset = (placement.offsets[index] ?? 0) + bottom;
      return { start: column(start), end: column(end), offset, sizeBytes: top - bottom };
    });
  const blocks = itemGroups(draft, decisions).flatMap(({ indices, fetched, spilled }): MapBlock[] => {
    const [index = 0] = indices;
    const { tensor, kind, sizeBytes } = draft.items[index] as ArenaItem;
    const parts = indices.flatMap(partsOf);
    if (parts.length === 0) return [];
    const roomBytes = indices.length === 1 ? sizeBytes : 0;
    const block = {
      kind: kindOf(kind, spilled, tensor !== undefined && ports.has(tensor), fetched),
      label: tensor === undefined ? kind : labelOf(graph, tensor, roomBytes),
      ...boundsOf(parts),
    };
    return [parts.length === 1 ? block : { ...block, parts }];
  });
  const shared = draft.inPlace.flatMap((pair): MapBlock[] => {
    const [dying, growing] = [pair.dying, pair.growing].map((index) => boundsOf(partsOf(index)));
    const part = dying && growing && intersection(dying, growing);
    const names = [pair.dying, pair.growing].map((index) => `t${String(draft.items[index]?.tensor)}`);
    return part === undefined ? [] : [{ kind: 'shared', label: names.join(', then '), ...part }];
  });
  return {
    title,
    columns: decisions.stages.map((stage) => stageName(graph, stage)),
    blocks: [...blocks, ...shared].filter(({ sizeBytes, start, end }) => sizeBytes > 0 && end > start),
    heightBytes: placement.heightBytes,
  };
}

/** Items that are drawn as one shape. */
interface ItemGroup {
  readonly indices: readonly number[];
  /** They hold what was fetched back. */
  readonly fetched: boolean;
  readonly spilled: boolean;
}

/** Of a buffer whose rows are placed one by one those that are spilled, and those that are not; all others alone. */
function itemGroups(draft: Draft, decisions: Decisions): ItemGroup[] {
  const inRows = new Set<number>();
  // A buffer that mixes fetched rows with those that stayed where they were made comes after the latter.
  const homesFirst = [...draft.buffers].sort(
    (a, b) => Number(a.role === 'fetch') - Number(b.role === 'fetch'),
  );
  const groups = homesFirst.flatMap(({ tensor, role, rowItems = [] }): ItemGroup[] => {
    const spill = decisions.spills.get(tensor);
    const { period, carried } = spill?.rows ?? { period: 1, carried: 1 };
    const own = rowItems.map((index, row) => ({
      index,
      spilled: spill !== undefined && row % period < carried,
    }));
    const fresh = own.filter(({ index }) => index >= 0 && !inRows.has(index));
    for (const { index } of fresh) inRows.add(index);
    return [true, false].flatMap((spilled) => {
      const indices = fresh.filter((one) => one.spilled === spilled).map(({ index }) => index);
      return indices.length === 0 ? [] : [{ indices, spilled, fetched: role === 'fetch' }];
    });
  });
  const fetchItems = new Set(draft.buffers.filter(({ role }) => role === 'fetch').map(({ item }) => item));
  const alone = draft.items.flatMap(({ tensor }, index): ItemGroup[] => {
    if (inRows.has(index)) return [];
    const spilled = tensor !== undefined && decisions.spills.has(tensor);
    return [{ indices: [index], spilled, fetched: fetchItems.has(index) }];
  });
  return [...alone, ...groups];
}

function boundsOf(parts: readonly MapPart[]): MapPart {
  const offset = Math.min(...parts.map((part) => part.offset));
  return {
    start: Math.min(...parts.map(({ start }) => start)),
    end: Math.max(...parts.map(({ end }) => end)),
    offset,
    sizeBytes: Math.max(...parts.map((part) => part.offset + part.sizeBytes)) - offset,
  };
}

function intersection(a: MapPart, b: MapPart): MapPart | undefined {
  const [start, end] = [Math.max(a.start, b.start), Math.min(a.end, b.end)];
  const offset = Math.max(a.offset, b.offset);
  const sizeBytes = Math.min(a.offset + a.sizeBytes, b.offset + b.sizeBytes) - offset;
  return start < end && sizeBytes > 0 ? { start, end, offset, sizeBytes } : undefined;
}

/** "t12 80x120x8", with " rows" when there is no room for all of it in one place. */
function labelOf(graph: Graph, tensor: TensorId, roomBytes: number): string {
  const whole = roomBytes >= tensorSizeBytes(tensorOf(graph, tensor));
  return `${shortLabel(graph, tensor)}${whole ? '' : ' rows'}`;
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

function kindOf(
  kind: ArenaItem['kind'],
  spilled: boolean,
  isPort: boolean,
  fetched: boolean,
): MapBlock['kind'] {
  if (kind !== 'buffer') return kind;
  if (fetched) return 'staging';
  if (isPort) return 'port';
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
  return stage.length === 1 ? (op?.kind ?? '') : `${String(stage.length)} operators`;
}

/** "t12 80x120x8": short enough for a picture, precise enough to look up. */
export function shortLabel(graph: Graph, id: TensorId): string {
  const { shape } = tensorOf(graph, id);
  const trimmed = shape.length === 4 && shape[0] === 1 ? shape.slice(1) : shape;
  return `t${String(id)} ${trimmed.join('x')}`;
}
