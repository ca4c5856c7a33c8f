// SPDX-License-Identifier: Apache-2.0
// What `tinyseg run` does: a plan, its samples, the C runtime, the comparison, the files.
import { loadBoard } from '@tinyseg/boards';
import { compileModel, decodePlan, interpretModel, type CompileReport, type Plan } from '@tinyseg/compiler';
import { exitCodeOf } from '@tinyseg/errors';
import { formatCount } from '../console/sizes.js';
import type { VerbResult, VerbTools } from '../console/verb.js';
import { cliError } from '../error-codes.js';
import { refuseOverwriting, writeFilesAtomically } from '../files/output-file.js';
import { readUserFile } from '../files/read-file.js';
import { portProblem } from '../host-run/model-ports.js';
import type { HostReport } from '../host-run/report.js';
import { runPlan, type PlanRunResult } from '../host-run/run-plan.js';
import { checkStoreFile } from '../host-run/store-file.js';
import { compilerStoreKind, parseStoreChoice, type StoreChoice } from '../host-run/store-choice.js';
import { readSamples, type Sample } from '../pictures/read-inputs.js';
import { portsOf, type TensorSpec } from '../pictures/tensor-spec.js';
import { checkTarget, outputFiles, outputForm } from '../pictures/write-outputs.js';
import { compileOptions } from './compile-question.js';
import type { RunFlags } from './run.js';

/** @param file a model or a plan. @throws TinysegError of every part */
export async function runJob(file: string, flags: RunFlags, tools: VerbTools): Promise<VerbResult> {
  checkBoard(flags.board);
  const store = parseStoreChoice(flags.store, tools.host.env);
  const threshold = flags.threshold === undefined ? undefined : realNumber(flags.threshold, '--threshold');
  const sources = [file, ...(flags.model === undefined ? [] : [flags.model]), ...flags.input];
  checkStoreFile(store, [...sources, ...(flags.output === undefined ? [] : [flags.output])]);
  const job = makeJob(file, flags, store);
  const inputs = portsOf(job.plan, 'input');
  const outputs = portsOf(job.plan, 'output');
  const samples = await readSamples(flags.input, inputs);
  if (flags.output !== undefined) {
    refuseOverwriting([flags.output], sources);
    checkTarget(flags.output, samples.length, outputs);
  }
  const result = await execute(job, samples, store, flags, tools);
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
  return runResult({ file, flags, job, samples, outputs, result, reference, files: paths });
}

/** What is run: a plan, and for --check the model that it is compared with. */
interface Job {
  readonly plan: Plan;
  readonly bytes: Uint8Array;
  /** Absent when a plan was given. */
  readonly report?: CompileReport;
  readonly model?: Uint8Array;
}

function checkBoard(name: string): void {
  const board = loadBoard(name);
  if (board.kind === 'host') return;
  throw cliError(
    'RUN_BOARD',
    `Plans run on board "host" (this computer); "${name}" is ${board.kind === 'emulated' ? 'an emulated' : 'a'} board. ` +
      `Compile for it with \`tinyseg compile --board ${name}\`; its plans run on host too, to the same bytes.`,
    { board: name },
  );
}

function makeJob(file: string, flags: RunFlags, store: StoreChoice): Job {
  const given = readUserFile(file, 'The model or plan');
  const isPlan = /\.tseg$/i.test(file) || startsWith(given, 'TSEG');
  if (isPlan) {
    refuseCompileFlags(flags);
    const plan = decodePlan(given);
    if (flags.check && flags.model === undefined) {
      throw cliError('CLI_USAGE', 'A plan can be checked against its model only: name it with --model FILE.');
    }
    if (!flags.check || flags.model === undefined) return { plan, bytes: given };
    const model = readUserFile(flags.model, 'The model');
    refuseOtherModel(plan, model, file, flags.model);
    return { plan, bytes: given, model };
  }
  if (flags.model !== undefined) {
    throw cliError('CLI_USAGE', `--model names the model of a plan, and "${file}" is a model. Leave it out.`);
  }
  const { plan, bytes, report } = compileModel(
    given,
    compileOptions(file, flags, [compilerStoreKind(store)]),
  );
  return { plan, bytes, report, ...(flags.check ? { model: given } : {}) };
}

