// SPDX-License-Identifier: Apache-2.0
// Built things, kept by their hashes.
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cached, cacheFolder, hashOf } from './cache.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'tinyseg-cache-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const env = (): { TINYSEG_CACHE: string } => ({ TINYSEG_CACHE: folder });
const make = (text: string) => (file: string) => {
  writeFileSync(file, text);
  return Promise.resolve();
};

describe('the cache', () => {
  it('is where TINYSEG_CACHE says, else in the cache folder of the user', () => {
    expect(cacheFolder({ TINYSEG_CACHE: '/there', HOME: '/home/a' })).toBe('/there');
    expect(cacheFolder({ XDG_CACHE_HOME: '/cache', HOME: '/home/a' })).toBe('/cache/tinyseg');
    expect(cacheFolder({ HOME: '/home/a' })).toBe('/home/a/.cache/tinyseg');
  });

  it('makes a thing once', async () => {
    const first = await cached(env(), 'objects', 'a.o', make('one'));
    const second = await cached(env(), 'objects', 'a.o', make('two'));
    expect(second).toBe(first);
    expect(readFileSync(second, 'utf8')).toBe('one');
    expect(readdirSync(path.join(folder, 'objects'))).toEqual(['a.o']);
  });

  it('keeps nothing of a thing that could not be made', async () => {
    const fail = (file: string): Promise<void> => {
      writeFileSync(file, 'half');
      return Promise.reject(new Error('no'));
    };
    await expect(cached(env(), 'objects', 'a.o', fail)).rejects.toThrow('no');
    expect(readdirSync(path.join(folder, 'objects'))).toEqual([]);
  });

  it('keeps one whole thing when two make it at once', async () => {
    const made = await Promise.all(
      ['one', 'two'].map((text) => cached(env(), 'firmware', 'a.elf', make(text))),
    );
    expect(new Set(made).size).toBe(1);
    expect(['one', 'two']).toContain(readFileSync(made[0]!, 'utf8'));
    expect(readdirSync(path.join(folder, 'firmware'))).toEqual(['a.elf']);
  });

  it('drops what nobody used for two weeks', async () => {
    const objects = path.join(folder, 'objects');
    mkdirSync(objects);
    writeFileSync(path.join(objects, 'old.o'), '');
    writeFileSync(path.join(objects, 'new.o'), '');
    utimesSync(path.join(objects, 'old.o'), new Date(0), new Date(0));
    await cached(env(), 'objects', 'a.o', make(''));
    expect(readdirSync(objects).sort()).toEqual(['a.o', 'new.o']);
  });

  it('says by code that its folder can not be written', async () => {
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    await expect(cached({ TINYSEG_CACHE: file }, 'objects', 'a.o', make(''))).rejects.toMatchObject({
      code: 'EMULATOR_NO_CACHE',
    });
  });
});

describe('a hash', () => {
  it('differs when bytes move from one part to the next', () => {
    expect(hashOf(['ab', 'c'])).not.toBe(hashOf(['a', 'bc']));
    expect(hashOf(['ab'])).toBe(hashOf([Buffer.from('ab')]));
  });
});
