// SPDX-License-Identifier: Apache-2.0
// The emulator as a child process: started, given a time limit, killed with us.
import { spawn } from 'node:child_process';
import type { Env } from './cache.js';
import { emulatorError } from './error-codes.js';
import type { Target } from './target.js';
import { EMULATOR, requireTool } from './tools.js';

export interface MachineOptions {
  /** The firmware's file system: where its relative paths are. */
  readonly folder: string;
  readonly env: Env;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** Called once with the path of the pseudo terminal that is the board's serial line; without it there is no line. */
  readonly onSerial?: (path: string) => Promise<void>;
}

export interface MachineResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const LONGEST_OUTPUT = 1 << 24;
/** QEMU's line for `-serial pty`; on stdout or stderr, by version. */
const SERIAL_LINE = /char device redirected to (\S+) \(label serial0\)/;

/** @throws TinysegError `EMULATOR_TOOL_MISSING`, `EMULATOR_TIMEOUT`; what `onSerial` threw; an AbortError */
export function runMachine(target: Target, elf: string, options: MachineOptions): Promise<MachineResult> {
  requireTool(EMULATOR, options.env);
  const args = machineArguments(target, elf, options.onSerial !== undefined);
  return new Promise((resolve, reject) => {
    options.signal.throwIfAborted();
    const child = spawn(EMULATOR.program, args, {
      cwd: options.folder,
      env: { ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let failure: unknown;
    const kill = (why: unknown): void => {
      failure ??= why;
      child.kill('SIGKILL');
    };
    const onAbort = (): void => kill(options.signal.reason);
    // A process that ends takes the emulator along.
    const onExit = (): void => void child.kill('SIGKILL');
    const timer = setTimeout(() => kill(timeoutError(target, options.timeoutMs)), options.timeoutMs);
    options.signal.addEventListener('abort', onAbort, { once: true });
    process.once('exit', onExit);
    const output = { stdout: '', stderr: '' };
    let serialSeen = false;
    const listen = (stream: 'stdout' | 'stderr') => (chunk: string) => {
      output[stream] += chunk.slice(0, Math.max(0, LONGEST_OUTPUT - output[stream].length));
      const found = serialSeen || !options.onSerial ? undefined : SERIAL_LINE.exec(output[stream])?.[1];
      if (found === undefined) return;
      serialSeen = true;
      options.onSerial!(found).catch(kill);
    };
    child.stdout.setEncoding('utf8').on('data', listen('stdout'));
    child.stderr.setEncoding('utf8').on('data', listen('stderr'));
    const done = (): void => {
      clearTimeout(timer);
      options.signal.removeEventListener('abort', onAbort);
      process.off('exit', onExit);
    };
    child.once('error', (error) => {
      done();
      reject(error);
    });
    child.once('close', (exitCode) => {
      done();
      if (failure === undefined) resolve({ exitCode, ...output });
      else reject(failure as Error);
    });
  });
}

function machineArguments(target: Target, elf: string, serial: boolean): string[] {
  return [
    // A serial line needs a clock that runs as fast as ours: instructions are not counted then.
    ...['-M', target.machine, ...target.machineArguments, ...(serial ? [] : target.countArguments)],
    ...['-kernel', elf, '-display', 'none', '-monitor', 'none', '-serial', serial ? 'pty' : 'null'],
    ...['-semihosting-config', 'enable=on,target=native'],
  ];
}

function timeoutError(target: Target, timeoutMs: number): Error {
  return emulatorError(
    'EMULATOR_TIMEOUT',
    `${target.board.name} did not end within ${Math.round(timeoutMs / 1000)} s. Give it more time, or fewer samples.`,
    { board: target.board.name, timeoutMs },
  );
}
