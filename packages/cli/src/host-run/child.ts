// SPDX-License-Identifier: Apache-2.0
// The host program as a child process: started, listened to, ended with us.
import { spawn } from 'node:child_process';
import { cliError } from '../error-codes.js';

export interface ChildOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The program is killed when it is aborted. */
  readonly signal: AbortSignal;
  /** Called once with the path of each pseudo terminal of the program, in order; when it fails, even late, the program is killed. */
  readonly onSerial: (path: string) => Promise<void>;
}

export interface ChildResult {
  readonly stdout: string;
  readonly stderr: string;
  /** "exit code 0", "SIGKILL": for messages. */
  readonly exit: string;
}

const SERIAL_EVENT = /^\{"event":"serial","path":"([^"]+)"\}$/;
/** The report has a line for each operator; a program that prints more than this has lost its mind. */
const LONGEST_STDOUT = 1 << 26;
/** What is kept of stderr, for messages. */
const LONGEST_STDERR = 1 << 20;
/** Longer lines are no events. */
const LONGEST_EVENT = 1 << 12;

/** Runs the program to its end. @throws what `onSerial` threw, an AbortError, or the error of starting it */
export function runChild(
  program: string,
  args: readonly string[],
  options: ChildOptions,
): Promise<ChildResult> {
  return new Promise((resolve, reject) => {
    options.signal.throwIfAborted();
    const child = spawn(program, args, { env: { ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let failure: unknown;
    const kill = (why: unknown): void => {
      failure ??= why;
      child.kill('SIGKILL');
    };
    const onAbort = (): void => kill(options.signal.reason);
    options.signal.addEventListener('abort', onAbort, { once: true });
    // A process that ends takes its child along, however it ends.
    const onExit = (): void => void child.kill('SIGKILL');
    process.once('exit', onExit);

    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      if (stdout.length + chunk.length <= LONGEST_STDOUT) stdout += chunk;
      else kill(tooTalkative(program));
    });
    const findSerial = serialFinder((path) => void options.onSerial(path).catch(kill));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk.slice(0, Math.max(0, LONGEST_STDERR - stderr.length));
      findSerial(chunk);
    });
    const done = (): void => {
      options.signal.removeEventListener('abort', onAbort);
      process.off('exit', onExit);
    };
    child.once('error', (error) => {
      done();
      reject(error);
    });
    child.once('close', (code, signal) => {
      done();
      if (failure === undefined) resolve({ stdout, stderr, exit: signal ?? `exit code ${code}` });
      else reject(failure as Error);
    });
  });
}

/** Finds the events in text that comes in pieces, however much is around them; calls `found` once for each path. */
function serialFinder(found: (path: string) => void): (chunk: string) => void {
  let line = '';
  const seen = new Set<string>();
  return (chunk) => {
    const lines = (line + chunk).split('\n');
    line = (lines.pop() ?? '').slice(0, LONGEST_EVENT);
    for (const path of lines.flatMap((one) => SERIAL_EVENT.exec(one)?.[1] ?? [])) {
      if (seen.has(path)) continue;
      seen.add(path);
      found(path);
    }
  };
}

function tooTalkative(program: string): Error {
  return cliError(
    'HOST_PROGRAM_FAILED',
    `${program} printed more than ${LONGEST_STDOUT >> 20} MiB, which is no report of the C runtime. ` +
      'Build it again with `npm run build`.',
    { program },
  );
}
