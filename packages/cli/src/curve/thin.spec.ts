// SPDX-License-Identifier: Apache-2.0
// Fewer points: the ends stay, and of the rest those that matter most.
import type { ChartPoint } from '@tinyseg/compiler';
import { thinned } from './thin.js';

const points = [
  [100, 0],
  [99, 1],
  [60, 5],
  [58, 6],
  [20, 40],
].map(
  ([ramBytes = 0, writtenBytes = 0]): ChartPoint => ({
    ...{ ramBytes, writtenBytes, arenaBytes: ramBytes, readBytes: 0, latencyMs: 0, energyMj: 0 },
  }),
);
const ramOf = (count: number): number[] =>
  thinned(points, count, ({ writtenBytes }) => writtenBytes).map(({ ramBytes }) => ramBytes);

describe('thinned', () => {
  it('keeps the ends and drops what is missed least', () => {
    expect(ramOf(Infinity)).toEqual([100, 99, 60, 58, 20]);
    expect(ramOf(4)).toEqual([100, 60, 58, 20]);
    expect(ramOf(3)).toEqual([100, 58, 20]);
    expect(ramOf(2)).toEqual([100, 20]);
  });
});
