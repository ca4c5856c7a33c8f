// SPDX-License-Identifier: Apache-2.0
// Runs a plan as firmware on an emulated board, with the other end of its serial line.
import type { Board } from '@tinyseg/boards';
import { runFirmware, type CycleEstimate, type FirmwareReport, type FirmwareResult } from '@tinyseg/emulator';
import type { Plan } from '@tinyseg/compiler';
import type { HostReport } from '../host-run/report.js';
import type { PlanRunResult } from '../host-run/run-plan.js';
import { openStoreLine } from '../host-run/store-line.js';
import type { BoardStoreChoice } from './board-store.js';

export interface BoardRun {
  readonly board: Board;
  readonly plan: Uint8Array;
  readonly inputs: readonly Uint8Array[];
  /** One for each store of the plan. */
  readonly stores: readonly BoardStoreChoice[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly estimateCycles?: boolean;
}

/** What only a board tells. Instructions are of all samples together; null where they are not counted. */
export interface BoardFigures {
  readonly instructions: number | null;
  /** Of them those beside the operators: steps, transfers, codecs. */
  readonly executorInstructions: number | null;
  /** From reset to the first inference, less the board's own start-up. */
  readonly loadInstructions: number | null;
  /** In the order of the plan's operators. */
  readonly operatorInstructions: readonly (number | null)[];
  /** Program without the plan, in flash. */
  readonly codeBytes: number;
  /** Null where they were not asked for, or can't be had here. */
  readonly cycles: CycleEstimate | null;
  /** Path of the linked program. */
  readonly elf: string;
}

export interface BoardRunResult extends PlanRunResult {
  readonly board: BoardFigures;
}

/** @throws TinysegError `EMULATOR_*`, `LINK_*`; an AbortError when the signal is aborted */
export async function runOnBoard(run: BoardRun, plan: Plan): Promise<BoardRunResult> {
  const remote = run.stores.find(({ line }) => line !== undefined)?.line;
  const line = remote && (await openStoreLine(remote));
  const begin = performance.now();
  try {
    const result = await runFirmware({
      board: run.board,
      plan: run.plan,
      inputs: run.inputs,
      stores: run.stores.map(({ binding }) => binding),
      env: run.env,
      signal: run.signal,
      ...(run.estimateCycles === true ? { estimateCycles: true } : {}),
      ...(line ? { onSerial: line.onSerial } : {}),
    });
    return {
      outputs: result.outputs,
      report: hostReport(result.report, plan, result.outputs.length, performance.now() - begin),
      board: figuresOf(result),
    };
  } finally {
    await line?.close();
  }
}

export function figuresOf({ report, size, elf, cycles }: FirmwareResult): BoardFigures {
  const counted = (value: number): number | null => (report.counted ? value : null);
  const operators = report.operators.map(({ instructions }) => counted(instructions));
  const sum = report.operators.reduce(
    (total, { instructions }) => total + instructions,
    report.executorInstructions,
  );
  return {
    instructions: counted(sum),
    executorInstructions: counted(report.executorInstructions),
    loadInstructions: counted(report.loadInstructions),
    operatorInstructions: operators,
    codeBytes: size.codeBytes,
    cycles: cycles ?? null,
    elf,
  };
}

/** The figures that a run on this computer has too. */
function hostReport(report: FirmwareReport, plan: Plan, outputBytes: number, elapsedMs: number): HostReport {
  return {
    tinysegHost: 1,
    ok: true,
    arenaBytes: report.arenaBytes,
    contextBytes: report.contextBytes,
    storeMemoryBytes: report.storeMemoryBytes,
    samples: report.samples,
    arenaHighWaterBytes: report.arenaHighWaterBytes,
    stackHighWaterBytes: report.stackHighWaterBytes,
    elapsedMs,
    outputBytes,
    stores: report.stores.map((store, index) => ({ ...store, index, memoryBytes: 0 })),
    operators: plan.operators.map(({ source, kind, variant }, index) => ({
      index,
      source,
      kind,
      variant,
      calls: report.operators[index]?.calls ?? 0,
    })),
  };
}
