// SPDX-License-Identifier: Apache-2.0
/** Functions of one element in the reference interpreter: RELU and its kin, LOGISTIC, TANH, HARD_SWISH. */
import type { OperatorOf } from '../ir/index.js';
import { clamp, dividePow2, type Factor, factorOf, round, scaleInt32 } from './fixed-point.js';
import { logisticOf, rescaling, tanhOf } from './fixed-functions.js';
import { type Affine, affineOf, type QuantizedType, TYPE_RANGES } from './quantization.js';
import type { Call } from './values.js';

type PointwiseKind = 'relu' | 'relu6' | 'reluN1To1' | 'leakyRelu' | 'logistic' | 'tanh' | 'hardSwish' | 'elu';
type PointwiseCall = { [K in PointwiseKind]: Call<K> }[PointwiseKind];
type Apply = (x: number) => number;

const f = Math.fround;

export function pointwise(call: PointwiseCall): void {
  const type = (call as Call).commonType([call.input(0), call.output], ['float32', 'int8', 'int16']);
  const apply =
    type === 'float32' ? realFunction(call.operator) : quantizedFunction(call as Call, call.operator, type);
  call.input(0).numbers.forEach((x, index) => {
    call.output.numbers[index] = apply(x);
  });
}

function realFunction(operator: OperatorOf<PointwiseKind>): Apply {
  switch (operator.kind) {
    case 'relu':
      return (x) => Math.max(0, x);
    case 'relu6':
      return (x) => clamp(x, 0, 6);
    case 'reluN1To1':
      return (x) => clamp(x, -1, 1);
    case 'leakyRelu': {
      const alpha = f(operator.alpha);
      return (x) => (x > 0 ? x : f(x * alpha));
    }
    case 'logistic':
      return (x) => f(1 / (1 + Math.exp(-x)));
    case 'tanh':
      return (x) => f(Math.tanh(x));
    case 'hardSwish':
      return (x) => f((x * clamp(x + 3, 0, 6)) / 6);
    case 'elu':
      return (x) => (x < 0 ? f(Math.expm1(x)) : x);
  }
}

function quantizedFunction(call: Call, operator: OperatorOf<PointwiseKind>, type: QuantizedType): Apply {
  const [input, output] = [affineOf(call, call.input(0)), affineOf(call, call.output)];
  switch (operator.kind) {
    case 'relu':
      return clampedRescaling(input, output, [0, Infinity], type);
    case 'reluN1To1':
      return clampedRescaling(input, output, [-1, 1], type);
    case 'relu6': {
      // Clamps between the input's zero and six, whatever the quantization of the output.
      const six = clamp(
        round(f(6 / input.scale)) + input.zeroPoint,
        TYPE_RANGES[type].low,
        TYPE_RANGES[type].high,
      );
      return (x) => clamp(x, input.zeroPoint, six);
    }
    case 'leakyRelu':
      return leakyRelu(operator.alpha, input, output, type);
    case 'logistic':
      return type === 'int8' ? int8Logistic(call, input, output) : int16Logistic(call, input, output);
    case 'tanh':
      return type === 'int8' ? int8Tanh(call, input, output) : int16Tanh(call, input, output);
    case 'hardSwish':
      return type === 'int8' ? hardSwish(call, input, output) : call.refuse('HARD_SWISH has no int16 kernel');
    case 'elu':
      return type === 'int8' ? elu(input, output) : call.refuse('ELU has no int16 kernel');
  }
}

/** In single precision, with the inverse of the output's scale. */
function elu(input: Affine, output: Affine): Apply {
  const inverse = f(1 / output.scale);
  return (x) => {
    const real = f(input.scale * (x - input.zeroPoint));
    const result = real < 0 ? f(f(Math.exp(real)) - 1) : real;
    return clamp(round(f(result * inverse)) + output.zeroPoint, -128, 127);
  };
}

function clampedRescaling(
  input: Affine,
  output: Affine,
  [low, high]: readonly [number, number],
  type: QuantizedType,
): Apply {
  const range = TYPE_RANGES[type];
  const factor = factorOf(f(input.scale / output.scale));
  const stored = (bound: number): number => output.zeroPoint + round(f(bound / output.scale));
  const least = Math.max(range.low, stored(low));
  const most = high === Infinity ? range.high : Math.min(range.high, stored(high));
  return (x) => clamp(scaleInt32(x - input.zeroPoint, factor) + output.zeroPoint, least, most);
}

/** A negative slope is applied as its size, then negated. */
function leakyRelu(alpha: number, input: Affine, output: Affine, type: QuantizedType): Apply {
  const { low, high } = TYPE_RANGES[type];
  const identity = factorOf(f(input.scale / output.scale));
  const slope = factorOf(f(f(input.scale * f(alpha)) / output.scale));
  const size: Factor = { multiplier: Math.abs(slope.multiplier), shift: slope.shift };
  const sign = slope.multiplier < 0 ? -1 : 1;
  return (x) => {
    const difference = x - input.zeroPoint;
    const scaled = difference >= 0 ? scaleInt32(difference, identity) : sign * scaleInt32(difference, size);
    return clamp(scaled + output.zeroPoint, low, high);
  };
}

function requireOutput(call: Call, { scale, zeroPoint }: Affine, wanted: Affine): void {
  if (scale !== wanted.scale || zeroPoint !== wanted.zeroPoint) {
    call.refuse(`its output has scale ${scale} and zero point ${zeroPoint}`);
  }
}

