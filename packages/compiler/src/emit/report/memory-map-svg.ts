// SPDX-License-Identifier: Apache-2.0
/** Draws memory maps as one SVG picture: time to the right, addresses upwards, all maps on one scale. */
import type { MapBlock, MapPart, MemoryMap } from './memory-map.js';
import { escapeXml, svgLine as line, svgNumber as n, svgText as text } from './svg.js';
import { formatCount } from './text-table.js';

export interface MapPanel {
  readonly map: MemoryMap;
  /** A line under its title. */
  readonly note?: string;
  /** What lies in the store meanwhile; drawn as lanes under the map. */
  readonly store?: { readonly title: string; readonly blocks: readonly MapBlock[] };
}

export interface MapPicture {
  readonly title: string;
  readonly panels: readonly MapPanel[];
  /** A line across all panels. */
  readonly budget?: { readonly label: string; readonly bytes: number };
}

const FILL: Record<MapBlock['kind'], string> = {
  tensor: '#7fa8d9',
  spilled: '#f0a35e',
  port: '#8fc7a1',
  staging: '#f7cf9d',
  scratch: '#b9b9c3',
  state: '#b7a6d6',
  shared: '#6fb7bd',
};
/** Neighbours in rows differ, so that one sees which rows belong together. */
const ROW_SHADES = ['#7fa8d9', '#5b8cc9', '#a5c2e6', '#6d9cbf'];
const MEANING: Record<MapBlock['kind'], string> = {
  tensor: 'tensor',
  spilled: 'tensor that is spilled',
  port: 'resident input or output',
  staging: 'rows fetched back',
  scratch: 'scratch',
  state: 'state',
  shared: 'one grows into the other',
};
const ORDER: readonly MapBlock['kind'][] = [
  'tensor',
  'shared',
  'spilled',
  'port',
  'staging',
  'scratch',
  'state',
];
const PLOT = { width: 520, height: 300 };
const MARGIN = { left: 74, right: 18, top: 70, bottom: 92 };
const LANE = 17;
const CHARACTER_WIDTH = 5.6;

/** A complete SVG document. Text is escaped; nothing outside the file is referred to. */
export function memoryMapSvg({ title, panels, budget }: MapPicture): string {
  const top = Math.max(1, budget?.bytes ?? 0, ...panels.map(({ map }) => map.heightBytes)) * 1.06;
  const lanes = Math.max(0, ...panels.map(({ store }) => laneCount(store?.blocks ?? [])));
  const panelWidth = MARGIN.left + PLOT.width + MARGIN.right;
  const width = panelWidth * panels.length;
  const height = MARGIN.top + PLOT.height + MARGIN.bottom + (lanes > 0 ? lanes * LANE + 22 : 0);
  const kinds = new Set(panels.flatMap(({ map }) => map.blocks.map(({ kind }) => kind)));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${n(width)}" height="${n(height)}" viewBox="0 0 ${n(width)} ${n(height)}" font-family="Helvetica, Arial, sans-serif" font-size="11" fill="#222">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    text(MARGIN.left, 22, title, 'font-size="15" font-weight="bold"'),
    ...panels.flatMap((panel, i) => panelSvg(panel, i * panelWidth + MARGIN.left, top, budget)),
    ...legend(
      ORDER.filter((kind) => kinds.has(kind)),
      MARGIN.left,
      height - 14,
    ),
    '</svg>',
    '',
  ].join('\n');
}

