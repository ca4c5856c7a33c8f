// SPDX-License-Identifier: Apache-2.0
/** Which bytes of an arena item are live when: whole items at once, or row by row where the draft says so. */
import { alignUp } from '../analysis/first-fit.js';
import type { ArenaItem, Draft, LiveSpan } from './decisions.js';

/** The spans of an item; none for one that holds nothing. */
export function liveSpans({ sizeBytes, start, end, spans }: ArenaItem): readonly LiveSpan[] {
  if (sizeBytes === 0 || start >= end) return [];
  return spans ?? [{ start, end, bottom: 0, top: sizeBytes }];
}

/** A change of the number of live bytes. */
export interface LiveChange {
  readonly tick: number;
  readonly delta: number;
}

/**
 * How the live bytes of items change, by rising tick; at one tick what ends is gone before what starts.
 *
 * @param isRounded counts items without `spans` rounded up to their alignment
 */
export function liveChanges(items: readonly ArenaItem[], isRounded: boolean): LiveChange[] {
  return items
    .flatMap((item) =>
      liveSpans(item).flatMap(({ start, end, bottom, top }) => {
        const whole = item.spans === undefined;
        const bytes = isRounded && whole ? alignUp(item.sizeBytes, item.alignment) : top - bottom;
        return [
          { tick: start, delta: bytes },
          { tick: end, delta: -bytes },
        ];
      }),
    )
    .sort((a, b) => a.tick - b.tick || a.delta - b.delta);
}

/** The first tick with the most live bytes, and how many; {tick: 0, bytes: 0} when nothing lives. */
export function mostLive(changes: readonly LiveChange[]): { readonly tick: number; readonly bytes: number } {
  let [live, most, tick] = [0, 0, 0];
  for (const change of changes) {
    live += change.delta;
    if (live > most) [most, tick] = [live, change.tick];
  }
  return { tick, bytes: most };
}

/** No placement of the draft's items is lower, rows that are dead not counted. */
export function leastHeightBytes({ items }: Draft): number {
  // What begins anywhere in a grain, as rows of a whole tensor do, may lie over the rest of another item's last one.
  const whole = items.filter(({ spans }) => spans === undefined);
  // The topmost item need not fill its last grain.
  const slack = whole.reduce(
    (most, { sizeBytes, alignment }) => Math.max(most, alignUp(sizeBytes, alignment) - sizeBytes),
    0,
  );
  return Math.max(
    mostLive(liveChanges(items, false)).bytes,
    mostLive(liveChanges(whole, true)).bytes - slack,
  );
}
