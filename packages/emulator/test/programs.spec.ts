// SPDX-License-Identifier: Apache-2.0
// C programs on an emulated Cortex-M4: they print, they are counted, and they can't leave their memory.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describeIf } from '@tinyseg/testing';
import { canEmulate, INSTALL_LINE, runProgram } from '../src/index.js';

const MISSING = 'the compiler for Arm or QEMU is not installed';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'tinyseg-program-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

async function runText(text: string): ReturnType<typeof runProgram> {
  const file = path.join(folder, 'main.c');
  writeFileSync(file, text);
  return runProgram({ board: 'qemu-mps2-an386', sources: [file] });
}

const LOOPS = `
#include <stdio.h>
#include "measure.h"
static void loop(void *argument) {
  unsigned left = *(unsigned *)argument;
  __asm volatile(".syntax unified\\n1: subs %0, %0, #1\\n bne 1b" : "+r"(left));
}
int main(int argc, char **argv) {
  (void)argc;
  (void)argv;
  for (unsigned n = 1; n < 20000000u; n = n * 7u + 1u) {
    printf("%u %llu\\n", n, (unsigned long long)tseg_measure(loop, &n));
  }
  return 7;
}`;

const writeTo = (address: string): string => `
#include <stdint.h>
#include <stdio.h>
#include "link_map.h"
int main(int argc, char **argv) {
  (void)argc;
  (void)argv;
  puts("before");
  *(volatile uint8_t *)(${address}) = 1;
  puts("after");
  return 0;
}`;

describeIf(canEmulate(), MISSING, INSTALL_LINE, 'programs on the emulated Cortex-M4', () => {
  it('count the instructions of a loop exactly, and end with their exit code', async () => {
    const { stdout, exitCode } = await runText(LOOPS);
    const lines = stdout.trim().split('\n');
    expect(lines.length).toBeGreaterThan(8);
    // A load, two instructions a turn, and the return, which a call of nothing has too.
    for (const line of lines) {
      const [turns, counted] = line.split(' ').map(Number);
      expect(counted).toBe(2 * turns! + 1);
    }
    expect(exitCode).toBe(7);
  });

  it.each([
    ['the end of RAM', 'tseg_ram_end', 'exception 4'],
    ['the beginning of RAM, where the stack ends', '(uintptr_t)tseg_ram_begin - 1u', 'exception 4'],
    ['flash', 'tseg_flash_begin + 64', 'exception 4'],
  ])('fault at %s', async (_, address, exception) => {
    const { stdout, exitCode } = await runText(writeTo(address));
    expect(stdout).toContain('before\n');
    expect(stdout).not.toContain('after');
    expect(stdout).toContain(`fault: ${exception}`);
    expect(exitCode).toBe(70);
  });

  it('write where they may', async () => {
    const { stdout, exitCode } = await runText(writeTo('(uintptr_t)tseg_ram_end - 1u'));
    expect(stdout).toBe('before\nafter\n');
    expect(exitCode).toBe(0);
  });

  it('say what does not compile', async () => {
    await expect(runText('int main(void) { return unknown; }')).rejects.toMatchObject({
      code: 'EMULATOR_BUILD_FAILED',
      message: expect.stringContaining('unknown') as string,
    });
  });
});