function panelSvg(
  { map, note, store }: MapPanel,
  left: number,
  top: number,
  budget: MapPicture['budget'],
): string[] {
  const bottom = MARGIN.top + PLOT.height;
  const x = (column: number): number => left + (column / Math.max(1, map.columns.length)) * PLOT.width;
  const y = (bytes: number): number => bottom - (bytes / top) * PLOT.height;
  const parts = [text(left, MARGIN.top - 20, map.title, 'font-size="12" font-weight="bold"')];
  if (note !== undefined) parts.push(text(left, MARGIN.top - 6, note, ''));
  for (const bytes of axisTicks(top)) {
    parts.push(line(left, y(bytes), left + PLOT.width, y(bytes), 'stroke="#e4e4ea"'));
    parts.push(
      text(left - 6, y(bytes) + 4, `${formatCount(bytes / 1024)} KiB`, 'text-anchor="end" fill="#666"'),
    );
  }
  const boxes = map.blocks.map((block) => partBox(block, x, y));
  parts.push(...map.blocks.map((block, i) => blockSvg(block, boxes[i] as Box, fillOf(block, i), x, y)));
  // Labels come last, so that no neighbour covers them; shared bytes say both names.
  const sharedBoxes = map.blocks.flatMap(({ kind }, i) => (kind === 'shared' ? [boxes[i] as Box] : []));
  for (const block of map.blocks) {
    const box = labelBox(block, x, y);
    const covered = block.kind !== 'shared' && sharedBoxes.some((shared) => holdsCentre(shared, box));
    if (!covered) parts.push(fittingLabel(block.label, box));
  }
  parts.push(line(left, bottom, left + PLOT.width, bottom, 'stroke="#444"'));
  parts.push(line(left, MARGIN.top, left, bottom, 'stroke="#444"'));
  parts.push(...columnNames(map, x, bottom));
  parts.push(
    ...rule(left, y(map.heightBytes), `peak ${formatCount(map.heightBytes)} B`, '#1d4f8c', '', 'end'),
  );
  if (budget !== undefined) {
    parts.push(...rule(left, y(budget.bytes), budget.label, '#b3261e', ' stroke-dasharray="5 4"', 'start'));
  }
  if (store !== undefined && store.blocks.length > 0) parts.push(...laneSvg(store, left, x, bottom + 72));
  return parts.filter((part) => part !== '');
}

/** From columns, or bytes, to the picture. */
type Scale = (value: number) => number;

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

function partBox(part: MapPart, x: Scale, y: Scale): Box {
  const [left, top] = [x(part.start), y(part.offset + part.sizeBytes)];
  return {
    left,
    top,
    width: Math.max(0.6, x(part.end) - left),
    height: Math.max(0.6, y(part.offset) - top),
  };
}

function fillOf({ kind, parts }: MapBlock, index: number): string {
  const shade = ROW_SHADES[index % ROW_SHADES.length] ?? FILL.tensor;
  return kind === 'tensor' && parts !== undefined ? shade : FILL[kind];
}

function blockSvg(block: MapBlock, box: Box, fill: string, x: Scale, y: Scale): string {
  const { label, offset, parts } = block;
  const heldBytes = (parts ?? [block]).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const where = parts === undefined ? `at ${formatCount(offset)}` : `in ${formatCount(parts.length)} places`;
  const tip = `<title>${escapeXml(`${label}: ${formatCount(heldBytes)} B ${where}`)}</title>`;
  if (parts !== undefined) {
    const path = parts.map((part) => {
      const { left, top, width, height } = partBox(part, x, y);
      return `M${n(left)} ${n(top)}h${n(width)}v${n(height)}h${n(-width)}z`;
    });
    return `<path d="${path.join('')}" fill="${fill}">${tip}</path>`;
  }
  const { left, top, width, height } = box;
  return (
    `<rect x="${n(left)}" y="${n(top)}" width="${n(width)}" height="${n(height)}" fill="${fill}" ` +
    `stroke="#ffffff" stroke-width="${height < 4 || width < 4 ? '0' : '0.7'}">${tip}</rect>`
  );
}

/** Where a label may stand: the block, or of one in rows the largest run of them that all live at one time. */
function labelBox(block: MapBlock, x: Scale, y: Scale): Box {
  if (block.parts === undefined) return partBox(block, x, y);
  let best: MapPart = { ...block, sizeBytes: 0 };
  let run: MapPart | undefined;
  const area = ({ start, end, sizeBytes }: MapPart): number => (end - start) * sizeBytes;
  for (const part of [...block.parts].sort((a, b) => a.offset - b.offset)) {
    const joined =
      run !== undefined && run.offset + run.sizeBytes === part.offset
        ? {
            start: Math.max(run.start, part.start),
            end: Math.min(run.end, part.end),
            offset: run.offset,
            sizeBytes: run.sizeBytes + part.sizeBytes,
          }
        : part;
    run = area(joined) >= area(part) ? joined : part;
    if (area(run) > area(best)) best = run;
  }
  return partBox(best, x, y);
}

