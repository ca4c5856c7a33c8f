// SPDX-License-Identifier: Apache-2.0
// Runs a plan on this computer: bytes of inputs in, bytes of outputs and the runtime's figures out.
import { readFileSync, rmSync, statSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cliError } from '../error-codes.js';
import { reasonOf } from '../files/output-file.js';
import { runChild } from './child.js';
import { findHostProgram } from './program.js';
import { hostFailureError, parseHostReport, type HostReport } from './report.js';
import { makeRunFolder } from './run-folder.js';
import type { StoreChoice } from './store-choice.js';
import { openStoreLines, type StoreLine } from './store-line.js';

export interface PlanRun {
  /** A .tseg file. */
  readonly plan: Uint8Array;
  /** For each input of the model the bytes of all samples, one after the other. */
  readonly inputs: readonly Uint8Array[];
  /** One for each store of the plan, in its order. */
  readonly stores: readonly StoreChoice[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Before a request to a remote store is repeated first; the runtime's own default unless said. */
  readonly linkTimeoutMs?: number;
  /** Called with the bytes of outputs that are there, now and then. */
  readonly onOutput?: (sizeBytes: number) => void;
}

export interface PlanRunResult {
  readonly report: HostReport;
  /** Outputs in the model's order, sample by sample. */
  readonly outputs: Uint8Array;
}

const WATCH_INTERVAL_MS = 100;

/** @throws TinysegError `HOST_PROGRAM_*`, `RUN_*`, `LINK_*`; an AbortError when the signal is aborted */
export async function runPlan(run: PlanRun): Promise<PlanRunResult> {
  const program = findHostProgram(run.env);
  const folder = inTemporary(run.env, makeRunFolder);
  try {
    const inFolder = (name: string): string => path.join(folder, name);
    inTemporary(run.env, () => {
      writeFileSync(inFolder('plan.tseg'), run.plan);
      run.inputs.forEach((bytes, index) => writeFileSync(inFolder(`input${index}.bin`), bytes));
    });
    const line = await lineUnlessAborted(run);
    const stopWatching = watchOutput(folder, run.onOutput);
    try {
      const result = await runChild(
        program,
        [
          '--with-parent',
          ...run.inputs.flatMap((_, index) => ['--input', inFolder(`input${index}.bin`)]),
          ...['--output', inFolder('output.bin')],
          ...line.args,
          ...(run.linkTimeoutMs === undefined ? [] : ['--link-timeout', String(run.linkTimeoutMs)]),
          inFolder('plan.tseg'),
        ],
        { env: { ...run.env, ...line.env }, signal: run.signal, onSerial: line.onSerial },
      ).catch((error: NodeJS.ErrnoException) => {
        throw error.syscall?.startsWith('spawn') ? cannotStart(program, error) : error;
      });
      const report = parseHostReport(result.stdout, result.stderr, result.exit);
      if (!report.ok) throw hostFailureError(report, run.stores);
      return { report, outputs: new Uint8Array(readFileSync(inFolder('output.bin'))) };
    } finally {
      stopWatching();
      await line.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Does something in the folder for temporary files. @throws TinysegError `CLI_OUTPUT_UNWRITABLE` */
function inTemporary<T>(env: PlanRun['env'], work: (place: string) => T): T {
  const named = env['TMPDIR'] ?? '';
  const place = named === '' ? tmpdir() : named;
  try {
    return work(place);
  } catch (error) {
    throw cliError(
      'CLI_OUTPUT_UNWRITABLE',
      `Temporary files can't be written to "${place}": ${reasonOf(error)}. Name another folder with TMPDIR.`,
      { path: place },
      error,
    );
  }
}

/** Does not wait for a store that nobody wants any more; what comes of it later is closed. */
async function lineUnlessAborted({ stores, signal }: PlanRun): Promise<StoreLine> {
  const opening = openStoreLines(stores);
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([opening, aborted]);
  } catch (error) {
    void opening.then((line) => line.close()).catch(() => undefined);
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** The program writes outputs to a file that gets its name at the end; its size tells how far it is. */
function watchOutput(folder: string, onOutput: PlanRun['onOutput']): () => void {
  if (onOutput === undefined) return () => undefined;
  const timer = setInterval(() => {
    const part = readdirSync(folder).find((name) => name.startsWith('output.bin'));
    const status =
      part === undefined ? undefined : statSync(path.join(folder, part), { throwIfNoEntry: false });
    if (status) onOutput(status.size);
  }, WATCH_INTERVAL_MS);
  return () => clearInterval(timer);
}

function cannotStart(program: string, error: NodeJS.ErrnoException): Error {
  return cliError(
    'HOST_PROGRAM_FAILED',
    `The C runtime ${program} can't be started: ${error.message}. Build it again with \`npm run build\`.`,
    { program },
    error,
  );
}
