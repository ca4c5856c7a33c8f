// SPDX-License-Identifier: Apache-2.0
// What is read out of the C sources.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DEVICE_C, symbolOfVariant, variantNames } from './sources.js';
import { statusName, STATUS_NAMES } from './status-names.js';

const text = (file: string): string => readFileSync(path.join(DEVICE_C, file), 'utf8');

describe('kernel variants', () => {
  it('are read from the header by their names', () => {
    expect(variantNames()).toContain('tseg_nn_conv_2d_pixel');
    expect(variantNames().size).toBeGreaterThan(15);
  });

  it('that the runtime does not have are refused by code', () => {
    expect(symbolOfVariant(new Map([[0x0101, 'a']]), 0x0101)).toBe('a');
    expect(() => symbolOfVariant(new Map(), 0xfe01)).toThrow(
      expect.objectContaining({ code: 'EMULATOR_PLAN_REFUSED' }) as Error,
    );
  });
});

describe('status names', () => {
  it('are those of the runtime', () => {
    const declared = [...text('include/tseg/status.h').matchAll(/TSEG_(?:ERR_)?(\w+) = (-?\d+)/g)];
    expect(
      Object.entries(STATUS_NAMES)
        .map(([number, name]) => `${name} ${number}`)
        .sort(),
    ).toEqual(declared.map(([, name, number]) => `${name} ${number}`).sort());
  });

  it('show the number of a status that is not known', () => {
    expect(statusName(-13)).toBe('PLAN_CRC');
    expect(statusName(-99)).toBe('-99');
  });
});
