// SPDX-License-Identifier: Apache-2.0
/**
 * Row windows against their definitions, and the vectors in `contracts/row-windows` that hold the C side
 * to them. After an intended change: TINYSEG_WRITE_CONTRACTS=1 npx jest analysis/row-windows.
 */
import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { encodeParams, PlanKind } from '../plan-format/index.js';
import { CASES, type Case, type Shape } from '../testing/row-window-cases.js';
import { inputWindow, inputWindowOf, type RowMap, type RowRange } from './row-windows.js';

const ROOT = path.resolve(__dirname, '../../../..');

const windowsOf = ({ map, output }: Case): RowRange[] =>
  Array.from({ length: output.n * output.h }, (_, row) => inputWindow(map, row));

function vectorsJson(): string {
  const vectors = CASES.map((vector) => ({
    kind: vector.kind,
    note: vector.note,
    params: vector.params.shape === 'none' ? {} : vector.params.values,
    inputs: vector.inputs,
    output: vector.output,
    input: vector.input,
    windows: windowsOf(vector)
      .map(({ first, end }) => `${String(first)}..${String(end)}`)
      .join(' '),
  }));
  const about = 'For each output row the input rows first..end (end excluded) that it needs; 0..0: none.';
  return `${JSON.stringify({ about, vectors }, null, 1)}\n`;
}

function vectorsHeader(): string {
  const words = (bytes: Uint8Array): number[] => {
    const view = new DataView(bytes.buffer);
    return Array.from({ length: bytes.length / 4 }, (_, index) => view.getInt32(4 * index, true));
  };
  const wrap = (numbers: readonly number[]): string => {
    const lines: string[] = [];
    for (let at = 0; at < numbers.length; at += 16)
      lines.push(`    ${numbers.slice(at, at + 16).join(', ')},`);
    return lines.join('\n');
  };
  const rows: number[] = [];
  const lines = CASES.flatMap((vector) => {
    const start = rows.length / 2;
    for (const { first, end } of windowsOf(vector)) rows.push(first, end);
    const dims = ({ n, h, rowBytes }: Shape): string => `{${[n, h, rowBytes].join(', ')}}`;
    const params = words(encodeParams(vector.params));
    const fields = [
      String(PlanKind[vector.kind]),
      `{${(params.length === 0 ? [0] : params).join(', ')}}`,
      String(vector.inputs.length),
      `{${vector.inputs.map(dims).join(', ')}}`,
      dims(vector.output),
      String(vector.input),
      String(start),
    ];
    return [`    /* ${vector.kind}: ${vector.note} */`, `    {${fields.join(', ')}},`];
  });
  return [
    '/* SPDX-License-Identifier: Apache-2.0 */',
    '/* The vectors of contracts/row-windows/vectors.json for C, written with them by the test of the',
    ' * row windows in packages/compiler; row_window_test.c reads them. */',
    '/* clang-format off */',
    'static const struct vector vectors[] = {',
    ...lines,
    '};',
    '/* first, end of each row of each vector, one after the other */',
    'static const uint32_t vector_rows[] = {',
    wrap(rows),
    '};',
    '/* clang-format on */',
    '',
  ].join('\n');
}

const FILES: readonly [string, () => string][] = [
  ['contracts/row-windows/vectors.json', vectorsJson],
  ['packages/device-c/tests/contracts/row_window_vectors.h', vectorsHeader],
];

/** [least, greatest + 1) of the rows that satisfy the definition; 0..0 when none does. */
function defined(rows: readonly number[]): RowRange {
  return rows.length === 0 ? { first: 0, end: 0 } : { first: Math.min(...rows), end: Math.max(...rows) + 1 };
}

const dimension = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });

