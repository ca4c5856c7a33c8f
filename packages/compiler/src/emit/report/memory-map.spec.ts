// SPDX-License-Identifier: Apache-2.0
// Behaviour of the memory pictures: every buffer drawn once inside its panel, text escaped, the same each time.
import { placedExample } from '../../testing/placed-plan.js';
import { memoryMapSvg, planMemoryMap, type MapPicture } from './index.js';
import { storeLanes } from './memory-map.js';

const picture: MapPicture = {
  title: 'before & after <model>',
  budget: { bytes: 1500, label: 'budget' },
  panels: [
    {
      map: {
        title: 'one',
        columns: ['conv2d', 'add'],
        heightBytes: 2048,
        blocks: [
          { kind: 'tensor', label: 't1', start: 0, end: 2, offset: 0, sizeBytes: 1024 },
          { kind: 'spilled', label: 't2', start: 0.5, end: 1, offset: 1024, sizeBytes: 1024 },
        ],
      },
      store: {
        title: 'store',
        blocks: [{ kind: 'spilled', label: 't2', start: 1, end: 2, offset: 0, sizeBytes: 1024 }],
      },
    },
  ],
};

describe('memoryMapSvg', () => {
  const svg = memoryMapSvg(picture);

  it('is one complete document with escaped text and no outside references', () => {
    expect(svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg"')).toBe(true);
    expect(svg.trimEnd().endsWith('</svg>')).toBe(true);
    expect(svg).toContain('before &amp; after &lt;model&gt;');
    expect(svg).not.toMatch(/href|url\(|NaN|Infinity|undefined/);
  });

  it('draws each buffer with what it is, its size and its place', () => {
    expect(svg).toContain('<title>t1: 1,024 B at 0</title>');
    expect(svg).toContain('<title>t2: 1,024 B at 1,024</title>');
    expect(svg.match(/<title>t/g)).toHaveLength(2);
  });

  it('stacks offsets upwards and runs time to the right', () => {
    const box = (label: string): { x: number; y: number; width: number; height: number } => {
      const found = new RegExp(
        `<rect x="([\\d.]+)" y="([\\d.]+)" width="([\\d.]+)" height="([\\d.]+)"[^>]*><title>${label}:`,
      ).exec(svg)!;
      const [x, y, width, height] = found.slice(1).map(Number);
      return { x: x!, y: y!, width: width!, height: height! };
    };
    const [low, high] = [box('t1'), box('t2')];
    expect(high.y + high.height).toBeCloseTo(low.y, 1);
    expect(high.x).toBeCloseTo(low.x + low.width / 4, 1);
    expect(high.width).toBeCloseTo(low.width / 4, 1);
  });

  it('names the colours that it uses, and no others', () => {
    expect(svg).toContain('tensor that is spilled');
    expect(svg).not.toContain('rows fetched back');
  });

  it('draws rows with places of their own as one shape, with their bytes added up', () => {
    const [panel] = picture.panels;
    const parts = [0, 1].map((row) => ({ start: row, end: row + 1, offset: 512 * row, sizeBytes: 256 }));
    const block = {
      kind: 'tensor',
      label: 't9',
      start: 0,
      end: 2,
      offset: 0,
      sizeBytes: 768,
      parts,
    } as const;
    const drawn = memoryMapSvg({ ...picture, panels: [{ map: { ...panel!.map, blocks: [block] } }] });
    expect(drawn).toMatch(/<path d="(M[-\d. ]+h[\d.]+v[\d.]+h-[\d.]+z){2}"/);
    expect(drawn).toContain('<title>t9: 512 B in 2 places</title>');
  });

  it('repeats itself', () => {
    expect(memoryMapSvg(picture)).toBe(svg);
  });
});

describe('the map of a plan whose rows have places', () => {
  const { graph, decisions, draft, offsets } = placedExample();
  const placement = { offsets, heightBytes: 60, lowerBoundBytes: 60, proved: true, nodes: 0 };
  const map = planMemoryMap(graph, decisions, draft, placement, 'placed');

  it('draws each row once, where and while it lives, and never two at one place and time', () => {
    const parts = map.blocks.flatMap((block) => block.parts ?? [block]);
    const area = parts.reduce((sum, { start, end, sizeBytes }) => sum + (end - start) * sizeBytes, 0);
    const stage = (tick: number): number => {
      const [, middle = 0, last = 0] = draft.stageTicks;
      return tick < middle ? tick / middle : 1 + (tick - middle) / (last - middle);
    };
    const lived = draft.items.reduce(
      (sum, { start, end, sizeBytes }) => sum + (stage(end) - stage(start)) * sizeBytes,
      0,
    );
    expect(area).toBeCloseTo(lived, 6);
    for (const a of parts) {
      for (const b of parts) {
        const meet =
          a.start < b.end && b.start < a.end && a.offset < b.offset + 12 && b.offset < a.offset + 12;
        expect(meet && a !== b).toBe(false);
      }
    }
  });

  it('tells rows that are spilled, fetched and kept apart', () => {
    const rowsOf = (kind: string): number[] =>
      map.blocks.filter((block) => block.kind === kind).map(({ parts = [] }) => parts.length);
    expect(map.blocks.map(({ label }) => label)).toContain('t1 6x2x6 rows');
    expect([rowsOf('spilled'), rowsOf('staging')]).toEqual([[4], [4]]);
    expect(rowsOf('tensor')).toContain(2);
  });

  it('says how many bytes are in the store, and for how long', () => {
    const [lane, ...more] = storeLanes(map, graph, decisions, draft);
    expect(more).toEqual([]);
    expect(lane).toMatchObject({ label: 't1 6x2x6', sizeBytes: 48 });
    expect(lane?.end).toBeGreaterThan(1.5);
  });
});
