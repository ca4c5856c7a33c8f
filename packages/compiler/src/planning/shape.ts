// SPDX-License-Identifier: Apache-2.0
/** What the placement moves as one piece: spans of time and bytes whose distances from one another are given. */
import type { LiveSpan } from './decisions.js';

/** Its spans may overlap each other, not those of other shapes. */
export interface Shape {
  readonly spans: readonly LiveSpan[];
  /** Shapes, by index, that it may not meet at any time, dead or alive. */
  readonly apart?: readonly number[];
}

export function heightOf({ spans }: Shape): number {
  return spans.reduce((most, { top }) => Math.max(most, top), 0);
}

export function lengthOf({ spans }: Shape): number {
  return spans.reduce((sum, { start, end }) => sum + end - start, 0);
}
