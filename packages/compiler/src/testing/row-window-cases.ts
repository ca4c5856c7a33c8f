// SPDX-License-Identifier: Apache-2.0
// Operators as the plan's records describe them, with their row maps: the cases of contracts/row-windows.
import type { Nest, RowMap } from '../analysis/row-windows.js';
import { AxisBit, type PlanKind, type PlanParams, type RearrangeFields } from '../plan-format/index.js';

export interface Shape {
  readonly n: number;
  readonly h: number;
  readonly rowBytes: number;
}

/** One operator with its input under test, as the plan's records describe it. */
export interface Case {
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

function mirrorCase(edge: 0 | 1, before: readonly [number, number], input: Shape, output: Shape): Case {
  const [beforeN, beforeH] = before;
  const heights = { imagesIn: input.n, heightIn: input.h, heightOut: output.h };
  return {
    note: edge === 1 ? 'symmetric' : 'reflect',
    kind: 'mirrorPad',
    params: { shape: 'mirrorPad', values: { beforeN, beforeH, beforeW: 0, beforeC: 0, edge } },
    inputs: [input],
    output,
    input: 0,
    map: { kind: 'mirrored', beginN: beforeN, beginH: beforeH, edge, ...heights },
  };
}

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

function nestCase(note: string, nest: Nest, [input, output]: readonly [Shape, Shape]): Case {
  const { sizes, steps, base, rowLoops } = nest;
  const numbered = [
    ...sizes.map((size, i) => [`size${i}`, size]),
    ...steps.map((step, i) => [`step${i}`, step]),
  ];
  const values = { ...Object.fromEntries(numbered), base, rowLoops } as RearrangeFields;
  const map: RowMap = { kind: 'nest', ...nest, rowElementsIn: input.rowBytes };
  return {
    note,
    kind: 'rearrange',
    params: { shape: 'rearrange', values },
    inputs: [input],
    output,
    input: 0,
    map,
  };
}

export const CASES: readonly Case[] = [
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
  { ...addCase(shape(1, 1), shape(4, 2), 1), kind: 'maximum', params: NONE },
  padCase,
  mirrorCase(0, [1, 3], shape(4, 2), shape(9, 4)),
  mirrorCase(1, [2, 3], shape(3, 2), shape(9, 5)),
  copyCase,
  {
    ...copyCase,
    note: 'larger rows',
    inputs: [shape(2, 1, 30)],
    map: { kind: 'bytes', rowBytesIn: 30, rowBytesOut: 15 },
  },
  nestCase(
    'every other row',
    { sizes: [1, 1, 2, 3, 2, 2], steps: [0, 0, 20, 8, 2, 1], base: 4, rowLoops: 4 },
    [shape(5, 2), shape(3, 2)],
  ),
  nestCase(
    'rows and columns backwards',
    { sizes: [1, 1, 2, 5, 4, 1], steps: [0, 0, 20, -4, -1, 0], base: 19, rowLoops: 4 },
    [shape(5, 2), shape(5, 2)],
  ),
  nestCase(
    'columns become rows',
    { sizes: [1, 1, 2, 4, 5, 1], steps: [0, 0, 20, 1, 4, 0], base: 0, rowLoops: 4 },
    [shape(5, 2), shape(4, 2, 5)],
  ),
  meanCase('rows', AxisBit.h | AxisBit.w, reduced(false, true), shape(1, 2)),
  meanCase('images', AxisBit.n, reduced(true, false), shape(5, 1)),
  meanCase('images and rows', AxisBit.n | AxisBit.h, reduced(true, true), shape(1, 1)),
  meanCase('channels', AxisBit.c, reduced(false, false), shape(5, 2)),
];
