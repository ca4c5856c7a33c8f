// SPDX-License-Identifier: Apache-2.0
// The whole way from a model to the C runtime, judged by the reference interpreter on the model as it was read.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { seededRandom } from '@tinyseg/testing';
import { checkSupported } from '../../packages/compiler/src/formats/tflite/index.js';
import { elementCount, type Graph, tensorOf } from '../../packages/compiler/src/ir/index.js';
import { runPasses } from '../../packages/compiler/src/passes/index.js';
import { interpret } from '../../packages/compiler/src/reference/index.js';
import { OPERATOR_CASES } from '../../packages/compiler/src/testing/operator-cases/index.js';
import { quirkyGraph } from '../../packages/compiler/src/testing/quirky-graph.js';
import { randomGraph } from '../../packages/compiler/src/testing/random-graph.js';
import { compileGraph, type CompileOptions } from './compile-model.js';
import { buildHostProgram, runHost } from './host-program.js';
import { kindsGraph } from './kinds-graph.js';

const PLANS: readonly CompileOptions[] = [
  { shape: 'layers', spilling: 'none' },
  { shape: 'layers', spilling: 'all' },
  { shape: 'streamed', spilling: 'none' },
  { shape: 'streamed', spilling: 'skips' },
];

let program: string;
let folder: string;
beforeAll(() => {
  program = buildHostProgram();
});
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tinyseg-interpreter-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Outputs of the C runtime, one after the other. */
async function runtimeOutputs(
  graph: Graph,
  options: CompileOptions,
  inputs: readonly Uint8Array[],
): Promise<Buffer> {
  const file = (name: string): string => path.join(folder, name);
  writeFileSync(file('plan.tseg'), compileGraph(graph, options).bytes);
  inputs.forEach((bytes, index) => writeFileSync(file(`input${index}.bin`), bytes));
  const given = inputs.flatMap((_, index) => ['--input', file(`input${index}.bin`)]);
  const { report } = await runHost(program, [
    ...[...given, '--output', file('output.bin'), '--arena-guard', file('plan.tseg')],
  ]);
  expect(report).toMatchObject({ ok: true, status: 'OK' });
  return readFileSync(file('output.bin'));
}

/** Every shape of plan gives what the interpreter gives for the graph before any pass. */
async function expectExact(graph: Graph, inputs: readonly Uint8Array[]): Promise<void> {
  const expected = Buffer.concat(interpret(graph, inputs)).toString('hex');
  for (const options of PLANS) {
    const actual = (await runtimeOutputs(graph, options, inputs)).toString('hex');
    expect([options, actual]).toEqual([options, expected]);
  }
}

function randomInputs(graph: Graph, seed: number): readonly Uint8Array[] {
  const random = seededRandom(seed);
  return graph.inputs.map((id) => random.bytes(elementCount(tensorOf(graph, id).shape)));
}

/** The largest difference of float32 numbers, in parts of the largest number; sums are added in another order. */
function realErrorOf(actual: Uint8Array, expected: Uint8Array): number {
  const [some, others] = [actual, expected].map((bytes) => new Float32Array(new Uint8Array(bytes).buffer));
  if (some === undefined || others === undefined || some.length !== others.length) return Infinity;
  const largest = others.reduce((most, x) => Math.max(most, Math.abs(x)), Number.MIN_VALUE);
  return some.reduce((most, x, at) => Math.max(most, Math.abs(x - (others[at] ?? NaN)) / largest), 0);
}

/** TINYSEG_RANDOM_GRAPHS asks for more of them. */
const COUNT = Number(process.env['TINYSEG_RANDOM_GRAPHS'] ?? 12);

describe('the C runtime and the reference interpreter', () => {
  it('agree on every supported operator of the golden cases', async () => {
    const supported = OPERATOR_CASES.filter(({ graph }) => checkSupported(runPasses(graph)).length === 0);
    expect(supported.length).toBeGreaterThan(150);
    for (const { name, graph, inputs } of supported) {
      const expected = Buffer.concat(interpret(graph, inputs));
      const actual = await runtimeOutputs(graph, PLANS[0]!, inputs);
      if (graph.outputs.every((id) => tensorOf(graph, id).type === 'float32')) {
        const isClose = realErrorOf(actual, expected) <= 3e-5;
        expect([name, isClose]).toEqual([name, true]);
      } else {
        expect([name, actual.toString('hex')]).toEqual([name, expected.toString('hex')]);
      }
    }
  });

  it('agree on a graph with every kind of operator, in every shape of plan', async () => {
    await expectExact(kindsGraph(), randomInputs(kindsGraph(), 1));
  });

  it('agree on random graphs, in every shape of plan', async () => {
    for (let seed = 2000; seed < 2000 + COUNT; seed++) {
      await expectExact(randomGraph(seed), randomInputs(randomGraph(seed), seed));
    }
  });

  it('agree on graphs full of converter quirks, in every shape of plan', async () => {
    for (let seed = 3000; seed < 3000 + COUNT; seed++) {
      await expectExact(quirkyGraph(seed), randomInputs(quirkyGraph(seed), seed));
    }
  });
});
