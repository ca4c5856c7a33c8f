// SPDX-License-Identifier: Apache-2.0
/** The placement problem and its solution: rectangles of time x bytes that must not overlap. */
import { alignUp, type TimedBuffer } from '../../analysis/first-fit.js';
import { peakPressure } from '../../analysis/pressure.js';

export type { TimedBuffer } from '../../analysis/first-fit.js';

export interface Placement {
  /** Offset of buffer i of the problem, bytes from the start of the arena. */
  readonly offsets: readonly number[];
  /** Highest end of a placed buffer. */
  readonly heightBytes: number;
  /** No placement of this problem is lower than this (live bytes, sizes rounded up to the common alignment). */
  readonly lowerBoundBytes: number;
  /** True when no placement is lower than `heightBytes`: the bound is met, or the search was exhausted. */
  readonly proved: boolean;
  /** Nodes of the exact search; 0 when the heuristics were enough. The same each time. */
  readonly nodes: number;
  /**
   * What ended the search before it found a height that is low enough or proved that there is none. buffers: there are
   * more than the exact search takes, so that this is the lowest of some first fits. nodes: the node limit.
   */
  readonly limit?: 'buffers' | 'nodes';
}

/** Buffers that take up room: neither empty in bytes nor in time. */
export function occupies(buffer: TimedBuffer): boolean {
  return buffer.size > 0 && buffer.lower < buffer.upper;
}

/** The greatest alignment that divides every buffer's alignment: all offsets are multiples of it. */
export function commonAlignment(buffers: readonly TimedBuffer[]): number {
  return buffers.filter(occupies).reduce((divisor, { align = 1 }) => gcd(divisor, align), 0) || 1;
}

/** Live-byte bound: below it no placement exists. */
export function lowerBoundBytes(buffers: readonly TimedBuffer[]): number {
  const grain = commonAlignment(buffers);
  const items = buffers.filter(occupies);
  const rounded = peakPressure(
    items.map(({ lower, upper, size }) => ({ start: lower, end: upper, sizeBytes: alignUp(size, grain) })),
  ).bytes;
  // The topmost buffer need not fill its last grain.
  const slack = items.reduce((most, { size }) => Math.max(most, alignUp(size, grain) - size), 0);
  const exact = peakPressure(
    items.map(({ lower, upper, size }) => ({ start: lower, end: upper, sizeBytes: size })),
  ).bytes;
  return Math.max(exact, rounded - slack);
}

export function heightBytes(buffers: readonly TimedBuffer[], offsets: readonly number[]): number {
  return buffers.reduce(
    (most, buffer, i) => (occupies(buffer) ? Math.max(most, (offsets[i] ?? 0) + buffer.size) : most),
    0,
  );
}

/**
 * A divisor of the height of every placement in which each buffer rests on the floor or on another one:
 * the greatest common divisor of the sizes if all alignments divide it, else 1.
 */
export function heightUnit(buffers: readonly TimedBuffer[]): number {
  const items = buffers.filter(occupies);
  const unit = items.reduce((divisor, { size }) => gcd(divisor, size), 0) || 1;
  return items.every(({ align = 1 }) => unit % align === 0) ? unit : 1;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
