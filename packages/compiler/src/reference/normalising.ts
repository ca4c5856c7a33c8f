// SPDX-License-Identifier: Apache-2.0
/** L2_NORMALIZATION and LOG_SOFTMAX over the last axis in the reference interpreter: float32 and int8. */
import { expOfNegative, logOfSum } from './fixed-functions.js';
import {
  clamp,
  dividePow2,
  doubledHighProduct,
  factorOf,
  INT32_MAX,
  INT32_MIN,
  round,
  saturatingShiftLeft,
  scaleInt32,
  splitDouble,
  type Factor,
} from './fixed-point.js';
import { affineOf } from './quantization.js';
import type { Call } from './values.js';

type RowFunction = (x: Float64Array) => Float64Array;

function overRows(call: Call, apply: RowFunction): void {
  const input = call.input(0);
  const depth = input.tensor.shape.at(-1) ?? 1;
  for (let at = 0; at < input.numbers.length; at += depth) {
    call.output.numbers.set(apply(input.numbers.subarray(at, at + depth)), at);
  }
}

function requireOutput(call: Call, scale: number, zeroPoint: number): void {
  const output = affineOf(call, call.output);
  if (output.scale !== scale || output.zeroPoint !== zeroPoint) {
    call.refuse(`its output has scale ${output.scale} and zero point ${output.zeroPoint}`);
  }
}

export function l2Normalization(call: Call<'l2Normalization'>): void {
  const general = call as Call;
  if (call.operator.activation !== 'none') call.refuse('it has a fused activation');
  const type = general.commonType([call.input(0), call.output], ['float32', 'int8']);
  if (type === 'float32') {
    overRows(general, (x) => {
      const sum = x.reduce((total, value) => total + value * value, 0);
      const length = Math.max(Math.sqrt(sum), 1e-6);
      return x.map((value) => Math.fround(value / length));
    });
    return;
  }
  requireOutput(general, 1 / 128, 0);
  const { zeroPoint } = affineOf(general, call.input(0));
  overRows(general, (stored) => {
    const x = stored.map((value) => value - zeroPoint);
    const inverse = inverseRoot(x.reduce((total, value) => total + value * value, 0));
    const factor = { multiplier: inverse.multiplier, shift: inverse.shift + 7 };
    return x.map((value) => clamp(scaleInt32(value, factor), -128, 127));
  });
}

/** 1 / sqrt(sum) by five steps of Newton's method on a Q3 from 1/2 to 2. */
function inverseRoot(sum: number): Factor {
  if (sum <= 1) return { multiplier: INT32_MAX, shift: 0 };
  let [right, value] = [11, sum];
  while (value >= 2 ** 29) {
    value = Math.floor(value / 4);
    right++;
  }
  const pairs = Math.floor((Math.clz32(value) - 1) / 2) - 1;
  right -= pairs;
  const q3 = Math.floor((value * 4 ** pairs) / 2);
  const half = dividePow2(q3, 1);
  const threeHalves = 2 ** 28 + 2 ** 27;
  let x = 2 ** 28;
  for (let step = 0; step < 5; step++) {
    // A Q3 times a Q3 is a Q6, and cubed a Q9.
    const cube = saturatingShiftLeft(doubledHighProduct(doubledHighProduct(x, x), x), 6);
    const next = doubledHighProduct(threeHalves, x) - doubledHighProduct(half, cube);
    x = saturatingShiftLeft(next, 3);
  }
  x = doubledHighProduct(x, 1518500250);
  return right < 0 ? { multiplier: x * 2 ** -right, shift: 0 } : { multiplier: x, shift: -right };
}

export function logSoftmax(call: Call<'logSoftmax'>): void {
  const general = call as Call;
  const type = general.commonType([call.input(0), call.output], ['float32', 'int8']);
  if (type === 'float32') {
    overRows(general, (x) => {
      const greatest = x.reduce((most, value) => Math.max(most, value), -Infinity);
      const log = Math.log(x.reduce((sum, value) => sum + Math.exp(value - greatest), 0));
      return x.map((value) => Math.fround(value - greatest - log));
    });
    return;
  }
  requireOutput(general, 1 / 16, 127);
  overRows(general, int8LogSoftmax(call, affineOf(general, call.input(0)).scale));
}

/** Differences to the greatest element are Q5, the sum of their exponentials a Q12, its logarithm a Q5. */
function int8LogSoftmax(call: Call<'logSoftmax'>, scale: number): RowFunction {
  const real = Math.min(scale * 2 ** 26, 2 ** 31 - 1);
  if (real <= 1) call.refuse('its input scale is too fine');
  const factor = factorOf(real);
  const least = -Math.floor((31 * 2 ** 26) / 2 ** factor.shift);
  const back = reverseOf(factor);
  const scaled = (difference: number): number => scaleInt32(difference, factor);
  return (x) => {
    const greatest = x.reduce((most, value) => Math.max(most, value), -128);
    let sum = 0;
    for (const value of x) {
      const difference = value - greatest;
      if (difference >= least) sum = (sum + dividePow2(expOfNegative(scaled(difference), 5), 12)) | 0;
    }
    const log = logOfSum(sum);
    const bound = Math.max(least - 1, scaleInt32(log + INT32_MIN, back));
    return x.map((value) => {
      const difference = value - greatest;
      if (difference <= bound) return -128;
      return clamp(dividePow2(scaled(difference) - log, 22) + 127, -128, 127);
    });
  };
}

/** 1 / (multiplier * 2^shift), as a factor that shifts to the right. */
function reverseOf({ multiplier, shift }: Factor): Factor {
  const real = 2 ** (31 - shift) / multiplier;
  const { fraction, exponent } = splitDouble(real);
  return { multiplier: round(fraction * 2 ** 31), shift: exponent };
}
