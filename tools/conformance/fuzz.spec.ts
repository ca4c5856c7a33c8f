// SPDX-License-Identifier: Apache-2.0
// Damaged plans of real networks and of every kind of operator, loaded and run under sanitizers. TINYSEG_FUZZ_COUNT says how
// many mutations of each set (2,000 unless said); the fuzz target takes 200,000.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describeIf } from '@tinyseg/testing';
import { exampleGoldenModels, sharedInt8Models } from '../../packages/compiler/src/testing/golden-models.js';
import { modelFilesMissing } from '../../packages/compiler/src/testing/model-files.js';
import { compileFile, compileGraph, type CompileOptions } from './compile-model.js';
import { DEVICE_C } from './host-program.js';
import { kindsGraph } from './kinds-graph.js';

const RUNS = process.env.TINYSEG_FUZZ_COUNT || '2000';
const SEED = process.env.TINYSEG_FUZZ_SEED ?? '1';
const PLANS: readonly CompileOptions[] = [
  { shape: 'layers', spilling: 'all' },
  { shape: 'streamed', spilling: 'skips' },
];

let folder: string;
beforeAll(() => {
  // One run builds the driver.
  const built = spawnSync(process.execPath, [path.join(DEVICE_C, 'build.mjs'), '--fuzz', '1'], {
    encoding: 'utf8',
  });
  expect([built.status, built.stderr]).toEqual([0, '']);
});
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tinyseg-fuzz-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function fuzz(plans: readonly Uint8Array[]): void {
  const files = plans.map((bytes, index) => {
    const file = path.join(folder, `${index}.tseg`);
    writeFileSync(file, bytes);
    return file;
  });
  const answer = spawnSync(
    path.join(DEVICE_C, 'dist', 'sanitize', 'fuzz', 'fuzz-plan'),
    [RUNS, SEED, ...files],
    {
      cwd: DEVICE_C,
      encoding: 'utf8',
    },
  );
  console.log(answer.stdout.trim());
  expect({ status: answer.status, signal: answer.signal, stderr: answer.stderr }).toEqual({
    status: 0,
    signal: null,
    stderr: '',
  });
}

describe('damaged plans', () => {
  it(
    'of every kind of operator neither crash nor hang',
    () => fuzz(PLANS.map((options) => compileGraph(kindsGraph(), options).bytes)),
    3_600_000,
  );

  it(
    'of the examples neither crash nor hang',
    () =>
      fuzz(
        exampleGoldenModels.flatMap(({ file }) => PLANS.map((options) => compileFile(file, options).bytes)),
      ),
    3_600_000,
  );
});

describeIf(
  sharedInt8Models.length > 0,
  modelFilesMissing.why,
  modelFilesMissing.install,
  'damaged plans of models from elsewhere',
  () => {
    it(
      'neither crash nor hang',
      () =>
        fuzz(
          sharedInt8Models.flatMap(({ file }) => PLANS.map((options) => compileFile(file, options).bytes)),
        ),
      3_600_000,
    );
  },
);
