// SPDX-License-Identifier: Apache-2.0
/** Fast placements: first fit in several orders, and first fit again with the topmost buffers moved forward. */
import { firstFit } from '../../analysis/first-fit.js';
import { overlappingPairs } from '../../analysis/interval-index.js';
import { heightBytes, occupies, type TimedBuffer } from './problem.js';
import type { Steps } from './steps.js';

/** Offsets by first fit in the order TFLM's planner uses (falling size, of equals the last first): the baseline. */
export function greedyOffsets(buffers: readonly TimedBuffer[]): number[] {
  return offsetsInOrder(buffers, orderBy(buffers, START_ORDERS[0] ?? []));
}

/**
 * The lowest of several first fits, improved by moving what sticks out to the front of the order. A step a first fit.
 *
 * @param goal stops as soon as a height of at most this many bytes is found
 * @param rounds how often the best order is improved before giving up; fewer where very many buffers live together
 */
export function* improvedOffsets(
  buffers: readonly TimedBuffer[],
  goal: number,
  rounds: number,
): Steps<number[]> {
  let best: number[] = [];
  let bestHeight = Infinity;
  const fits = fitsFor(buffers);
  const most = Math.min(rounds, Math.max(1, Math.floor(fits / START_ORDERS.length)));
  for (const keys of START_ORDERS.slice(0, fits)) {
    let order = orderBy(buffers, keys);
    for (let round = 0; round < most; round++) {
      const offsets = offsetsInOrder(buffers, order);
      const height = heightBytes(buffers, offsets);
      if (height < bestHeight) [best, bestHeight] = [offsets, height];
      if (bestHeight <= goal) return best;
      yield 0;
      const next = topmostFirst(buffers, order, offsets, height);
      if (next === undefined) break;
      order = next;
    }
  }
  return best;
}

/** Buffers and pairs that all first fits of a problem look at together, roughly; one is always made. */
const WORK_LIMIT = 2 ** 31;
/** A buffer of its own counts as so many pairs. */
const PAIRS_PER_BUFFER = 1024;

function fitsFor(buffers: readonly TimedBuffer[]): number {
  const work = overlappingPairs(buffers) + PAIRS_PER_BUFFER * buffers.length;
  return Math.max(1, Math.floor(WORK_LIMIT / Math.max(1, work)));
}

type Key = (buffer: TimedBuffer, i: number) => number;

const lengthOf = ({ lower, upper }: TimedBuffer): number => upper - lower;

/** The baseline's order comes first. */
const START_ORDERS: readonly (readonly Key[])[] = [
  [(b) => -b.size, (_, i) => -i],
  [(b) => -b.size, (b) => -lengthOf(b)],
  [(b) => -b.size * lengthOf(b)],
  [(b) => -lengthOf(b), (b) => -b.size],
  [(b) => b.lower, (b) => -lengthOf(b)],
];

/** Moves a buffer that ends at the height to the front; undefined when all of them are there already. */
function topmostFirst(
  buffers: readonly TimedBuffer[],
  order: readonly number[],
  offsets: readonly number[],
  height: number,
): number[] | undefined {
  const isTop = (i: number): boolean => {
    const buffer = buffers[i];
    return buffer !== undefined && occupies(buffer) && (offsets[i] ?? 0) + buffer.size === height;
  };
  const top = order.filter(isTop);
  if (top.every((i, at) => order[at] === i)) return undefined;
  return [...top, ...order.filter((i) => !isTop(i))];
}

/** Indices by rising keys, the first key first; of equals the lower index comes first. */
function orderBy(buffers: readonly TimedBuffer[], keys: readonly Key[]): number[] {
  const columns = keys.map((key) => Float64Array.from(buffers, key));
  return buffers
    .map((_, i) => i)
    .sort((a, b) => {
      for (const column of columns) {
        const difference = (column[a] as number) - (column[b] as number);
        if (difference !== 0) return difference;
      }
      return a - b;
    });
}

function offsetsInOrder(buffers: readonly TimedBuffer[], order: readonly number[]): number[] {
  const inOrder = firstFit(order.map((i) => buffers[i] as TimedBuffer));
  const offsets = new Array<number>(buffers.length).fill(0);
  order.forEach((i, at) => (offsets[i] = inOrder[at] ?? 0));
  return offsets;
}
