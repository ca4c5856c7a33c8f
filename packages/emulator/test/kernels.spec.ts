// SPDX-License-Identifier: Apache-2.0
// The tests of the runtime's kernels on an emulated Cortex-M4, where the DSP kernels take the place of the portable ones.
import path from 'node:path';
import { describeIf } from '@tinyseg/testing';
import { canEmulate, INSTALL_LINE, runProgram } from '../src/index.js';

const MISSING = 'the compiler for Arm or QEMU is not installed';
const TESTS = path.join(import.meta.dirname, '../../device-c/tests');

describeIf(canEmulate(), MISSING, INSTALL_LINE, 'kernels on the emulated Cortex-M4', () => {
  it('of convolutions compute the definition, byte for byte', async () => {
    const { stdout, exitCode } = await runProgram({
      board: 'qemu-mps2-an386',
      sources: [path.join(TESTS, 'nn/convolution_variants_test.c')],
      support: ['tests/support/convolution_case.c'],
      timeoutMs: 240_000,
    });
    expect(stdout).toContain('conv_2d.winograd computes');
    expect(stdout).not.toContain('not ok');
    expect(exitCode).toBe(0);
  }, 300_000);

  it.each([
    ['plan/sum_test.c', 'the checksum of plans', 'ok 3 - each bit changes the sum'],
    ['nn/factors_test.c', 'the check of factors', 'ok 3 - fewer bytes than factors are refused'],
  ])(
    '%s: %s computes the definition',
    async (file, _, last) => {
      const { stdout, exitCode } = await runProgram({
        board: 'qemu-mps2-an386',
        sources: [path.join(TESTS, file)],
      });
      expect(stdout).toContain(last);
      expect(stdout).not.toContain('not ok');
      expect(exitCode).toBe(0);
    },
    300_000,
  );
});
