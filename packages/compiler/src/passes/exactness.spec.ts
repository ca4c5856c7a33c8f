// SPDX-License-Identifier: Apache-2.0
// Passes change no byte of what a model computes: checked by running it before and after.
import { readFileSync } from 'node:fs';
import { describeIf, seededRandom } from '@tinyseg/testing';
import { readTflite } from '../formats/tflite/index.js';
import { elementCount, elementSizeBytes, type Graph, tensorOf } from '../ir/index.js';
import { interpret } from '../reference/index.js';
import {
  exampleModelFiles,
  type ModelFile,
  modelFilesMissing,
  sharedModelFiles,
} from '../testing/model-files.js';
import { quirkyGraph } from '../testing/quirky-graph.js';
import { randomGraph } from '../testing/random-graph.js';
import { PASSES, runPasses } from './index.js';

/** The same network at another size: it adds time and no case. */
const LEFT_OUT: ReadonlySet<string> = new Set(['car-segmentation/tiny_unet_240x320']);

/** They replace operators that these graphs lack; fused-chains.spec.ts and part-margins.spec.ts run those. */
const PROVED_ELSEWHERE: ReadonlySet<string> = new Set(['fuse-dilation', 'fuse-upsampling', 'part-margins']);

function randomInputs(graph: Graph, seed: number): readonly Uint8Array[] {
  const random = seededRandom(seed);
  return graph.inputs.map((id) => {
    const { type, shape } = tensorOf(graph, id);
    const count = elementCount(shape);
    if (type !== 'float32') {
      const size = count * (elementSizeBytes(type) ?? 1);
      return Uint8Array.from({ length: size }, () => random.integer(0, 255));
    }
    const reals = Float32Array.from({ length: count }, () => random.integer(-1000, 1000) / 500);
    return new Uint8Array(reals.buffer);
  });
}

function expectEqualRuns(before: Graph, after: Graph, seed: number): void {
  const inputs = randomInputs(before, seed);
  const [expected, actual] = [interpret(before, inputs), interpret(after, inputs)];
  expect(actual.map((bytes) => Buffer.from(bytes).toString('base64'))).toEqual(
    expected.map((bytes) => Buffer.from(bytes).toString('base64')),
  );
}

function suite(files: readonly ModelFile[]): void {
  for (const { name, file } of files.filter((model) => !LEFT_OUT.has(model.name))) {
    it(`leave the output of ${name} as it is`, () => {
      const graph = readTflite(readFileSync(file));
      expectEqualRuns(graph, runPasses(graph), 1);
    });
  }
}

describe('passes', () => {
  suite(exampleModelFiles);

  it('leave the output of random graphs as it is, each pass alone and all together', () => {
    for (let seed = 1; seed <= 80; seed++) {
      const graph = randomGraph(seed);
      for (const pass of PASSES) expectEqualRuns(graph, pass.run(graph), seed);
      expectEqualRuns(graph, runPasses(graph), seed);
    }
  });

  it('leave the output of graphs full of converter quirks as it is, each pass alone and all together', () => {
    const changed = new Set<string>();
    for (let seed = 1; seed <= 100; seed++) {
      const graph = quirkyGraph(seed);
      for (const pass of PASSES) {
        const rewritten = pass.run(graph);
        if (rewritten === graph) continue;
        changed.add(pass.name);
        expectEqualRuns(graph, rewritten, seed);
      }
      expectEqualRuns(graph, runPasses(graph), seed);
    }
    // Each pass must have had something to do, or this test says nothing about it.
    const names = PASSES.map(({ name }) => name).filter((name) => !PROVED_ELSEWHERE.has(name));
    expect([...changed].sort()).toEqual(names.sort());
  });
});

describeIf(
  sharedModelFiles.length > 0,
  modelFilesMissing.why,
  modelFilesMissing.install,
  'passes on models made by others',
  () => {
    suite(sharedModelFiles);
  },
);
