// SPDX-License-Identifier: Apache-2.0
// Cases of arithmetic, functions of one element, conversions and SOFTMAX.
import type { Activation, OperatorKind, OperatorOf, TensorOptions } from '../../ir/index.js';
import {
  type CaseOptions,
  float32,
  int16,
  int8,
  type OperatorCase,
  operatorCase,
  uint8,
} from './operator-case.js';

interface Operands {
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly activation?: Activation;
  /** Of a, b and the output. */
  readonly types?: readonly [TensorOptions, TensorOptions, TensorOptions];
}

const TYPES = [int8(0.05, -3), int8(0.02, 17), int8(0.06, 5)] as const;
/** Powers of two, of which single and double precision make the same factors; see `reference/arithmetic.ts`. */
const EXACT_TYPES = [int8(1 / 16, -3), int8(1 / 64, 17), int8(1 / 16, 5)] as const;
const TYPES16 = [int16(1 / 4096), int16(1 / 3000), int16(1 / 1500)] as const;
const FLOATS = [float32, float32, float32] as const;

function binary(
  kind: 'add' | 'sub' | 'mul',
  name: string,
  operands: Operands,
  options?: CaseOptions,
): OperatorCase {
  return operatorCase(
    `${kind}-${name}`,
    (bench) => {
      const [first, second, output] = operands.types ?? TYPES;
      const inputs = [bench.input(operands.a, first), bench.input(operands.b, second)];
      const activation = operands.activation ?? 'none';
      if (kind === 'mul') return bench.operator('mul', inputs, { activation }, output);
      return bench.operator(kind, inputs, { activation, potScaleInt16: false }, output);
    },
    options,
  );
}

const BINARY: readonly OperatorCase[] = (['add', 'sub', 'mul'] as const).flatMap((kind) => [
  binary(kind, 'same', { a: [1, 3, 4, 5], b: [1, 3, 4, 5] }),
  binary(kind, 'channels', {
    a: [2, 3, 2, 4],
    b: [1, 1, 1, 4],
    activation: 'relu',
    types: kind === 'sub' ? EXACT_TYPES : TYPES,
  }),
  binary(kind, 'rows-and-columns', { a: [1, 3, 1, 2], b: [1, 1, 4, 2], activation: 'relu6' }),
  binary(kind, 'scalar', { a: [1, 1, 1, 1], b: [1, 2, 3, 3] }),
  binary(kind, 'images', { a: [2, 2, 1, 3], b: [1, 2, 3, 1] }),
  binary(
    kind,
    'extreme',
    { a: [1, 4, 4, 4], b: [1, 4, 4, 4], types: [int8(0.9, 127), int8(0.001, -128), int8(0.8, -128)] },
    { pattern: 'extreme' },
  ),
  binary(kind, 'fine-output', {
    a: [1, 64],
    b: [1, 64],
    types: [int8(0.05, 1), int8(0.04, 2), int8(0.0001, 3)],
  }),
  binary(kind, 'int16', { a: [1, 3, 4, 5], b: [1, 3, 4, 5], types: TYPES16, activation: 'relu' }),
  binary(kind, 'int16-channels', { a: [1, 3, 4, 5], b: [1, 1, 1, 5], types: TYPES16 }),
  binary(kind, 'float', { a: [1, 3, 4, 5], b: [1, 3, 4, 1], types: FLOATS, activation: 'reluN1To1' }),
]);

type FunctionKind = 'relu' | 'relu6' | 'reluN1To1' | 'logistic' | 'tanh' | 'hardSwish' | 'leakyRelu';

function unary(
  kind: FunctionKind,
  name: string,
  [from, to]: readonly [TensorOptions, TensorOptions],
  fields: Partial<OperatorOf<'leakyRelu'>> = {},
  oracle: OperatorCase['oracle'] = 'tflite-micro',
): OperatorCase {
  return operatorCase(
    `${kind.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}-${name}`,
    (bench) => {
      // 259 numbers: more than int8 has, and more than one row of anything.
      const x = bench.input([1, 7, 37, 1], from);
      return bench.operator(kind as OperatorKind, [x], fields as never, to);
    },
    { pattern: from.type === 'float32' ? 'random' : 'ramp', oracle },
  );
}

