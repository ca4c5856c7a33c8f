// SPDX-License-Identifier: Apache-2.0
/** Fast placements: first fit in several orders, and first fit again with the topmost buffers moved forward. */
import { firstFit } from '../../analysis/first-fit.js';
import { heightBytes, occupies, type TimedBuffer } from './problem.js';
import type { Steps } from './steps.js';

/** Offsets by first fit in the order TFLM's planner uses (falling size, of equals the last first): the baseline. */
export function greedyOffsets(buffers: readonly TimedBuffer[]): number[] {
  return offsetsInOrder(
    buffers,
    orderBy(buffers, (b, i) => [-b.size, -i]),
  );
}

/**
 * The lowest of several first fits, improved by moving what sticks out to the front of the order. A step a first fit.
 *
 * @param goal stops as soon as a height of at most this many bytes is found
 * @param rounds how often the best order is improved before giving up
 */
export function* improvedOffsets(
  buffers: readonly TimedBuffer[],
  goal: number,
  rounds: number,
): Steps<number[]> {
  let best: number[] = [];
  let bestHeight = Infinity;
  for (const start of startOrders(buffers)) {
    let order = start;
    for (let round = 0; round < rounds; round++) {
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

function startOrders(buffers: readonly TimedBuffer[]): number[][] {
  const length = (b: TimedBuffer): number => b.upper - b.lower;
  return [
    orderBy(buffers, (b, i) => [-b.size, -i]),
    orderBy(buffers, (b, i) => [-b.size, -length(b), i]),
    orderBy(buffers, (b, i) => [-b.size * length(b), i]),
    orderBy(buffers, (b, i) => [-length(b), -b.size, i]),
    orderBy(buffers, (b, i) => [b.lower, -length(b), i]),
  ];
}

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

function orderBy(buffers: readonly TimedBuffer[], key: (b: TimedBuffer, i: number) => number[]): number[] {
  const keys = buffers.map(key);
  return buffers.map((_, i) => i).sort((a, b) => compareKeys(keys[a] ?? [], keys[b] ?? []));
}

function compareKeys(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

function offsetsInOrder(buffers: readonly TimedBuffer[], order: readonly number[]): number[] {
  const inOrder = firstFit(order.map((i) => buffers[i] as TimedBuffer));
  const offsets = new Array<number>(buffers.length).fill(0);
  order.forEach((i, at) => (offsets[i] = inOrder[at] ?? 0));
  return offsets;
}
