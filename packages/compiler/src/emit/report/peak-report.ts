// SPDX-License-Identifier: Apache-2.0
/** The account of the peak: whose each byte of the arena is at the fullest tick, down to rows, and what lies free. */
import { tensorOf, type Graph, type OperatorId, type TensorId } from '../../ir/index.js';
import { Opcode } from '../../plan-format/index.js';
import { rowCount, rowSizeBytes } from '../../analysis/tensor-size.js';
import type { ArenaItem, Draft } from '../../planning/decisions.js';
import { liveSpans } from '../../planning/live-spans.js';
import { peakOf, rowsText, type PeakHolder } from '../../planning/peak.js';
import type { Placement } from '../../planning/placement/index.js';
import { formatCount, textTable } from './text-table.js';

export interface PeakReport {
  readonly tick: number;
  /** What the program does at that tick: "conv2d (operator 12), call 3 of 40". */
  readonly step: string;
  /** Bytes held, each counted once: the sum of the holders' bytes. With `freeBytes` it is the arena. */
  readonly bytes: number;
  readonly freeBytes: number;
  readonly holders: readonly HolderReport[];
  /** Where the free bytes are; holders that begin or end later need the room, or placement lost it. */
  readonly gaps: readonly GapReport[];
}

export interface HolderReport {
  readonly what: 'buffer' | 'scratch' | 'state';
  /** Its lowest byte in the arena. */
  readonly offset: number;
  /** Bytes that no larger holder covers. */
  readonly bytes: number;
  /** Bytes of a larger holder that it has grown into. */
  readonly sharedBytes: number;
  readonly tensor?: TensorId;
  readonly name?: string;
  readonly operators: readonly OperatorId[];
  /** Where rows are placed one by one, or over rows of others that are done with: those that stand there. */
  readonly rows?: PeakHolder['rows'];
  /** Where they are not: rows that there is room for, of how many the tensor has. */
  readonly ring?: { readonly rows: number; readonly of: number };
}

export interface GapReport {
  readonly offset: number;
  readonly bytes: number;
}

export function peakReport(graph: Graph, draft: Draft, placement: Placement): PeakReport {
  const { tick, bytes, holders } = peakOf(draft, placement.offsets);
  const gaps = gapsAt(draft, placement, tick);
  return {
    tick,
    step: stepText(graph, draft, tick),
    bytes,
    freeBytes: gaps.reduce((sum, gap) => sum + gap.bytes, 0),
    holders: holders.map(({ item, offset, bytes: own, sharedBytes, ...held }): HolderReport => {
      const { kind, tensor, operators } = item;
      const rows = held.rows ?? liveRows(graph, item, tick);
      const ring = rows === undefined ? ringOf(graph, draft, draft.items.indexOf(item)) : undefined;
      return {
        ...{ what: kind, offset, bytes: own, sharedBytes, operators },
        ...(rows === undefined ? {} : { rows }),
        ...(ring === undefined ? {} : { ring }),
        ...(tensor === undefined ? {} : { tensor, name: tensorOf(graph, tensor).name }),
      };
    }),
    gaps,
  };
}

/** Of a whole tensor whose dead rows others may lie over: those that live. */
function liveRows(graph: Graph, { tensor, spans }: ArenaItem, tick: number): PeakHolder['rows'] {
  if (spans === undefined || tensor === undefined) return undefined;
  const rowBytes = rowSizeBytes(tensorOf(graph, tensor));
  const live = spans.filter(({ start, end }) => start <= tick && tick < end);
  const bytes = live.reduce((sum, { bottom, top }) => sum + top - bottom, 0);
  return {
    first: Math.floor(Math.min(...live.map(({ bottom }) => bottom)) / rowBytes),
    last: Math.ceil(Math.max(...live.map(({ top }) => top)) / rowBytes) - 1,
    count: Math.round(bytes / rowBytes),
  };
}

function ringOf(graph: Graph, draft: Draft, item: number): HolderReport['ring'] {
  const buffer = draft.buffers.find((one) => one.item === item);
  if (buffer === undefined) return undefined;
  return { rows: buffer.ringRows, of: rowCount(tensorOf(graph, buffer.tensor)) };
}

