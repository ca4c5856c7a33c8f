// SPDX-License-Identifier: Apache-2.0
// What `tinyseg run` does: a plan, its samples, the C runtime, the comparison, the files.
import { loadBoard, type Board } from '@tinyseg/boards';
import { interpretModel } from '@tinyseg/compiler';
import { requireTools } from '@tinyseg/emulator';
import { exitCodeOf } from '@tinyseg/errors';
import { bindBoardStores, chooseBoardStores, type BoardStoreChoice } from '../board-run/board-store.js';
import { runOnBoard, type BoardFigures } from '../board-run/run-on-board.js';
import { formatCount } from '../console/sizes.js';
import type { VerbResult, VerbTools } from '../console/verb.js';
import { cliError } from '../error-codes.js';
import { refuseOverwriting, writeFilesAtomically } from '../files/output-file.js';
import { bindStores, namesOf, storeTexts, type NamedStore } from '../host-run/bind-stores.js';
import type { HostReport } from '../host-run/report.js';
import { runPlan, type PlanRunResult } from '../host-run/run-plan.js';
import { checkStoreFiles } from '../host-run/store-file.js';
import {
  compilerStoreKind,
  parseStoreChoice,
  storeName,
  type StoreChoice,
} from '../host-run/store-choice.js';
import { readSamples, type Sample } from '../pictures/read-inputs.js';
import { portsOf, type TensorSpec } from '../pictures/tensor-spec.js';
import { checkTarget, outputFiles, outputForm } from '../pictures/write-outputs.js';
import { countDiffering, REAL_TOLERANCE } from './compare-outputs.js';
import { makeJob, type Job } from './job.js';
import type { RunFlags } from './run.js';

/** @param file a model or a plan. @throws TinysegError of every part */
export async function runJob(file: string, flags: RunFlags, tools: VerbTools): Promise<VerbResult> {
  const board = runnableBoard(flags);
  if (board) requireTools(tools.host.env);
  const { env } = tools.host;
  const texts = flags.store && storeTexts(flags.store);
  const named: Place = board
    ? { board, stores: chooseBoardStores(board, texts, env) }
    : { stores: (texts ?? ['ram']).map((text) => hostStore(parseStoreChoice(text, env))) };
  const threshold = flags.threshold === undefined ? undefined : realNumber(flags.threshold, '--threshold');
  const sources = [file, ...(flags.model === undefined ? [] : [flags.model]), ...flags.input];
  if (!named.board) {
    const choices = named.stores.map(({ choice }) => choice);
    checkStoreFiles(choices, [...sources, ...(flags.output === undefined ? [] : [flags.output])]);
  }
  const kinds = named.stores.map(({ kind }) => kind);
  const job = makeJob(file, flags, kinds);
  const inputs = portsOf(job.plan, 'input');
  const outputs = portsOf(job.plan, 'output');
  const samples = await readSamples(flags.input, inputs);
  if (flags.output !== undefined) {
    refuseOverwriting([flags.output], sources);
    checkTarget(flags.output, samples.length, outputs);
  }
  const place = bound(named, job, texts !== undefined);
  const result = await execute(job, samples, place, flags, tools);
  const reference = job.model && (await interpretSamples(job.model, samples, tools));
  const split = splitOutputs(result.outputs, samples.length, outputs);
  const files =
    flags.output === undefined ? [] : await outputFiles(flags.output, samples, split, outputs, threshold);
  const paths = files.map(({ path }) => path);
  refuseOverwriting(paths, sources);
  const isFolder = flags.output !== undefined && outputForm(flags.output) === 'folder';
  writeFilesAtomically(files, isFolder ? flags.output : undefined);
  if (files.length > 2) tools.reporter.note(`wrote ${files.length} files to ${flags.output}`);
  else for (const path of paths) tools.reporter.note(`wrote ${path}`);
  return runResult({ file, place, job, samples, outputs, result, reference, files: paths });
}

interface HostStore extends NamedStore {
  readonly choice: StoreChoice;
}

/** Where a plan runs, with stores that are there: those that were named, or then one for each store of the plan. */
type Place =
  | { readonly board?: undefined; readonly stores: readonly HostStore[] }
  | { readonly board: Board; readonly stores: readonly BoardStoreChoice[] };

