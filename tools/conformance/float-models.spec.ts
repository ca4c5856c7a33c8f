// SPDX-License-Identifier: Apache-2.0
// Models of float32 on the C runtime: within 3e-5 of the outputs of TFLite Micro, and the same bytes however they run.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { verifyPlan } from '@tinyseg/compiler';
import { describeIf } from '@tinyseg/testing';
import { sharedFloatModels } from '../../packages/compiler/src/testing/golden-models.js';
import { modelFilesMissing } from '../../packages/compiler/src/testing/model-files.js';
import { compileFile } from './compile-model.js';
import { buildHostProgram, runHost } from './host-program.js';

const RELATIVE_TOLERANCE = 3e-5;

const realsOf = (bytes: Uint8Array): Float32Array => new Float32Array(new Uint8Array(bytes).buffer);

describeIf(
  sharedFloatModels.length > 0,
  modelFilesMissing.why,
  modelFilesMissing.install,
  'models of float32 on the C runtime',
  () => {
    let program: string;
    let folder: string;
    beforeAll(() => {
      program = buildHostProgram();
      folder = mkdtempSync(path.join(tmpdir(), 'tinyseg-float-'));
    });
    afterAll(() => {
      rmSync(folder, { recursive: true });
    });

    it.each(sharedFloatModels.map((model) => [model.name, model] as const))(
      '%s',
      async (_, { file, runs }) => {
        const [planFile, outputFile] = [path.join(folder, 'plan.tseg'), path.join(folder, 'output.bin')];
        for (const { inputs, outputs } of runs) {
          const given = inputs.flatMap((input) => ['--input', input]);
          const golden = realsOf(Buffer.concat(outputs.map((output) => readFileSync(output))));
          const results: Buffer[] = [];
          for (const shape of ['layers', 'streamed'] as const) {
            const { plan, graph, bytes } = compileFile(file, { shape, spilling: 'none' });
            expect(verifyPlan(plan, graph)).toEqual([]);
            writeFileSync(planFile, bytes);
            const { report } = await runHost(program, [...given, '--output', outputFile, planFile]);
            expect(report).toMatchObject({ ok: true, status: 'OK' });
            results.push(readFileSync(outputFile));
          }
          const [layers, streamed] = results;
          expect(streamed).toEqual(layers);
          const actual = realsOf(layers ?? new Uint8Array());
          expect(actual.length).toBe(golden.length);
          const errors = actual.map((x, at) => Math.abs(x - golden[at]!) / Math.abs(golden[at]!));
          expect(Math.max(...errors)).toBeLessThanOrEqual(RELATIVE_TOLERANCE);
        }
      },
    );
  },
);
