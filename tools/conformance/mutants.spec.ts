// SPDX-License-Identifier: Apache-2.0
// Damaged plans before two judges: the verifier, and the C runtime with the adversary for a store, which tells whether the
// damage changes a result. Every mutant that does must be rejected. TINYSEG_MUTANTS says how many there are (600 unless
// said); the mutants target takes 10,000.
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { verifyPlan } from '@tinyseg/compiler';
import { describeIf, seededRandom } from '@tinyseg/testing';
import { encodePlan, Opcode, type Plan } from '../../packages/compiler/src/plan-format/index.js';
import {
  exampleGoldenModels,
  sharedInt8Models,
  type GoldenModel,
} from '../../packages/compiler/src/testing/golden-models.js';
import { modelFilesMissing } from '../../packages/compiler/src/testing/model-files.js';
import { mutantOf } from '../../packages/compiler/src/testing/plan-mutants.js';
import { placedExample, placedPlan } from '../../packages/compiler/src/testing/placed-plan.js';
import {
  randomPlacedPlan,
  randomPlan,
  type PlannedGraph,
} from '../../packages/compiler/src/testing/verified-plans.js';
import { compileFile, compileGraph, type CompileOptions } from './compile-model.js';
import { buildHostProgram, buildTestPrograms, runHostJobs, type HostReport } from './host-program.js';
import { kindsGraph } from './kinds-graph.js';
import { leastPlan } from './random-graphs.js';

const COUNT = Number(process.env.TINYSEG_MUTANTS ?? '600');
const MUTANTS_EACH = 20;
/** Runs of one plan: each on an arena filled with other bytes, and against another adversary. */
const SAMPLES = 4;
/** No plan of these graphs works so long; a damaged one may. */
const WORK_LIMIT = '2000000000';
const SHAPES: readonly CompileOptions[] = [
  { shape: 'layers', spilling: 'all' },
  { shape: 'streamed', spilling: 'skips' },
];

let program: string;
let folder: string;
const inFolder = (name: string): string => path.join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tinyseg-mutants-'));
  // A copy: these tests run long, and the program may be built anew meanwhile.
  program = inFolder('adversary');
  copyFileSync(path.join(buildTestPrograms(), 'host-adversary'), program);
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
      const file = inFolder(`input${index}.bin`);
      writeFileSync(file, random.bytes(SAMPLES * n * h * rowBytes));
      return ['--input', file];
    });
}

type Outcome = Buffer | 'unwritable' | HostReport;

/** For each plan its outputs, or why there are none. */
async function outcomesOf(
  plans: readonly Plan[],
  seed: number,
  inputs: readonly string[],
  onProgram = program,
): Promise<Outcome[]> {
  const isWritable = plans.map((plan, index) => {
    try {
      writeFileSync(inFolder(`${index}.tseg`), encodePlan(plan));
      return true;
    } catch {
      return false;
    }
  });
  const jobs = plans.flatMap((_, index) => {
    const output = ['--output', inFolder(`${index}.bin`), '--arena-guard', '--work-limit', WORK_LIMIT];
    return isWritable[index] === true ? [[...inputs, ...output, inFolder(`${index}.tseg`)]] : [];
  });
  const env = { TINYSEG_ADVERSARY_SEED: String(seed) };
  const reports = await runHostJobs(onProgram, jobs, inFolder('jobs.txt'), { env });
  return plans.map((_, index) => {
    if (isWritable[index] !== true) return 'unwritable';
    const report = reports.shift()!;
    return report.ok ? readFileSync(inFolder(`${index}.bin`)) : report;
  });
}

type Effect = 'changed' | 'failed' | 'same' | 'refused' | 'not run';

function effectOf(outcome: Outcome, right: Buffer): Effect {
  if (outcome === 'unwritable') return 'refused';
  if (Buffer.isBuffer(outcome)) return outcome.equals(right) ? 'same' : 'changed';
  return /^(load|init|input)$/.test(outcome.stage ?? '') ? 'refused' : 'failed';
}

/** Mutants by what they do on the runtime: how many the verifier rejected, and how many it let pass. */
class Tally {
  private readonly counts = new Map<Effect, [killed: number, alive: number]>();
  readonly missed: string[] = [];

  add(effect: Effect, isKilled: boolean, what: string): void {
    const count = this.counts.get(effect) ?? [0, 0];
    count[isKilled ? 0 : 1]++;
    this.counts.set(effect, count);
    if (!isKilled && (effect === 'changed' || effect === 'failed')) this.missed.push(`${what}: ${effect}`);
  }

  killed(effect: Effect): number {
    return this.counts.get(effect)?.[0] ?? 0;
  }

  toString(): string {
    return [...this.counts]
      .map(([effect, [killed, alive]]) => `${effect}: ${killed} of ${killed + alive}`)
      .join('\n');
  }
}