describe('row windows', () => {
  it.each(FILES)('%s is what this version writes', (name, make) => {
    const file = path.join(ROOT, name);
    if (process.env.TINYSEG_WRITE_CONTRACTS === '1') {
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, make());
    }
    expect(fs.readFileSync(file, 'utf8')).toBe(make());
  });

  it('of a convolution or pool are the rows under its taps', () => {
    const numbers = fc.record({
      kernel: dimension(7),
      stride: dimension(5),
      dilation: dimension(4),
      padTop: fc.integer({ min: -3, max: 9 }),
      heightIn: dimension(12),
      heightOut: dimension(12),
    });
    fc.assert(
      fc.property(numbers, fc.nat({ max: 35 }), (window, row) => {
        const { kernel, stride, dilation, padTop, heightIn, heightOut } = window;
        const image = Math.floor(row / heightOut);
        const taps = Array.from(
          { length: kernel },
          (_, t) => (row % heightOut) * stride - padTop + t * dilation,
        );
        const rows = taps.filter((y) => y >= 0 && y < heightIn).map((y) => image * heightIn + y);
        expect(inputWindow({ kind: 'window', ...window }, row)).toEqual(defined(rows));
      }),
      { seed: 3, numRuns: 3000 },
    );
  });

  it('of a transposed convolution are the rows whose taps reach the output row', () => {
    const numbers = fc.record({
      kernel: dimension(7),
      stride: dimension(5),
      padTop: fc.nat({ max: 4 }),
      heightIn: dimension(9),
      heightOut: dimension(20),
    });
    fc.assert(
      fc.property(numbers, fc.nat({ max: 59 }), (window, row) => {
        const { kernel, stride, padTop, heightIn, heightOut } = window;
        const image = Math.floor(row / heightOut);
        const reached = (y: number): boolean => {
          const tap = (row % heightOut) + padTop - y * stride;
          return tap >= 0 && tap < kernel;
        };
        const rows = Array.from({ length: heightIn }, (_, y) => y).filter(reached);
        const expected = defined(rows.map((y) => image * heightIn + y));
        expect(inputWindow({ kind: 'transposed', ...window }, row)).toEqual(expected);
      }),
      { seed: 4, numRuns: 3000 },
    );
  });

  it('of a resize are inside the image, in order, and reach its first row', () => {
    const numbers = fc.record({
      kind: fc.constantFrom('bilinear' as const, 'nearest' as const),
      alignCorners: fc.boolean(),
      halfPixelCenters: fc.boolean(),
      heightIn: dimension(40),
      heightOut: dimension(60),
    });
    fc.assert(
      fc.property(numbers, (map) => {
        const windows = Array.from({ length: map.heightOut }, (_, row) => inputWindow(map, row));
        windows.forEach(({ first, end }, row) => {
          expect(first).toBeGreaterThanOrEqual(windows[row - 1]?.first ?? 0);
          expect(end).toBeLessThanOrEqual(map.heightIn);
          expect(end - first).toBeGreaterThanOrEqual(1);
          expect(end - first).toBeLessThanOrEqual(map.kind === 'bilinear' ? 2 : 1);
        });
        if (map.alignCorners && map.kind === 'nearest' && !map.halfPixelCenters && map.heightOut > 1) {
          expect(windows[0]).toEqual({ first: 0, end: 1 });
          expect(windows[map.heightOut - 1]).toEqual({ first: map.heightIn - 1, end: map.heightIn });
        }
      }),
      { seed: 5, numRuns: 500 },
    );
  });

  it('of doubling by bilinear interpolation take the neighbours on both sides', () => {
    const map: RowMap = {
      kind: 'bilinear',
      alignCorners: false,
      halfPixelCenters: true,
      heightIn: 3,
      heightOut: 6,
    };
    const windows = Array.from({ length: 6 }, (_, row) => inputWindow(map, row));
    expect(windows.map(({ first, end }) => [first, end])).toEqual([
      [0, 1],
      [0, 2],
      [0, 2],
      [1, 3],
      [1, 3],
      [2, 3],
    ]);
  });

  it('of several output rows are one range that covers each of theirs', () => {
    const map: RowMap = {
      kind: 'window',
      kernel: 3,
      stride: 2,
      dilation: 1,
      padTop: 1,
      heightIn: 9,
      heightOut: 5,
    };
    expect(inputWindowOf(map, 1, 3)).toEqual({ first: 1, end: 6 });
    const sparse: RowMap = { kind: 'placed', beginN: 0, beginH: 1, imagesIn: 1, heightIn: 2, heightOut: 4 };
    expect(inputWindowOf(sparse, 0, 4)).toEqual({ first: 0, end: 2 });
    expect(inputWindowOf(sparse, 3, 4)).toEqual({ first: 0, end: 0 });
  });
});