function holdsCentre(outer: Box, { left, top, width, height }: Box): boolean {
  const [x, y] = [left + width / 2 - outer.left, top + height / 2 - outer.top];
  return x >= 0 && x <= outer.width && y >= 0 && y <= outer.height;
}

/** The label inside its box, upright when the box is narrow; nothing when it would not fit. */
function fittingLabel(label: string, { left, top, width, height }: Box): string {
  const [length, x, y] = [label.length * CHARACTER_WIDTH + 6, left + width / 2, top + height / 2];
  const style = 'text-anchor="middle" font-size="10" pointer-events="none"';
  if (length <= width && height >= 11) return text(x, y + 3.5, label, style);
  if (length <= height && width >= 11) {
    return text(x + 3.5, y, label, `${style} transform="rotate(-90 ${n(x + 3.5)} ${n(y)})"`);
  }
  return '';
}

function columnNames(map: MemoryMap, x: (c: number) => number, bottom: number): string[] {
  const step = Math.max(1, Math.ceil(map.columns.length / 44));
  return map.columns.flatMap((name, i) => {
    if (i % step !== 0) return [];
    const at = x(i + 0.5);
    if (map.columns.length === 1) return [text(at, bottom + 14, name, 'text-anchor="middle" fill="#666"')];
    const turn = `transform="rotate(-60 ${n(at)} ${n(bottom + 10)})"`;
    return [text(at, bottom + 10, name.slice(0, 14), `text-anchor="end" font-size="8" fill="#666" ${turn}`)];
  });
}

function laneSvg(
  store: NonNullable<MapPanel['store']>,
  left: number,
  x: (c: number) => number,
  top: number,
): string[] {
  return [
    text(left - 6, top + 12, store.title, 'text-anchor="end" fill="#666"'),
    ...store.blocks.map((block) => {
      const [from, width] = [x(block.start), x(block.end) - x(block.start)];
      const y = top + block.offset * LANE;
      const label = `${block.label} (${formatCount(block.sizeBytes)} B)`;
      return (
        `<rect x="${n(from)}" y="${n(y)}" width="${n(width)}" height="${n(LANE - 3)}" rx="3" fill="#fdeedd" stroke="#f0a35e"/>` +
        fittingLabel(label, { left: from, top: y, width, height: LANE - 3 })
      );
    }),
  ];
}

function laneCount(blocks: readonly MapBlock[]): number {
  return blocks.reduce((most, { offset }) => Math.max(most, offset + 1), 0);
}

function rule(
  left: number,
  y: number,
  label: string,
  colour: string,
  dashes: string,
  anchor: 'start' | 'end',
): string[] {
  const at = anchor === 'end' ? left + PLOT.width - 3 : left + 3;
  return [
    line(left, y, left + PLOT.width, y, `stroke="${colour}" stroke-width="1.3"${dashes}`),
    text(at, y - 4, label, `text-anchor="${anchor}" fill="${colour}" font-weight="bold"`),
  ];
}

function legend(kinds: readonly MapBlock['kind'][], left: number, y: number): string[] {
  let x = left;
  return kinds.map((kind) => {
    const at = x;
    x += 26 + MEANING[kind].length * 6;
    return (
      `<rect x="${n(at)}" y="${n(y - 9)}" width="11" height="11" fill="${FILL[kind]}"/>` +
      text(at + 16, y, MEANING[kind], '')
    );
  });
}

/** Round steps of KiB, about five of them. */
function axisTicks(top: number): number[] {
  const steps = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096].map((kib) => kib * 1024);
  const step = steps.find((candidate) => top / candidate <= 6) ?? top / 5;
  return Array.from({ length: Math.floor(top / step) + 1 }, (_, i) => i * step);
}
