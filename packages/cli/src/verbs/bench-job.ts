// SPDX-License-Identifier: Apache-2.0
// What `tinyseg bench` does: one inference on an emulated board, its cost split among the operators.
import { loadBoard } from '@tinyseg/boards';
import { PlanKind, type Plan } from '@tinyseg/compiler';
import { requireTools, type CycleEstimate } from '@tinyseg/emulator';
import { bindBoardStores, chooseBoardStores } from '../board-run/board-store.js';
import { runOnBoard, type BoardRunResult } from '../board-run/run-on-board.js';
import { seededInput } from '../board-run/seeded-input.js';
import { formatCount } from '../console/sizes.js';
import { table } from '../console/table.js';
import type { VerbResult, VerbTools } from '../console/verb.js';
import { cliError } from '../error-codes.js';
import { namesOf, storeTexts } from '../host-run/bind-stores.js';
import { readSamples } from '../pictures/read-inputs.js';
import { portsOf } from '../pictures/tensor-spec.js';
import type { BenchFlags } from './bench.js';
import { makeJob, type Job } from './job.js';

/** @param file a model or a plan. @throws TinysegError of every part */
export async function benchJob(file: string, flags: BenchFlags, tools: VerbTools): Promise<VerbResult> {
  const board = loadBoard(flags.board);
  if (board.kind !== 'emulated') {
    throw cliError(
      'RUN_BOARD',
      `Instructions are counted on emulated boards (qemu-...); "${board.name}" is none. Name one with --board.`,
      { board: board.name },
    );
  }
  const { env } = tools.host;
  requireTools(env);
  const named = chooseBoardStores(board, flags.store && storeTexts(flags.store), env);
  const kinds = named.map(({ kind }) => kind);
  const job = makeJob(file, flags, kinds);
  const isCompiled = job.report !== undefined;
  const isSaid = isCompiled || flags.store !== undefined;
  const stores = bindBoardStores(board, job.plan, isSaid ? named : undefined, isCompiled);
  const store = namesOf(stores);
  const inputs = await inputsOf(job.plan, flags);
  tools.reporter.note(`running on ${board.name}, store ${store}`);
  const estimateCycles = stores.every(({ line }) => line === undefined);
  const result = await tools.interruptible((signal) =>
    runOnBoard({ board, plan: job.bytes, inputs, stores, env, signal, estimateCycles }, job.plan),
  );
  const document = documentOf(file, board.name, store, job, result);
  return { document, text: benchText(document) };
}

async function inputsOf(plan: Plan, flags: BenchFlags): Promise<readonly Uint8Array[]> {
  const specs = portsOf(plan, 'input');
  if (flags.input === undefined) return specs.map((spec, index) => seededInput(spec, index));
  const samples = await readSamples(flags.input, specs);
  if (samples.length === 1) return samples[0]!.inputs;
  throw cliError(
    'CLI_USAGE',
    `One inference is measured, and ${samples.length} samples were given. Give one.`,
  );
}

const KIND_NAMES = new Map<number, string>(Object.entries(PlanKind).map(([name, kind]) => [kind, name]));

type Counted = number | null;

interface OperatorCost {
  readonly index: number;
  readonly source: number;
  readonly kind: string;
  readonly variant: number;
  /** Shape of what it computes: "1x80x120x8". */
  readonly output: string;
  readonly calls: number;
  readonly instructions: Counted;
  readonly cyclesEstimate: Counted;
}

interface BenchDocument extends Record<string, unknown> {
  readonly board: string;
  readonly store: string;
  readonly instructions: Counted;
  readonly cyclesEstimate: Counted;
  readonly executorInstructions: Counted;
  readonly loadInstructions: Counted;
  readonly arenaBytes: number;
  readonly ramBytes: Counted;
  readonly stackHighWaterBytes: number;
  readonly codeBytes: number;
  readonly planBytes: number;
  readonly spilledBytes: number;
  readonly perOperator: readonly OperatorCost[];
}

function documentOf(
  file: string,
  board: string,
  store: string,
  { plan, bytes, report: compiled }: Job,
  { report, board: figures }: BoardRunResult,
): BenchDocument {
  return {
    file,
    board,
    store,
    instructions: figures.instructions,
    cyclesEstimate: allCycles(figures.cycles),
    executorInstructions: figures.executorInstructions,
    loadInstructions: figures.loadInstructions,
    arenaBytes: report.arenaBytes,
    arenaHighWaterBytes: report.arenaHighWaterBytes,
    ramBytes: compiled?.ramBytes ?? null,
    stackHighWaterBytes: report.stackHighWaterBytes,
    codeBytes: figures.codeBytes,
    planBytes: bytes.length,
    spilledBytes: report.stores.reduce((sum, { rawBytesWritten }) => sum + rawBytesWritten, 0),
    perOperator: plan.operators.map((operator, index) => ({
      index,
      source: operator.source,
      kind: KIND_NAMES.get(operator.kind) ?? String(operator.kind),
      variant: operator.variant,
      output: outputOf(plan, index),
      calls: operator.callCount,
      instructions: figures.operatorInstructions[index] ?? null,
      cyclesEstimate: figures.cycles?.operators[index]?.cycles ?? null,
    })),
  };
}

function allCycles(estimate: CycleEstimate | null): Counted {
  return estimate && estimate.operators.reduce((sum, { cycles }) => sum + cycles, estimate.executor.cycles);
}

function outputOf(plan: Plan, index: number): string {
  const { firstOperand, inputCount } = plan.operators[index]!;
  const { n, h, w, c } = plan.tensors[plan.operands[firstOperand + inputCount]!.tensor]!;
  return [n, h, w, c].join('x');
}

const count = (value: Counted): string => (value === null ? '-' : formatCount(value));

function benchText(document: BenchDocument): string {
  const { instructions, perOperator } = document;
  const share = (part: Counted): string =>
    part === null || instructions === null ? '-' : `${((100 * part) / instructions).toFixed(1)} %`;
  const rows = perOperator.map((one) => [
    String(one.index),
    one.kind,
    one.output,
    count(one.calls),
    count(one.instructions),
    share(one.instructions),
    count(one.cyclesEstimate),
  ]);
  const { executorInstructions, cyclesEstimate } = document;
  const rest = ['', 'executor', 'steps, transfers, codecs', '', count(executorInstructions)];
  const total = ['', 'all', '', '', count(instructions), '', count(cyclesEstimate)];
  return [
    table(
      ['', 'operator', 'output', 'calls', 'instructions', 'share', 'cycles, about'],
      [...rows, [...rest, share(executorInstructions), ''], total],
      ['right', 'left', 'left', 'right', 'right', 'right', 'right'],
    ),
    '',
    `RAM    arena ${count(document.arenaBytes)} B, stack ${count(document.stackHighWaterBytes)} B` +
      (document.ramBytes === null ? '' : `, in all ${count(document.ramBytes)} B as planned`),
    `Flash  program ${count(document.codeBytes)} B, plan ${count(document.planBytes)} B`,
    `Start  ${count(document.loadInstructions)} instructions to check and open the plan`,
    ...(document.spilledBytes > 0 ? [`Spill  ${count(document.spilledBytes)} B to ${document.store}`] : []),
    ...(instructions === null
      ? [`Count  none: ${document.board} does not count while it uses its serial line`]
      : []),
  ].join('\n');
}
