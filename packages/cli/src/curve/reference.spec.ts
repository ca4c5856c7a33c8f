// SPDX-License-Identifier: Apache-2.0
// Curves to compare with: both forms, errors with their line, the verdict.
import type { ChartPoint } from '@tinyseg/compiler';
import { pointsAbove, readReference } from './reference.js';

const point = (arenaBytes: number, writtenBytes: number): ChartPoint => ({
  ...{ arenaBytes, ramBytes: arenaBytes + 5000, writtenBytes },
  ...{ readBytes: writtenBytes, latencyMs: 0, energyMj: 0 },
});

describe('readReference', () => {
  it('reads lines and documents', () => {
    const expected = { axis: 'arenaBytes', points: [{ bytes: 8, writtenBytes: 0 }] };
    expect(readReference('# by hand\r\narenaBytes, writtenBytes\r\n\r\n8, 0\r\n', 'a.csv')).toEqual(expected);
    expect(readReference(JSON.stringify({ points: [point(8, 0)] }), 'a.json')).toEqual(expected);
    const ram = JSON.stringify({ points: [{ ramBytes: 7, writtenBytes: 1 }] });
    expect(readReference(ram, 'b.json')).toEqual({
      axis: 'ramBytes',
      points: [{ bytes: 7, writtenBytes: 1 }],
    });
  });

  it.each([
    ['arenaBytes,writtenBytes\n1,2\n3;4\n', { line: 3 }],
    ['ram,written\n1,2\n', { line: 1 }],
    ['# nothing\n', { line: 1 }],
    ['arenaBytes,writtenBytes\n', { line: 1 }],
    ['{"points": [', {}],
    ['{"points": []}', {}],
    ['{"points": [{"arenaBytes": -1, "writtenBytes": 0}]}', {}],
    ['{"points": [{"arenaBytes": 1, "writtenBytes": 0}, {"ramBytes": 1, "writtenBytes": 0}]}', {}],
  ])('refuses %j', (text, data) => {
    expect(() => readReference(text, 'x')).toThrow(
      expect.objectContaining({ code: 'CURVE_REFERENCE', data: { file: 'x', ...data } }),
    );
  });
});

describe('pointsAbove', () => {
  it('finds where every plan that fits writes more', () => {
    const theirs = [20, 10, 5].map((bytes) => ({ bytes, writtenBytes: 100 / bytes }));
    const reference = { axis: 'arenaBytes', points: theirs } as const;
    expect(pointsAbove([point(20, 5), point(10, 10), point(5, 20)], reference)).toEqual([]);
    expect(pointsAbove([point(20, 6), point(9, 10)], reference)).toEqual([theirs[0], theirs[2]]);
    expect(pointsAbove([point(5, 0)], { ...reference, axis: 'ramBytes' })).toEqual(theirs);
  });
});