const LOGISTIC8 = int8(1 / 256, -128);
const TANH8 = int8(1 / 128, 0);
const UNIT16 = int16(1 / 32768);

const FUNCTIONS: readonly OperatorCase[] = [
  unary('relu', 'rescaled', [int8(0.07, -3), int8(0.05, -128)]),
  unary('relu', 'fine-output', [int8(0.07, 100), int8(0.01, 5)]),
  unary('relu', 'int16', [int16(1 / 512), int16(1 / 700)]),
  unary('relu', 'float', [float32, float32]),
  unary('relu6', 'int8', [int8(0.07, -3), int8(0.07, -3)]),
  unary('relu6', 'int16', [int16(1 / 1000), int16(1 / 1000)]),
  unary('relu6', 'float', [float32, float32]),
  unary('reluN1To1', 'int8', [int8(0.03, -3), int8(0.03, -3)], {}, 'tensorflow-lite'),
  unary('reluN1To1', 'rescaled', [int8(0.03, 20), int8(0.01, -30)], {}, 'tensorflow-lite'),
  unary('leakyRelu', 'gentle', [int8(0.07, -3), int8(0.05, 9)], { alpha: 0.1 }),
  unary('leakyRelu', 'steep', [int8(0.03, 60), int8(0.05, -40)], { alpha: 1.7 }),
  unary('leakyRelu', 'negative', [int8(0.07, 10), int8(0.09, 0)], { alpha: -0.3 }),
  unary('leakyRelu', 'int16', [int16(1 / 512), int16(1 / 700)], { alpha: 0.2 }),
  unary('leakyRelu', 'float', [float32, float32], { alpha: 0.2 }),
  unary('logistic', 'int8', [int8(0.06, -7), LOGISTIC8]),
  unary('logistic', 'coarse', [int8(0.5, 0), LOGISTIC8]),
  unary('logistic', 'fine', [int8(0.003, 127), LOGISTIC8]),
  unary('logistic', 'int16', [int16(1 / 4000), UNIT16]),
  unary('logistic', 'int16-power', [int16(1 / 4096), UNIT16]),
  unary('logistic', 'float', [float32, float32]),
  unary('tanh', 'int8', [int8(0.03, -7), TANH8]),
  unary('tanh', 'coarse', [int8(0.4, 3), TANH8]),
  unary('tanh', 'int16', [int16(1 / 7000), UNIT16]),
  unary('tanh', 'int16-power', [int16(1 / 2048), UNIT16]),
  unary('tanh', 'float', [float32, float32]),
  unary('hardSwish', 'int8', [int8(0.05, -7), int8(0.04, -100)]),
  unary('hardSwish', 'coarse', [int8(0.3, 5), int8(0.2, 3)]),
  unary('hardSwish', 'very-coarse', [int8(3, 0), int8(2, -120)]),
  unary('hardSwish', 'fine', [int8(0.002, 30), int8(0.001, -9)]),
  unary('hardSwish', 'float', [float32, float32]),
];

function conversion(
  kind: 'quantize' | 'dequantize',
  name: string,
  from: TensorOptions,
  to: TensorOptions,
  oracle: OperatorCase['oracle'] = 'tflite-micro',
): OperatorCase {
  return operatorCase(
    `${kind}-${name}`,
    (bench) => bench.operator(kind, [bench.input([1, 7, 37, 1], from)], {}, to),
    { pattern: from.type === 'float32' ? 'random' : 'ramp', oracle },
  );
}