function int8Logistic(call: Call, input: Affine, output: Affine): Apply {
  requireOutput(call, output, { scale: 1 / 256, zeroPoint: -128 });
  return saturated(input, (x) => dividePow2(logisticOf(x), 23) - 128);
}

function int8Tanh(call: Call, input: Affine, output: Affine): Apply {
  requireOutput(call, output, { scale: 1 / 128, zeroPoint: 0 });
  return saturated(input, (x) => dividePow2(tanhOf(x), 24));
}

/** The function of the Q4 of the input; the extremes where that has no Q4. */
function saturated({ scale, zeroPoint }: Affine, apply: Apply): Apply {
  const { factor, radius } = rescaling(scale * 2 ** 27, 4);
  return (stored) => {
    const difference = stored - zeroPoint;
    if (difference <= -radius) return -128;
    if (difference >= radius) return 127;
    return clamp(apply(scaleInt32(difference, factor)), -128, 127);
  };
}

const SIGMOID_STEP = 1 / 24;

/**
 * 65536 times the logistic function at steps of 1/24, each raised by half of the greatest error of the chord to the
 * next point; the last one is full scale.
 */
const SIGMOID_TABLE = Float64Array.from({ length: 256 }, (_, index) => {
  if (index === 255) return 65535;
  const y = 1 / (1 + Math.exp(-index * SIGMOID_STEP));
  const curvature = y * (1 - y) * (2 * y - 1);
  return round(65536 * (y + (curvature * SIGMOID_STEP ** 2) / 16));
});

/** Input units of 1/(3 * 4096), as a 15-bit multiplier and a shift to the right. */
function tableRescaling(call: Call, input: Affine, output: Affine, shifts: readonly number[]): Apply {
  requireOutput(call, output, { scale: 2 ** -15, zeroPoint: 0 });
  if (input.zeroPoint !== 0) call.refuse('its input has a zero point');
  const power = Math.round(Math.log2(input.scale));
  if (2 ** power === input.scale && shifts.includes(12 + power)) return (x) => x * 3 * 2 ** (12 + power);
  let [multiplier, right] = [input.scale * 4096 * 3, 0];
  while (multiplier <= 32767 / 2 && right <= 30) {
    multiplier *= 2;
    right++;
  }
  const whole = Math.trunc(multiplier);
  const half = right > 0 ? 2 ** (right - 1) : 0;
  return (x) => Math.floor((x * whole + half) / 2 ** right);
}

/** The table at size / 2^fractionBits, interpolated; scaled by 2^fractionBits. */
function sigmoidAt(size: number, fractionBits: number): number {
  const index = Math.floor(size / 2 ** fractionBits);
  const [here, next] = [SIGMOID_TABLE[index] ?? 0, SIGMOID_TABLE[index + 1] ?? 0];
  return here * 2 ** fractionBits + (size % 2 ** fractionBits) * (next - here);
}

function int16Logistic(call: Call, input: Affine, output: Affine): Apply {
  const rescale = tableRescaling(call, input, output, [0]);
  return (stored) => {
    const x = rescale(stored);
    const size = Math.abs(x);
    const result = size >= 255 * 512 ? 0x7fff * 1024 : sigmoidAt(size, 9);
    return Math.floor((x >= 0 ? result + 512 : 2 ** 25 - result + 511) / 1024);
  };
}

/** tanh(x) = 2 * logistic(2x) - 1. */
function int16Tanh(call: Call, input: Affine, output: Affine): Apply {
  const rescale = tableRescaling(call, input, output, [0, 1]);
  return (stored) => {
    const x = rescale(stored);
    const size = Math.abs(x);
    const result = size >= 255 * 256 ? 0xffff * 256 : sigmoidAt(size, 8);
    return Math.floor((x >= 0 ? result - 2 ** 23 + 128 : -result + 2 ** 23 + 127) / 256);
  };
}

/** The upper 16 bits of a multiplier, rounded and limited. */
const upperHalf = ({ multiplier }: Factor): number =>
  multiplier >= 0x7fff8000 - 1 ? 32767 : Math.floor((multiplier + 32768) / 65536);

/** round(a * b / 2^15), halves upwards, limited to int16. */
const product16 = (a: number, b: number): number => Math.min(32767, Math.floor((a * b + 2 ** 14) / 2 ** 15));

/** x * relu6(x + 3) / 6 on 16 bits: inputs are enlarged by 128, the gate is (x + 3) / 6 with 15 fractional bits. */
function hardSwish(call: Call, input: Affine, output: Affine): Apply {
  const fineScale = f(f(1 / 128) * input.scale);
  const toOutput = factorOf(f(fineScale / output.scale));
  const toGate = factorOf(f(fineScale / f(3 / 32768)));
  if (toOutput.shift > 0) call.refuse('its output scale is too fine');
  const [outputFactor, gateFactor] = [upperHalf(toOutput), upperHalf(toGate)];
  const int16 = (x: number): number => clamp(x, -32768, 32767);
  return (stored) => {
    const fine = (stored - input.zeroPoint) * 128;
    const scaled = product16(fine, outputFactor);
    const { shift } = toGate;
    const enlarged = shift > 0 ? int16(fine * 2 ** (shift - 1)) : fine;
    const multiplied = product16(enlarged, gateFactor);
    const gate = shift > 0 ? int16(multiplied * 2) : dividePow2(multiplied, -shift);
    const product = Math.trunc((Math.floor((gate + 32768) / 2) * scaled) / 32768);
    return clamp(dividePow2(product, -toOutput.shift) + output.zeroPoint, -128, 127);
  };
}
