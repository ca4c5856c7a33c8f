// SPDX-License-Identifier: Apache-2.0
/**
 * Placement problems as text, in the form of MiniMalloc's public benchmarks: a header line, then one
 * buffer a line, which lives over the half-open interval [lower, upper) and needs `size` bytes.
 */
import { compilerError } from '../../error-codes.js';
import type { TimedBuffer } from './problem.js';

export interface PlacementProblem {
  /** `id` of buffer i is i. */
  readonly buffers: readonly TimedBuffer[];
  /** What the file calls buffer i; unique. */
  readonly names: readonly string[];
  /** Offset of buffer i, when the file has such a column. */
  readonly offsets?: readonly number[];
}

type Column = 'id' | 'lower' | 'upper' | 'size' | 'alignment' | 'offset';

const REQUIRED: readonly Column[] = ['id', 'lower', 'upper', 'size'];
const OPTIONAL: readonly Column[] = ['alignment', 'offset'];

/**
 * @param text lines `id,lower,upper,size[,alignment][,offset]`; the header may name them in any order.
 *   Line ends may be LF or CRLF; empty lines count for nothing.
 * @throws TinysegError `PLACEMENT_HEADER`, `PLACEMENT_ROW` or `PLACEMENT_DUPLICATE_ID`, with the line in its data
 */
export function readPlacementCsv(text: string): PlacementProblem {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((content, at) => ({ content: content.trim(), line: at + 1 }))
    .filter(({ content }) => content !== '');
  const columns = readHeader(lines[0]?.content ?? '', lines[0]?.line ?? 1);
  const names: string[] = [];
  const seen = new Map<string, number>();
  const offsets: number[] = [];
  let totalBytes = 0;
  const buffers = lines.slice(1).map(({ content, line }, id): TimedBuffer => {
    const row = readRow(content, line, columns);
    const earlier = seen.get(row.name);
    if (earlier !== undefined) throw duplicate(row.name, line, earlier);
    seen.set(row.name, line);
    names.push(row.name);
    if (row.offset !== undefined) offsets.push(row.offset);
    totalBytes += row.size + (row.alignment ?? 1);
    if (!Number.isSafeInteger(totalBytes)) throw tooMuch(line);
    const { lower, upper, size, alignment } = row;
    return alignment === undefined
      ? { id, lower, upper, size }
      : { id, lower, upper, size, align: alignment };
  });
  return columns.includes('offset') ? { buffers, names, offsets } : { buffers, names };
}

/**
 * The problem as text, with an `offset` column when `offsets` (or those of the problem) are given and
 * an `alignment` column when a buffer has one; `readPlacementCsv` reads it back.
 */
export function writePlacementCsv(
  problem: PlacementProblem,
  offsets: readonly number[] | undefined = problem.offsets,
): string {
  const aligned = problem.buffers.some(({ align }) => align !== undefined);
  const header = [...REQUIRED, ...(aligned ? ['alignment'] : []), ...(offsets ? ['offset'] : [])];
  const rows = problem.buffers.map(({ id, lower, upper, size, align = 1 }, i) =>
    [
      problem.names[i] ?? id,
      lower,
      upper,
      size,
      ...(aligned ? [align] : []),
      ...(offsets ? [offsets[i] ?? 0] : []),
    ].join(','),
  );
  return [header.join(','), ...rows, ''].join('\n');
}

/** The capacity that a benchmark file's name ends with (`A.1048576.csv`), bytes; undefined if there is none. */
export function capacityOfFileName(name: string): number | undefined {
  const digits = /\.(\d{1,15})\.csv$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function readHeader(content: string, line: number): Column[] {
  const known = new Set<string>([...REQUIRED, ...OPTIONAL]);
  const columns = content.split(',').map((name) => name.trim());
  const unknown = columns.find((name) => !known.has(name));
  const missing = REQUIRED.find((name) => !columns.includes(name));
  const problem =
    missing !== undefined
      ? `has no column "${missing}"`
      : unknown !== undefined
        ? `has a column "${unknown}", which means nothing here`
        : new Set(columns).size < columns.length
          ? 'names a column twice'
          : undefined;
  if (problem === undefined) return columns as Column[];
  throw compilerError(
    'PLACEMENT_HEADER',
    `Line ${line} should be the header "id,lower,upper,size" (also known: "alignment", "offset"), but ${problem}.`,
    { line },
  );
}

interface Row {
  readonly name: string;
  readonly lower: number;
  readonly upper: number;
  readonly size: number;
  readonly alignment?: number;
  readonly offset?: number;
}

function readRow(content: string, line: number, columns: readonly Column[]): Row {
  const cells = content.split(',').map((cell) => cell.trim());
  if (cells.length !== columns.length)
    throw badRow(line, `it has ${cells.length} values where the header has ${columns.length}`);
  const number = (column: Column): number => {
    const cell = cells[columns.indexOf(column)] ?? '';
    const value = /^\d+$/.test(cell) ? Number(cell) : NaN;
    if (!Number.isSafeInteger(value))
      throw badRow(line, `"${column}" is "${cell}", not a whole number from 0 to 2^53 - 1`);
    return value;
  };
  const name = cells[columns.indexOf('id')] ?? '';
  const [lower, upper, size] = [number('lower'), number('upper'), number('size')];
  if (name === '') throw badRow(line, '"id" is empty');
  if (lower > upper) throw badRow(line, 'the buffer ends before it begins');
  const alignment = columns.includes('alignment') ? number('alignment') : undefined;
  if (alignment === 0) throw badRow(line, '"alignment" is 0; without alignment it is 1');
  return {
    name,
    lower,
    upper,
    size,
    ...(alignment === undefined ? {} : { alignment }),
    ...(columns.includes('offset') ? { offset: number('offset') } : {}),
  };
}

function tooMuch(line: number): Error {
  return compilerError(
    'PLACEMENT_ROW',
    `The sizes of all buffers up to line ${line} of the placement problem, with their alignments, add up to 2^53 bytes ` +
      'or more, which can not be counted. Write the sizes in larger units.',
    { line },
  );
}

function badRow(line: number, why: string): Error {
  return compilerError('PLACEMENT_ROW', `Line ${line} of the placement problem can not be read: ${why}.`, {
    line,
  });
}

function duplicate(name: string, line: number, earlier: number): Error {
  return compilerError(
    'PLACEMENT_DUPLICATE_ID',
    `Lines ${earlier} and ${line} of the placement problem both describe buffer "${name}"; give each its own id.`,
    { line, earlier },
  );
}
