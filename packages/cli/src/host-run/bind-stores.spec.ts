// SPDX-License-Identifier: Apache-2.0
// --store options taken apart and bound to the stores of a plan.
import { StoreKind, type Plan } from '@tinyseg/compiler';
import { bindStores, namesOf, refuseTwins, storeTexts } from './bind-stores.js';

const planWith = (...kinds: (keyof typeof StoreKind)[]): Plan =>
  ({ stores: kinds.map((kind) => ({ kind: StoreKind[kind] })) }) as unknown as Plan;
const named = (...kinds: string[]) => kinds.map((kind, index) => ({ kind, name: `${kind}${index}` }));
const names = (stores: readonly { readonly name: string }[]): string[] => stores.map(({ name }) => name);

describe('storeTexts', () => {
  it.each([
    [['ram'], ['ram']],
    [
      ['ram,file:a', 'serial'],
      ['ram', 'file:a', 'serial'],
    ],
    [['file:a,b/c,ramp'], ['file:a,b/c,ramp']],
    [['file:a,file:b,ram'], ['file:a', 'file:b', 'ram']],
    [['ws://h:1/?token=a,b,serial:/dev/x,tcp://h:2'], ['ws://h:1/?token=a,b', 'serial:/dev/x', 'tcp://h:2']],
  ])('divides %j where a store begins behind a comma', (options, texts) => {
    expect(storeTexts(options)).toEqual(texts);
  });
});

describe('the stores of a plan', () => {
  it('are bound in its order when it was given', () => {
    expect(names(bindStores(planWith('flash', 'sd'), named('file', 'ram'), false))).toEqual([
      'file0',
      'ram1',
    ]);
  });

  it('are found by their kind when it was compiled for what was named', () => {
    expect(names(bindStores(planWith('ram', 'remote'), named('remote', 'file', 'ram'), true))).toEqual([
      'ram2',
      'remote0',
    ]);
  });

  it.each([
    [planWith('flash', 'sd'), ['ram']],
    [planWith('flash'), ['ram', 'ram']],
  ])('must be as many as were named', (plan, kinds) => {
    expect(() => bindStores(plan, named(...kinds), false)).toThrow(
      expect.objectContaining({ code: 'RUN_STORES' }),
    );
  });

  it('are none when it spills nothing, whatever was named', () => {
    expect(bindStores(planWith(), named('ram', 'file'), false)).toEqual([]);
    expect(namesOf([])).toBe('none');
  });

  it('can not be told apart in a model when two are of one kind', () => {
    expect(() => refuseTwins(['ram', 'remote', 'remote'])).toThrow(/two stores of kind remote/);
    expect(() => refuseTwins(['ram', 'remote'])).not.toThrow();
  });
});
