// SPDX-License-Identifier: Apache-2.0
/** The 256 bytes of a LOOKUP, derived anew from the operator of the model that it stands for. */
import type { Operator, Tensor } from '../ir/index.js';
import { factorOf, hardSwishOf, logisticOfQ4, scaled, tanhOfQ4, type Factor } from './fixed-point.js';

/** Scale as the file has it (a 32-bit float) and zero point of a tensor that has one of each. */
export interface Affine {
  readonly scale: number;
  readonly zeroPoint: number;
}

export function affineOf(tensor: Tensor): Affine {
  const { quantization } = tensor;
  return {
    scale: Math.fround(quantization?.scales[0] ?? 0),
    zeroPoint: quantization?.zeroPoints[0] ?? 0,
  };
}

/** A real number in units of `scale`, rounded as 32-bit floats are, halves away from zero. */
export function inUnits(real: number, scale: number): number {
  const units = Math.fround(real / scale);
  return Math.sign(units) * Math.floor(Math.abs(units) + 0.5);
}

type ByteFunction = (x: number) => number;

const Q4_BITS = 4;

/** LOGISTIC and TANH: the input as Q4, with the ends cut where it would not fit. */
function saturating(
  input: Affine,
  inside: (q4: number) => number,
  ends: readonly [number, number],
): ByteFunction {
  const factor: Factor = factorOf(input.scale * 2 ** (31 - Q4_BITS));
  const radius = Math.floor(((2 ** Q4_BITS - 1) * 2 ** (31 - Q4_BITS)) / 2 ** factor.shift);
  return (x) => {
    const value = x - input.zeroPoint;
    if (value <= -radius) return ends[0];
    if (value >= radius) return ends[1];
    return inside(scaled(value, factor));
  };
}

/** A negative slope is applied as a positive one, then negated: that decides halves. */
function leaky(input: Affine, output: Affine, alpha: number): ByteFunction {
  const f = Math.fround;
  const kept = factorOf(f(input.scale / output.scale));
  const slope = f(f(input.scale * f(alpha)) / output.scale);
  const leaked = factorOf(Math.abs(slope));
  return (x) => {
    const value = x - input.zeroPoint;
    const rescaled = value >= 0 ? scaled(value, kept) : Math.sign(slope) * scaled(value, leaked);
    return output.zeroPoint + rescaled;
  };
}

/** The reference has no answer when the output is finer than the input divided by 128. */
function hardSwish(input: Affine, output: Affine): ByteFunction | undefined {
  const f = Math.fround;
  const fine = f(input.scale / 128);
  const toOutput = factorOf(f(fine / output.scale));
  const toGate = factorOf(f(fine / f(3 / 32768)));
  if (toOutput.shift > 0) return undefined;
  return (x) => output.zeroPoint + hardSwishOf(x - input.zeroPoint, toOutput, toGate);
}

/** RELU and its kin: rescaled, then cut at `low` and `high` (real numbers) on the output's scale. */
function clamping(input: Affine, output: Affine, low: number, high: number): ByteFunction {
  const factor = factorOf(Math.fround(input.scale / output.scale));
  const least = output.zeroPoint + inUnits(low, output.scale);
  const most = high === Infinity ? 127 : output.zeroPoint + inUnits(high, output.scale);
  return (x) => Math.min(Math.max(output.zeroPoint + scaled(x - input.zeroPoint, factor), least), most);
}

/** ELU: e^x - 1 below zero; all in 32-bit floats. */
function exponentialUnit(input: Affine, output: Affine): ByteFunction {
  const f = Math.fround;
  return (stored) => {
    const x = f(input.scale * (stored - input.zeroPoint));
    const y = x < 0 ? f(f(Math.exp(x)) - 1) : x;
    // The reference multiplies by the rounded inverse of the scale.
    return output.zeroPoint + inUnits(f(y * f(1 / output.scale)), 1);
  };
}

function byteFunction(operator: Operator, input: Affine, output: Affine): ByteFunction | undefined {
  switch (operator.kind) {
    case 'relu':
      return clamping(input, output, 0, Infinity);
    case 'relu6': {
      // Cut on the input's scale and not rescaled, as TFLM does it.
      const six = input.zeroPoint + inUnits(6, input.scale);
      return (x) => Math.min(Math.max(x, input.zeroPoint), six);
    }
    case 'reluN1To1':
      return clamping(input, output, -1, 1);
    case 'leakyRelu':
      return leaky(input, output, operator.alpha);
    case 'hardSwish':
      return hardSwish(input, output);
    case 'elu':
      return exponentialUnit(input, output);
    case 'logistic':
      return saturating(input, (q4) => logisticOfQ4(q4) - 128, [-128, 127]);
    case 'tanh':
      return saturating(input, tanhOfQ4, [-128, 127]);
    default:
      return undefined;
  }
}

/** The table of an int8 function, indexed by the input byte as unsigned; undefined when the operator is not one. */
export function expectedTable(operator: Operator, input: Tensor, output: Tensor): Uint8Array | undefined {
  const of = byteFunction(operator, affineOf(input), affineOf(output));
  if (of === undefined) return undefined;
  const table = new Uint8Array(256);
  for (let x = -128; x <= 127; x++) table[x & 255] = Math.min(Math.max(of(x), -128), 127) & 255;
  return table;
}

/** Of int16: the factors at and above zero and below it, and the bounds; undefined when the operator is not such. */
export function expectedPieces(
  operator: Operator,
  x: Tensor,
  y: Tensor,
): Readonly<Record<string, number>> | undefined {
  const f = Math.fround;
  const [input, output] = [affineOf(x), affineOf(y)];
  const pieces = (
    above: Factor,
    below: Factor,
    bounds: readonly [number, number],
    negate = 0,
  ): Record<string, number> => ({
    ...above,
    ...{ negativeMultiplier: below.multiplier, negativeShift: below.shift, negate },
    ...{ activationMin: bounds[0], activationMax: bounds[1] },
  });
  const rescaled = factorOf(f(input.scale / output.scale));
  switch (operator.kind) {
    case 'relu':
      return pieces(rescaled, rescaled, [0, 32767]);
    case 'relu6':
      return pieces(factorOf(1), factorOf(1), [0, Math.min(inUnits(6, input.scale), 32767)]);
    case 'leakyRelu': {
      const slope = f(f(input.scale * f(operator.alpha)) / output.scale);
      return pieces(rescaled, factorOf(Math.abs(slope)), [-32768, 32767], slope < 0 ? 1 : 0);
    }
    default:
      return undefined;
  }
}
