// SPDX-License-Identifier: Apache-2.0
// The budget of firmware: what is worse is found, and nothing else.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { regressions } from './compare.mjs';

const budget = { net: { instructions: 1000, codeBytes: 500 } };
const one = (figures: Record<string, number | null | undefined>): string[] =>
  regressions(budget, { net: figures });

describe('a budget', () => {
  it('accepts what is smaller, equal, or up to 2 % larger', () => {
    expect(one({ instructions: 10, codeBytes: 500 })).toEqual([]);
    expect(one({ instructions: 1020, codeBytes: 510 })).toEqual([]);
  });

  it('names what is more than 2 % larger, and how much', () => {
    expect(one({ instructions: 1021, codeBytes: 500 })).toEqual([
      'net: instructions is 1021, 2.1 % above 1000',
    ]);
  });

  it('wants every figure of a case, as a number', () => {
    expect(one({ instructions: 1000 })).toEqual(['net: codeBytes was not measured']);
    expect(one({ instructions: null, codeBytes: NaN })).toEqual([
      'net: instructions was not measured',
      'net: codeBytes was not measured',
    ]);
    expect(one({ instructions: 1000, codeBytes: undefined })).toEqual(['net: codeBytes was not measured']);
  });

  it('wants a budget for every figure', () => {
    expect(one({ instructions: 1000, codeBytes: 500, stackBytes: 1 })).toEqual([
      'net: stackBytes has no budget',
    ]);
    expect(regressions({ net: { instructions: null } }, { net: { instructions: 1 } })).toEqual([
      'net: instructions has no budget',
    ]);
  });

  it('wants a budget for every case, and every case measured but those that can not be', () => {
    const net = { instructions: 1000, codeBytes: 500 };
    expect(regressions(budget, { net, other: {} })).toEqual(['other: has no budget']);
    expect(regressions(budget, {})).toEqual(['net: not measured']);
    expect(regressions(budget, {}, ['net'])).toEqual([]);
  });

  it('is there, with all figures of every case', () => {
    const file = path.join(import.meta.dirname, 'budget.json');
    const cases = Object.values(
      JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, number>>,
    );
    expect(cases.length).toBeGreaterThan(7);
    for (const figures of cases) expect(Object.keys(figures)).toEqual(Object.keys(cases[0]!));
    for (const value of cases.flatMap((figures) => Object.values(figures))) expect(value).toBeGreaterThan(0);
  });
});
