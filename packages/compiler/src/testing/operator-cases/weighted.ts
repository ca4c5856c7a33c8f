// SPDX-License-Identifier: Apache-2.0
// Cases of convolutions and FULLY_CONNECTED.
import type { Activation, Padding, TensorId, TensorOptions } from '../../ir/index.js';
import {
  type Bench,
  float32,
  int16,
  int8,
  type OperatorCase,
  operatorCase,
  type CaseOptions,
} from './operator-case.js';

interface Geometry {
  readonly input: readonly [number, number, number, number];
  readonly kernel: readonly [number, number];
  readonly filters: number;
  readonly stride?: readonly [number, number];
  readonly dilation?: readonly [number, number];
  readonly padding?: Padding;
  readonly activation?: Activation;
  readonly groups?: number;
  /** Absent: no bias. */
  readonly bias?: 'int32' | 'int64' | 'float32';
  readonly from?: TensorOptions;
  readonly to?: TensorOptions;
  /** Scales of the weights, repeated as needed; a single one is for all channels. */
  readonly scales?: readonly number[];
  readonly isExtreme?: boolean;
}

const SCALES = [0.004, 0.0007, 0.011, 0.0025, 0.0001];

function weightScales({ from, filters, scales = SCALES }: Geometry): readonly number[] | 'float' {
  if (from?.type === 'float32') return 'float';
  return scales.length === 1
    ? scales
    : Array.from({ length: filters }, (_, o) => scales[o % scales.length] ?? 1);
}

function biasOf(bench: Bench, geometry: Geometry): TensorId | null {
  const { bias, filters, from } = geometry;
  if (bias === undefined) return null;
  const scales = weightScales(geometry);
  const inputScale = Math.fround(from?.scale ?? 0.05);
  const products = scales === 'float' ? [] : scales.map((scale) => inputScale * Math.fround(scale));
  return bench.bias(filters, bias, products, geometry.isExtreme === true ? 200_000 : 2000);
}

const windowFields = ({ stride = [1, 1], padding = 'same', activation = 'none' }: Geometry) => ({
  strideH: stride[0],
  strideW: stride[1],
  padding,
  activation,
});

const IN = int8(0.05, -7);
const OUT = int8(0.09, 11);

function conv(name: string, geometry: Geometry, options?: CaseOptions): OperatorCase {
  return operatorCase(
    `conv2d-${name}`,
    (bench) => {
      const { input, kernel, filters, dilation = [1, 1], groups = 1, from = IN, to = OUT } = geometry;
      const x = bench.input(input, from);
      const shape = [filters, ...kernel, input[3] / groups];
      const weights = bench.weights(shape, weightScales(geometry), 0, geometry.isExtreme);
      return bench.operator(
        'conv2d',
        [x, weights, biasOf(bench, geometry)],
        { ...windowFields(geometry), dilationH: dilation[0], dilationW: dilation[1] },
        to,
      );
    },
    options,
  );
}

function depthwise(name: string, geometry: Geometry, options?: CaseOptions): OperatorCase {
  return operatorCase(
    `depthwise-conv2d-${name}`,
    (bench) => {
      const { input, kernel, filters, dilation = [1, 1], from = IN, to = OUT } = geometry;
      const x = bench.input(input, from);
      const weights = bench.weights([1, ...kernel, filters], weightScales(geometry), 3, geometry.isExtreme);
      const depthMultiplier = filters / input[3];
      const bias = biasOf(bench, geometry);
      const dilations = { dilationH: dilation[0], dilationW: dilation[1] };
      return bench.operator(
        'depthwiseConv2d',
        // Not null: interpreters take an absent bias, but not one that is there and optional.
        bias === null ? [x, weights] : [x, weights, bias],
        { ...windowFields(geometry), ...dilations, depthMultiplier },
        to,
      );
    },
    options,
  );
}

/** `size`: height and width of the output; `input` is what makes it. */
function transposed(
  name: string,
  geometry: Geometry & { readonly size: readonly [number, number] },
  options?: CaseOptions,
): OperatorCase {
  return operatorCase(
    `transpose-conv-${name}`,
    (bench) => {
      const { input, kernel, filters, size, from = IN, to = OUT } = geometry;
      const x = bench.input(input, from);
      const shape = bench.integers(input[0], ...size, filters);
      const weights = bench.weights(
        [filters, ...kernel, input[3]],
        weightScales(geometry),
        0,
        geometry.isExtreme,
      );
      const bias = biasOf(bench, geometry);
      const inputs = bias === null ? [shape, weights, x] : [shape, weights, x, bias];
      return bench.operator('transposeConv', inputs, windowFields(geometry), to);
    },
    options,
  );
}

interface Dense extends Omit<Geometry, 'input' | 'kernel'> {
  readonly input: readonly number[];
  readonly features: number;
}

