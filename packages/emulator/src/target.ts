// SPDX-License-Identifier: Apache-2.0
// How firmware is compiled for a board and which machine of the emulator it is.
import { loadBoard, type Board, type Emulator } from '@tinyseg/boards';
import { emulatorError } from './error-codes.js';

/** What the compiler and the emulator must know of a board. */
export interface Target {
  readonly board: Board;
  /** Folder of device-c/ports. */
  readonly port: string;
  /** Flags that choose processor and calling convention. */
  readonly cpuFlags: readonly string[];
  readonly machine: string;
  readonly machineArguments: readonly string[];
  /** Options under which instructions are counted; empty where they can't be. */
  readonly countArguments: readonly string[];
}

const CPU_FLAGS: Readonly<Partial<Record<Board['cpu']['core'], string>>> = {
  'cortex-m0': '-mcpu=cortex-m0',
  'cortex-m3': '-mcpu=cortex-m3',
  'cortex-m4': '-mcpu=cortex-m4',
  'cortex-m7': '-mcpu=cortex-m7',
};

const FPU_FLAGS: Readonly<Partial<Record<Board['cpu']['core'], string>>> = {
  'cortex-m4': '-mfpu=fpv4-sp-d16',
  'cortex-m7': '-mfpu=fpv5-d16',
};

/** @param named a board, or its name @throws TinysegError `EMULATOR_NO_PORT`, and those of unknown boards */
export function targetOf(named: string | Board): Target {
  const board = typeof named === 'string' ? loadBoard(named) : named;
  const cpu = CPU_FLAGS[board.cpu.core];
  if (board.port === undefined || board.emulator === undefined || cpu === undefined) {
    throw emulatorError(
      'EMULATOR_NO_PORT',
      `There is no firmware for an emulated "${board.name}". \`tinyseg boards\` lists the boards; those that can be run ` +
        'here are called qemu-...',
      { board: board.name },
    );
  }
  const fpu = board.cpu.floatingPoint ? FPU_FLAGS[board.cpu.core] : undefined;
  return {
    board,
    port: board.port,
    cpuFlags: ['-mthumb', cpu, ...(fpu === undefined ? ['-mfloat-abi=soft'] : [fpu, '-mfloat-abi=hard'])],
    machine: board.emulator.machine,
    machineArguments: board.emulator.arguments,
    countArguments: countArguments(board.emulator),
  };
}

function countArguments({ countsInstructions, instructionShift }: Emulator): readonly string[] {
  if (!countsInstructions || instructionShift === undefined) return [];
  return ['-icount', `shift=${instructionShift}`];
}
