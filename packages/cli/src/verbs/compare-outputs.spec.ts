// SPDX-License-Identifier: Apache-2.0
// What --check calls the same: every byte, and of float32 what platforms make of one number.
import { countDiffering } from './compare-outputs.js';

const reals = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);
const BYTES = [{ type: 'int8', sizeBytes: 3 }];
const REALS = [{ type: 'float32', sizeBytes: 8 }];

describe('countDiffering', () => {
  it('counts bytes', () => {
    expect(countDiffering(Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2, 3), BYTES)).toBe(0);
    expect(countDiffering(Uint8Array.of(1, 9, 4), Uint8Array.of(1, 2, 3), BYTES)).toBe(2);
    expect(countDiffering(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 3), BYTES)).toBe(1);
  });

  it('takes float32 numbers within 3e-5 of each other for the same', () => {
    expect(countDiffering(reals(1.00002, -5), reals(1, -5), REALS)).toBe(0);
    expect(countDiffering(reals(1.0001, -5), reals(1, -5), REALS)).toBe(4);
    expect(countDiffering(reals(NaN, Infinity), reals(NaN, 2), REALS)).toBe(4);
  });

  it('compares each output of each sample by its type', () => {
    const outputs = [...BYTES, { type: 'float32', sizeBytes: 4 }];
    const sample = [Uint8Array.of(1, 2, 3), reals(0.5)];
    const other = [Uint8Array.of(1, 2, 4), reals(0.500001)];
    const of = (...parts: Uint8Array[]): Uint8Array => Buffer.concat(parts);
    expect(countDiffering(of(...sample, ...other), of(...sample, ...sample), outputs)).toBe(1);
  });
});
