// SPDX-License-Identifier: Apache-2.0
// A trade-off curve in characters: what each size of RAM costs, as a staircase as wide as the terminal.
import { roundSteps } from '@tinyseg/compiler';
import type { TextSink } from '../console/host.js';

export interface PlotCorner {
  /** Bytes of RAM from which on the cost can be had. */
  readonly bytes: number;
  readonly cost: number;
}

export interface PlotSeries {
  readonly name: string;
  readonly corners: readonly PlotCorner[];
}

export interface PlotLook {
  /** Columns in all. */
  readonly width: number;
  /** Box drawing characters and dots; plain ASCII otherwise. */
  readonly unicode: boolean;
}

const ROWS = 16;
const NARROWEST = 40;
const WIDEST = 120;
const PLAIN_WIDTH = 80;

interface Strokes {
  readonly flat: string;
  readonly steep: string;
  readonly top: string;
  readonly foot: string;
}

const OURS: Record<'unicode' | 'ascii', Strokes> = {
  unicode: { flat: '─', steep: '│', top: '┐', foot: '└' },
  ascii: { flat: '-', steep: '|', top: '+', foot: '+' },
};
const THEIRS: Record<'unicode' | 'ascii', Strokes> = {
  unicode: { flat: '·', steep: '·', top: '·', foot: '·' },
  ascii: { flat: '.', steep: '.', top: '.', foot: '.' },
};

/** How to draw on a sink: as wide as a terminal is, with its characters; 80 columns of ASCII where there is none. */
export function plotLook(sink: TextSink, env: Readonly<Record<string, string | undefined>>): PlotLook {
  if (sink.isTTY !== true) return { width: PLAIN_WIDTH, unicode: false };
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  const unicode = env['TERM'] !== 'dumb' && /utf-?8/i.test(locale);
  return { width: Math.min(WIDEST, Math.max(NARROWEST, sink.columns ?? PLAIN_WIDTH)), unicode };
}

/**
 * Lines of the plot, its axes and a legend.
 *
 * @param ours drawn over `theirs` where both are the same
 * @param costName what runs upwards, with its unit
 * @param costScale labels are costs divided by it
 */
export function plotCurve(
  { ours, theirs }: { readonly ours: PlotSeries; readonly theirs?: PlotSeries },
  { costName, costScale, bytesName }: { costName: string; costScale: number; bytesName: string },
  { width, unicode }: PlotLook,
): string[] {
  const all = [...ours.corners, ...(theirs?.corners ?? [])];
  const dearest = all.reduce((most, { cost }) => Math.max(most, cost), 0);
  // Where nothing costs anything, the axis has its foot alone.
  const most = dearest > 0 ? dearest : costScale;
  const right = 1.04 * all.reduce((widest, { bytes }) => Math.max(widest, bytes), 1);
  const labels = costLabels(dearest, costScale);
  const gutter = Math.max(...labels.map((label) => label.length)) + 1;
  const columns = width - gutter - 1;
  const kind = unicode ? 'unicode' : 'ascii';
  const canvas = Array.from({ length: ROWS }, () => new Array<string>(columns).fill(' '));
  if (theirs !== undefined) draw(canvas, theirs.corners, right, most, THEIRS[kind]);
  draw(canvas, ours.corners, right, most, OURS[kind]);
  const axis = unicode
    ? { up: '┤', bar: '│', corner: '└', along: '─' }
    : { up: '+', bar: '|', corner: '+', along: '-' };
  return [
    costName,
    ...canvas.map((cells, row) => {
      const label = labels[row] ?? '';
      return `${label.padStart(gutter)}${label === '' ? axis.bar : axis.up}${cells.join('')}`.trimEnd();
    }),
    `${' '.repeat(gutter)}${axis.corner}${axis.along.repeat(columns)}`,
    bytesLine(right, columns, gutter + 1),
    `${' '.repeat(gutter + 1)}${bytesName}`,
    ...(theirs === undefined
      ? []
      : [
          `${' '.repeat(gutter + 1)}${OURS[kind].flat.repeat(3)} ${ours.name}   ${THEIRS[kind].flat.repeat(3)} ${theirs.name}`,
        ]),
  ];
}

/** A label for some of the rows, from the top; '' for the others. */
function costLabels(most: number, scale: number): string[] {
  const labels = new Array<string>(ROWS).fill('');
  labels[ROWS - 1] = '0';
  if (most === 0) return labels;
  for (const value of roundSteps(most, 4)) labels[rowOf(value, most)] = labelOf(value / scale);
  return labels;
}

function rowOf(cost: number, most: number): number {
  return Math.round((1 - cost / most) * (ROWS - 1));
}

function labelOf(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function bytesLine(right: number, columns: number, indent: number): string {
  let line = ' '.repeat(indent);
  for (const value of roundSteps(right, columns / 10)) {
    const label = labelOf(value / 1000);
    const at = indent + Math.floor((value / right) * columns);
    const start = Math.max(0, at - Math.floor(label.length / 2));
    if (start < line.length && line.trim() !== '') continue;
    if (start + label.length <= indent + columns) line = line.padEnd(start).slice(0, start) + label;
  }
  return line;
}

/** Each column costs what the cheapest plan costs that fits into the bytes at its middle. */
function draw(
  canvas: string[][],
  corners: readonly PlotCorner[],
  right: number,
  most: number,
  strokes: Strokes,
): void {
  const columns = canvas[0]?.length ?? 0;
  let before: number | undefined;
  for (let column = 0; column < columns; column++) {
    const bytes = ((column + 0.5) / columns) * right;
    const fitting = corners.filter((corner) => corner.bytes <= bytes);
    if (fitting.length === 0) continue;
    const row = rowOf(Math.min(...fitting.map(({ cost }) => cost)), most);
    const put = (at: number, stroke: string): void => {
      const cells = canvas[at];
      if (cells !== undefined) cells[column] = stroke;
    };
    if (before === undefined || before === row) put(row, strokes.flat);
    else {
      put(before, strokes.top);
      for (let between = before + 1; between < row; between++) put(between, strokes.steep);
      put(row, strokes.foot);
    }
    before = row;
  }
}
