// SPDX-License-Identifier: Apache-2.0
/** The height of a placed draft. */
import type { Draft } from './decisions.js';

/** The highest end of an item that holds anything. */
export function heightOfItems({ items }: Draft, offsets: readonly number[]): number {
  return items.reduce(
    (most, { sizeBytes, start, end }, i) =>
      sizeBytes > 0 && start < end ? Math.max(most, (offsets[i] ?? 0) + sizeBytes) : most,
    0,
  );
}
