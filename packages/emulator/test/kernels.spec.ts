// SPDX-License-Identifier: Apache-2.0
// The tests of the runtime's kernels on an emulated Cortex-M4, where the DSP kernels take the place of the portable ones.
import path from 'node:path';
import { describeIf } from '@tinyseg/testing';
import { canEmulate, INSTALL_LINE, runProgram } from '../src/index.js';

const MISSING = 'the compiler for Arm or QEMU is not installed';
const TESTS = path.join(import.meta.dirname, '../../device-c/tests');

describeIf(canEmulate(), MISSING, INSTALL_LINE, 'kernels and what they rest on, on emulated boards', () => {
  it('convolutions compute the definition, byte for byte', async () => {
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
    ['qemu-mps2-an386', 'plan/sum_test.c', 'ok 3 - each bit changes the sum'],
    ['qemu-mps2-an386', 'nn/factors_test.c', 'ok 3 - fewer bytes than factors are refused'],
    ['qemu-mps2-an386', 'nn/row_kernels_test.c', 'average_pool_2d.row computes the definition'],
    ['qemu-mps2-an386', 'ports/bytes_test.c', 'ok 3 - memset sets bytes, and no others'],
    ['qemu-microbit', 'ports/bytes_test.c', 'ok 3 - memset sets bytes, and no others'],
  ])(
    '%s: %s computes the definition',
    async (board, file, last) => {
      const { stdout, exitCode } = await runProgram({
        board,
        sources: [path.join(TESTS, file)],
      });
      expect(stdout).toContain(last);
      expect(stdout).not.toContain('not ok');
      expect(exitCode).toBe(0);
    },
    300_000,
  );
});
