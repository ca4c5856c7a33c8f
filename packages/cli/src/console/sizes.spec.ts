// SPDX-License-Identifier: Apache-2.0
// Sizes as people write them.
import { isTinysegError } from '@tinyseg/errors';
import fc from 'fast-check';
import { formatCount, formatSize, parseSize } from './sizes.js';

describe('parseSize', () => {
  it.each([
    ['65536', 65_536],
    ['64K', 65_536],
    ['64KiB', 65_536],
    ['64 KiB', 65_536],
    ['64kB', 64_000],
    ['1.5K', 1536],
    ['2MiB', 2_097_152],
    ['2MB', 2_000_000],
    ['7B', 7],
  ])('reads %s as %i bytes', (text, bytes) => {
    expect(parseSize(text, '--ram')).toBe(bytes);
  });

  it.each(['', '0', '-1', '1.3', '64k', '64 Q', 'K', '1e3', 'Infinity', '99999999999G', '64K64K'])(
    'refuses "%s"',
    (text) => {
      expect(() => parseSize(text, '--ram')).toThrow(expect.objectContaining({ code: 'CLI_BAD_SIZE' }));
    },
  );

  it('reads 0 where nothing at all makes sense', () => {
    expect(parseSize('0', '--max-written', 0)).toBe(0);
  });

  it('reads every whole number of bytes as itself, and fails with its own code only', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1 }), (bytes) => parseSize(String(bytes), 'x') === bytes),
      { seed: 1 },
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          return parseSize(text, 'x') > 0;
        } catch (error) {
          return isTinysegError(error, 'CLI_BAD_SIZE');
        }
      }),
      { seed: 2 },
    );
  });
});

describe('printed sizes', () => {
  it('group thousands, and name KiB and MiB where they are whole', () => {
    expect([formatCount(0), formatCount(999), formatCount(1000), formatCount(1_234_567)]).toEqual([
      '0',
      '999',
      '1,000',
      '1,234,567',
    ]);
    expect(formatSize(65_536)).toBe('65,536 B (64 KiB)');
    expect(formatSize(2_097_152)).toBe('2,097,152 B (2 MiB)');
    expect(formatSize(1000)).toBe('1,000 B');
  });
});
