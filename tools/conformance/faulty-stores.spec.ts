// SPDX-License-Identifier: Apache-2.0
// Streamed plans on stores that fail in the middle or are full: the right bytes or a named error, and then the
// next inference is right.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { verifyPlan } from '@tinyseg/compiler';
import { seededRandom } from '@tinyseg/testing';
import { elementCount, tensorOf } from '../../packages/compiler/src/ir/index.js';
import { encodePlan, StoreKind } from '../../packages/compiler/src/plan-format/index.js';
import { interpret } from '../../packages/compiler/src/reference/index.js';
import { randomPlan, type PlannedGraph } from '../../packages/compiler/src/testing/verified-plans.js';
import { buildTestPrograms } from './host-program.js';

/** Requests of a plan at which each fault is shown. */
const PLACES = 40;
const PLANS_EACH = 5;

/** What a program's unit is; above 1 it is erased first. */
const UNITS: readonly (readonly [what: string, unitBytes: number])[] = [
  ['memory, written byte by byte', 1],
  ['flash, erased before it is written', 16],
];

let folder: string;
let program: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tinyseg-faulty-'));
  program = path.join(buildTestPrograms(), 'exec-faulty_store');
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Plans of random graphs that spill, with input or output row by row. */
function spillingPlans(unitBytes: number): [seed: number, planned: PlannedGraph][] {
  const found: [number, PlannedGraph][] = [];
  for (let seed = 1; found.length < PLANS_EACH; seed++) {
    const { plan, graph } = randomPlan(seed);
    const isStreamed = plan.buffers.some(({ tensor, ringRows }) => ringRows < (plan.tensors[tensor]?.h ?? 0));
    const stores = plan.stores.map((store) => ({ ...store, kind: StoreKind.nor, unitBytes }));
    if (plan.streams.length > 1 && isStreamed) found.push([seed, { plan: { ...plan, stores }, graph }]);
  }
  return found;
}

/** What the program says about a plan over a store with every fault. */
function tryFaults({ plan, graph }: PlannedGraph): string {
  const bytes = encodePlan(plan);
  const random = seededRandom(bytes.length);
  const inputs = graph.inputs.map((id) => random.bytes(elementCount(tensorOf(graph, id).shape)));
  const contents = [bytes, Buffer.concat(inputs), Buffer.concat(interpret(graph, inputs))];
  const files = contents.map((content, index) => {
    const file = path.join(folder, `${index}.bin`);
    writeFileSync(file, content);
    return file;
  });
  const answer = spawnSync(program, [...files, String(PLACES)], { encoding: 'utf8', timeout: 300_000 });
  return `${answer.stdout}${answer.stderr}`;
}

describe.each(UNITS)('a plan that spills, over a failing store: %s', (_, unitBytes) => {
  it.each(spillingPlans(unitBytes))(
    'seed %i gives the right bytes or a named error, and recovers',
    (_seed, planned) => {
      expect(verifyPlan(planned.plan, planned.graph)).toEqual([]);
      expect(tryFaults(planned)).toMatch(/^cases [1-9]\d+ errors [1-9]\d* wrong 0\n$/);
    },
  );
});
