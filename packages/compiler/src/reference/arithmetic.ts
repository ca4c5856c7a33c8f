// SPDX-License-Identifier: Apache-2.0
/** ADD, SUB, MUL and DIV with broadcasting in the reference interpreter. */
import { oneOverOnePlus } from './fixed-functions.js';
import { clamp, dividePow2, doubledHighProduct, factorOf, scaleInt32 } from './fixed-point.js';
import { affineOf, quantizedActivation, type QuantizedType, realActivation } from './quantization.js';
import { type Call, positionOf, strides, type Value } from './values.js';

export type Combine = (a: number, b: number) => number;
type BinaryCall = Call<'add'> | Call<'sub'> | Call<'mul'> | Call<'div'>;

export function binary(call: BinaryCall): void {
  const [a, b] = [call.input(0), call.input(1)];
  const type = (call as Call).commonType([a, b, call.output], ['float32', 'int8', 'int16', 'int32', 'int64']);
  const combine = combination(call, type);
  combineAll(call as Call, combine);
}

/** Each element of the output from those of both inputs; lengths of 1 repeat. */
export function combineAll(call: Call, combine: Combine): void {
  const [a, b] = [call.input(0), call.input(1)];
  const { shape } = call.output.tensor;
  const out = call.output.numbers;
  if (a.numbers.length === out.length && b.numbers.length === out.length) {
    for (let index = 0; index < out.length; index++) {
      out[index] = combine(a.numbers[index]!, b.numbers[index]!);
    }
    return;
  }
  const [placeA, placeB] = [placesIn(a, shape), placesIn(b, shape)];
  out.forEach((_, index) => {
    const position = positionOf(index, shape);
    out[index] = combine(a.numbers[placeA(position)]!, b.numbers[placeB(position)]!);
  });
}

/** Index in an input for a position in the output: axes are aligned at the end, those of length 1 repeat. */
function placesIn(
  { tensor }: Value,
  outputShape: readonly number[],
): (position: readonly number[]) => number {
  const steps = strides(tensor.shape);
  const first = outputShape.length - tensor.shape.length;
  return (position) =>
    tensor.shape.reduce(
      (sum, size, axis) => sum + (size === 1 ? 0 : (position[first + axis] ?? 0) * (steps[axis] ?? 0)),
      0,
    );
}

const REAL: Record<'add' | 'sub' | 'mul' | 'div', Combine> = {
  div: (a, b) => a / b,
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
};

function combination(call: BinaryCall, type: QuantizedType | 'float32' | 'int32' | 'int64'): Combine {
  const general = call as Call;
  const { kind, activation } = call.operator;
  const real = REAL[kind];
  switch (type) {
    case 'float32': {
      const { low, high } = realActivation(general, activation);
      return (a, b) => clamp(Math.fround(real(a, b)), low, high);
    }
    case 'int32':
    case 'int64': {
      // Sizes and indices, which shape arithmetic computes; interpreters disagree about activations on them.
      if (activation !== 'none') general.refuse(`it has the fused activation ${activation} on ${type}`);
      if (kind === 'div') return general.refuse(`DIV of ${type} is not computed`);
      const bits = type === 'int32' ? 32 : 64;
      return (a, b) =>
        Number(BigInt.asIntN(bits, kind === 'mul' ? BigInt(a) * BigInt(b) : BigInt(real(a, b))));
    }
    default:
      if (kind === 'div') return quotient(general, type);
      return kind === 'mul' ? product(general, type) : sum(general, kind, type);
  }
}

/**
 * Inputs are enlarged, brought to a common scale of twice the larger one, combined, and brought to the output's.
 * SUB computes its factors in single precision, as the TensorFlow Lite Micro that the golden tensors come from;
 * since autumn 2026 it works in double precision, which moves one element in a thousand by 1.
 */
function sum(call: Call, kind: 'add' | 'sub', type: QuantizedType): Combine {
  const { activation } = call.operator as BinaryCall['operator'];
  const [a, b, output] = [call.input(0), call.input(1), call.output].map((value) => affineOf(call, value));
  if (a === undefined || b === undefined || output === undefined) return call.refuse('an operand is missing');
  const enlargement = type === 'int16' ? 15 : 20;
  const precision = kind === 'sub' ? Math.fround : (x: number): number => x;
  const common = precision(2 * Math.max(a.scale, b.scale));
  const toOutput = precision(common / precision(2 ** enlargement * output.scale));
  if (toOutput >= 1) return call.refuse('its output scale is too fine');
  const [factorA, factorB, factorOut] = [
    factorOf(precision(a.scale / common)),
    factorOf(precision(b.scale / common)),
    factorOf(toOutput),
  ];
  const { low, high } = quantizedActivation(call, activation, output, type);
  const real = REAL[kind];
  return (x, y) => {
    const scaledX = scaleInt32(((x - a.zeroPoint) * 2 ** enlargement) | 0, factorA);
    const scaledY = scaleInt32(((y - b.zeroPoint) * 2 ** enlargement) | 0, factorB);
    return clamp(scaleInt32(real(scaledX, scaledY) | 0, factorOut) + output.zeroPoint, low, high);
  };
}

function product(call: Call, type: QuantizedType): Combine {
  const { activation } = call.operator as BinaryCall['operator'];
  const [a, b, output] = [call.input(0), call.input(1), call.output].map((value) => affineOf(call, value));
  if (a === undefined || b === undefined || output === undefined) return call.refuse('an operand is missing');
  const factor = factorOf((a.scale * b.scale) / output.scale);
  const { low, high } = quantizedActivation(call, activation, output, type);
  return (x, y) => {
    const scaled = scaleInt32(((x - a.zeroPoint) * (y - b.zeroPoint)) | 0, factor);
    return clamp((scaled + output.zeroPoint) | 0, low, high);
  };
}

/**
 * The dividend, with all the bits that it can have, times the reciprocal of the divisor, which is from 1/2 to 1 times a
 * power of two; then the scales' factor, of which the product is in single precision.
 */
function quotient(call: Call, type: QuantizedType): Combine {
  if (type !== 'int8') call.refuse(`DIV has no ${type} kernel`);
  const { activation } = call.operator as BinaryCall['operator'];
  const [a, b, output] = [call.input(0), call.input(1), call.output].map((value) => affineOf(call, value));
  if (a === undefined || b === undefined || output === undefined) return call.refuse('an operand is missing');
  const f = Math.fround;
  const factor = factorOf(f(a.scale / f(b.scale * output.scale)));
  // Beyond these the reference shifts by more bits than a number has, or to the left.
  if (factor.shift < 7 || factor.shift > 23)
    return call.refuse('its factor of scales is below 2^6 or 2^23 or more');
  const { low, high } = quantizedActivation(call, activation, output, type);
  return (x, y) => {
    const [dividend, divisor] = [x - a.zeroPoint, y - b.zeroPoint];
    // The reference has no answer.
    if (divisor === 0) return clamp(output.zeroPoint, low, high);
    const size = Math.abs(divisor);
    const bits = 32 - Math.clz32(size);
    const reciprocal = oneOverOnePlus(size * 2 ** (32 - bits) - 2 ** 31);
    const signed = divisor < 0 ? -dividend : dividend;
    const room = signed === 0 ? 0 : Math.clz32(signed < 0 ? ~signed : signed) - 1;
    const whole = doubledHighProduct(signed * 2 ** room, reciprocal);
    const right = signed === 0 ? 0 : room + bits - 1 - factor.shift;
    const scaled = dividePow2(doubledHighProduct(whole, factor.multiplier), right);
    return clamp(scaled + output.zeroPoint, low, high);
  };
}
