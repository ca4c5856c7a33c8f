// SPDX-License-Identifier: Apache-2.0
// Behaviour of the account of the peak: every byte once, sharing named.
import type { ArenaItem, Draft } from './decisions.js';
import { peakOf, rowsText } from './peak.js';

const item = (sizeBytes: number, start: number, end: number): ArenaItem => ({
  ...{ kind: 'buffer', sizeBytes, alignment: 16, start, end, operators: [] },
});
const draftOf = (...items: ArenaItem[]): Draft => ({ items, buffers: [] }) as unknown as Draft;

describe('peakOf', () => {
  it('adds up what stands side by side', () => {
    const peak = peakOf(draftOf(item(64, 0, 4), item(32, 2, 6), item(80, 4, 8)), [0, 64, 96]);
    expect([peak.tick, peak.bytes]).toEqual([4, 112]);
    expect(peak.holders.map(({ bytes, sharedBytes }) => [bytes, sharedBytes])).toEqual([
      [80, 0],
      [32, 0],
    ]);
  });

  it('counts shared bytes once, for the larger holder', () => {
    const peak = peakOf(draftOf(item(96, 0, 4), item(48, 2, 6)), [0, 64]);
    expect([peak.tick, peak.bytes]).toEqual([2, 112]);
    expect(peak.holders.map(({ bytes, sharedBytes }) => [bytes, sharedBytes])).toEqual([
      [96, 0],
      [16, 32],
    ]);
  });

  it('counts of a whole tensor the rows that live, wherever its bytes begin', () => {
    const spans = [
      { start: 0, end: 2, bottom: 0, top: 32 },
      { start: 0, end: 4, bottom: 32, top: 96 },
    ];
    const peak = peakOf(draftOf({ ...item(96, 0, 4), spans }, item(48, 2, 6), item(32, 2, 3)), [0, 96, 0]);
    expect([peak.tick, peak.bytes]).toEqual([2, 144]);
    expect(peak.holders.map(({ bytes, sharedBytes }) => [bytes, sharedBytes])).toEqual([
      [64, 0],
      [48, 0],
      [32, 0],
    ]);
  });

  it('adds up the rows of one buffer that are placed one by one', () => {
    const row = (at: number, start: number, end: number): ArenaItem => ({ ...item(16, start, end), row: at });
    const items = [row(0, 0, 2), row(1, 1, 9), row(2, 2, 9), row(0, 4, 9), row(3, 4, 9), item(64, 4, 9)];
    const buffers = [{ rowItems: [0, 1, 2, 4] }, { rowItems: [3, 1, 2, 4] }];
    const peak = peakOf({ items, buffers } as unknown as Draft, [0, 16, 32, 48, 64, 80]);
    expect([peak.tick, peak.bytes]).toEqual([4, 128]);
    expect(peak.holders.map(({ bytes, rows }) => [bytes, rows])).toEqual([
      [64, undefined],
      [48, { first: 1, last: 3, count: 3 }],
      [16, { first: 0, last: 0, count: 1 }],
    ]);
  });
});

describe('rowsText', () => {
  it.each([
    [{ first: 7, last: 7, count: 1 }, 'row 7'],
    [{ first: 3, last: 44, count: 42 }, 'rows 3..44'],
    [{ first: 3, last: 44, count: 22 }, '22 rows of 3..44'],
  ])('%j is "%s"', (rows, text) => {
    expect(rowsText(rows)).toBe(text);
  });
});