function dense(name: string, shape: Dense, options?: CaseOptions): OperatorCase {
  return operatorCase(
    `fully-connected-${name}`,
    (bench) => {
      const geometry: Geometry = { ...shape, input: [1, 1, 1, shape.features], kernel: [1, 1] };
      const { filters, from = IN, to = OUT, activation = 'none' } = geometry;
      const x = bench.input(shape.input, from);
      const weights = bench.weights([filters, shape.features], weightScales(geometry), 0, shape.isExtreme);
      return bench.operator(
        'fullyConnected',
        [x, weights, biasOf(bench, geometry)],
        { activation, keepNumDims: false, weightsFormat: 'default' },
        to,
      );
    },
    options,
  );
}

const extreme = { pattern: 'extreme' } as const;
const half = { from: int16(1 / 4096), to: int16(1 / 2048) };
const real = { from: float32, to: float32, bias: 'float32' } as const;

const CONVOLUTIONS: readonly OperatorCase[] = [
  conv('same', { input: [1, 5, 7, 3], kernel: [3, 3], filters: 4, bias: 'int32' }),
  conv('valid-stride', {
    input: [2, 8, 7, 2],
    kernel: [3, 2],
    filters: 3,
    stride: [2, 3],
    padding: 'valid',
    bias: 'int32',
  }),
  conv('same-stride', { input: [1, 6, 9, 2], kernel: [4, 5], filters: 2, stride: [2, 2], bias: 'int32' }),
  conv('dilated', { input: [1, 9, 8, 2], kernel: [3, 3], filters: 3, dilation: [2, 3], bias: 'int32' }),
  conv('pointwise', { input: [1, 3, 4, 17], kernel: [1, 1], filters: 5, bias: 'int32', activation: 'relu' }),
  conv('groups', { input: [1, 4, 5, 6], kernel: [3, 3], filters: 4, groups: 2, bias: 'int32' }),
  conv('window-beyond-image', { input: [1, 2, 3, 2], kernel: [5, 7], filters: 2, bias: 'int32' }),
  conv('no-bias', {
    input: [1, 4, 4, 3],
    kernel: [2, 2],
    filters: 2,
    activation: 'relu6',
    to: int8(0.02, -128),
  }),
  conv('whole-scale', { input: [1, 4, 4, 3], kernel: [3, 3], filters: 3, scales: [0.003], bias: 'int32' }),
  conv('growing', {
    input: [1, 3, 4, 1],
    kernel: [1, 2],
    filters: 3,
    scales: [3, 17, 0.5],
    from: int8(2, 5),
    to: int8(0.7, -3),
    bias: 'int32',
  }),
  conv('narrow', {
    input: [1, 4, 5, 2],
    kernel: [3, 3],
    filters: 3,
    activation: 'reluN1To1',
    to: int8(0.25, 9),
    bias: 'int32',
  }),
  conv(
    'extreme-high-zero',
    {
      input: [1, 5, 5, 8],
      kernel: [3, 3],
      filters: 4,
      from: int8(0.05, 127),
      to: int8(2, -128),
      bias: 'int32',
      isExtreme: true,
    },
    extreme,
  ),
  conv(
    'extreme-low-zero',
    {
      input: [1, 5, 5, 8],
      kernel: [3, 3],
      filters: 4,
      from: int8(0.05, -128),
      to: int8(2, 127),
      bias: 'int32',
      isExtreme: true,
    },
    extreme,
  ),
  conv('int16', {
    input: [2, 5, 4, 3],
    kernel: [3, 3],
    filters: 4,
    ...half,
    bias: 'int64',
    activation: 'relu',
  }),
  conv('int16-no-bias', { input: [1, 5, 4, 3], kernel: [3, 2], filters: 2, ...half, stride: [2, 1] }),
  conv('int16-bias32', { input: [1, 4, 4, 3], kernel: [3, 3], filters: 4, ...half, bias: 'int32' }),
  conv(
    'int16-extreme',
    { input: [1, 4, 4, 8], kernel: [3, 3], filters: 4, ...half, bias: 'int64', isExtreme: true },
    extreme,
  ),
  conv('float', { input: [1, 5, 4, 3], kernel: [3, 3], filters: 4, ...real, activation: 'relu6' }),
  depthwise('same', { input: [1, 5, 6, 4], kernel: [3, 3], filters: 4, bias: 'int32' }),
  depthwise('multiplier', {
    input: [2, 5, 4, 3],
    kernel: [3, 2],
    filters: 6,
    stride: [2, 1],
    bias: 'int32',
    activation: 'relu6',
  }),
  depthwise('many-channels', {
    input: [1, 4, 3, 19],
    kernel: [2, 3],
    filters: 19,
    padding: 'valid',
    bias: 'int32',
  }),
  depthwise('dilated', { input: [1, 9, 7, 2], kernel: [3, 3], filters: 2, dilation: [3, 2], bias: 'int32' }),
  depthwise('one-channel', {
    input: [1, 6, 5, 1],
    kernel: [4, 3],
    filters: 3,
    stride: [2, 2],
    scales: [0.004],
    bias: 'int32',
  }),
  depthwise('no-bias', { input: [1, 4, 5, 2], kernel: [3, 3], filters: 2 }),
  depthwise(
    'extreme',
    {
      input: [1, 5, 5, 3],
      kernel: [3, 3],
      filters: 3,
      from: int8(0.05, 127),
      to: int8(1, -3),
      bias: 'int32',
      isExtreme: true,
    },
    extreme,
  ),
  depthwise('int16', { input: [1, 5, 4, 3], kernel: [3, 3], filters: 6, ...half, bias: 'int64' }),
  depthwise('float', { input: [1, 5, 4, 3], kernel: [3, 3], filters: 6, ...real }),
  transposed('up', {
    input: [1, 3, 4, 3],
    kernel: [2, 2],
    filters: 2,
    stride: [2, 2],
    size: [6, 8],
    bias: 'int32',
  }),
  transposed('overlapping', {
    input: [2, 3, 4, 2],
    kernel: [3, 3],
    filters: 3,
    stride: [2, 2],
    size: [6, 8],
    bias: 'int32',
  }),
  transposed('valid', {
    input: [1, 3, 2, 2],
    kernel: [3, 4],
    filters: 2,
    stride: [2, 1],
    padding: 'valid',
    size: [7, 5],
  }),
  transposed('gaps', {
    input: [1, 3, 2, 2],
    kernel: [2, 1],
    filters: 2,
    stride: [3, 3],
    size: [9, 6],
    bias: 'int32',
  }),
  transposed('dense', {
    input: [1, 4, 3, 2],
    kernel: [4, 3],
    filters: 2,
    size: [4, 3],
    bias: 'int32',
    scales: [0.004],
  }),
  transposed(
    'extreme',
    {
      input: [1, 3, 3, 8],
      kernel: [3, 3],
      filters: 2,
      stride: [2, 2],
      size: [6, 6],
      from: int8(0.05, -128),
      to: int8(1, 127),
      bias: 'int32',
      isExtreme: true,
    },
    extreme,
  ),
  transposed('int16', {
    input: [1, 3, 3, 2],
    kernel: [3, 3],
    filters: 2,
    stride: [2, 2],
    size: [6, 6],
    ...half,
    bias: 'int64',
  }),
  transposed('float', {
    input: [1, 3, 3, 2],
    kernel: [3, 3],
    filters: 2,
    stride: [2, 2],
    size: [6, 6],
    from: float32,
    to: float32,
  }),
];

