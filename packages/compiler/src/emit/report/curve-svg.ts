// SPDX-License-Identifier: Apache-2.0
/** Draws a trade-off curve as SVG: RAM to the right; bytes written, latency and energy upwards. Fits light and dark pages. */
import { escapeXml, svgLine, svgNumber, svgText } from './svg.js';
import { formatCount } from './text-table.js';

/** What is drawn of one plan; bytes, milliseconds and millijoules of one inference. */
export interface ChartPoint {
  readonly arenaBytes: number;
  readonly ramBytes: number;
  readonly writtenBytes: number;
  readonly readBytes: number;
  readonly latencyMs: number;
  readonly energyMj: number;
}

/** What runs to the right: all that --ram bounds, or the arena alone. */
export type ChartAxis = 'ramBytes' | 'arenaBytes';

/** Somebody else's curve, in bytes and bytes written. */
export interface ReferencePoint {
  readonly bytes: number;
  readonly writtenBytes: number;
}

export interface CurvePicture {
  readonly title: string;
  readonly subtitle: string;
  readonly axis: ChartAxis;
  readonly points: readonly ChartPoint[];
  readonly reference?: { readonly name: string; readonly points: readonly ReferencePoint[] };
}

interface Panel {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly name: string;
  readonly unit: string;
  /** Axis labels are multiples of it. */
  readonly scale: number;
  readonly valueOf: (point: ChartPoint) => number;
}

interface Corner {
  readonly x: number;
  readonly y: number;
}

// Grey, blue and orange that can be read on white and on black.
const INK = '#767b84';
const OURS = '#2f81f7';
const THEIRS = '#d9822b';
const SIZE = { width: 1000, height: 470 };

const PANELS: readonly Panel[] = [
  {
    ...{ left: 74, top: 92, width: 500, height: 300, name: 'written to stores in one inference' },
    ...{ unit: 'kB', scale: 1000, valueOf: ({ writtenBytes }) => writtenBytes },
  },
  {
    ...{ left: 672, top: 92, width: 304, height: 124, name: 'predicted latency' },
    ...{ unit: 'ms', scale: 1, valueOf: ({ latencyMs }) => latencyMs },
  },
  {
    ...{ left: 672, top: 268, width: 304, height: 124, name: 'predicted energy' },
    ...{ unit: 'mJ', scale: 1, valueOf: ({ energyMj }) => energyMj },
  },
];

const AXIS_NAME: Record<ChartAxis, string> = {
  ramBytes: 'RAM in all, kB (1,000 B)',
  arenaBytes: 'arena, kB (1,000 B)',
};