/** A model whose inputs or outputs differ can not be the one that the plan was made from. */
function refuseOtherModel(plan: Plan, model: Uint8Array, file: string, modelFile: string): void {
  const why = portProblem(plan, model);
  if (why === undefined) return;
  throw cliError(
    'RUN_OTHER_MODEL',
    `Plan "${file}" was not made from model "${modelFile}": ${why}. Name its own model with --model, or compile this one.`,
    { plan: file, model: modelFile },
  );
}

/** A plan is compiled already: what says how to compile would be without effect. */
function refuseCompileFlags(flags: RunFlags): void {
  const { ram, streamIo, streamInput, streamOutput, strategy, variants, objective, spill, disablePass } =
    flags;
  const given = Object.entries({
    '--ram': ram,
    '--stream-io': streamIo,
    '--stream-input': streamInput,
    '--stream-output': streamOutput,
    '--strategy': strategy,
    '--variants': variants,
    '--objective': objective,
    '--spill': spill,
    '--disable-pass': disablePass,
  }).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (given.length === 0) return;
  throw cliError(
    'CLI_USAGE',
    `A plan is run as it was compiled: ${given.join(', ')} can not change it. Leave it out, or run the model.`,
    { options: given },
  );
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
  store: StoreChoice,
  flags: RunFlags,
  { host, reporter, interruptible }: VerbTools,
): Promise<PlanRunResult> {
  const inputs = portsOf(job.plan, 'input').map((_, i) =>
    Buffer.concat(samples.map((sample) => sample.inputs[i] ?? new Uint8Array())),
  );
  const sampleBytes = portsOf(job.plan, 'output').reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const progress = reporter.progress(`store ${store.kind}`, samples.length);
  try {
    return await interruptible((signal) =>
      runPlan({
        plan: job.bytes,
        inputs,
        store,
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
  readonly flags: RunFlags;
  readonly job: Job;
  readonly samples: readonly Sample[];
  readonly outputs: readonly TensorSpec[];
  readonly result: PlanRunResult;
  readonly reference: Uint8Array | undefined;
  readonly files: readonly string[];
}

function runResult({ file, flags, job, samples, outputs, result, reference, files }: Finished): VerbResult {
  const { report } = result;
  const sum = (key: 'rawBytesWritten' | 'rawBytesRead' | 'deviceBytesWritten'): number =>
    report.stores.reduce((total, store) => total + store[key], 0);
  const differing = reference && countDiffering(result.outputs, reference);
  const document = {
    file,
    store: flags.store.replace(/token=[^&]*/, 'token=...'),
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
    instructions: null,
    perOperator: report.operators.map(({ index, source, kind, variant, calls }) => ({
      index,
      source,
      kind,
      variant,
      calls,
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
  document: { readonly spilledBytes: number; readonly fetchedBytes: number; readonly storedBytes: number },
  report: HostReport,
  samples: number,
  differing: number | undefined,
): string {
  const lines = [
    `Ran    ${samples} sample${samples === 1 ? '' : 's'} in ${Math.round(report.elapsedMs)} ms`,
    `Arena  ${formatCount(report.arenaHighWaterBytes)} of ${formatCount(report.arenaBytes)} B used, ` +
      `stack ${formatCount(report.stackHighWaterBytes)} B`,
  ];
  if (document.spilledBytes > 0) {
    lines.push(
      `Spill  ${formatCount(document.spilledBytes)} B written (${formatCount(document.storedBytes)} B stored), ` +
        `${formatCount(document.fetchedBytes)} B read back`,
    );
  }
  if (differing === 0) lines.push('Check  every byte is that of the unoptimised model');
  return lines.join('\n');
}

function countDiffering(a: Uint8Array, b: Uint8Array): number {
  let count = Math.abs(a.length - b.length);
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) count++;
  return count;
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return [...text].every((character, i) => bytes[i] === character.charCodeAt(0));
}

function realNumber(text: string, option: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw cliError('CLI_USAGE', `${option} "${text}" is no number.`);
}
