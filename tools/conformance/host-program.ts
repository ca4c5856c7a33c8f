// SPDX-License-Identifier: Apache-2.0
// Drives the host program of device-c as a child process, as the command line does.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export const WORKSPACE_ROOT = path.resolve(import.meta.dirname, '..', '..');
export const DEVICE_C = path.join(WORKSPACE_ROOT, 'packages', 'device-c');

/** The document that the host program prints; fields depend on how it went. */
export interface HostReport {
  readonly ok: boolean;
  readonly status: string;
  readonly stage?: string;
  readonly message?: string;
  readonly samples: number;
  readonly arenaBytes: number;
  readonly arenaHighWaterBytes: number;
  readonly stackHighWaterBytes: number;
  readonly contextBytes: number;
  readonly storeMemoryBytes: number;
  readonly outputBytes: number;
  readonly stores: readonly HostStore[];
  readonly operators: readonly { readonly index: number; readonly source: number; readonly calls: number }[];
  readonly layers?: readonly HostLayer[];
}

export interface HostStore {
  readonly store?: string;
  readonly rawBytesWritten: number;
  readonly deviceBytesWritten: number;
  readonly rawBytesRead: number;
  readonly blocksWritten: number;
  readonly blocksRead: number;
}

/** One operator's output of one sample, in a file. */
export interface HostLayer {
  readonly sample: number;
  readonly operator: number;
  readonly output: number;
  /** Index of the tensor in the plan. */
  readonly tensor: number;
  /** Id of the tensor in the compiled graph. */
  readonly source: number;
  readonly file: string;
}

export interface HostResult {
  readonly code: number | null;
  readonly report: HostReport;
  readonly stderr: string;
}

export interface HostOptions {
  readonly stdin?: Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with the path of the serial port that the program opened for its store. */
  readonly onSerial?: (slavePath: string) => void;
  /** After which the program is killed; 10 minutes unless told. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 600_000;

/**
 * Builds the host program if a source is newer; returns its path, or that of another one (say, one under sanitizers)
 * that TINYSEG_HOST_PROGRAM names. @throws when it does not build
 */
export function buildHostProgram(): string {
  const named = process.env.TINYSEG_HOST_PROGRAM;
  if (named !== undefined && named !== '') return path.resolve(WORKSPACE_ROOT, named);
  const answer = spawnSync(process.execPath, [path.join(DEVICE_C, 'build.mjs')], { encoding: 'utf8' });
  const program = path.join(DEVICE_C, 'dist', 'host', 'tinyseg-host');
  if (!existsSync(program)) {
    throw new Error(`the host program did not build:\n${answer.stdout}${answer.stderr}`);
  }
  return program;
}

/**
 * Builds the programs of device-c's tests as released, without sanitizers; returns their folder. `host-adversary` is the
 * host program with a store that takes and gives rows at the worst time that the rules allow, so that a missing WAIT
 * shows as wrong bytes; `exec-faulty_store` runs a plan over a store that fails. @throws when they do not build
 */
export function buildTestPrograms(): string {
  const answer = spawnSync(process.execPath, [path.join(DEVICE_C, 'build.mjs'), '--programs', '--plain'], {
    encoding: 'utf8',
  });
  if (answer.status !== 0) throw new Error(`the programs did not build:\n${answer.stdout}${answer.stderr}`);
  return path.join(DEVICE_C, 'dist', 'host', 'programs');
}

/** Runs the host program to its end. @throws when it printed no report: it was killed, say, for taking too long */
export async function runHost(
  program: string,
  args: readonly string[],
  options: HostOptions = {},
): Promise<HostResult> {
  const { code, signal, stdout, stderr } = await runToEnd(program, args, options);
  try {
    return { code, report: JSON.parse(stdout) as HostReport, stderr };
  } catch {
    throw new Error(
      `the host program printed no JSON (${signal ?? `exit code ${code}`}): ${stdout}${stderr}`,
    );
  }
}

/**
 * Runs many command lines in one process of the host program: a report for each, in their order.
 *
 * @param jobsFile where their file is written
 * @throws when the process died before the last, naming the one that it died in
 */
export async function runHostJobs(
  program: string,
  jobs: readonly (readonly string[])[],
  jobsFile: string,
  options: HostOptions = {},
): Promise<HostReport[]> {
  writeFileSync(jobsFile, jobs.map((words) => `${words.join('\t')}\n`).join(''));
  const { code, signal, stdout, stderr } = await runToEnd(program, ['--jobs', jobsFile], options);
  const lines = stdout.split('\n').slice(0, -1);
  if (lines.length < jobs.length) {
    const died = jobs[lines.length]?.join(' ') ?? '';
    throw new Error(`the host program ended (${signal ?? `exit code ${code}`}) in "${died}": ${stderr}`);
  }
  return lines.map((line) => JSON.parse(line) as HostReport);
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

function runToEnd(program: string, args: readonly string[], options: HostOptions): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['--with-parent', ...args], {
      env: { ...process.env, ...options.env },
      timeout: options.timeoutMs ?? TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => {
      const before = stderr;
      stderr += chunk.toString();
      const line = /\{"event":"serial","path":"([^"]+)"\}\n/.exec(stderr);
      if (line?.[1] && !before.includes(line[0])) options.onSerial?.(line[1]);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    // A program that ends before it has read everything closes the pipe: its report says why.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.stdin);
  });
}