/** Judges `count` mutants of a plan; `survivors`: runs only those that the verifier lets pass. */
async function judge(
  what: string,
  { plan, graph }: PlannedGraph,
  seed: number,
  count: number,
  which: 'all' | 'survivors',
  tally: Tally,
): Promise<void> {
  const random = seededRandom(seed);
  const mutants = Array.from({ length: count }, () => mutantOf(plan, random));
  const isKilled = mutants.map((mutant) => verifyPlan(mutant.plan, graph).length > 0);
  const isRun = mutants.map((_, index) => which === 'all' || isKilled[index] === false);
  const run = mutants.filter((_, index) => isRun[index]);
  expect([what, verifyPlan(plan, graph)]).toEqual([what, []]);
  const [right, ...outcomes] = await outcomesOf(
    [plan, ...run.map((mutant) => mutant.plan)],
    seed,
    writeInputs(plan, seed),
  );
  if (!Buffer.isBuffer(right)) throw new Error(`${what} itself does not run: ${JSON.stringify(right)}`);
  mutants.forEach((mutant, index) => {
    const effect = isRun[index] === true ? effectOf(outcomes.shift()!, right) : 'not run';
    tally.add(effect, isKilled[index]!, `${what}, ${mutant.what}`);
  });
}

/** Plans of every sort in turn: decisions of all kinds, the planner's own in the least RAM, rows placed one by one. */
const SORTS: readonly (readonly [what: string, plan: (seed: number) => PlannedGraph])[] = [
  ['every kind of operator', (seed) => compileGraph(kindsGraph(), SHAPES[seed & 1]!)],
  ['random decisions', (seed) => randomPlan(seed)],
  ['the least RAM', (seed) => leastPlan(seed)],
  ['random decisions, rows placed and partly spilled', (seed) => randomPlacedPlan(seed)],
  ['hand-made, rows placed', () => ({ plan: placedPlan(), graph: placedExample().graph })],
];

async function judgeModels(models: readonly GoldenModel[]): Promise<void> {
  const tally = new Tally();
  for (const [index, { name, file }] of models.entries()) {
    for (const options of SHAPES) {
      const planned = compileFile(file, options);
      const what = `${name}, ${options.shape}`;
      await judge(what, planned, index + 1, Math.ceil(COUNT / 60), 'survivors', tally);
    }
  }
  console.log(
    `mutants that the verifier rejected; those it let pass, by what they do on the runtime:\n${tally}`,
  );
  expect(tally.missed).toEqual([]);
}

/** The plan, and with each of its waits after the step that it has to stand before. */
function withLateWaits(plan: Plan): Plan[] {
  const late = plan.program.flatMap((step, at) => {
    const next = plan.program[at + 1];
    const isLate =
      (step.opcode === Opcode.spillWait || step.opcode === Opcode.fetchWait) && next !== undefined;
    return isLate && next.opcode === Opcode.run ? [plan.program.toSpliced(at, 2, next, step)] : [];
  });
  return [plan, ...late.map((program) => ({ ...plan, program }))];
}

describe('the adversary', () => {
  it('shows waits that come too late, which the store engine forgives', async () => {
    const { plan, graph } = compileGraph(kindsGraph(), SHAPES[0]!);
    const plans = withLateWaits(plan);
    const inputs = writeInputs(plan, 1);
    const changed = async (onProgram: string): Promise<Plan[]> => {
      const [right, ...outcomes] = await outcomesOf(plans, 1, inputs, onProgram);
      const isChanged = outcomes.map((outcome) => effectOf(outcome, right as Buffer) === 'changed');
      return plans.slice(1).filter((_, index) => isChanged[index]);
    };
    expect(await changed(buildHostProgram())).toEqual([]);
    const shown = await changed(program);
    expect(shown.length).toBeGreaterThan(plans.length / 2);
    expect(shown.filter((late) => verifyPlan(late, graph).length === 0)).toEqual([]);
  });
});

describe('the verifier, judged by the runtime', () => {
  it('rejects every mutant that changes a result or breaks off', async () => {
    const tally = new Tally();
    for (let seed = 1; seed <= Math.ceil(COUNT / MUTANTS_EACH); seed++) {
      const [what, plan] = SORTS[seed % SORTS.length]!;
      await judge(`seed ${seed}, ${what}`, plan(seed), seed, MUTANTS_EACH, 'all', tally);
    }
    console.log(`mutants that the verifier rejected, by what they do on the runtime:\n${tally}`);
    expect(tally.missed).toEqual([]);
    expect(tally.killed('changed')).toBeGreaterThan(COUNT / 20);
  }, 3_600_000);

  it(
    'lets no mutant of an example pass that changes a result',
    () => judgeModels(exampleGoldenModels),
    3_600_000,
  );
});

describeIf(
  sharedInt8Models.length > 0,
  modelFilesMissing.why,
  modelFilesMissing.install,
  'the verifier, judged by the runtime on models from elsewhere',
  () => {
    it(
      'lets no mutant pass that changes a result',
      () => judgeModels(sharedInt8Models.filter(({ name }) => /person_detect|resnet/i.test(name))),
      3_600_000,
    );
  },
);
