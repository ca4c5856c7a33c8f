// SPDX-License-Identifier: Apache-2.0
// The property that everything rests on: a plan of any random graph, within any budget, gives the bytes of the model.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadBoard, type Board } from '@tinyseg/boards';
import {
  compileModel,
  optimizeModel,
  verifyPlan,
  type CompileOptions,
  type CompileReport,
  type CompileResult,
} from '@tinyseg/compiler';
import { isTinysegError } from '@tinyseg/errors';
import { seededRandom } from '@tinyseg/testing';
import { prepareGraph } from '../../packages/compiler/src/driver.js';
import { readTflite, writeTflite } from '../../packages/compiler/src/formats/tflite/index.js';
import { elementCount, type Graph, tensorOf } from '../../packages/compiler/src/ir/index.js';
import { encodePlan } from '../../packages/compiler/src/plan-format/index.js';
import { spillCandidates } from '../../packages/compiler/src/planning/spill-options.js';
import { structureOf } from '../../packages/compiler/src/planning/structure.js';
import { interpret } from '../../packages/compiler/src/reference/index.js';
import { randomGraph } from '../../packages/compiler/src/testing/random-graph.js';
import { placedPlanOf, planOf } from '../../packages/compiler/src/testing/verified-plans.js';
import { buildTestPrograms, buildHostProgram, runHostJobs, type HostReport } from './host-program.js';

/** Graphs unless TINYSEG_GRAPHS says how many; the nightly target takes 2,000. */
const GRAPHS = Number(process.env.TINYSEG_GRAPHS ?? '200');
const OPERATORS_MAX = 10;
/** Runs of each plan, on other inputs and an arena filled with other bytes. */
const SAMPLES = 2;
const BOARD = loadBoard('host');
const OBJECTIVES = ['bytes', 'latency', 'energy', 'wear'] as const;

/** A plan to be run, and the RAM that the compiler counted for it. */
interface Candidate {
  readonly what: string;
  readonly bytes: Uint8Array;
  readonly ram?: {
    readonly arenaBytes: number;
    readonly contextBytes: number;
    readonly storeBytes: number;
    readonly stackBytes: number;
  };
}

/** Candidates for one graph; the compiler has verified each. */
class Compilation {
  readonly candidates: Candidate[] = [];

  constructor(
    private readonly model: Uint8Array,
    private readonly options: CompileOptions,
  ) {}

  /** Adds the plan of these options; returns its report. @throws TinysegError of the compiler */
  add(what: string, more: Partial<CompileOptions> = {}, model = this.model): CompileReport {
    const { bytes, report } = compileModel(model, { ...this.options, ...more });
    if (more.ramBytes !== undefined) expect(report.ramBytes).toBeLessThanOrEqual(more.ramBytes);
    this.candidates.push({ what, bytes, ram: report.ram });
    return report;
  }

  /**
   * Plans of this strategy for every budget: as much as it likes, half of what lies between that and the least, and
   * the least, which is what the refusal of an impossible budget names.
   */
  addBudgets(strategy: 'auto' | 'layers'): void {
    const most = this.add(`${strategy}, any RAM`, { strategy }).ramBytes;
    const least = leastBytes(this.model, { ...this.options, strategy });
    expect(least).toBeLessThanOrEqual(most);
    this.add(`${strategy}, the least RAM`, { strategy, ramBytes: least });
    this.add(`${strategy}, RAM between`, { strategy, ramBytes: Math.ceil((least + most) / 2) });
  }

  /**
   * Some tensors spilled to two stores, of which the first has no room for all of them, for every budget; none when the
   * model has fewer than two that can be spilled.
   */
  onTwoStores(): readonly Candidate[] {
    const spill = spillable(this.model, this.options.streamIo === true).slice(0, 3);
    if (spill.length < 2) return [];
    const options = { ...this.options, stores: ['ram', 'file'], spill };
    const all = neededBytes(this.model, { ...options, stores: ['ram'], board: boardWithRam(1) });
    const two = new Compilation(this.model, { ...options, board: boardWithRam(all - 1) });
    two.addBudgets('auto');
    return two.candidates.map((candidate) => ({ ...candidate, what: `${candidate.what}, two stores` }));
  }
}

