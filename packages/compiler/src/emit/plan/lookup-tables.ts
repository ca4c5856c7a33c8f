// SPDX-License-Identifier: Apache-2.0
/**
 * Tables of the functions of one int8 element: what TFLite Micro's reference kernel gives for each of the
 * 256 inputs. RELU_N1_TO_1, which TFLite Micro lacks, follows LiteRT's reference.
 *
 * RELU and LEAKY_RELU divide scales in single precision, as the kernels' source and LiteRT do. (A build that
 * divides in double precision differs by 1 in rare elements when input and output scales differ.)
 */
import { assertNever } from '@tinyseg/errors';
import {
  divideByPowerOfTwo,
  frexp,
  hyperbolicTangent,
  inputRadius,
  logistic,
  multiplyBy,
  quantizeMultiplier,
  roundAway,
  type Multiplier,
} from './fixed-point.js';

/** Scale (a float32 value) and zero point of a tensor. */
export interface ScalarQuantization {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** A function of one element that a table can hold. */
export type LookupFunction =
  | { readonly kind: 'relu' | 'relu6' | 'reluN1To1' | 'logistic' | 'tanh' | 'hardSwish' | 'elu' }
  | { readonly kind: 'leakyRelu'; readonly alpha: number };

const f32 = Math.fround;
const clampInt8 = (value: number): number => Math.max(-128, Math.min(127, value));
const clampInt16 = (value: number): number => Math.max(-32768, Math.min(32767, value));

/** 256 bytes, indexed by the input byte as unsigned. */
export function lookupTable(
  op: LookupFunction,
  input: ScalarQuantization,
  output: ScalarQuantization,
): Uint8Array {
  const apply = lookupFunction(op, input, output);
  return Uint8Array.from({ length: 256 }, (_, index) => clampInt8(apply((index << 24) >> 24)) & 0xff);
}

function lookupFunction(
  op: LookupFunction,
  input: ScalarQuantization,
  output: ScalarQuantization,
): (x: number) => number {
  switch (op.kind) {
    case 'relu':
      return rescaledClamp(input, output, 0, Infinity);
    case 'reluN1To1':
      return rescaledClamp(input, output, -1, 1);
    case 'relu6': {
      // The reference clamps without rescaling, whatever the output's quantization says.
      const six = clampInt8(roundAway(f32(6 / input.scale)) + input.zeroPoint);
      return (x) => (x > six ? six : x < input.zeroPoint ? input.zeroPoint : x);
    }
    case 'leakyRelu':
      return leakyRelu(op.alpha, input, output);
    case 'logistic':
      return saturating(input, (x) => divideByPowerOfTwo(logistic(x, 4), 23) - 128);
    case 'tanh':
      return saturating(input, (x) => divideByPowerOfTwo(hyperbolicTangent(x, 4), 24));
    case 'hardSwish':
      return hardSwish(input, output);
    case 'elu':
      return elu(input, output);
    default:
      return assertNever(op, 'functions of one element');
  }
}

/** RELU and its kin: to the output's scale, then between the quantized bounds. */
function rescaledClamp(
  input: ScalarQuantization,
  output: ScalarQuantization,
  low: number,
  high: number,
): (x: number) => number {
  const factor = quantizeMultiplier(f32(input.scale / output.scale));
  const quantized = (bound: number): number => output.zeroPoint + roundAway(f32(bound / output.scale));
  const min = Math.max(-128, quantized(low));
  const max = high === Infinity ? 127 : Math.min(127, quantized(high));
  return (x) => {
    const value = multiplyBy(x - input.zeroPoint, factor) + output.zeroPoint;
    return Math.min(max, Math.max(min, value));
  };
}

function leakyRelu(
  alpha: number,
  input: ScalarQuantization,
  output: ScalarQuantization,
): (x: number) => number {
  const slope = quantizeMultiplier(f32(f32(input.scale * f32(alpha)) / output.scale));
  const identity = quantizeMultiplier(f32(input.scale / output.scale));
  const steep: Multiplier = { multiplier: Math.abs(slope.multiplier), shift: slope.shift };
  const sign = slope.multiplier < 0 ? -1 : 1;
  return (x) => {
    const centred = x - input.zeroPoint;
    const value = centred >= 0 ? multiplyBy(centred, identity) : sign * multiplyBy(centred, steep);
    return output.zeroPoint + value;
  };
}

/** LOGISTIC and TANH: the function on a number with 4 integer bits, -128 or 127 beyond its range. */
function saturating(input: ScalarQuantization, apply: (x: number) => number): (x: number) => number {
  const { fraction, exponent } = frexp(input.scale * 2 ** 27);
  const factor: Multiplier = { multiplier: roundAway(fraction * 2 ** 31), shift: exponent };
  const radius = inputRadius(4, exponent);
  return (x) => {
    const centred = x - input.zeroPoint;
    if (centred <= -radius) return -128;
    if (centred >= radius) return 127;
    return apply(multiplyBy(centred, factor));
  };
}

/** ELU: in single precision, with the inverse of the output's scale. */
function elu(input: ScalarQuantization, output: ScalarQuantization): (x: number) => number {
  const unitsPerOne = f32(1 / output.scale);
  return (x) => {
    const real = f32(input.scale * (x - input.zeroPoint));
    const value = real < 0 ? f32(f32(Math.exp(real)) - 1) : real;
    return roundAway(f32(value * unitsPerOne)) + output.zeroPoint;
  };
}

/** HARD_SWISH: x * relu6(x + 3) / 6 in 16-bit fixed point, as the reference computes it. */
function hardSwish(input: ScalarQuantization, output: ScalarQuantization): (x: number) => number {
  const fineScale = f32(f32(1 / 128) * input.scale);
  const toOutput = quantizeMultiplier(f32(fineScale / output.scale));
  const toUnit = quantizeMultiplier(f32(fineScale / f32(3 / 32768)));
  const outputFactor = upperHalf(toOutput.multiplier);
  const unitFactor = upperHalf(toUnit.multiplier);
  return (x) => {
    const fine = (x - input.zeroPoint) * 128;
    const scaled = highMul16(fine, outputFactor);
    let gate = fine;
    if (toUnit.shift > 0) gate = clampInt16(gate * 2 ** (toUnit.shift - 1));
    gate = highMul16(gate, unitFactor);
    if (toUnit.shift > 0) gate = clampInt16(gate * 2);
    if (toUnit.shift < 0) gate = divideByPowerOfTwo(gate, -toUnit.shift);
    gate = (gate + 32768) >> 1;
    const product = Math.trunc((gate * scaled) / 32768);
    return divideByPowerOfTwo(product, -toOutput.shift) + output.zeroPoint;
  };
}

/** The upper 16 bits of an int32 multiplier, rounded. */
function upperHalf(multiplier: number): number {
  return multiplier >= 0x7fffffff - 0x8000 ? 32767 : (multiplier + 0x8000) >> 16;
}

/** a * b / 2^15 to the nearest, ties upwards, saturating the one overflow. */
function highMul16(a: number, b: number): number {
  if (a === -32768 && b === -32768) return 32767;
  const product = a * b;
  return Math.trunc((product + (product >= 0 ? 1 << 14 : 1 - (1 << 14))) / 32768);
}
