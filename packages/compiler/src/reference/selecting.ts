// SPDX-License-Identifier: Apache-2.0
/** What chooses between elements in the reference interpreter: MAXIMUM, MINIMUM, ARG_MAX, and PRELU between two slopes. */
import { elementCount } from '../ir/index.js';
import { combineAll } from './arithmetic.js';
import { clamp, factorOf, scaleInt32 } from './fixed-point.js';
import { requireSameEncoding } from './joining.js';
import { affineOf } from './quantization.js';
import { type Call, normalAxis } from './values.js';

/** Stored numbers are compared: all tensors store alike. */
export function extreme(call: Call<'maximum'> | Call<'minimum'>): void {
  const general = call as Call;
  const values = [call.input(0), call.input(1)];
  general.commonType([...values, call.output], ['float32', 'int8', 'int16', 'int32']);
  for (const value of values) requireSameEncoding(general, value, call.output);
  const choose = call.operator.kind === 'maximum' ? Math.max : Math.min;
  combineAll(general, (a, b) => choose(a, b));
}

export function prelu(call: Call<'prelu'>): void {
  const general = call as Call;
  const type = general.commonType([call.input(0), call.input(1), call.output], ['float32', 'int8']);
  if (type === 'float32') {
    combineAll(general, (x, alpha) => (x >= 0 ? x : Math.fround(x * alpha)));
    return;
  }
  const [x, alpha] = [affineOf(general, call.input(0)), affineOf(general, call.input(1))];
  const output = affineOf(general, call.output);
  const kept = factorOf(x.scale / output.scale);
  const sloped = factorOf((x.scale * alpha.scale) / output.scale);
  combineAll(general, (stored, slope) => {
    const value = stored - x.zeroPoint;
    const scaled =
      value >= 0 ? scaleInt32(value, kept) : scaleInt32(value * (slope - alpha.zeroPoint), sloped);
    return clamp(scaled + output.zeroPoint, -128, 127);
  });
}

/** The first of the greatest elements. */
export function argMax(call: Call<'argMax'>): void {
  const general = call as Call;
  const input = call.input(0);
  general.typeAmong(input, ['float32', 'int8']);
  general.typeAmong(call.output, ['int32']);
  const { shape } = input.tensor;
  const axis = normalAxis(general, call.input(1).numbers[0] ?? NaN, shape.length);
  // The output may keep the axis, of length 1: that changes no place.
  const length = shape[axis] ?? 1;
  const inner = elementCount(shape.slice(axis + 1));
  call.output.numbers.forEach((_, index) => {
    const first = Math.floor(index / inner) * length * inner + (index % inner);
    let best = 0;
    for (let at = 1; at < length; at++) {
      if (input.numbers[first + at * inner]! > input.numbers[first + best * inner]!) best = at;
    }
    call.output.numbers[index] = best;
  });
}
