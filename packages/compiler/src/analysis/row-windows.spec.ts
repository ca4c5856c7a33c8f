// SPDX-License-Identifier: Apache-2.0
/**
 * Row windows against their definitions, and the vectors in `contracts/row-windows` that hold the C side
 * to them. After an intended change: TINYSEG_WRITE_CONTRACTS=1 npx jest analysis/row-windows.
 */
import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { AxisBit, encodeParams, PlanKind, type PlanParams } from '../plan-format/index.js';
import { inputWindow, inputWindowOf, type RowMap, type RowRange } from './row-windows.js';

interface Shape {
  readonly n: number;
  readonly h: number;
  readonly rowBytes: number;
}

/** One operator with its input under test, as the plan's records describe it. */
interface Case {
  readonly note: string;
  readonly kind: keyof typeof PlanKind;
  readonly params: PlanParams;
  readonly inputs: readonly Shape[];
  readonly output: Shape;
  readonly input: number;
  readonly map: RowMap;
}

const shape = (h: number, n = 1, rowBytes = 4): Shape => ({ n, h, rowBytes });
const NONE: PlanParams = { shape: 'none' };
const ROOT = path.resolve(__dirname, '../../../..');

interface WindowNumbers {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation?: number;
  readonly pad: number;
}

function windowCase(
  kind: 'conv2d' | 'depthwiseConv2d' | 'transposeConv' | 'maxPool2d' | 'averagePool2d',
  { kernel, stride, dilation = 1, pad }: WindowNumbers,
  heightIn: number,
  heightOut: number,
  images = 1,
): Case {
  const window = { kernelH: kernel, kernelW: 1, strideH: stride, strideW: 1, padTop: pad, padLeft: 0 };
  const range = { activationMin: -128, activationMax: 127 };
  const nowhere = { offset: 0, size: 0 };
  const pool = kind === 'maxPool2d' || kind === 'averagePool2d';
  const params: PlanParams = pool
    ? { shape: 'pool', values: { ...window, ...range } }
    : {
        shape: 'conv',
        values: {
          ...window,
          ...range,
          ...{ dilationH: dilation, dilationW: 1, depthMultiplier: 1, inputZeroPoint: 0, outputZeroPoint: 0 },
          ...{ weights: nowhere, bias: nowhere, multipliers: [], shifts: [] },
        },
      };
  const map: RowMap =
    kind === 'transposeConv'
      ? { kind: 'transposed', kernel, stride, padTop: pad, heightIn, heightOut }
      : { kind: 'window', kernel, stride, dilation, padTop: pad, heightIn, heightOut };
  const note = `kernel ${String(kernel)} stride ${String(stride)} dilation ${String(dilation)} pad ${String(pad)}`;
  const inputs = [shape(heightIn, images)];
  return { note, kind, params, inputs, output: shape(heightOut, images), input: 0, map };
}

function resizeCase(
  kind: 'resizeBilinear' | 'resizeNearest',
  heightIn: number,
  heightOut: number,
  alignCorners: boolean,
  halfPixelCenters: boolean,
): Case {
  return {
    note: `${alignCorners ? 'align corners ' : ''}${halfPixelCenters ? 'half pixel centers' : ''}`.trim(),
    kind,
    params: {
      shape: 'resize',
      values: { alignCorners: Number(alignCorners), halfPixelCenters: Number(halfPixelCenters) },
    },
    inputs: [shape(heightIn, 2)],
    output: shape(heightOut, 2),
    input: 0,
    map: {
      kind: kind === 'resizeBilinear' ? 'bilinear' : 'nearest',
      ...{ alignCorners, halfPixelCenters, heightIn, heightOut },
    },
  };
}

function joinCase(axis: number, inputs: readonly Shape[], output: Shape, input: number): Case {
  const earlier = inputs.slice(0, input);
  const part = inputs[input] as Shape;
  const begin = earlier.reduce((sum, { n, h }) => sum + (axis === 0 ? n : h), 0);
  const place = { beginN: axis === 0 ? begin : 0, beginH: axis === 1 ? begin : 0 };
  const heights = { imagesIn: part.n, heightIn: part.h, heightOut: output.h };
  const map: RowMap = axis >= 2 ? { kind: 'same' } : { kind: 'placed', ...place, ...heights };
  const params: PlanParams = { shape: 'axis', values: { axis } };
  return { note: `axis ${String(axis)}`, kind: 'concatenation', params, inputs, output, input, map };
}

function addCase(other: Shape, output: Shape, input: number): Case {
  const factors = {
    input1Multiplier: 0,
    input1Shift: 0,
    input2Multiplier: 0,
    input2Shift: 0,
    outputMultiplier: 0,
  };
  const offsets = { leftShift: 20, input1Offset: 0, input2Offset: 0, outputOffset: 0, outputShift: 0 };
  const inputs = input === 0 ? [other, output] : [output, other];
  return {
    note: 'broadcast',
    kind: 'add',
    params: {
      shape: 'elementwise',
      values: { ...offsets, ...factors, activationMin: -128, activationMax: 127 },
    },
    inputs,
    output,
    input,
    map: { kind: 'broadcast', imagesIn: other.n, heightIn: other.h, heightOut: output.h },
  };
}

