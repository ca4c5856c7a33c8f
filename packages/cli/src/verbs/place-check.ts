// SPDX-License-Identifier: Apache-2.0
// What a placement is, from the definition: nobody takes the search's word for its own result.
import type { TimedBuffer } from '@tinyseg/compiler';

/** What is wrong with `offsets` as a placement of that height; undefined when nothing is. */
export function placementFault(
  buffers: readonly TimedBuffer[],
  offsets: readonly number[],
  heightBytes: number,
): string | undefined {
  const placed = buffers
    .map(({ lower, upper, size, align = 1 }, index) => {
      const offset = offsets[index] ?? NaN;
      return { index, lower, upper, size, align, offset, end: offset + size };
    })
    .filter(({ lower, upper, size }) => lower < upper && size > 0)
    .sort((a, b) => a.lower - b.lower);
  if (offsets.length !== buffers.length) return `${offsets.length} offsets for ${buffers.length} buffers`;
  let alive: typeof placed = [];
  for (const one of placed) {
    const { index, offset, end, align } = one;
    if (!Number.isSafeInteger(offset) || offset < 0 || end > heightBytes)
      return `buffer ${index} lies outside`;
    if (offset % align !== 0) return `buffer ${index} is not aligned`;
    alive = alive.filter(({ upper }) => upper > one.lower);
    const other = alive.find((before) => before.offset < end && offset < before.end);
    if (other !== undefined) return `buffers ${other.index} and ${index} overlap`;
    alive.push(one);
  }
  return undefined;
}