const DENSE: readonly OperatorCase[] = [
  dense('whole', { input: [1, 13], features: 13, filters: 5, scales: [0.003], bias: 'int32' }),
  dense('per-channel', { input: [1, 8], features: 8, filters: 6, bias: 'int32', activation: 'relu' }),
  dense('batches', { input: [3, 7], features: 7, filters: 4, scales: [0.01] }),
  dense('image', { input: [1, 2, 3, 4], features: 24, filters: 3, scales: [0.002], bias: 'int32' }),
  // A row of the image holds the end of one batch and the beginning of the next.
  dense('straddling', { input: [1, 6, 2, 4], features: 16, filters: 3, scales: [0.002], bias: 'int32' }),
  dense('straddling-rows', { input: [1, 3, 1, 4], features: 6, filters: 2, bias: 'int32' }),
  dense('images', { input: [3, 2, 2, 2], features: 8, filters: 3, scales: [0.004], activation: 'relu6' }),
  dense(
    'extreme',
    {
      input: [2, 40],
      features: 40,
      filters: 4,
      from: int8(0.05, 127),
      to: int8(4, -128),
      scales: [0.02],
      bias: 'int32',
      isExtreme: true,
    },
    extreme,
  ),
  dense('growing', {
    input: [1, 2],
    features: 2,
    filters: 3,
    from: int8(1.5, 3),
    to: int8(0.4, -9),
    scales: [2.5],
  }),
  dense('int16', { input: [2, 9], features: 9, filters: 4, ...half, scales: [0.003], bias: 'int64' }),
  dense('int16-per-channel', { input: [1, 9], features: 9, filters: 4, ...half, bias: 'int64' }),
  dense('float', { input: [2, 9], features: 9, filters: 4, ...real, activation: 'relu' }),
];

export const WEIGHTED_CASES: readonly OperatorCase[] = [...CONVOLUTIONS, ...DENSE];
