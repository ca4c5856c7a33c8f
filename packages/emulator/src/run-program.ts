// SPDX-License-Identifier: Apache-2.0
// Runs a C program of its own, such as a test or a bench of kernels, on an emulated board.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buildProgram } from './build.js';
import type { Env } from './cache.js';
import { runMachine } from './machine.js';
import { CORE_PORT, sourcesIn } from './sources.js';
import { targetOf } from './target.js';

export interface ProgramRun {
  readonly board: string;
  /** C and assembler files with `main` among them; they may include the runtime's headers, `harness.h` and `measure.h`. */
  readonly sources: readonly string[];
  /** Sources of the runtime's package to link besides the runtime itself, such as tests/support/plan_builder.c. */
  readonly support?: readonly string[];
  readonly env?: Env;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

export interface ProgramResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  /** The linked program, for a disassembler. */
  readonly elf: string;
}

/** A printf needs a deeper stack than an inference. */
const STACK_BYTES = 65_536;
const TIMEOUT_MS = 60_000;

/** @throws TinysegError `EMULATOR_*` */
export async function runProgram(run: ProgramRun): Promise<ProgramResult> {
  const target = targetOf(run.board);
  const env = run.env ?? process.env;
  const signal = run.signal ?? new AbortController().signal;
  const firmwareOnly = new Set(
    ['arena', 'firmware', 'memory', 'meter', 'samples', 'serial_store', 'stores'].map(
      (name) => `${CORE_PORT}/${name}.c`,
    ),
  );
  const files = [
    ...sourcesIn('src'),
    ...sourcesIn(CORE_PORT, true).filter((file) => !firmwareOnly.has(file)),
    ...sourcesIn(`${CORE_PORT}/program`),
    ...(run.support ?? []),
  ];
  const generated = run.sources.map((file, index) => ({
    name: `source${index}${path.extname(file)}`,
    text: readFileSync(file, 'utf8'),
  }));
  const stack = Math.min(
    STACK_BYTES,
    stackLimit(target.board.memory.regions, target.board.memory.arenaRegion),
  );
  const linkFlags = [`-Wl,--defsym=STACK_BYTES=${stack}`];
  const elf = await buildProgram(target, { files, generated: () => generated, linkFlags }, env, signal);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tinyseg-board-'));
  try {
    const timeoutMs = run.timeoutMs ?? TIMEOUT_MS;
    const { exitCode, stdout, stderr } = await runMachine(target, elf, { folder, env, signal, timeoutMs });
    return { exitCode, stdout: stdout + stderr, elf };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A quarter of the board's RAM. */
function stackLimit(
  regions: readonly { readonly name: string; readonly sizeBytes: number }[],
  name: string | undefined,
): number {
  return (regions.find((region) => region.name === name)?.sizeBytes ?? 4096) / 4;
}
