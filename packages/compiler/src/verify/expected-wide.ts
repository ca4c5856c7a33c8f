// SPDX-License-Identifier: Apache-2.0
/** LOGISTIC, TANH and SOFTMAX of int16: factors and tables, derived anew by the rules of docs/specs/plan-format.md. */
import type { Tensor } from '../ir/index.js';
import type { ExpectedParams } from './expected-params.js';
import { affineOf } from './expected-tables.js';
import { factorOf } from './fixed-point.js';

const f = Math.fround;
const away = (x: number): number => Math.sign(x) * Math.floor(Math.abs(x) + 0.5);

function shorts(values: readonly number[]): Uint8Array {
  return new Uint8Array(Int16Array.from(values).buffer);
}

/** Entry i stands for i / 24. The second derivative says how far the function bends away from its chords. */
function logisticEntries(): Uint8Array {
  const values: number[] = [];
  for (let i = 0; i < 255; i++) {
    const y = 1 / (1 + Math.exp(-i / 24));
    values.push(away(65536 * (y + (y * (1 - y) * (2 * y - 1)) / 576 / 16)));
  }
  return shorts([...values, 65535]);
}

/** The factor to units of 1/12288; 15 bits of it, but for scales with which it is a whole number that the reference shifts by. */
export function expectedSquash(kind: 'logistic' | 'tanh', x: Tensor): ExpectedParams {
  const { scale } = affineOf(x);
  const whole = scale * 12288;
  const isShifted = whole === 3 || (kind === 'tanh' && whole === 6);
  let rightShift = 0;
  if (!isShifted) {
    while (rightShift < 31 && whole * 2 ** rightShift <= 16383.5) rightShift++;
  }
  const multiplier = Math.floor(whole * 2 ** rightShift);
  return { tangent: kind === 'tanh' ? 1 : 0, multiplier, rightShift, table: logisticEntries() };
}

/** A function from `low` to `high` as 512 chords, each moved towards it by half of what it lacks in its middle. */
function chords(low: number, high: number, of: (x: number) => number): Uint8Array {
  const width = f(f(high - low) / 512);
  const range = f(f(f(2 / 65535) * 32767) - f(f(2 / 65535) * -32768));
  const toUnits = f(65536 / range);
  const value = (x: number): number => f(f(of(x)) * toUnits);
  const inInt16 = (x: number): number => Math.min(32767, Math.max(-32768, x));
  const ends: number[] = [];
  for (let i = 0; i < 512; i++) {
    const start = f(low + f(i * width));
    const first = away(value(start));
    const next = value(f(low + f((i + 1) * width)));
    const middle = away(value(f(start + f(width / 2))));
    const onChord = away(f(f(next + first) / 2));
    ends.push(inInt16(first - away((onChord - middle) / 2)));
  }
  return shorts([...ends, inInt16(away(value(high)))]);
}

export function expectedSoftmax16(beta: number, x: Tensor): ExpectedParams {
  const tenth = f(10 / 65535);
  return {
    ...factorOf((affineOf(x).scale * f(beta)) / (10 / 65535)),
    exponentials: chords(f(tenth * -65535), f(tenth * 0), Math.exp),
    reciprocals: chords(0, f(f(1 / 65535) * 65535), (x) => f(1 / f(1 + x))),
  };
}
