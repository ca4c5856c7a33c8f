// SPDX-License-Identifier: Apache-2.0
// Estimated cycles of a Cortex-M4: the program runs once more under a plugin of QEMU (plugin/cycles.c) that weighs each
// instruction.
import { Opcode, type Plan } from '@tinyseg/compiler';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { cached, hashOf, type Env } from './cache.js';
import { functionsIn } from './elf.js';
import { emulatorError } from './error-codes.js';
import { runMachine, type MachineOptions } from './machine.js';
import type { Target } from './target.js';

/** What one part of an inference costs by the plugin's reckoning. */
export interface CycleCost {
  readonly instructions: number;
  readonly cycles: number;
}

export interface CycleEstimate {
  readonly executor: CycleCost;
  /** In the order of the plan's operators. */
  readonly operators: readonly CycleCost[];
}

const SOURCE = path.resolve(import.meta.dirname, '..', 'plugin', 'cycles.c');
const COMPILERS = ['cc', 'gcc', 'clang'];
const FLAGS = ['-std=c11', '-O2', '-shared', '-fPIC'];
const OUTPUT = 'cycles.bin';
/** What the plugin has to know of the program: argument and function. */
const MARKS = {
  split: 'tseg_meter_split',
  enter: 'tseg_meter_enter',
  leave: 'tseg_meter_leave',
  resume: 'tseg_meter_resume',
};

/**
 * @param run of one sample, whose inputs are in its folder
 * @returns undefined where there is no C compiler for the plugin, or this QEMU takes no plugins
 * @throws TinysegError `EMULATOR_BUILD_FAILED` where the compiler refuses the plugin; those of running the firmware
 */
export async function estimateCycles(
  target: Target,
  elf: string,
  plan: Plan,
  run: MachineOptions,
): Promise<CycleEstimate | undefined> {
  const plugin = await buildPlugin(run.env);
  if (plugin === undefined) return undefined;
  const addresses = functionsIn(elf, Object.values(MARKS));
  const marks = Object.entries(MARKS).map(([name, symbol]) => `${name}=${addresses.get(symbol) ?? 0}`);
  const argument = [plugin, ...marks, `out=${OUTPUT}`].join(',');
  await runMachine({ ...target, countArguments: ['-plugin', argument] }, elf, run);
  const file = path.join(run.folder, OUTPUT);
  return existsSync(file) ? decode(readFileSync(file), plan) : undefined;
}

async function buildPlugin(env: Env): Promise<string | undefined> {
  const compiler = [...(env['CC'] ? [env['CC']] : []), ...COMPILERS].find(
    (program) => spawnSync(program, ['--version'], { env: { ...env } }).status === 0,
  );
  if (compiler === undefined) return undefined;
  const name = `${hashOf([compiler, ...FLAGS, readFileSync(SOURCE)])}.so`;
  return cached(env, 'objects', name, (file) => {
    const made = spawnSync(compiler, [...FLAGS, SOURCE, '-o', file], { env: { ...env }, encoding: 'utf8' });
    if (made.status === 0) return Promise.resolve();
    throw emulatorError('EMULATOR_BUILD_FAILED', `${SOURCE} does not compile: ${made.stderr.trim()}`, {
      source: SOURCE,
    });
  });
}

/** 64-bit pairs of instructions and cycles: the executor's, then one for each call of an operator, in order. */
function decode(bytes: Buffer, plan: Plan): CycleEstimate | undefined {
  const pairs = Array.from({ length: bytes.length / 16 }, (_, i) => ({
    instructions: Number(bytes.readBigUInt64LE(16 * i)),
    cycles: Number(bytes.readBigUInt64LE(16 * i + 8)),
  }));
  const order = callOrder(plan.program);
  const [executor, ...calls] = pairs;
  if (executor === undefined || calls.length !== order.length) return undefined;
  const operators = plan.operators.map(() => ({ instructions: 0, cycles: 0 }));
  calls.forEach(({ instructions, cycles }, i) => {
    const sum = operators[order[i]!]!;
    sum.instructions += instructions;
    sum.cycles += cycles;
  });
  return { executor, operators };
}

/** The operators that a program runs, call by call: its loops unrolled. */
export function callOrder(program: Plan['program']): number[] {
  const order: number[] = [];
  const loops: { body: number; left: number }[] = [];
  for (let at = 0; at < program.length; at++) {
    const { opcode, argument } = program[at]!;
    if (opcode === Opcode.run) order.push(argument);
    if (opcode === Opcode.loop) loops.push({ body: at, left: argument });
    if (opcode !== Opcode.endLoop) continue;
    const loop = loops.at(-1)!;
    loop.left--;
    if (loop.left > 0) at = loop.body;
    else loops.pop();
  }
  return order;
}
