// SPDX-License-Identifier: Apache-2.0
// Models of one operator with int16 activations on the C runtime: the bytes of TFLite Micro's reference kernels.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { verifyPlan } from '@tinyseg/compiler';
import { describeIf } from '@tinyseg/testing';
import { sharedInt16Models } from '../../packages/compiler/src/testing/golden-models.js';
import { modelFilesMissing } from '../../packages/compiler/src/testing/model-files.js';
import { compileFile } from './compile-model.js';
import { buildHostProgram, runHost } from './host-program.js';

describeIf(
  sharedInt16Models.length > 0,
  modelFilesMissing.why,
  modelFilesMissing.install,
  'models of one int16 operator on the C runtime',
  () => {
    let program: string;
    let folder: string;
    beforeAll(() => {
      program = buildHostProgram();
      folder = mkdtempSync(path.join(tmpdir(), 'tinyseg-int16-'));
    });
    afterAll(() => {
      rmSync(folder, { recursive: true });
    });

    it.each(sharedInt16Models.map((model) => [model.name, model] as const))(
      '%s',
      async (_, { file, runs }) => {
        for (const shape of ['layers', 'streamed'] as const) {
          const { plan, graph, bytes } = compileFile(file, { shape, spilling: 'none' });
          expect(verifyPlan(plan, graph)).toEqual([]);
          const [planFile, outputFile] = [path.join(folder, 'plan.tseg'), path.join(folder, 'output.bin')];
          writeFileSync(planFile, bytes);
          for (const { inputs, outputs } of runs) {
            const given = inputs.flatMap((input) => ['--input', input]);
            const { report } = await runHost(program, [...given, '--output', outputFile, planFile]);
            expect(report).toMatchObject({ ok: true, status: 'OK' });
            const golden = Buffer.concat(outputs.map((output) => readFileSync(output)));
            expect([shape, readFileSync(outputFile).equals(golden)]).toEqual([shape, true]);
          }
        }
      },
    );
  },
);
