// SPDX-License-Identifier: Apache-2.0
// The curve in characters: as wide as asked, plain where nobody could draw more, the right cost in each column.
import { plotCurve, plotLook } from './plot.js';

const ours = {
  name: 'ours',
  corners: [
    { bytes: 100_000, cost: 0 },
    { bytes: 50_000, cost: 1000 },
    { bytes: 20_000, cost: 4000 },
  ],
};
const names = { costName: 'kB', costScale: 1000, bytesName: 'RAM' };

describe('plotCurve', () => {
  it('has no scale but 0 where nothing costs anything', () => {
    const free = { name: 'ours', corners: [{ bytes: 100_000, cost: 0 }] };
    const lines = plotCurve({ ours: free }, names, { width: 44, unicode: false });
    const labels = lines.map((line) => /^ *([^ |+]+)\+/.exec(line)?.[1]).filter((label) => label);
    expect(labels).toEqual(['0']);
    expect(lines[16]).toMatch(/^ 0\+ +-+$/);
  });

  it('is a staircase with labelled axes', () => {
    expect(plotCurve({ ours }, names, { width: 44, unicode: false })).toEqual([
      'kB',
      ' 4+        ------------+',
      '  |                    |',
      '  |                    |',
      '  |                    |',
      ' 3+                    |',
      '  |                    |',
      '  |                    |',
      '  |                    |',
      ' 2+                    |',
      '  |                    |',
      '  |                    |',
      ' 1+                    +------------------+',
      '  |                                       |',
      '  |                                       |',
      '  |                                       |',
      ' 0+                                       +-',
      '  +-----------------------------------------',
      '   0                 50                  100',
      '   RAM',
    ]);
  });

  it.each([40, 80, 120])('is %i columns wide at most', (width) => {
    const lines = plotCurve({ ours, theirs: { ...ours, name: 'theirs' } }, names, { width, unicode: true });
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
  });

  it('draws the other curve under ours, and names both', () => {
    const theirs = { name: 'theirs', corners: [{ bytes: 70_000, cost: 2000 }] };
    const text = plotCurve({ ours, theirs }, names, { width: 60, unicode: false }).join('\n');
    expect(text).toContain('--- ours   ... theirs');
    expect(text).toMatch(/\.{10,}/);
  });
});

describe('plotLook', () => {
  const utf8 = { LANG: 'en_US.UTF-8' };
  it.each([
    ['a pipe', { isTTY: false, columns: 200 }, utf8, { width: 80, unicode: false }],
    ['a terminal', { isTTY: true, columns: 100 }, utf8, { width: 100, unicode: true }],
    ['a wide terminal', { isTTY: true, columns: 500 }, utf8, { width: 120, unicode: true }],
    ['a narrow terminal', { isTTY: true, columns: 10 }, utf8, { width: 40, unicode: true }],
    [
      'a terminal without UTF-8',
      { isTTY: true, columns: 90 },
      { LC_ALL: 'C' },
      { width: 90, unicode: false },
    ],
    ['a dumb terminal', { isTTY: true }, { ...utf8, TERM: 'dumb' }, { width: 80, unicode: false }],
  ])('fits %s', (_what, sink, env, look) => {
    expect(plotLook({ ...sink, write: () => undefined }, env)).toEqual(look);
  });
});
