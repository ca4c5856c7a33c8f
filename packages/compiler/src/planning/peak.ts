// SPDX-License-Identifier: Apache-2.0
/** Who holds which bytes of the arena at the fullest tick of a placed draft, each byte counted once. */
import type { ArenaItem, Draft } from './decisions.js';
import { liveSpans } from './live-spans.js';

export interface PeakHolder {
  /** Of rows placed one by one: the item of the first of them. */
  readonly item: ArenaItem;
  readonly offset: number;
  /** Bytes of it that no holder before it in the list covers. */
  readonly bytes: number;
  /** Bytes of it that holders before it cover: it grows into them. */
  readonly sharedBytes: number;
  /** The rows of one buffer that are placed one by one and live at the peak. */
  readonly rows?: { readonly first: number; readonly last: number; readonly count: number };
}

export interface Peak {
  readonly tick: number;
  /** The sum of the holders' bytes. */
  readonly bytes: number;
  /** The largest first. */
  readonly holders: readonly PeakHolder[];
}

/** Live bytes of one item at a tick, as addresses. */
interface Held {
  readonly index: number;
  readonly item: ArenaItem;
  readonly low: number;
  readonly high: number;
}

/** The first tick at which most bytes of the arena are held. */
export function peakOf(draft: Draft, offsets: readonly number[]): Peak {
  let peak = { tick: 0, bytes: 0 };
  for (const { tick, bytes: most } of fullestTicks(draft)) {
    // Sharing only makes it fewer.
    if (most < peak.bytes) break;
    if (most === peak.bytes && tick > peak.tick) continue;
    const bytes = heldBytes(heldAt(draft, offsets, tick));
    if (bytes > peak.bytes || (bytes === peak.bytes && tick < peak.tick)) peak = { tick, bytes };
  }
  const holders = holdersOf(heldAt(draft, offsets, peak.tick), draft);
  return { ...peak, holders: peak.bytes === 0 ? [] : holders };
}

/** Ticks at which something begins, with the sizes of all that lives then; the fullest first, then the earliest. */
function fullestTicks({ items }: Draft): { readonly tick: number; readonly bytes: number }[] {
  const starts = new Map<number, number>();
  const ends = new Map<number, number>();
  for (const { start, end, bottom, top } of items.flatMap(liveSpans)) {
    starts.set(start, (starts.get(start) ?? 0) + top - bottom);
    ends.set(end, (ends.get(end) ?? 0) + top - bottom);
  }
  const ticks = [...new Set([...starts.keys(), ...ends.keys()])].sort((a, b) => a - b);
  let live = 0;
  const levels = ticks.map((tick) => {
    live += (starts.get(tick) ?? 0) - (ends.get(tick) ?? 0);
    return { tick, bytes: live };
  });
  return levels.filter(({ tick }) => starts.has(tick)).sort((a, b) => b.bytes - a.bytes || a.tick - b.tick);
}

/** What lives at a tick, the largest items first. */
function heldAt({ items }: Draft, offsets: readonly number[], tick: number): Held[] {
  return items
    .flatMap((item, index) =>
      liveSpans(item)
        .filter(({ start, end }) => start <= tick && tick < end)
        .map(({ bottom, top }): Held => {
          const offset = offsets[index] ?? 0;
          return { index, item, low: offset + bottom, high: offset + top };
        }),
    )
    .sort((a, b) => b.item.sizeBytes - a.item.sizeBytes || a.low - b.low);
}

function heldBytes(held: readonly Held[]): number {
  let [bytes, at] = [0, 0];
  for (const { low, high } of [...held].sort((a, b) => a.low - b.low)) {
    bytes += Math.max(0, high - Math.max(low, at));
    at = Math.max(at, high);
  }
  return bytes;
}

function holdersOf(held: readonly Held[], draft: Draft): PeakHolder[] {
  const bufferOf = new Map<number, number>();
  draft.buffers.forEach(({ rowItems = [] }, buffer) => {
    for (const item of rowItems) if (!bufferOf.has(item)) bufferOf.set(item, buffer);
  });
  const groups = new Map<string, PeakHolder>();
  const covered: (readonly [number, number])[] = [];
  for (const { index, item, low, high } of held) {
    const bytes = uncovered(low, high, covered);
    covered.push([low, high]);
    const { row } = item;
    const key = row === undefined ? `item ${String(index)}` : `buffer ${String(bufferOf.get(index))}`;
    const group = groups.get(key);
    groups.set(key, {
      item: group === undefined || (row ?? 0) < (group.item.row ?? 0) ? item : group.item,
      offset: Math.min(low, group?.offset ?? Infinity),
      bytes: bytes + (group?.bytes ?? 0),
      sharedBytes: high - low - bytes + (group?.sharedBytes ?? 0),
      ...(row === undefined ? {} : { rows: withRow(group?.rows, row) }),
    });
  }
  const size = ({ bytes, sharedBytes }: PeakHolder): number => bytes + sharedBytes;
  return [...groups.values()].sort((a, b) => size(b) - size(a) || a.offset - b.offset);
}

function withRow(rows: PeakHolder['rows'], row: number): NonNullable<PeakHolder['rows']> {
  if (rows === undefined) return { first: row, last: row, count: 1 };
  return { first: Math.min(rows.first, row), last: Math.max(rows.last, row), count: rows.count + 1 };
}

/** Bytes of [begin, end) outside all spans. */
function uncovered(begin: number, end: number, spans: readonly (readonly [number, number])[]): number {
  let [free, at] = [0, begin];
  for (const [low, high] of [...spans].sort((a, b) => a[0] - b[0])) {
    if (high <= at) continue;
    if (low >= end) break;
    free += Math.max(0, low - at);
    at = Math.max(at, high);
  }
  return free + Math.max(0, end - at);
}

/** "row 7", "rows 3..44", or "22 rows of 3..44" where others between them are not held. */
export function rowsText({ first, last, count }: NonNullable<PeakHolder['rows']>): string {
  if (count === 1) return `row ${String(first)}`;
  const range = `${String(first)}..${String(last)}`;
  return count === last - first + 1 ? `rows ${range}` : `${String(count)} rows of ${range}`;
}