/** What a run gave, wherever it was. */
type RunOutcome = PlanRunResult & { readonly board?: BoardFigures };

/** The emulated board that was named; undefined for this computer. @throws TinysegError `RUN_BOARD` */
function runnableBoard(flags: RunFlags): Board | undefined {
  const board = loadBoard(flags.board);
  if (board.kind === 'host') return undefined;
  if (board.kind === 'emulated') {
    if (flags.linkTimeout === undefined) return board;
    throw cliError('CLI_USAGE', '--link-timeout is for runs on this computer. Leave it out.');
  }
  throw cliError(
    'RUN_BOARD',
    `Plans run on board "host" (this computer) and on emulated boards (qemu-...); "${board.name}" is a real one. ` +
      `Compile for it with \`tinyseg compile --board ${board.name}\`; its plans run on host too, to the same bytes.`,
    { board: board.name },
  );
}

function hostStore(choice: StoreChoice): HostStore {
  return { choice, kind: compilerStoreKind(choice), name: storeName(choice) };
}

/** @param isSaid whether the user named stores: otherwise any plan gets what it needs */
function bound(named: Place, { plan, report }: Job, isSaid: boolean): Place {
  const isCompiled = report !== undefined;
  if (named.board) {
    const { board, stores } = named;
    return {
      board,
      stores: bindBoardStores(board, plan, isSaid || isCompiled ? stores : undefined, isCompiled),
    };
  }
  const all = isSaid ? named.stores : plan.stores.map(() => hostStore({ kind: 'ram' }));
  return { stores: bindStores(plan, all, isSaid && isCompiled) };
}

/** What the model itself computes, by the reference interpreter: no pass, no plan, no C. */
async function interpretSamples(
  model: Uint8Array,
  samples: readonly Sample[],
  { reporter }: VerbTools,
): Promise<Uint8Array> {
  reporter.note('checking with the reference interpreter, which takes its time');
  const progress = reporter.progress('check', samples.length);
  const outputs: Uint8Array[] = [];
  try {
    for (const [index, { inputs }] of samples.entries()) {
      outputs.push(...interpretModel(model, inputs));
      progress.update(index + 1);
      await new Promise((resolve) => void setImmediate(resolve));
    }
  } finally {
    progress.stop();
  }
  return Buffer.concat(outputs);
}

async function execute(
  job: Pick<Job, 'bytes' | 'plan'>,
  samples: readonly Sample[],
  place: Place,
  flags: RunFlags,
  { host, reporter, interruptible }: VerbTools,
): Promise<RunOutcome> {
  const inputs = portsOf(job.plan, 'input').map((_, i) =>
    Buffer.concat(samples.map((sample) => sample.inputs[i] ?? new Uint8Array())),
  );
  if (place.board) {
    const { board, stores } = place;
    reporter.note(`running on ${board.name}, store ${namesOf(stores)}`);
    return interruptible((signal) =>
      runOnBoard({ board, plan: job.bytes, inputs, stores, env: host.env, signal }, job.plan),
    );
  }
  const sampleBytes = portsOf(job.plan, 'output').reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const progress = reporter.progress(`store ${namesOf(place.stores)}`, samples.length);
  try {
    return await interruptible((signal) =>
      runPlan({
        plan: job.bytes,
        inputs,
        stores: place.stores.map(({ choice }) => choice),
        env: host.env,
        signal,
        onOutput: (sizeBytes) => progress.update(Math.floor(sizeBytes / Math.max(1, sampleBytes))),
        ...(flags.linkTimeout === undefined
          ? {}
          : { linkTimeoutMs: realNumber(flags.linkTimeout, '--link-timeout') }),
      }),
    );
  } finally {
    progress.stop();
  }
}

function splitOutputs(bytes: Uint8Array, samples: number, specs: readonly TensorSpec[]): Uint8Array[][] {
  let at = 0;
  return Array.from({ length: samples }, () =>
    specs.map(({ sizeBytes }) => bytes.subarray(at, (at += sizeBytes))),
  );
}

interface Finished {
  readonly file: string;
  readonly place: Place;
  readonly job: Job;
  readonly samples: readonly Sample[];
  readonly outputs: readonly TensorSpec[];
  readonly result: RunOutcome;
  readonly reference: Uint8Array | undefined;
  readonly files: readonly string[];
}

