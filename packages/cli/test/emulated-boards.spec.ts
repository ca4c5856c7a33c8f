// SPDX-License-Identifier: Apache-2.0
// run and bench on emulated boards: the same bytes, stores of every kind, counts, and what is said when something lacks.
import { readFileSync } from 'node:fs';
import { canEmulate, INSTALL_LINE } from '@tinyseg/emulator';
import { describeIf } from '@tinyseg/testing';
import { resultSchema } from '../src/json-documents.js';
import {
  cli,
  documentOf,
  errorCode,
  example,
  MOBILE,
  TestFolder,
  UNET,
} from '../src/testing/command-line.js';

const MISSING = 'the compiler for Arm or QEMU is not installed';
const M4 = 'qemu-mps2-an386';
/** Quick to plan. */
const LAYERS = ['--strategy', 'layers'];
const STREAMED = ['--strategy', 'single-stage', '--stream-io'];
const INPUT = example('golden', 'mobile_seg_96x96', 'two-cars.input.bin');
const golden = readFileSync(example('golden', 'mobile_seg_96x96', 'two-cars.output.bin'));

interface Costs {
  readonly instructions: number;
  readonly executorInstructions: number;
  readonly perOperator: readonly { readonly instructions: number }[];
}

const folder = new TestFolder();
beforeEach(() => folder.open());
afterEach(() => folder.close());

describeIf(canEmulate(), MISSING, INSTALL_LINE, 'run on emulated boards', () => {
  it('gives the golden bytes of each sample, with instructions by operator', async () => {
    const output = folder.path('out.bin');
    const result = await cli([
      ...['run', MOBILE, '--board', M4, ...LAYERS, '-i', INPUT, INPUT, '-o', output, '--json'],
    ]);
    expect(result.exitCode).toBe(0);
    const document = documentOf(result);
    expect(resultSchema('run').safeParse(document).error).toBeUndefined();
    expect(document).toMatchObject({ ok: true, board: M4, samples: ['two-cars.input', 'two-cars.input-2'] });
    expect(readFileSync(output).equals(Buffer.concat([golden, golden]))).toBe(true);
    const { instructions, perOperator } = document as unknown as Costs;
    const sum = perOperator.reduce((total, one) => total + one.instructions, 0);
    expect(sum).toBeGreaterThan(0.9 * instructions);
    expect(sum).toBeLessThanOrEqual(instructions);
  });

  it('runs a plan that was compiled before, and checks it against its model', async () => {
    const plan = folder.path('plan.tseg');
    await cli(['compile', MOBILE, '--board', 'qemu-mps2-an500', ...STREAMED, '-o', plan]);
    const on = ['--board', 'qemu-mps2-an500', '-i', INPUT, '--check', '--model', MOBILE, '--json'];
    expect(documentOf(await cli(['run', plan, ...on]))).toMatchObject({ ok: true, identical: true });
  });

  it('spills to a store server at the other end of the serial line, and counts nothing then', async () => {
    const output = folder.path('out.bin');
    const spilling = ['--board', M4, ...LAYERS, '--stream-io', '--ram', '100K', '--store', 'serial'];
    const document = documentOf(await cli(['run', MOBILE, ...spilling, '-i', INPUT, '-o', output, '--json']));
    expect(document).toMatchObject({ ok: true, store: 'serial', instructions: null });
    expect(document['spilledBytes']).toBeGreaterThan(0);
    expect(readFileSync(output).equals(golden)).toBe(true);
  });

  it.each([
    ['qemu-netduinoplus2', 'ram', 'CLI_BAD_STORE'],
    ['qemu-netduinoplus2', 'tcp://127.0.0.1:1', 'CLI_BAD_STORE'],
    ['qemu-netduinoplus2', 'file:here', 'CLI_BAD_STORE'],
    ['nano33ble', 'ram', 'RUN_BOARD'],
  ])('on %s refuses store %s by code %s', async (board, store, code) => {
    const result = await cli(['run', UNET, '--board', board, '--store', store, '-i', INPUT, '--json']);
    expect([errorCode(result), result.exitCode]).toEqual([code, 2]);
  });

  it('ends the emulator with Ctrl-C', async () => {
    const result = await cli(
      ['run', UNET, '--board', M4, ...LAYERS, '-i', example('pictures', 'two-cars.png'), '--json'],
      {
        onInterruptible: (interrupt) => void setTimeout(() => interrupt(), 300),
      },
    );
    expect(errorCode(result)).toBe('CLI_INTERRUPTED');
    expect(result.exitCode).toBe(130);
  });
});

describeIf(canEmulate(), MISSING, INSTALL_LINE, 'bench', () => {
  it('counts the same instructions every time, and every operator', async () => {
    const bench = () => cli(['bench', MOBILE, '--board', M4, ...LAYERS, '--json']);
    const [first, second] = [documentOf(await bench()), documentOf(await bench())];
    expect(resultSchema('bench').safeParse(first).error).toBeUndefined();
    expect(second).toEqual(first);
    const { instructions, executorInstructions, perOperator } = first as unknown as Costs;
    const sum = perOperator.reduce((total, one) => total + one.instructions, executorInstructions);
    expect(sum).toBe(instructions);
    expect(Math.min(...perOperator.map((one) => one.instructions))).toBeGreaterThan(0);
  });

  it('prints a table with RAM and flash of the same plan', async () => {
    const { stdout, exitCode } = await cli(['bench', MOBILE, '--board', M4, ...STREAMED]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/depthwiseConv2d +1x48x48x\d+ +\d+ +[\d,]+ +[\d.]+ %/);
    expect(stdout).toMatch(/^RAM +arena [\d,]+ B, stack [\d,]+ B, in all [\d,]+ B as planned$/m);
    expect(stdout).toMatch(/^Flash +program [\d,]+ B, plan [\d,]+ B$/m);
  });

  it('is for emulated boards and for one sample', async () => {
    const host = await cli(['bench', MOBILE, '--board', 'host', '--json']);
    expect([errorCode(host), host.exitCode]).toEqual(['RUN_BOARD', 2]);
    const two = await cli(['bench', MOBILE, '--board', M4, ...LAYERS, '-i', INPUT, INPUT, '--json']);
    expect([errorCode(two), two.exitCode]).toEqual(['CLI_USAGE', 2]);
  });
});

describe('a machine without the tools', () => {
  it('is told what to install', async () => {
    const result = await cli(['bench', MOBILE, '--board', M4, '--json'], { env: { PATH: '/nowhere' } });
    expect([errorCode(result), result.exitCode]).toEqual(['EMULATOR_TOOL_MISSING', 2]);
    expect(result.stderr).toContain('apt-get install gcc-arm-none-eabi');
  });
});
