// SPDX-License-Identifier: Apache-2.0
// The error codes of @tinyseg/emulator: what can go wrong between a plan and its run on an emulated board.
import { defineErrorCodes, TinysegError } from '@tinyseg/errors';

export const EMULATOR_ERROR_CODES = defineErrorCodes({
  EMULATOR_TOOL_MISSING: {
    cause: 'usage',
    summary: 'The compiler for Arm or the emulator is not installed.',
  },
  EMULATOR_NO_PORT: { cause: 'usage', summary: 'There is no firmware for this board.' },
  EMULATOR_BUILD_FAILED: { cause: 'internal', summary: 'The firmware did not compile or link.' },
  EMULATOR_NO_CACHE: { cause: 'usage', summary: 'The folder for built firmware can not be written.' },
  EMULATOR_DOES_NOT_FIT: {
    cause: 'capacity',
    summary: 'Program and plan are larger than the flash of the board, or need more RAM than it has.',
  },
  EMULATOR_STORE: { cause: 'usage', summary: 'The board has no such store.' },
  EMULATOR_PLAN_REFUSED: { cause: 'input', summary: 'The firmware refuses the plan.' },
  EMULATOR_INPUT: { cause: 'input', summary: 'The inputs are not those of the plan.' },
  EMULATOR_FAULT: { cause: 'internal', summary: 'The processor faulted: the firmware left its memory.' },
  EMULATOR_RUN_FAILED: { cause: 'device', summary: 'An inference ended early on the emulated board.' },
  EMULATOR_TIMEOUT: { cause: 'device', summary: 'The emulated board did not end in the time it was given.' },
  EMULATOR_NO_REPORT: { cause: 'internal', summary: 'The emulator ended without a report of the firmware.' },
});

export type EmulatorErrorCode = keyof typeof EMULATOR_ERROR_CODES;

/** A `TinysegError` with one of the codes above; the type checker knows them. */
export function emulatorError(
  code: EmulatorErrorCode,
  message: string,
  data: Readonly<Record<string, unknown>> = {},
  cause?: unknown,
): TinysegError {
  return new TinysegError(code, message, { data, ...(cause === undefined ? {} : { cause }) });
}
