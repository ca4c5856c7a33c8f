// SPDX-License-Identifier: Apache-2.0
/** QUANTIZE and DEQUANTIZE in the reference interpreter. */
import type { ElementType } from '../ir/index.js';
import { clamp, factorOf, round, scaleInt32 } from './fixed-point.js';
import { affineOf, TYPE_RANGES } from './quantization.js';
import type { Call } from './values.js';

type IntegerType = keyof typeof TYPE_RANGES;

/** What the reference kernels convert from each type. */
const TARGETS: Partial<Record<ElementType, readonly IntegerType[]>> = {
  float32: ['int8', 'uint8', 'int16'],
  int8: ['int8', 'uint8', 'int16', 'int32'],
  uint8: ['int8', 'uint8'],
  int16: ['int8', 'int16', 'int32'],
  int32: ['int8', 'int16'],
};

export function quantize(call: Call<'quantize'>): void {
  const general = call as Call;
  const input = call.input(0);
  const { type } = input.tensor;
  const target = general.typeAmong(call.output, TARGETS[type] ?? []);
  const { low, high } = TYPE_RANGES[target];
  const to = affineOf(general, call.output);
  const out = call.output.numbers;
  if (type === 'float32') {
    input.numbers.forEach((x, index) => {
      out[index] = clamp(round(Math.fround(x / to.scale)) + to.zeroPoint, low, high);
    });
    return;
  }
  const from = affineOf(general, input);
  const factor = factorOf(from.scale / to.scale);
  input.numbers.forEach((x, index) => {
    out[index] = clamp(scaleInt32((x - from.zeroPoint) | 0, factor) + to.zeroPoint, low, high);
  });
}

const WRAPPING: Partial<Record<ElementType, number>> = { int8: 8, int16: 16, int32: 32 };

/** As C converts numbers: integers wrap, reals lose their fraction; those beyond a type are cut to it. */
export function cast(call: Call<'cast'>): void {
  const general = call as Call;
  const input = call.input(0);
  const from = general.typeAmong(input, ['int8', 'int16', 'int32', 'float32']);
  const to = general.typeAmong(call.output, ['int8', 'int16', 'int32', 'float32']);
  const bits = WRAPPING[to];
  input.numbers.forEach((x, index) => {
    const whole = from === 'float32' && to !== 'float32' ? truncated(x, TYPE_RANGES[to]) : x;
    call.output.numbers[index] =
      bits === undefined ? Math.fround(whole) : Number(BigInt.asIntN(bits, BigInt(whole)));
  });
}

function truncated(x: number, { low, high }: { readonly low: number; readonly high: number }): number {
  return Number.isNaN(x) ? 0 : clamp(Math.trunc(x), low, high);
}

export function dequantize(call: Call<'dequantize'>): void {
  const general = call as Call;
  const input = call.input(0);
  general.typeAmong(input, ['int8', 'uint8', 'int16']);
  general.typeAmong(call.output, ['float32']);
  const { scale, zeroPoint } = affineOf(general, input);
  input.numbers.forEach((x, index) => {
    call.output.numbers[index] = Math.fround(scale * (x - zeroPoint));
  });
}
