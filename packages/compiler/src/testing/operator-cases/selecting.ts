// SPDX-License-Identifier: Apache-2.0
// Cases of DIV, MAXIMUM, MINIMUM, PRELU, ELU, ARG_MAX, CAST, LOG_SOFTMAX, L2_NORMALIZATION and of images in batches.
import type { TensorOptions } from '../../ir/index.js';
import { type CaseOptions, float32, int16, int8, type OperatorCase, operatorCase } from './operator-case.js';

const X = int8(0.05, -7);
const X16 = int16(1 / 3000);
const INT32: TensorOptions = { type: 'int32' };

type Shape = readonly number[];

const EXTREMES: readonly OperatorCase[] = (['maximum', 'minimum'] as const).flatMap((kind) => {
  const extreme = (name: string, a: Shape, b: Shape, type = X): OperatorCase =>
    operatorCase(`${kind}-${name}`, (bench) =>
      bench.operator(kind, [bench.input(a, type), bench.input(b, type)], {}, type),
    );
  return [
    extreme('same', [1, 3, 4, 5], [1, 3, 4, 5]),
    extreme('channels', [2, 3, 2, 4], [1, 1, 1, 4]),
    extreme('rows-and-columns', [1, 3, 1, 2], [1, 1, 4, 2]),
    extreme('int16', [1, 3, 4, 5], [1, 3, 4, 5], X16),
    extreme('float', [1, 3, 4, 5], [1, 3, 4, 1], float32),
  ];
});

function prelu(
  name: string,
  alpha: Shape,
  [from, slope, to]: readonly [TensorOptions, TensorOptions, TensorOptions],
  options?: CaseOptions,
): OperatorCase {
  return operatorCase(
    `prelu-${name}`,
    (bench) => {
      const count = alpha.reduce((product, size) => product * size, 1);
      const values =
        slope.type === 'float32'
          ? bench.reals(count)
          : Array.from({ length: count }, () => bench.random.integer(-128, 127));
      const slopes = bench.constant(alpha, values, slope);
      return bench.operator('prelu', [bench.input([2, 3, 4, 5], from), slopes], {}, to);
    },
    options,
  );
}

const PRELUS: readonly OperatorCase[] = [
  prelu('channels', [1, 1, 5], [X, int8(0.004, 3), int8(0.04, -20)]),
  prelu('pixels', [3, 4, 5], [X, int8(0.02, -90), int8(0.07, 11)]),
  prelu('one', [1, 1, 1], [X, int8(0.01, 0), X]),
  prelu('growing', [1, 1, 5], [X, int8(0.1, 0), int8(0.003, 4)]),
  prelu('extreme', [1, 1, 5], [int8(0.9, 127), int8(0.01, -128), int8(0.8, -128)], { pattern: 'extreme' }),
  prelu('float', [1, 1, 5], [float32, float32, float32]),
];

function elu(name: string, from: TensorOptions, to: TensorOptions): OperatorCase {
  return operatorCase(
    `elu-${name}`,
    (bench) => bench.operator('elu', [bench.input([1, 7, 37, 1], from)], {}, to),
    {
      pattern: from.type === 'float32' ? 'random' : 'ramp',
    },
  );
}

const ELUS: readonly OperatorCase[] = [
  elu('int8', int8(0.05, -7), int8(0.03, -90)),
  elu('coarse', int8(0.2, 5), int8(0.2, 3)),
  elu('fine', int8(0.003, 30), int8(0.002, -9)),
  elu('float', float32, float32),
];

/** Divisors stay away from zero: dividing by it has no meaning that interpreters share. */
function quotient(
  name: string,
  [a, b]: readonly [Shape, Shape],
  types: readonly [TensorOptions, TensorOptions, TensorOptions],
  activation: 'none' | 'relu' = 'none',
): OperatorCase {
  return operatorCase(`div-${name}`, (bench) => {
    const count = b.reduce((product, size) => product * size, 1);
    const values = Array.from({ length: count }, () =>
      types[1].type === 'float32' ? bench.random.pick([-2.5, -1, 0.3, 1.7]) : bench.random.integer(1, 127),
    );
    const divisor = bench.constant(b, values, types[1]);
    return bench.operator('div', [bench.input(a, types[0]), divisor], { activation }, types[2]);
  });
}

const QUOTIENTS: readonly OperatorCase[] = [
  quotient(
    'same',
    [
      [1, 3, 4, 5],
      [1, 3, 4, 5],
    ],
    [X, int8(0.02, -3), int8(0.03, 5)],
  ),
  quotient(
    'channels',
    [
      [2, 3, 2, 4],
      [1, 1, 1, 4],
    ],
    [X, int8(0.02, 0), int8(0.03, 5)],
    'relu',
  ),
  quotient(
    'fine',
    [
      [1, 5, 5, 3],
      [1, 5, 5, 3],
    ],
    [X, int8(0.002, 100), int8(0.02, 0)],
  ),
  quotient(
    'float',
    [
      [1, 3, 4, 5],
      [1, 3, 4, 1],
    ],
    [float32, float32, float32],
    'relu',
  ),
];