function runResult({ file, place, job, samples, outputs, result, reference, files }: Finished): VerbResult {
  const { report } = result;
  const sum = (key: 'rawBytesWritten' | 'rawBytesRead' | 'deviceBytesWritten'): number =>
    report.stores.reduce((total, store) => total + store[key], 0);
  const differing = reference && countDiffering(result.outputs, reference, outputs);
  const document = {
    file,
    board: place.board?.name ?? 'host',
    store: namesOf(place.stores),
    stores: report.stores.map((store, index) => ({
      store: place.stores[index]?.name ?? '',
      spilledBytes: store.rawBytesWritten,
      fetchedBytes: store.rawBytesRead,
      storedBytes: store.deviceBytesWritten,
    })),
    samples: samples.map(({ name }) => name),
    outputs: outputs.map(({ type, shape, sizeBytes }) => ({ type, shape, sizeBytes })),
    files,
    arenaBytes: report.arenaBytes,
    arenaHighWaterBytes: report.arenaHighWaterBytes,
    stackHighWaterBytes: report.stackHighWaterBytes,
    ramBytes: job.report?.ramBytes ?? null,
    spilledBytes: sum('rawBytesWritten'),
    fetchedBytes: sum('rawBytesRead'),
    storedBytes: sum('deviceBytesWritten'),
    elapsedMs: report.elapsedMs,
    instructions: result.board?.instructions ?? null,
    perOperator: report.operators.map(({ index, source, kind, variant, calls }, i) => ({
      index,
      source,
      kind,
      variant,
      calls,
      instructions: result.board?.operatorInstructions[i] ?? null,
    })),
    identical: differing === undefined ? null : differing === 0,
  };
  const text = summary(document, report, samples.length, differing);
  if (differing === undefined || differing === 0) return { document, text };
  return {
    document,
    text,
    failure: {
      code: 'RUN_DIFFERS',
      message:
        `${formatCount(differing)} of ${formatCount(result.outputs.length)} output bytes differ from those of the ` +
        'unoptimised model. Replay the plan with `tinyseg verify`, and report this.',
      exitCode: exitCodeOf('differs'),
    },
  };
}

function summary(
  document: {
    readonly board: string;
    readonly instructions: number | null;
    readonly spilledBytes: number;
    readonly fetchedBytes: number;
    readonly storedBytes: number;
    readonly outputs: readonly { readonly type: string }[];
    readonly stores: readonly {
      readonly store: string;
      readonly spilledBytes: number;
      readonly fetchedBytes: number;
    }[];
  },
  report: HostReport,
  samples: number,
  differing: number | undefined,
): string {
  const lines = [
    `Ran    ${samples} sample${samples === 1 ? '' : 's'} in ${Math.round(report.elapsedMs)} ms`,
    `Arena  ${formatCount(report.arenaHighWaterBytes)} of ${formatCount(report.arenaBytes)} B used, ` +
      `stack ${formatCount(report.stackHighWaterBytes)} B`,
  ];
  if (document.instructions !== null) {
    lines.push(`Count  ${formatCount(document.instructions)} instructions on ${document.board}`);
  } else if (document.board !== 'host') {
    lines.push(`Count  none: ${document.board} does not count while it uses its serial line`);
  }
  if (document.spilledBytes > 0) {
    lines.push(
      `Spill  ${formatCount(document.spilledBytes)} B written (${formatCount(document.storedBytes)} B stored), ` +
        `${formatCount(document.fetchedBytes)} B read back`,
    );
    const { stores } = document;
    for (const { store, spilledBytes, fetchedBytes } of stores.length > 1 ? stores : []) {
      lines.push(
        `       ${store}: ${formatCount(spilledBytes)} B written, ${formatCount(fetchedBytes)} B read back`,
      );
    }
  }
  if (differing === 0) lines.push(`Check  ${sameness(document.outputs)}`);
  return lines.join('\n');
}

function sameness(outputs: readonly { readonly type: string }[]): string {
  return outputs.some(({ type }) => type === 'float32')
    ? `the outputs are those of the unoptimised model, float32 within ${String(REAL_TOLERANCE)}`
    : 'every byte is that of the unoptimised model';
}

function realNumber(text: string, option: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw cliError('CLI_USAGE', `${option} "${text}" is no number.`);
}
