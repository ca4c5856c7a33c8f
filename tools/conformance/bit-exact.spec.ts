// SPDX-License-Identifier: Apache-2.0
// Every int8 model and every example on the C runtime: the bytes of TFLite Micro's reference kernels, for each input, in
// every shape of plan, spilled and not; and every operator's output.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { verifyPlan } from '@tinyseg/compiler';
import { describeIf } from '@tinyseg/testing';
import {
  exampleGoldenModels,
  sharedInt8Models,
  type GoldenLayer,
  type GoldenModel,
} from '../../packages/compiler/src/testing/golden-models.js';
import { modelFilesMissing } from '../../packages/compiler/src/testing/model-files.js';
import { compileFile, compileGraph, type Compiled, type CompileOptions } from './compile-model.js';
import { buildHostProgram, runHost, type HostReport } from './host-program.js';
import { kindsGraph } from './kinds-graph.js';

const PLANS: readonly CompileOptions[] = [
  { shape: 'layers', spilling: 'none' },
  { shape: 'layers', spilling: 'all' },
  { shape: 'streamed', spilling: 'none' },
  { shape: 'streamed', spilling: 'skips' },
  { shape: 'streamed', spilling: 'none', placed: true },
  { shape: 'streamed', spilling: 'skips', placed: true },
  { shape: 'layers', spilling: 'all', placed: true },
];

let program: string;
let folder: string;
beforeAll(() => {
  program = buildHostProgram();
});
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tinyseg-exact-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const inFolder = (name: string): string => path.join(folder, name);
const concat = (files: readonly string[]): Buffer => Buffer.concat(files.map((file) => readFileSync(file)));

/** Runs all inputs of a model as one batch; gives the report and the outputs as one run of bytes. */
async function runAll(
  model: GoldenModel,
  compiled: Compiled,
  ...more: string[]
): Promise<{ report: HostReport; output: Buffer }> {
  writeFileSync(inFolder('plan.tseg'), compiled.bytes);
  const inputCount = model.runs[0]!.inputs.length;
  const inputs = Array.from({ length: inputCount }, (_, i) => {
    writeFileSync(inFolder(`input${i}.bin`), concat(model.runs.map(({ inputs }) => inputs[i]!)));
    return ['--input', inFolder(`input${i}.bin`)];
  });
  const { report } = await runHost(program, [
    ...inputs.flat(),
    ...['--output', inFolder('output.bin'), '--arena-guard', ...more, inFolder('plan.tseg')],
  ]);
  expect(report).toMatchObject({ ok: true, status: 'OK', samples: model.runs.length });
  return { report, output: readFileSync(inFolder('output.bin')) };
}

/** The golden bytes of every run, as the host program writes them. */
const goldenOutput = (model: GoldenModel): Buffer => concat(model.runs.flatMap(({ outputs }) => outputs));

/** What the runtime computed for a golden layer; a view's bytes are those of the tensor it looks at. */
function bytesOf(layer: GoldenLayer, compiled: Compiled, report: HostReport): Buffer | undefined {
  const root = compiled.structure.rootOf(layer.tensor);
  const dumped = report.layers?.find(({ source, sample }) => source === root && sample === 0);
  return dumped && readFileSync(inFolder(dumped.file));
}

function checkModels(models: readonly GoldenModel[]): void {
  describe.each(models.map((model) => [model.name, model] as const))('%s', (_, model) => {
    it.each(PLANS)(
      'gives the golden bytes for each input: $shape, spilled: $spilling, rows placed: $placed',
      async (options) => {
        const compiled = compileFile(model.file, options);
        expect(verifyPlan(compiled.plan, compiled.graph)).toEqual([]);
        const { report, output } = await runAll(model, compiled);
        expect(output.equals(goldenOutput(model))).toBe(true);
        expect(report.arenaHighWaterBytes).toBeLessThanOrEqual(report.arenaBytes);
        const streams = compiled.plan.streams.length;
        if (streams > 0) expect(report.stores[0]!.rawBytesWritten).toBeGreaterThan(0);
      },
    );

    it('computes the golden bytes in every operator', async () => {
      const layered = model.runs.find(({ layers }) => layers.length > 0);
      expect(layered).toBeDefined();
      const one: GoldenModel = { ...model, runs: [layered!] };
      const compiled = compileFile(model.file, {
        shape: 'layers',
        spilling: 'none',
        everyOperator: true,
      });
      const { report } = await runAll(one, compiled, '--dump-layers', folder);
      const layers = layered!.layers.filter(({ type }) => type === 'INT8' || type === 'UINT8');
      expect(layers.length).toBeGreaterThan(0);
      for (const layer of layers) {
        const same = bytesOf(layer, compiled, report)?.equals(readFileSync(layer.file));
        expect({ ...layer, same }).toEqual({ ...layer, same: true });
      }
    });
  });
}

describeIf(
  sharedInt8Models.length > 0,
  modelFilesMissing.why,
  modelFilesMissing.install,
  'int8 models from elsewhere on the C runtime',
  () => checkModels(sharedInt8Models),
);

describe('the example models on the C runtime', () => checkModels(exampleGoldenModels));

describe('a graph with every kind of operator', () => {
  it('gives the same bytes in every shape of plan, spilled and not', async () => {
    writeFileSync(
      inFolder('input.bin'),
      Buffer.from(Array.from({ length: 3 * 429 }, (_, i) => (i * i * 31) & 255)),
    );
    const outputs: Buffer[] = [];
    for (const [index, options] of PLANS.entries()) {
      const { bytes } = compileGraph(kindsGraph(), options);
      writeFileSync(inFolder(`${index}.tseg`), bytes);
      const { report } = await runHost(program, [
        ...['--input', inFolder('input.bin'), '--output', inFolder('output.bin')],
        ...['--arena-guard', inFolder(`${index}.tseg`)],
      ]);
      expect(report).toMatchObject({ ok: true, samples: 3 });
      outputs.push(readFileSync(inFolder('output.bin')));
    }
    for (const output of outputs) expect(output.equals(outputs[0]!)).toBe(true);
    expect(new Set(outputs[0]).size).toBeGreaterThan(20);
  });
});
