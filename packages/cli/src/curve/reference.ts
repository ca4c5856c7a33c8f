// SPDX-License-Identifier: Apache-2.0
// Somebody else's curve, read from a file, and whether ours is anywhere above it.
import type { ChartAxis, ChartPoint, ReferencePoint } from '@tinyseg/compiler';
import { z } from 'zod';
import { cliError } from '../error-codes.js';

export interface ReferenceCurve {
  /** What its bytes are. */
  readonly axis: ChartAxis;
  readonly points: readonly ReferencePoint[];
}

const size = z.int().min(0);
const arena = z.looseObject({ arenaBytes: size, writtenBytes: size });
const ram = z.looseObject({ ramBytes: size, writtenBytes: size });
const documentSchema = z.looseObject({ points: z.array(z.union([arena, ram])).min(1) });

/**
 * Reads `arenaBytes,writtenBytes` (or `ramBytes,writtenBytes`) with one point a line, or a JSON document with
 * `points[]` of such fields, as `tinyseg curve -o` writes it. Of a document with both the arena counts.
 *
 * @throws TinysegError `CURVE_REFERENCE`, with the line where there is one
 */
export function readReference(text: string, file: string): ReferenceCurve {
  return text.trimStart().startsWith('{') ? fromJson(text, file) : fromCsv(text, file);
}

function fromJson(text: string, file: string): ReferenceCurve {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw unreadable(file, (error as Error).message);
  }
  const { data, error } = documentSchema.safeParse(content);
  if (data === undefined) {
    const [issue] = error.issues;
    throw unreadable(file, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'no points'}`);
  }
  const axis: ChartAxis = data.points.every((point) => 'arenaBytes' in point) ? 'arenaBytes' : 'ramBytes';
  const points = data.points.map((point, index) => {
    const { [axis]: bytes, writtenBytes } = point as Partial<Record<ChartAxis, number>> & {
      writtenBytes: number;
    };
    if (bytes === undefined) throw unreadable(file, `points.${index} has no ${axis}, others have`);
    return { bytes, writtenBytes };
  });
  return { axis, points };
}

function fromCsv(text: string, file: string): ReferenceCurve {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((content, index) => ({ content: content.trim(), line: index + 1 }))
    .filter(({ content }) => content !== '' && !content.startsWith('#'));
  const [header, ...rows] = lines;
  const axis = /^(arenaBytes|ramBytes),writtenBytes$/.exec(header?.content.replaceAll(' ', '') ?? '')?.[1];
  if (axis === undefined) {
    throw unreadable(
      file,
      'the header should be "arenaBytes,writtenBytes" or "ramBytes,writtenBytes"',
      header?.line ?? 1,
    );
  }
  if (rows.length === 0) throw unreadable(file, 'it has no points', header?.line ?? 1);
  const points = rows.map(({ content, line }) => {
    const match = /^(\d{1,15})\s*,\s*(\d{1,15})$/.exec(content);
    if (match === null) throw unreadable(file, `"${content}" is not two whole numbers of bytes`, line);
    return { bytes: Number(match[1]), writtenBytes: Number(match[2]) };
  });
  return { axis: axis as ChartAxis, points };
}

function unreadable(file: string, why: string, line?: number): Error {
  const where = line === undefined ? `"${file}"` : `line ${line} of "${file}"`;
  const data = { file, ...(line === undefined ? {} : { line }) };
  return cliError('CURVE_REFERENCE', `The curve to compare with can't be read: ${where}: ${why}.`, data);
}

/** Points of the reference at which ours writes more than it does. */
export function pointsAbove(
  points: readonly ChartPoint[],
  { axis, points: theirs }: ReferenceCurve,
): ReferencePoint[] {
  return theirs.filter(({ bytes, writtenBytes }) => {
    const fitting = points.filter((point) => point[axis] <= bytes);
    return !fitting.some((point) => point.writtenBytes <= writtenBytes);
  });
}
