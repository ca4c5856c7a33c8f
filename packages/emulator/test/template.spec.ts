// SPDX-License-Identifier: Apache-2.0
// The template of ports: what the guide has you copy compiles, links and starts.
import os from 'node:os';
import { describeIf } from '@tinyseg/testing';
import { buildProgram } from '../src/build.js';
import { runMachine } from '../src/machine.js';
import { CORE_PORT, sourcesIn } from '../src/sources.js';
import { targetOf } from '../src/target.js';
import { canEmulate, INSTALL_LINE } from '../src/tools.js';

const MISSING = 'the compiler for Arm or QEMU is not installed';
const MAIN = {
  name: 'main.c',
  text: `#include "count.h"
int main(int argc, char **argv);
int main(int argc, char **argv) {
  (void)argc;
  (void)argv;
  return tseg_count() > 1000000u ? 1 : 42;
}
`,
};

describeIf(canEmulate(), MISSING, INSTALL_LINE, 'the template of ports', () => {
  it('is a program that starts and ends', async () => {
    const target = { ...targetOf('qemu-mps2-an386'), port: 'template' };
    const core = ['count', 'external_ram', 'fault', 'guard', 'semihosting', 'startup'];
    const files = [
      ...core.map((name) => `${CORE_PORT}/${name}.c`),
      ...sourcesIn('src/block'),
      `${CORE_PORT}/program/system.c`,
    ];
    const signal = new AbortController().signal;
    const parts = { files, generated: () => [MAIN], linkFlags: [] };
    const elf = await buildProgram(target, parts, process.env, signal);
    const run = { folder: os.tmpdir(), env: process.env, signal, timeoutMs: 20_000 };
    expect((await runMachine(target, elf, run)).exitCode).toBe(42);
  });
});