const padCase: Case = {
  note: 'before and after in n and h',
  kind: 'pad',
  params: { shape: 'pad', values: { beforeN: 1, beforeH: 2, beforeW: 0, beforeC: 0, value: 0 } },
  inputs: [shape(3, 2)],
  output: shape(6, 4),
  input: 0,
  map: { kind: 'placed', beginN: 1, beginH: 2, imagesIn: 2, heightIn: 3, heightOut: 6 },
};

const copyCase: Case = {
  note: 'other rows',
  kind: 'copy',
  params: NONE,
  inputs: [shape(6, 1, 10)],
  output: shape(4, 1, 15),
  input: 0,
  map: { kind: 'bytes', rowBytesIn: 10, rowBytesOut: 15 },
};

function meanCase(note: string, axes: number, map: RowMap, output: Shape): Case {
  const values = { inputZeroPoint: 0, outputZeroPoint: 0, multiplier: 1 << 30, shift: 0, axes };
  const inputs = [shape(5, 2)];
  return { note, kind: 'mean', params: { shape: 'reduce', values }, inputs, output, input: 0, map };
}

const reduced = (images: boolean, lines: boolean): RowMap => ({
  kind: 'reduced',
  ...{ images, lines, imagesIn: 2, heightIn: 5, heightOut: lines ? 1 : 5 },
});

const CASES: readonly Case[] = [
  windowCase('conv2d', { kernel: 3, stride: 1, pad: 1 }, 5, 5),
  windowCase('conv2d', { kernel: 3, stride: 2, pad: 0 }, 8, 4, 3),
  windowCase('conv2d', { kernel: 3, stride: 3, pad: 0 }, 11, 3, 2),
  windowCase('conv2d', { kernel: 2, stride: 5, pad: 1 }, 12, 3),
  windowCase('conv2d', { kernel: 5, stride: 1, dilation: 3, pad: 6 }, 9, 9, 2),
  windowCase('conv2d', { kernel: 3, stride: 2, dilation: 4, pad: 4 }, 7, 4),
  windowCase('conv2d', { kernel: 2, stride: 1, dilation: 7, pad: 3 }, 3, 3),
  windowCase('conv2d', { kernel: 3, stride: 1, pad: 5 }, 2, 10),
  windowCase('conv2d', { kernel: 1, stride: 2, pad: -1 }, 6, 3),
  windowCase('depthwiseConv2d', { kernel: 4, stride: 2, pad: 1 }, 10, 5),
  windowCase('maxPool2d', { kernel: 2, stride: 2, pad: 0 }, 9, 4, 2),
  windowCase('averagePool2d', { kernel: 3, stride: 2, pad: 1 }, 6, 3),
  windowCase('transposeConv', { kernel: 2, stride: 2, pad: 0 }, 4, 8, 2),
  windowCase('transposeConv', { kernel: 3, stride: 2, pad: 0 }, 4, 8),
  windowCase('transposeConv', { kernel: 3, stride: 2, pad: 1 }, 4, 7),
  windowCase('transposeConv', { kernel: 5, stride: 3, pad: 1 }, 3, 9, 2),
  windowCase('transposeConv', { kernel: 1, stride: 3, pad: 0 }, 3, 9),
  ...[false, true].flatMap((corners) =>
    [false, true].flatMap((half) => [
      ...(corners && half
        ? []
        : [[3, 7] as const, [5, 12] as const, [12, 5] as const, [6, 12] as const, [4, 1] as const]
      ).map(([from, to]) => resizeCase('resizeBilinear', from, to, corners, half)),
      ...(
        [
          [3, 7],
          [5, 12],
          [12, 5],
          [6, 12],
          [4, 1],
          [7, 7],
        ] as const
      ).map(([from, to]) => resizeCase('resizeNearest', from, to, corners, half)),
    ]),
  ),
  joinCase(3, [shape(3), shape(3)], shape(3), 1),
  joinCase(2, [shape(3, 2), shape(3, 2)], shape(3, 2), 0),
  joinCase(1, [shape(2, 2), shape(3, 2), shape(1, 2)], shape(6, 2), 1),
  joinCase(0, [shape(2, 1), shape(2, 3)], shape(2, 4), 1),
  addCase(shape(1, 1), shape(4, 2), 1),
  addCase(shape(4, 1), shape(4, 2), 0),
  addCase(shape(1, 2), shape(4, 2), 1),
  addCase(shape(4, 2), shape(4, 2), 1),
  padCase,
  copyCase,
  {
    ...copyCase,
    note: 'larger rows',
    inputs: [shape(2, 1, 30)],
    map: { kind: 'bytes', rowBytesIn: 30, rowBytesOut: 15 },
  },
  meanCase('rows', AxisBit.h | AxisBit.w, reduced(false, true), shape(1, 2)),
  meanCase('images', AxisBit.n, reduced(true, false), shape(5, 1)),
  meanCase('images and rows', AxisBit.n | AxisBit.h, reduced(true, true), shape(1, 1)),
  meanCase('channels', AxisBit.c, reduced(false, false), shape(5, 2)),
];

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
