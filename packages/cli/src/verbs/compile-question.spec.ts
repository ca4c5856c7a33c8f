// SPDX-License-Identifier: Apache-2.0
// Behaviour of options that are lists.
import { storeList } from './compile-question.js';

describe('storeList', () => {
  it('reads names between commas, and "none" as no store at all', () => {
    expect(storeList('flash, remote')).toEqual(['flash', 'remote']);
    expect(storeList('none')).toEqual([]);
    expect(storeList(undefined)).toBeUndefined();
  });

  it('refuses a store beside none', () => {
    expect(() => storeList('none,ram')).toThrow(expect.objectContaining({ code: 'CLI_BAD_STORE' }));
  });
});