/** Bytes of the arena that nothing holds at a tick. */
function gapsAt({ items }: Draft, { offsets, heightBytes }: Placement, tick: number): GapReport[] {
  const held = items
    .flatMap((item, index) =>
      liveSpans(item)
        .filter(({ start, end }) => start <= tick && tick < end)
        .map(({ bottom, top }) => ({
          low: (offsets[index] ?? 0) + bottom,
          high: (offsets[index] ?? 0) + top,
        })),
    )
    .sort((a, b) => a.low - b.low);
  const gaps: GapReport[] = [];
  let at = 0;
  for (const { low, high } of [...held, { low: heightBytes, high: heightBytes }]) {
    if (low > at) gaps.push({ offset: at, bytes: low - at });
    at = Math.max(at, high);
  }
  return gaps;
}

const STEP_NAMES: Readonly<Record<number, string>> = {
  [Opcode.spillStart]: 'starts to spill',
  [Opcode.spillWait]: 'waits for the spill of',
  [Opcode.fetchStart]: 'starts to fetch',
  [Opcode.fetchWait]: 'waits for the fetch of',
  [Opcode.input]: 'takes rows of',
  [Opcode.output]: 'gives rows of',
};

function stepText(graph: Graph, draft: Draft, tick: number): string {
  const word = draft.steps[tick];
  if (word === undefined) return 'end';
  const [opcode, argument] = [word & 0xff, word >>> 8];
  if (opcode === Opcode.run) {
    const { id, callCount } = draft.operators[argument] ?? { id: -1, callCount: 0 };
    const kind = graph.operators.find((op) => op.id === id)?.kind ?? 'operator';
    const call = draft.steps.slice(0, tick + 1).filter((one) => one === word).length;
    return `${kind} (operator ${String(id)}), call ${formatCount(call)} of ${formatCount(callCount)}`;
  }
  const isPort = opcode === Opcode.input || opcode === Opcode.output;
  const buffer = isPort ? draft.ports[argument]?.buffer : draft.transfers[argument]?.buffer;
  const tensor = draft.buffers[buffer ?? -1]?.tensor;
  return `${STEP_NAMES[opcode] ?? 'step of'} t${String(tensor)}`;
}

/** The peak as lines: one for each holder, one for what is free; their bytes add up to the arena. */
export function peakLines(peak: PeakReport, name: (long: string) => string): string[] {
  const rows = peak.holders.map((holder) => [
    holder.bytes,
    holder.offset,
    holderText(holder) +
      (holder.sharedBytes > 0 ? `; ${formatCount(holder.sharedBytes)} B more in those above` : ''),
    holder.name === undefined ? '' : name(holder.name),
  ]);
  const [largest] = [...peak.gaps].sort((a, b) => b.bytes - a.bytes || a.offset - b.offset);
  if (largest !== undefined) {
    const where =
      peak.gaps.length === 1 ? 'free' : `free, in ${formatCount(peak.gaps.length)} gaps, here the largest`;
    rows.push([peak.freeBytes, largest.offset, where, '']);
  }
  rows.push([peak.bytes + peak.freeBytes, '', 'the arena', '']);
  return [
    `Peak at tick ${formatCount(peak.tick)}, ${peak.step}: ${formatCount(peak.bytes)} B are held`,
    ...textTable(['bytes', 'from', 'by', 'name'], rows, ['right', 'right', 'left', 'left']).map(
      (row) => `  ${row}`,
    ),
  ];
}

function holderText({ what, tensor, rows, ring, operators }: HolderReport): string {
  if (tensor === undefined) {
    return `${what} of operator${operators.length === 1 ? '' : 's'} ${operators.join(' ')}`;
  }
  const label = `t${String(tensor)}`;
  if (rows !== undefined) return `${rowsText(rows)} of ${label}`;
  if (ring === undefined || ring.rows >= ring.of) return `${label}, whole`;
  return `ring of ${formatCount(ring.rows)} of the ${formatCount(ring.of)} rows of ${label}`;
}
