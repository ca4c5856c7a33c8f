// SPDX-License-Identifier: Apache-2.0
// Damaged plans before two judges: the verifier, and the C runtime, which tells whether the damage changes a result. Every
// mutant that does must be rejected. TINYSEG_MUTANTS says how many there are (200 unless said); the mutants target takes 2,000.
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { verifyPlan } from '@tinyseg/compiler';
import { describeIf, findModelsDir, modelsDir, seededRandom } from '@tinyseg/testing';
import { encodePlan, type Plan } from '../../packages/compiler/src/plan-format/index.js';
import { placedExample, placedPlan } from '../../packages/compiler/src/testing/placed-plan.js';
import { mutantOf } from '../../packages/compiler/src/testing/plan-mutants.js';
import {
  randomPlacedPlan,
  randomPlan,
  type PlannedGraph,
} from '../../packages/compiler/src/testing/verified-plans.js';
import { compileFile, compileGraph, type CompileOptions } from './compile-model.js';
import { exampleModels, int8Models, type GoldenModel } from './golden-models.js';
import { buildHostProgram, runHost } from './host-program.js';
import { kindsGraph } from './kinds-graph.js';

const COUNT = Number(process.env.TINYSEG_MUTANTS ?? '200');
const MUTANTS_EACH = 10;
/** Runs of one plan, each on an arena filled with other bytes. */
const SAMPLES = 3;
const SHAPES: readonly CompileOptions[] = [
  { shape: 'layers', spilling: 'all' },
  { shape: 'streamed', spilling: 'skips' },
];

let program: string;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tinyseg-mutants-'));
  // A copy: these tests run long, and the program may be built anew meanwhile.
  program = path.join(folder, 'tinyseg-host');
  copyFileSync(buildHostProgram(), program);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Bytes of the inputs of `SAMPLES` runs, one file an input; the sizes are those of the plan before it was damaged. */
function writeInputs(plan: Plan, seed: number): string[] {
  const random = seededRandom(seed);
  return plan.ports
    .filter(({ direction }) => direction === 0)
    .flatMap(({ buffer }, index) => {
      const { n, h, rowBytes } = plan.tensors[plan.buffers[buffer]!.tensor]!;
      const file = path.join(folder, `input${index}.bin`);
      writeFileSync(file, random.bytes(SAMPLES * n * h * rowBytes));
      return ['--input', file];
    });
}

/** The outputs, or why there are none. */
async function outcomeOf(plan: Plan, inputs: readonly string[]): Promise<Buffer | string> {
  const file = path.join(folder, 'plan.tseg');
  const output = path.join(folder, 'output.bin');
  try {
    writeFileSync(file, encodePlan(plan));
  } catch {
    return 'unwritable';
  }
  const { report } = await runHost(program, [...inputs, '--output', output, '--arena-guard', file]);
  return report.ok ? readFileSync(output) : `${report.stage ?? ''}: ${report.status}`;
}

type Effect = 'changed' | 'refused' | 'failed' | 'same';

function effectOf(outcome: Buffer | string, right: Buffer): Effect {
  if (typeof outcome !== 'string') return outcome.equals(right) ? 'same' : 'changed';
  return outcome === 'unwritable' || /^(load|init|input)/.test(outcome) ? 'refused' : 'failed';
}

/** Mutants by what they do on the runtime: how many the verifier rejected, and how many it let pass. */
class Tally {
  private readonly counts = new Map<Effect | 'rejected', [number, number]>();
  readonly missed: string[] = [];

  add(effect: Effect | 'rejected', isKilled: boolean, what: string): void {
    const count = this.counts.get(effect) ?? [0, 0];
    count[isKilled ? 0 : 1]++;
    this.counts.set(effect, count);
    if (!isKilled && (effect === 'changed' || effect === 'failed')) this.missed.push(`${what}: ${effect}`);
  }

  killed(effect: Effect | 'rejected'): number {
    return this.counts.get(effect)?.[0] ?? 0;
  }

  toString(): string {
    return [...this.counts]
      .map(([effect, [killed, alive]]) => `${effect}: ${killed} of ${killed + alive}`)
      .join('\n');
  }
}

/** Judges `count` mutants of a plan. `survivors` runs only those that the verifier lets pass; the others count as `rejected`. */
async function judge(
  { plan, graph }: PlannedGraph,
  seed: number,
  count: number,
  which: 'all' | 'survivors',
  tally: Tally,
): Promise<void> {
  const inputs = writeInputs(plan, seed);
  const right = await outcomeOf(plan, inputs);
  if (typeof right === 'string') throw new Error(`seed ${seed}: the plan itself does not run: ${right}`);
  const random = seededRandom(seed);
  for (let i = 0; i < count; i++) {
    const mutant = mutantOf(plan, random);
    const isKilled = verifyPlan(mutant.plan, graph).length > 0;
    const isRun = which === 'all' || !isKilled;
    const effect = isRun ? effectOf(await outcomeOf(mutant.plan, inputs), right) : 'rejected';
    tally.add(effect, isKilled, `seed ${seed}, ${mutant.what}`);
  }
}

async function judgeModels(models: readonly GoldenModel[]): Promise<void> {
  const tally = new Tally();
  const count = Math.ceil(COUNT / MUTANTS_EACH / 2);
  for (const [index, { file }] of models.entries()) {
    for (const options of SHAPES)
      await judge(compileFile(file, options), index + 1, count, 'survivors', tally);
  }
  console.log(
    `mutants that the verifier rejected; those it let pass, by what they do on the runtime:\n${tally}`,
  );
  expect(tally.missed).toEqual([]);
}

describe('the verifier, judged by the runtime', () => {
  it('rejects every mutant that changes a result or breaks off: random graphs, one with every kind of operator, rows with places', async () => {
    const tally = new Tally();
    for (let seed = 1; seed <= Math.ceil(COUNT / MUTANTS_EACH); seed++) {
      const kinds = (): PlannedGraph => compileGraph(kindsGraph(), SHAPES[(seed >> 2) & 1]!);
      const placed = (): PlannedGraph => ({ plan: placedPlan(), graph: placedExample().graph });
      const made = [kinds, placed, () => randomPlacedPlan(seed), () => randomPlan(seed)] as const;
      const planned = (made[seed % made.length] ?? kinds)();
      await judge(planned, seed, MUTANTS_EACH, 'all', tally);
    }
    console.log(`mutants that the verifier rejected, by what they do on the runtime:\n${tally}`);
    expect(tally.missed).toEqual([]);
    expect(tally.killed('changed')).toBeGreaterThan(0);
  }, 3_600_000);

  it(
    'lets no mutant of an example pass that changes a result',
    () => judgeModels(exampleModels()),
    3_600_000,
  );
});

describeIf(
  findModelsDir() !== undefined,
  `there are no models at ${modelsDir()}`,
  'set TINYSEG_MODELS to a directory of models',
  'the verifier, judged by the runtime on models from elsewhere',
  () => {
    it(
      'lets no mutant pass that changes a result',
      () =>
        judgeModels(int8Models(findModelsDir()!).filter(({ name }) => /person_detect|resnet/i.test(name))),
      3_600_000,
    );
  },
);
