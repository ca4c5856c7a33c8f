// SPDX-License-Identifier: Apache-2.0
// Plans of the planner's own choosing on the C runtime: golden bytes for every budget, and RAM as it was counted.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadBoard } from '@tinyseg/boards';
import { compileModel, optimizeModel, type CompileOptions, type CompileResult } from '@tinyseg/compiler';
import { buildHostProgram, runHost, WORKSPACE_ROOT, type HostReport } from './host-program.js';

const EXAMPLES = path.join(WORKSPACE_ROOT, 'examples', 'car-segmentation');
const board = loadBoard('host');

let program: string;
let folder: string;
beforeAll(() => {
  program = buildHostProgram();
});
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tinyseg-planner-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const modelBytes = (name: string): Uint8Array => readFileSync(path.join(EXAMPLES, `${name}.tflite`));

/** Runs the plan on the inputs, one sample; RAM must be what the compiler counted. */
async function runPlan({ bytes, report }: CompileResult, inputs: readonly Uint8Array[]): Promise<Buffer> {
  const file = (name: string): string => path.join(folder, name);
  writeFileSync(file('plan.tseg'), bytes);
  inputs.forEach((input, i) => writeFileSync(file(`input${i}.bin`), input));
  const args = inputs.flatMap((_, i) => ['--input', file(`input${i}.bin`)]);
  const run = await runHost(program, [
    ...args,
    ...['--output', file('output.bin'), '--arena-guard', file('plan.tseg')],
  ]);
  expect(run.report).toMatchObject({ ok: true, status: 'OK' });
  expectRam(run.report, report.ram);
  return readFileSync(file('output.bin'));
}

function expectRam(host: HostReport, counted: CompileResult['report']['ram']): void {
  expect(host).toMatchObject({
    arenaBytes: counted.arenaBytes,
    contextBytes: counted.contextBytes,
    storeMemoryBytes: counted.storeBytes,
  });
  expect(host.arenaHighWaterBytes).toBeLessThanOrEqual(counted.arenaBytes);
  expect(host.stackHighWaterBytes).toBeLessThanOrEqual(counted.stackBytes);
}

const CASES: readonly [model: string, what: string, options: Partial<CompileOptions>][] = [
  ['tiny_unet_80x120', 'no budget', {}],
  ['tiny_unet_80x120', '160 KiB', { ramBytes: 163_840 }],
  ['tiny_unet_80x120', '64 KiB', { ramBytes: 65_536 }],
  ['tiny_unet_80x120', '40 KiB, streamed ports', { ramBytes: 40_960, streamIo: true }],
  [
    'tiny_unet_80x120',
    'one stage, a skip spilled',
    { strategy: 'single-stage', streamIo: true, spill: ['down0b_relu'] },
  ],
  ['mobile_seg_96x96', 'no budget', {}],
  ['mobile_seg_96x96', '64 KiB', { ramBytes: 65_536 }],
  ['mobile_seg_96x96', 'one stage', { strategy: 'single-stage', streamIo: true }],
];

/** A search for a plan takes its time on a busy machine. */
const SEARCH_MS = 900_000;

describe('planned examples', () => {
  it.each(CASES)(
    '%s, %s: the golden mask, in the RAM that was counted',
    async (model, _what, options) => {
      const compiled = compileModel(modelBytes(model), { board, ...options });
      const golden = path.join(EXAMPLES, 'golden', model);
      for (const picture of ['red-on-red', 'two-cars']) {
        const output = await runPlan(compiled, [readFileSync(path.join(golden, `${picture}.input.bin`))]);
        expect(output.equals(readFileSync(path.join(golden, `${picture}.output.bin`)))).toBe(true);
      }
    },
    SEARCH_MS,
  );

  it.each([153_600, 172_800, 200_000])('rewritten for %i B: the golden mask', async (targetBytes) => {
    const rewritten = optimizeModel(modelBytes('tiny_unet_80x120'), { targetBytes });
    expect(rewritten.report.spills.length).toBeGreaterThan(0);
    const golden = path.join(EXAMPLES, 'golden', 'tiny_unet_80x120');
    // Enough for the rewritten arena and what stands beside it, too little for the plain one.
    const ramBytes = rewritten.report.peakBytesAfter + 10 * 1024;
    // Layer by layer: the search finds plans for so much RAM that spill nothing.
    const compiled = compileModel(rewritten.bytes, { board, ramBytes, strategy: 'layers' });
    expect(compiled.report.spilledBytes).toBeGreaterThan(0);
    expect(compiled.report.spilledBytes).toBeLessThanOrEqual(rewritten.report.writtenBytes);
    const output = await runPlan(compiled, [readFileSync(path.join(golden, 'silver-suv.input.bin'))]);
    expect(output.equals(readFileSync(path.join(golden, 'silver-suv.output.bin')))).toBe(true);
  });
});