const CONVERSIONS: readonly OperatorCase[] = [
  conversion('quantize', 'int8-int8', int8(0.05, -9), int8(0.07, 20)),
  // Half of an odd number is a tie.
  conversion('quantize', 'int8-int8-half', int8(0.5, -9), int8(1, 3)),
  conversion('quantize', 'int8-int8-quarter', int8(0.25, 2), int8(1, -3)),
  conversion('quantize', 'int8-int8-growing', int8(0.5, -9), int8(0.07, 20)),
  conversion('quantize', 'int8-uint8', int8(0.05, 0), uint8(0.05, 128)),
  conversion('quantize', 'int8-uint8-rescaled', int8(0.05, -9), uint8(0.043, 100)),
  conversion('quantize', 'uint8-int8', uint8(0.05, 128), int8(0.05, 0)),
  conversion('quantize', 'uint8-int8-rescaled', uint8(0.05, 3), int8(0.07, 20)),
  conversion('quantize', 'int8-int16', int8(0.05, -9), int16(1 / 5000)),
  conversion('quantize', 'int8-int32', int8(0.05, -9), { type: 'int32', scale: 0.0001, zeroPoint: 0 }),
  conversion('quantize', 'int16-int8', int16(1 / 5000), int8(0.05, -9)),
  conversion('quantize', 'int16-int16', int16(1 / 5000), int16(1 / 4000)),
  conversion('quantize', 'int16-int32', int16(1 / 5000), { type: 'int32', scale: 0.0001, zeroPoint: 0 }),
  conversion('quantize', 'int32-int8', { type: 'int32', scale: 0.001, zeroPoint: 0 }, int8(0.7, -9)),
  conversion('quantize', 'float-int8', float32, int8(0.04, 3)),
  conversion('quantize', 'float-int16', float32, int16(1 / 5000)),
  conversion('quantize', 'float-uint8', float32, uint8(0.04, 120), 'tensorflow-lite'),
  conversion('dequantize', 'int8', int8(0.05, -9), float32),
  conversion('dequantize', 'uint8', uint8(0.05, 77), float32),
  conversion('dequantize', 'int16', int16(1 / 5000), float32),
];

function softmax(
  name: string,
  shape: readonly number[],
  [from, to]: readonly [TensorOptions, TensorOptions],
  beta = 1,
): OperatorCase {
  return operatorCase(`softmax-${name}`, (bench) =>
    bench.operator('softmax', [bench.input(shape, from)], { beta }, to),
  );
}

const SOFTMAXES: readonly OperatorCase[] = [
  softmax('int8', [3, 10], [int8(0.05, 4), LOGISTIC8]),
  softmax('two', [9, 2], [int8(0.1, -100), LOGISTIC8]),
  softmax('one', [1, 5, 1], [int8(0.1, 0), LOGISTIC8]),
  softmax('coarse', [2, 2, 3, 4], [int8(1.5, 4), LOGISTIC8], 2),
  softmax('fine', [2, 300], [int8(0.0004, 4), LOGISTIC8], 0.5),
  softmax('many', [1, 500], [int8(0.0002, 4), LOGISTIC8]),
  softmax('int8-int16', [3, 10], [int8(0.05, 4), { type: 'int16', scale: 1 / 65536, zeroPoint: -32768 }]),
  softmax('int16', [5, 10], [int16(1 / 4096), UNIT16]),
  softmax('int16-image', [2, 3, 2, 5], [int16(1 / 700), UNIT16]),
  softmax('int16-wide', [3, 70], [int16(1 / 20000), UNIT16], 0.7),
  softmax('float', [3, 10], [float32, float32]),
];

export const ELEMENTWISE_CASES: readonly OperatorCase[] = [
  ...BINARY,
  ...FUNCTIONS,
  ...CONVERSIONS,
  ...SOFTMAXES,
];

/** Cases at which the oracles give up: they end the process when exponentials add up to 512 or more. */
export const UNANSWERED_CASES: readonly OperatorCase[] = [
  softmax('sum-of-600', [1, 600], [int8(0.00001, 4), LOGISTIC8]),
  softmax('sum-of-3000', [1, 3000], [int8(0.0002, 4), LOGISTIC8]),
];
