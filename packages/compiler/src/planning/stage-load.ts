// SPDX-License-Identifier: Apache-2.0
/** How many bytes of the arena each stage of a draft needs at least. */
import type { Draft } from './decisions.js';
import { liveChanges } from './live-spans.js';
import type { TimedBuffer } from './placement/index.js';

/** The draft's items as a placement problem; item i has id i. */
export function placementProblem(draft: Draft): TimedBuffer[] {
  return draft.items.map(({ sizeBytes, alignment, start, end }, id) => ({
    id,
    lower: start,
    upper: end,
    size: sizeBytes,
    align: alignment,
  }));
}

/**
 * For each stage the greatest number of bytes live at one of its ticks. What is live before the first
 * stage or after the last counts for that stage.
 */
export function stageLoads(draft: Draft): number[] {
  const stageCount = draft.stageTicks.length - 1;
  const loads = new Array<number>(Math.max(0, stageCount)).fill(0);
  const stageAt = (tick: number): number => {
    let stage = 0;
    while (stage + 1 < stageCount && (draft.stageTicks[stage + 1] ?? Infinity) <= tick) stage++;
    return stage;
  };
  const events = liveChanges(draft.items, true);
  let live = 0;
  let stage = 0;
  events.forEach(({ tick, delta }, i) => {
    live += delta;
    stage = Math.max(stage, stageAt(tick));
    const until = events[i + 1]?.tick ?? tick;
    // The level holds until the next event, perhaps through several stages.
    for (let s = stage; s < stageCount; s++) {
      if (s > stage && (draft.stageTicks[s] ?? Infinity) >= until) break;
      if (until > tick) loads[s] = Math.max(loads[s] ?? 0, live);
    }
  });
  return loads;
}
