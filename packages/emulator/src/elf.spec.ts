// SPDX-License-Identifier: Apache-2.0
// What is read from ELF files, against what the compiler's own tools say.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describeIf } from '@tinyseg/testing';
import { objectsIn, programSize } from './elf.js';
import { buildProgram } from './build.js';
import { CORE_PORT, sourcesIn, variantNames, variantsIn } from './sources.js';
import { targetOf } from './target.js';
import { canEmulate, INSTALL_LINE } from './tools.js';

const MISSING = 'the compiler for Arm or QEMU is not installed';
const NO_MAIN = {
  name: 'main.c',
  text: 'int main(int argc, char **argv);\nint main(int c, char **v) { (void)c; (void)v; return 0; }\n',
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'tinyseg-elf-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describeIf(canEmulate(), MISSING, INSTALL_LINE, 'ELF files', () => {
  it('of objects give the bytes of global constants, and no functions or local data', () => {
    const source = path.join(folder, 'a.c');
    writeFileSync(
      source,
      'extern const unsigned char first[3], second[2];\nconst unsigned char first[3] = {1, 2, 3};\n' +
        'const unsigned char second[2] = {4, 5};\nstatic int local = 7;\nint get(void);\nint get(void) { return local++; }\n',
    );
    const object = path.join(folder, 'a.o');
    expect(spawnSync('arm-none-eabi-gcc', ['-c', source, '-o', object]).status).toBe(0);
    const found = objectsIn(object).map(({ name, bytes }) => [name, ...bytes]);
    expect(found.sort()).toEqual([
      ['first', 1, 2, 3],
      ['second', 4, 5],
    ]);
  });

  it('of the runtime have every kernel variant that it declares, each with an id of its own', async () => {
    let found: ReadonlyMap<number, string> = new Map();
    const files = [
      ...sourcesIn('src'),
      ...['count', 'fault', 'guard', 'semihosting', 'startup', 'external_ram', 'cmsdk'].map(
        (name) => `${CORE_PORT}/${name}.c`,
      ),
      `${CORE_PORT}/program/system.c`,
    ];
    const generated = (objects: readonly string[]) => {
      found = variantsIn(objects);
      return [NO_MAIN];
    };
    const signal = new AbortController().signal;
    const target = targetOf('qemu-mps2-an386');
    const elf = await buildProgram(target, { files, generated, linkFlags: [] }, process.env, signal);
    expect([...found.values()].sort()).toEqual([...variantNames()].sort());
    expect(found.get(0x0101)).toBe('tseg_nn_conv_2d_pixel');
    const { stdout } = spawnSync('arm-none-eabi-size', ['-B', '-d', elf], { encoding: 'utf8' });
    const [text, data] = stdout.split('\n')[1]!.trim().split(/\s+/).map(Number);
    expect(programSize(elf)).toEqual({ codeBytes: text! + data!, planBytes: 0 });
  });
});
