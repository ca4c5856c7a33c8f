// SPDX-License-Identifier: Apache-2.0
// Compiles and links for a board. Every object and every program is kept by the hash of what it was made from.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cached, hashOf, type Env } from './cache.js';
import { emulatorError } from './error-codes.js';
import { DEVICE_C, headerContents, INCLUDE_FOLDERS, sourcesIn } from './sources.js';
import { ARM_COMPILER, requireTool } from './tools.js';
import type { Target } from './target.js';

/** A source that is not a file of the runtime. */
export interface GeneratedSource {
  /** With its ending: .c or .S. */
  readonly name: string;
  readonly text: string;
  /** Files that the text includes by their names (.incbin). */
  readonly files?: readonly { readonly name: string; readonly bytes: Uint8Array }[];
}

export interface ProgramParts {
  /** Files of the runtime, relative to its package. */
  readonly files: readonly string[];
  /** Sources made for this program, when the objects of its files are there. */
  readonly generated: (objects: readonly string[]) => readonly GeneratedSource[];
  /** What the linker is told besides. */
  readonly linkFlags: readonly string[];
}

const LANGUAGE_FLAGS = [
  '-std=c11',
  '-O2',
  '-g',
  '-ffunction-sections',
  '-fdata-sections',
  '-ffp-contract=off',
  // The plan is known to whoever builds the firmware.
  '-DTSEG_PLAN_WORK=0',
];
/** What runs for every element or byte is made fast, the rest small. */
const FAST = /^src\/(nn|codec|store)\/|^src\/link\/crc32\.c$|\/bytes\.c$/;
const optimization = (source: string): string => (FAST.test(source) ? '-O2' : '-Os');

const WARNING_FLAGS = [
  ...['-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Wshadow', '-Wvla'],
  ...['-Wstrict-prototypes', '-Wmissing-prototypes', '-Werror'],
];

/** What every object of one program has in common. */
interface Context {
  readonly target: Target;
  readonly env: Env;
  readonly signal: AbortSignal;
  readonly flags: readonly string[];
  /** Stands for compiler, flags and headers. */
  readonly key: string;
}

/**
 * Builds a program.
 *
 * @returns the path of its ELF file, in the user's cache
 * @throws TinysegError `EMULATOR_TOOL_MISSING`, `EMULATOR_BUILD_FAILED`, `EMULATOR_DOES_NOT_FIT`, `EMULATOR_NO_CACHE`
 */
export async function buildProgram(
  target: Target,
  parts: ProgramParts,
  env: Env,
  signal: AbortSignal,
): Promise<string> {
  const version = requireTool(ARM_COMPILER, env);
  const includes = INCLUDE_FOLDERS.map((folder) => `-I${folder}`);
  const flags = [...target.cpuFlags, ...LANGUAGE_FLAGS, ...WARNING_FLAGS, ...includes];
  const context: Context = {
    target,
    env,
    signal,
    flags,
    key: hashOf([version, ...flags, ...headerContents()]),
  };
  const files = [...parts.files, ...sourcesIn(`ports/${target.port}`)];
  const fixed = await inParallel(files, (file) => objectOfFile(context, file));
  const made = await inParallel(parts.generated(fixed), (source) => objectOfText(context, source));
  return link(context, [...fixed, ...made], parts.linkFlags);
}

function objectOfFile(context: Context, file: string): Promise<string> {
  const content = readFileSync(path.join(DEVICE_C, file));
  return compile(
    context,
    hashOf([context.key, optimization(file), file, content]),
    optimization(file),
    () => file,
  );
}

function objectOfText(context: Context, source: GeneratedSource): Promise<string> {
  const included = source.files ?? [];
  const hash = hashOf([context.key, source.name, source.text, ...included.map(({ bytes }) => bytes)]);
  return compile(context, hash, '-O2', (folder) => {
    for (const { name, bytes } of included) writeFileSync(path.join(folder, name), bytes);
    const file = path.join(folder, source.name);
    writeFileSync(file, source.text);
    return file;
  });
}

function compile(
  context: Context,
  hash: string,
  level: string,
  source: (folder: string) => string,
): Promise<string> {
  return cached(context.env, 'objects', `${hash}.o`, async (file, folder) => {
    const from = source(folder);
    const answer = await runCompiler(context, [
      ...context.flags,
      level,
      `-Wa,-I,${folder}`,
      '-c',
      from,
      '-o',
      file,
    ]);
    if (answer.code === 0) return;
    throw emulatorError('EMULATOR_BUILD_FAILED', `${from} does not compile: ${answer.output.trim()}`, {
      source: from,
    });
  });
}

function link(context: Context, objects: readonly string[], linkFlags: readonly string[]): Promise<string> {
  const { target } = context;
  const script = `ports/${target.port}/board.ld`;
  const flags = [
    ...target.cpuFlags,
    ...['-nostartfiles', '-Wl,--gc-sections', '-Lports/cortex-m', '-T', script],
    ...linkFlags,
  ];
  const scripts = [script, 'ports/cortex-m/sections.ld'].map((file) =>
    readFileSync(path.join(DEVICE_C, file)),
  );
  const hash = hashOf([context.key, ...flags, ...scripts, ...objects.map((file) => path.basename(file))]);
  return cached(context.env, 'firmware', `${hash}.elf`, async (file) => {
    const answer = await runCompiler(context, [...flags, ...objects, '-lm', '-o', file]);
    if (answer.code !== 0) throw linkError(target, answer.output);
  });
}

/** What does not fit is the user's; all else is ours. */
function linkError(target: Target, output: string): Error {
  const overflow = /region `(\w+)' overflowed by (\d+) bytes/.exec(output);
  if (overflow) {
    const [, region, bytes] = overflow;
    const memory = region === 'FLASH' ? 'flash' : 'RAM';
    return emulatorError(
      'EMULATOR_DOES_NOT_FIT',
      `Program and plan are ${bytes} bytes larger than the ${memory} of ${target.board.name}. Take a board with more, or ` +
        'a smaller model.',
      { board: target.board.name, region: memory, missingBytes: Number(bytes) },
    );
  }
  return emulatorError('EMULATOR_BUILD_FAILED', `The firmware does not link: ${output.trim()}`, {
    board: target.board.name,
  });
}

interface CompilerAnswer {
  readonly code: number;
  readonly output: string;
}

function runCompiler(context: Context, args: readonly string[]): Promise<CompilerAnswer> {
  return new Promise((resolve, reject) => {
    context.signal.throwIfAborted();
    const child = spawn(ARM_COMPILER.program, args, {
      cwd: DEVICE_C,
      env: { ...context.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: context.signal,
    });
    let output = '';
    const keep = (chunk: Buffer): void => void (output += chunk.toString());
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** Runs `task` on each item, a few at a time; results in the order of the items. */
async function inParallel<T, R>(items: readonly T[], task: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) results[index] = await task(items[index]!);
  };
  await Promise.all(Array.from({ length: Math.min(os.availableParallelism(), items.length) }, worker));
  return results;
}