/** A complete SVG document. */
export function curveSvg(picture: CurvePicture): string {
  const { title, subtitle, reference } = picture;
  const { width, height } = SIZE;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="Helvetica, Arial, sans-serif" font-size="11" fill="${INK}">`,
    `<title>${escapeXml(title)}</title>`,
    svgText(20, 26, title, 'font-size="15" font-weight="bold"'),
    svgText(20, 44, subtitle, ''),
    ...PANELS.flatMap((panel, index) => panelSvg(panel, picture, index === 0)),
    ...legend(reference?.name),
    '</svg>',
    '',
  ].join('\n');
}

function panelSvg(panel: Panel, { axis, points, reference }: CurvePicture, main: boolean): string[] {
  const ours = points.map((point) => ({ x: point[axis], y: panel.valueOf(point) }));
  const theirs = main ? (reference?.points ?? []).map((p) => ({ x: p.bytes, y: p.writtenBytes })) : [];
  const shown = [...ours, ...(reference?.points ?? []).map(({ bytes }) => ({ x: bytes, y: 0 })), ...theirs];
  const [right, most] = [1.04 * highest(shown, 'x'), 1.06 * highest(shown, 'y')];
  const { left, top, width, height } = panel;
  const bottom = top + height;
  const at = ({ x, y }: Corner): Corner => ({
    x: left + (x / right) * width,
    y: bottom - (y / most) * height,
  });
  const least = Math.min(...ours.map(({ x }) => x));
  const edge = at({ x: least, y: 0 }).x;
  const tips = points.map(
    (point) =>
      `${formatCount(point[axis])} B: ${formatCount(point.writtenBytes)} B written, ${formatCount(point.readBytes)} B read, ` +
      `${point.latencyMs.toFixed(1)} ms, ${point.energyMj.toFixed(2)} mJ`,
  );
  return [
    svgText(left, top - 10, `${panel.name}, ${panel.unit}`, 'font-weight="bold"'),
    ...grid(panel, right, most, main ? AXIS_NAME[axis] : undefined),
    `<rect x="${left}" y="${top}" width="${svgNumber(edge - left)}" height="${height}" fill="${INK}" fill-opacity="0.13"><title>no plan found below ${formatCount(least)} B</title></rect>`,
    ...(theirs.length === 0
      ? []
      : [
          `<path d="${stairs(theirs, at, right)}" fill="none" stroke="${THEIRS}" stroke-width="1.6" stroke-dasharray="6 4"/>`,
        ]),
    ...theirs.map((corner) =>
      dot(at(corner), THEIRS, `${formatCount(corner.x)} B: ${formatCount(corner.y)} B`),
    ),
    `<path d="${stairs(ours, at, right)}" fill="none" stroke="${OURS}" stroke-width="2"/>`,
    ...ours.map((corner, i) => dot(at(corner), OURS, tips[i] ?? '')),
  ];
}

function highest(corners: readonly Corner[], side: 'x' | 'y'): number {
  return Math.max(1e-9, ...corners.map((corner) => corner[side]));
}

/** What a budget costs: from each point up to the next larger one, the cost of the cheapest that fits. */
function stairs(corners: readonly Corner[], at: (corner: Corner) => Corner, right: number): string {
  const sorted = [...corners].sort((a, b) => a.x - b.x || b.y - a.y);
  let path = '';
  let cost = Infinity;
  for (const corner of sorted) {
    const y = Math.min(cost, corner.y);
    const { x: px, y: py } = at({ x: corner.x, y });
    path += path === '' ? `M${svgNumber(px)} ${svgNumber(py)}` : `H${svgNumber(px)}V${svgNumber(py)}`;
    cost = y;
  }
  return `${path}H${svgNumber(at({ x: right, y: 0 }).x)}`;
}

function dot({ x, y }: Corner, colour: string, tip: string): string {
  return `<circle cx="${svgNumber(x)}" cy="${svgNumber(y)}" r="2.4" fill="${colour}"><title>${escapeXml(tip)}</title></circle>`;
}

function grid(panel: Panel, right: number, most: number, axisName: string | undefined): string[] {
  const { left, top, width, height, scale } = panel;
  const bottom = top + height;
  const parts: string[] = [];
  for (const value of roundSteps(most, height / 40)) {
    const y = bottom - (value / most) * height;
    parts.push(svgLine(left, y, left + width, y, `stroke="${INK}" stroke-opacity="0.25"`));
    parts.push(svgText(left - 6, y + 4, stepLabel(value / scale), 'text-anchor="end"'));
  }
  for (const value of roundSteps(right, width / 60)) {
    const x = left + (value / right) * width;
    parts.push(svgLine(x, bottom, x, bottom + 4, `stroke="${INK}"`));
    parts.push(svgText(x, bottom + 16, stepLabel(value / 1000), 'text-anchor="middle"'));
  }
  parts.push(svgLine(left, bottom, left + width, bottom, `stroke="${INK}"`));
  parts.push(svgLine(left, top, left, bottom, `stroke="${INK}"`));
  if (axisName !== undefined) {
    parts.push(svgText(left + width / 2, bottom + 34, axisName, 'text-anchor="middle"'));
  }
  return parts;
}

/** Multiples of 1, 2 or 5 times a power of ten up to `most`, about `count` of them. */
export function roundSteps(most: number, count: number): number[] {
  const rough = most / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10) * power;
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
}

function stepLabel(value: number): string {
  return value >= 1000 ? formatCount(value) : String(Number(value.toPrecision(6)));
}

function legend(referenceName: string | undefined): string[] {
  const y = SIZE.height - 14;
  const entry = (x: number, colour: string, dashes: string, label: string): string[] => [
    svgLine(x, y - 4, x + 26, y - 4, `stroke="${colour}" stroke-width="2"${dashes}`),
    svgText(x + 32, y, label, ''),
  ];
  return [
    ...entry(74, OURS, '', 'tinyseg: each point is a plan'),
    `<rect x="290" y="${y - 10}" width="26" height="12" fill="${INK}" fill-opacity="0.13"/>`,
    svgText(322, y, 'no plan found', ''),
    ...(referenceName === undefined ? [] : entry(430, THEIRS, ' stroke-dasharray="6 4"', referenceName)),
  ];
}
