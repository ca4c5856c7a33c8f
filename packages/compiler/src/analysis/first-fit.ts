// SPDX-License-Identifier: Apache-2.0
/** First fit: buffers are taken in a given order, each goes to the lowest place that is free all its life. */
import { IntervalIndex, overlappingPairs } from './interval-index.js';

/** Something that needs `size` bytes over the half-open interval `[lower, upper)` of ticks. */
export interface TimedBuffer {
  readonly id: number;
  readonly lower: number;
  readonly upper: number;
  readonly size: number;
  /** The offset must be a multiple of this; 1 when absent. */
  readonly align?: number;
}

export function alignUp(value: number, align: number): number {
  return Math.ceil(value / align) * align;
}

/**
 * Offsets of the buffers in the order given (index i of the answer belongs to index i of `buffers`).
 * Each is the least offset at which the buffer overlaps none of those before it that live at the same
 * time. Empty buffers (no bytes or no time) get offset 0 and disturb nobody.
 */
export function firstFit(buffers: readonly TimedBuffer[]): number[] {
  const few = buffers.length <= LISTED_BUFFERS;
  const dense = few || LISTED_SHARE * overlappingPairs(buffers) > buffers.length ** 2;
  return dense ? firstFitByList(buffers) : firstFitByTime(buffers);
}

/** Up to so many buffers a plain list is fastest. */
const LISTED_BUFFERS = 512;
/** So is it when at least one pair in `LISTED_SHARE / 2` lives together. */
const LISTED_SHARE = 32;

/** Looks at all that is placed, by rising offset. */
export function firstFitByList(buffers: readonly TimedBuffer[]): number[] {
  const placed: { lower: number; upper: number; offset: number; end: number }[] = [];
  return buffers.map(({ lower, upper, size, align = 1 }) => {
    if (size === 0 || lower >= upper) return 0;
    let offset = 0;
    for (const other of placed) {
      if (other.upper <= lower || upper <= other.lower) continue;
      if (other.offset >= offset + size) break;
      if (other.end > offset) offset = alignUp(other.end, align);
    }
    // `placed` stays sorted by offset, so that the first gap is the lowest.
    let at = placed.length;
    while (at > 0 && (placed[at - 1]?.offset ?? 0) > offset) at--;
    placed.splice(at, 0, { lower, upper, offset, end: offset + size });
    return offset;
  });
}

/** Looks only at what is placed and lives at the same time: a million buffers with short lives take seconds. */
export function firstFitByTime(buffers: readonly TimedBuffer[]): number[] {
  const index = new IntervalIndex(buffers);
  const offsets = new Float64Array(buffers.length);
  const others: number[] = [];
  buffers.forEach((buffer, i) => {
    const { lower, upper, size, align = 1 } = buffer;
    if (size === 0 || lower >= upper) return;
    index.overlapping(buffer, others);
    others.sort((a, b) => (offsets[a] as number) - (offsets[b] as number));
    let offset = 0;
    for (const other of others) {
      const bottom = offsets[other] as number;
      if (bottom >= offset + size) break;
      const end = bottom + (buffers[other] as TimedBuffer).size;
      if (end > offset) offset = alignUp(end, align);
    }
    offsets[i] = offset;
    index.show(i, upper);
  });
  return Array.from(offsets);
}