const argMax = (name: string, shape: Shape, axis: number, type = X): OperatorCase =>
  operatorCase(`arg-max-${name}`, (bench) =>
    bench.operator('argMax', [bench.input(shape, type), bench.constant([1], [axis])], {}, INT32),
  );

const ARG_MAXIMA: readonly OperatorCase[] = [
  argMax('channels', [2, 3, 4, 5], 3),
  argMax('last', [1, 4, 3, 7], -1),
  argMax('rows', [1, 4, 3, 2], 1),
  argMax('vector', [3, 9], 1),
  argMax('ties', [1, 9, 9, 2], 3),
  argMax('float', [1, 3, 4, 5], 3, float32),
];

const converted = (name: string, from: TensorOptions, to: TensorOptions): OperatorCase =>
  operatorCase(
    `cast-${name}`,
    (bench) => bench.operator('cast', [bench.input([1, 7, 37, 1], from)], {}, to),
    {
      pattern: from.type === 'float32' || from.type === 'int32' ? 'random' : 'ramp',
    },
  );

const CASTS: readonly OperatorCase[] = [
  converted('int8-float', X, float32),
  converted('int8-int16', X, X16),
  converted('int8-int32', X, INT32),
  converted('int16-int8', X16, X),
  converted('int16-float', X16, float32),
  converted('int32-int8', INT32, X),
  converted('int32-int16', INT32, X16),
  converted('int32-float', INT32, float32),
  converted('float-int8', float32, X),
  converted('float-int32', float32, INT32),
];

const normalised = (name: string, shape: Shape, from = X, to = int8(1 / 128)): OperatorCase =>
  operatorCase(`l2-normalization-${name}`, (bench) =>
    bench.operator('l2Normalization', [bench.input(shape, from)], { activation: 'none' }, to),
  );

const logarithms = (name: string, shape: Shape, from = X, to = int8(1 / 16, 127)): OperatorCase =>
  operatorCase(`log-softmax-${name}`, (bench) =>
    bench.operator('logSoftmax', [bench.input(shape, from)], {}, to),
  );

const ROWS: readonly OperatorCase[] = [
  normalised('int8', [2, 3, 4, 5]),
  normalised('one', [5, 1]),
  normalised('many', [2, 300], int8(0.05, 127)),
  normalised('low-zero', [1, 3, 2, 40], int8(0.05, -128)),
  normalised('float', [3, 10], float32, float32),
  logarithms('int8', [3, 10]),
  logarithms('one', [1, 5, 1]),
  logarithms('coarse', [2, 2, 3, 4], int8(0.7, 4)),
  logarithms('fine', [2, 300], int8(0.0004, 4)),
  logarithms('float', [3, 10], float32, float32),
];

function batched(
  kind: 'spaceToBatch' | 'batchToSpace',
  name: string,
  shape: Shape,
  [blocks, margins]: readonly [Shape, Shape],
  type = X,
): OperatorCase {
  const prefix = kind === 'spaceToBatch' ? 'space-to-batch' : 'batch-to-space';
  return operatorCase(`${prefix}-${name}`, (bench) => {
    const table = bench.constant([blocks.length, 2], margins);
    return bench.operator(kind, [bench.input(shape, type), bench.integers(...blocks), table], {});
  });
}

const BATCHES: readonly OperatorCase[] = [
  batched(
    'spaceToBatch',
    'plain',
    [2, 4, 6, 3],
    [
      [2, 3],
      [0, 0, 0, 0],
    ],
  ),
  batched(
    'spaceToBatch',
    'padded',
    [1, 3, 5, 2],
    [
      [2, 2],
      [1, 0, 0, 1],
    ],
    int8(0.05),
  ),
  batched(
    'spaceToBatch',
    'tall',
    [1, 4, 4, 9],
    [
      [4, 1],
      [2, 2, 0, 0],
    ],
    int8(0.05),
  ),
  batched(
    'spaceToBatch',
    'float',
    [1, 4, 4, 2],
    [
      [2, 2],
      [0, 0, 2, 0],
    ],
    float32,
  ),
  batched(
    'batchToSpace',
    'plain',
    [12, 2, 2, 3],
    [
      [2, 3],
      [0, 0, 0, 0],
    ],
  ),
  batched(
    'batchToSpace',
    'cropped',
    [4, 2, 3, 2],
    [
      [2, 2],
      [1, 0, 0, 1],
    ],
  ),
  batched(
    'batchToSpace',
    'images',
    [8, 2, 1, 2],
    [
      [2, 2],
      [0, 1, 1, 0],
    ],
  ),
  batched(
    'batchToSpace',
    'float',
    [4, 2, 2, 2],
    [
      [2, 2],
      [0, 0, 1, 0],
    ],
    float32,
  ),
];

export const SELECTING_CASES: readonly OperatorCase[] = [
  ...EXTREMES,
  ...PRELUS,
  ...ELUS,
  ...QUOTIENTS,
  ...ARG_MAXIMA,
  ...CASTS,
  ...ROWS,
  ...BATCHES,
];