/** The least RAM that these options allow, as the refusal of an impossible budget has it. */
function leastBytes(model: Uint8Array, options: CompileOptions): number {
  try {
    compileModel(model, { ...options, alternatives: false, ramBytes: 1 });
  } catch (thrown) {
    if (!isTinysegError(thrown, 'BUDGET_TOO_SMALL')) throw thrown;
    return thrown.data['leastBytes'] as number;
  }
  throw new Error('a plan says that it needs 1 B of RAM');
}

/** The plan of a random graph in the least RAM, chosen among all that the planner knows. */
export function leastPlan(seed: number, more: Partial<CompileOptions> = {}): CompileResult {
  const model = writeTflite(randomGraph(seed, OPERATORS_MAX));
  const options = { board: BOARD, strategy: 'auto', streamIo: seed % 2 === 0, ...more } as const;
  return compileModel(model, { ...options, ramBytes: leastBytes(model, options) });
}

/** Ids of tensors that can be spilled. */
function spillable(model: Uint8Array, streamInputs: boolean): string[] {
  const graph = prepareGraph(readTflite(model));
  const candidates = spillCandidates(graph, structureOf(graph), { store: 0, blockBytes: 1, streamInputs });
  return candidates.map(({ tensor }) => String(tensor));
}

/** A board whose store "ram" has room for so much. */
function boardWithRam(capacityBytes: number): Board {
  const stores = BOARD.stores.map((store) => (store.name === 'ram' ? { ...store, capacityBytes } : store));
  return { ...BOARD, stores };
}

/** What a plan takes on its only store, which is too small, as the refusal has it. */
function neededBytes(model: Uint8Array, options: CompileOptions): number {
  try {
    compileModel(model, options);
  } catch (thrown) {
    if (!isTinysegError(thrown, 'STORE_TOO_SMALL')) throw thrown;
    return thrown.data['neededBytes'] as number;
  }
  throw new Error('a plan has room in a store of 1 B');
}

/** Which options a graph is compiled with, by its seed: all of them have their turn. */
function optionsOf(seed: number): CompileOptions {
  return {
    board: BOARD,
    ...(seed % 3 === 0 ? { stores: [] } : {}),
    streamIo: seed % 2 === 0,
    objective: OBJECTIVES[(seed >> 2) % OBJECTIVES.length] ?? 'bytes',
  };
}

function candidatesOf(graph: Graph, seed: number): readonly Candidate[] {
  const model = writeTflite(graph);
  const compilation = new Compilation(model, optionsOf(seed));
  compilation.addBudgets('auto');
  const two = compilation.onTwoStores();
  if (seed % 4 === 0) compilation.addBudgets('layers');
  compilation.add('one stage', { strategy: 'single-stage' });
  if (seed % 4 === 1)
    compilation.add('rewritten', { strategy: 'layers' }, optimizeModel(model, { targetBytes: 0 }).bytes);
  const free = [
    ['random decisions', planOf(graph, seed)],
    ['random decisions, rows placed', placedPlanOf(graph, seed)],
  ] as const;
  return [
    ...compilation.candidates,
    ...two,
    ...free.map(([what, { plan, graph: planned }]) => {
      expect([what, verifyPlan(plan, planned)]).toEqual([what, []]);
      return { what, bytes: encodePlan(plan) };
    }),
  ];
}

interface Bench {
  readonly program: string;
  readonly adversary: string;
  readonly folder: string;
  /** Of those that ran. */
  twoStorePlans: number;
}

