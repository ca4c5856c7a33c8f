// SPDX-License-Identifier: Apache-2.0
// Behaviour of the picture of a curve: axes with units, every point drawn, nothing outside, escaped, the same each time.
import { curveSvg, roundSteps, type ChartPoint } from './index.js';

const point = (ramBytes: number, writtenBytes: number): ChartPoint => ({
  ...{ ramBytes, arenaBytes: ramBytes - 5000, writtenBytes, readBytes: writtenBytes },
  ...{ latencyMs: 10 + writtenBytes / 1e4, energyMj: 0 },
});
const points = [point(100_000, 0), point(60_000, 40_000), point(30_000, 90_000)];
const picture = { title: 'a <curve>', subtitle: 'board "b"', axis: 'ramBytes', points } as const;

describe('curveSvg', () => {
  it('is one complete document with escaped text, units and no outside references', () => {
    const svg = curveSvg(picture);
    expect(svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg"')).toBe(true);
    expect(svg.trimEnd().endsWith('</svg>')).toBe(true);
    expect(svg).toContain('a &lt;curve&gt;');
    for (const unit of ['kB (1,000 B)', ', ms', ', mJ', 'no plan found below 30,000 B']) {
      expect(svg).toContain(unit);
    }
    expect(svg).not.toMatch(/href|url\(|NaN|Infinity|undefined/);
    expect(curveSvg(picture)).toBe(svg);
  });

  it('draws each point once in each of the three panels, and the reference in the first', () => {
    const circles = (svg: string): number => svg.match(/<circle/g)?.length ?? 0;
    expect(circles(curveSvg(picture))).toBe(9);
    const reference = { name: 'theirs', points: [{ bytes: 50_000, writtenBytes: 50_000 }] };
    const svg = curveSvg({ ...picture, reference });
    expect(circles(svg)).toBe(10);
    expect(svg).toContain('>theirs</text>');
  });

  it('runs as a staircase: a budget between two points costs what the smaller one costs', () => {
    const path = /<path d="([^"]+)"/.exec(curveSvg(picture))![1]!;
    expect(path).toMatch(/^M[\d.]+ [\d.]+(H[\d.]+V[\d.]+){2}H[\d.]+$/);
    const heights = [...path.matchAll(/[ V]([\d.]+)/g)].map(([, y]) => Number(y));
    expect(heights).toEqual([...heights].sort((a, b) => a - b));
  });

  it('draws a curve of one point that costs nothing', () => {
    expect(curveSvg({ ...picture, points: [point(1, 0)] })).not.toMatch(/NaN|Infinity/);
  });
});

describe('the steps of an axis', () => {
  it.each([
    [100, 5, [0, 20, 40, 60, 80, 100]],
    [123_456, 3, [0, 50_000, 100_000]],
    [0.7, 4, [0, 0.2, 0.4, 0.6]],
  ])('up to %d, about %d: round numbers', (most, count, steps) => {
    expect(roundSteps(most, count).map((step) => Number(step.toPrecision(6)))).toEqual(steps);
  });
});
