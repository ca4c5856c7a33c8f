// SPDX-License-Identifier: Apache-2.0
// Runs a plan on an emulated board: bytes of inputs in, bytes of outputs and the firmware's figures out.
import type { Board } from '@tinyseg/boards';
import { decodePlan, type Plan } from '@tinyseg/compiler';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buildProgram, type ProgramParts } from './build.js';
import type { Env } from './cache.js';
import { estimateCycles, type CycleEstimate } from './cycles.js';
import { programSize, type ProgramSize } from './elf.js';
import { emulatorError } from './error-codes.js';
import { failureOf } from './failure.js';
import { firmwareParts } from './firmware-parts.js';
import type { StoreBinding } from './generated.js';
import { runMachine, type MachineResult } from './machine.js';
import { countSamples, interleave, portSizes } from './plan-ports.js';
import { decodeReport, type FirmwareReport } from './report.js';
import { targetOf, type Target } from './target.js';

export interface FirmwareRun {
  /** A board, or its name. */
  readonly board: string | Board;
  /** A .tseg file. */
  readonly plan: Uint8Array;
  /** For each input of the model the bytes of all samples, one after the other. */
  readonly inputs: readonly Uint8Array[];
  /** Where the stores of the plan are; the last one serves the rest. Unless said: the board's own. */
  readonly stores?: readonly StoreBinding[];
  readonly env?: Env;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** Also estimate the cycles of a Cortex-M4, in a second run; for one sample, and stores without a serial line. */
  readonly estimateCycles?: boolean;
  /** Called once with the path of the pseudo terminal that is the board's serial line: for a store that is there. */
  readonly onSerial?: (path: string) => Promise<void>;
}

export interface FirmwareResult {
  /** Outputs in the model's order, sample by sample. */
  readonly outputs: Uint8Array;
  readonly report: FirmwareReport;
  readonly size: ProgramSize;
  /** Absent where they were not asked for, or can't be had here. */
  readonly cycles?: CycleEstimate;
  /** The linked program, for a disassembler. */
  readonly elf: string;
}

/** Far above what the largest model takes; an emulator that hangs must end. */
export const DEFAULT_TIMEOUT_MS = 600_000;

/** Builds the firmware of a plan and runs it. @throws TinysegError `EMULATOR_*`, those of damaged plans, what `onSerial` threw; an AbortError */
export async function runFirmware(run: FirmwareRun): Promise<FirmwareResult> {
  const plan = decodePlan(run.plan);
  return runParts(run, plan, firmwareParts(run.plan, plan, run.stores ?? []));
}

/** The same with parts of the caller's own choosing. */
export async function runParts(run: FirmwareRun, plan: Plan, parts: ProgramParts): Promise<FirmwareResult> {
  const target = targetOf(run.board);
  const env = run.env ?? process.env;
  const signal = run.signal ?? new AbortController().signal;
  const samples = countSamples(portSizes(plan, 'input'), run.inputs);
  const elf = await buildProgram(target, parts, env, signal);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tinyseg-board-'));
  try {
    run.inputs.forEach((bytes, i) => writeFileSync(path.join(folder, `input${i}.bin`), bytes));
    const common = { folder, env, signal, timeoutMs: run.timeoutMs ?? DEFAULT_TIMEOUT_MS };
    const machine = await runMachine(target, elf, {
      ...common,
      ...(run.onSerial === undefined ? {} : { onSerial: run.onSerial }),
    });
    const counts = run.onSerial === undefined && target.countArguments.length > 0;
    const read = readReport(target, folder, machine);
    const report = counts ? read : withoutCounts(read);
    const failure = failureOf(target.board, report);
    if (failure) throw failure;
    const outputs = readOutputs(folder, plan, samples);
    const wanted = run.estimateCycles === true && run.onSerial === undefined;
    const cycles = wanted ? await estimateCycles(target, elf, plan, common) : undefined;
    return { outputs, report, size: programSize(elf), elf, ...(cycles ? { cycles } : {}) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Without -icount the timer shows time, not instructions. */
function withoutCounts(report: FirmwareReport): FirmwareReport {
  const operators = report.operators.map(({ calls }) => ({ calls, instructions: 0 }));
  return { ...report, counted: false, loadInstructions: 0, executorInstructions: 0, operators };
}

function readReport(target: Target, folder: string, { exitCode, stderr }: MachineResult): FirmwareReport {
  const file = path.join(folder, 'report.bin');
  const report = existsSync(file) ? decodeReport(readFileSync(file)) : undefined;
  if (report) return report;
  const said = stderr.trim().split('\n').slice(-3).join(' ');
  throw emulatorError(
    'EMULATOR_NO_REPORT',
    `${target.board.name} ended (exit code ${exitCode}) without a report${said === '' ? '' : `: ${said}`}. ` +
      'This is a defect; please report it.',
    { board: target.board.name, exitCode, stderr: stderr.slice(-2000) },
  );
}

function readOutputs(folder: string, plan: Plan, samples: number): Uint8Array {
  const sizes = portSizes(plan, 'output');
  const files = sizes.map((_, i) => readFileSync(path.join(folder, `output${i}.bin`)));
  return interleave(files, sizes, samples);
}