/** Everything that must hold for one graph. */
async function checkGraph(seed: number, bench: Bench): Promise<void> {
  const { program, adversary, folder } = bench;
  const graph = randomGraph(seed, OPERATORS_MAX);
  const random = seededRandom(seed);
  const samples = Array.from({ length: SAMPLES }, () =>
    graph.inputs.map((id) => random.bytes(elementCount(tensorOf(graph, id).shape))),
  );
  const expected = Buffer.concat(samples.flatMap((inputs) => interpret(graph, inputs)));
  const given = graph.inputs.flatMap((_, index) => {
    const file = path.join(folder, `input${index}.bin`);
    writeFileSync(file, Buffer.concat(samples.map((inputs) => inputs[index] ?? new Uint8Array())));
    return ['--input', file];
  });
  const candidates = candidatesOf(graph, seed);
  const reports = await runAll(program, candidates, given, folder, expected);
  candidates.forEach((candidate, index) => expectRam(candidate, reports[index]!));
  const spilling = candidates.filter((_, index) => reports[index]!.stores.length > 0);
  bench.twoStorePlans += reports.filter(({ stores }) => stores.length === 2).length;
  if (spilling.length > 0) await runAll(adversary, spilling, given, folder, expected);
}

/** Runs each plan in one process; all give the expected bytes. */
async function runAll(
  program: string,
  candidates: readonly Candidate[],
  given: readonly string[],
  folder: string,
  expected: Buffer,
): Promise<readonly HostReport[]> {
  const output = (index: number): string => path.join(folder, `${index}.bin`);
  const jobs = candidates.map(({ bytes }, index) => {
    const plan = path.join(folder, `${index}.tseg`);
    writeFileSync(plan, bytes);
    // The second store, where a plan has one, is of another kind than the first.
    const stores = ['--store', 'ram', '--store', `file:${path.join(folder, `${index}.spill`)}`];
    return [...given, '--output', output(index), ...stores, '--arena-guard', plan];
  });
  const reports = await runHostJobs(program, jobs, path.join(folder, 'jobs.txt'));
  candidates.forEach(({ what }, index) => {
    expect([what, reports[index]]).toMatchObject([what, { ok: true, status: 'OK', samples: SAMPLES }]);
    expect([what, readFileSync(output(index)).equals(expected)]).toEqual([what, true]);
  });
  return reports;
}

/** The runtime takes what was counted, no more. */
function expectRam({ what, ram }: Candidate, report: HostReport): void {
  if (ram === undefined) return;
  const { arenaBytes, contextBytes, storeMemoryBytes } = report;
  expect([what, { arenaBytes, contextBytes, storeMemoryBytes }]).toEqual([
    what,
    { arenaBytes: ram.arenaBytes, contextBytes: ram.contextBytes, storeMemoryBytes: ram.storeBytes },
  ]);
  expect(report.arenaHighWaterBytes).toBeLessThanOrEqual(ram.arenaBytes);
  expect(report.stackHighWaterBytes).toBeLessThanOrEqual(ram.stackBytes);
}

/** Tests for every other graph, in a file each, so that they run beside each other. */
export function describeRandomGraphs(which: 'odd' | 'even'): void {
  const first = which === 'odd' ? 1 : 2;
  const seeds = Array.from({ length: Math.ceil(GRAPHS / 2) }, (_, index) => first + 2 * index);
  let bench: Bench;
  beforeAll(() => {
    bench = {
      program: buildHostProgram(),
      adversary: path.join(buildTestPrograms(), 'host-adversary'),
      folder: mkdtempSync(path.join(tmpdir(), 'tinyseg-graphs-')),
      twoStorePlans: 0,
    };
  });
  afterAll(() => {
    rmSync(bench.folder, { recursive: true });
  });

  it.each(seeds)(
    'seed %i: every plan gives the bytes of the model, in the RAM that was counted',
    async (seed) => {
      try {
        await checkGraph(seed, bench);
      } catch (thrown) {
        const again = `TINYSEG_GRAPHS=${seed} npx jest random-graphs-${which} -t "seed ${seed}:"`;
        throw new Error(`To run it again: cd tools/conformance && ${again}\n${String(thrown)}`, {
          cause: thrown,
        });
      }
    },
  );

  // So few graphs as someone who looks for a defect asks for may have none.
  const itOfMany = GRAPHS < 100 ? it.skip : it;
  itOfMany('many of these plans spilled to two stores', () => {
    expect(bench.twoStorePlans).toBeGreaterThanOrEqual(GRAPHS / 10);
  });
}
