// SPDX-License-Identifier: Apache-2.0
// What a report that is no success means for the user.
import type { Board } from '@tinyseg/boards';
import { emulatorError, type EmulatorErrorCode } from './error-codes.js';
import type { FirmwareReport, ReportStage } from './report.js';
import { statusName } from './status-names.js';

interface Meaning {
  readonly code: EmulatorErrorCode;
  readonly says: string;
  readonly next: string;
}

const MEANINGS: Readonly<Record<ReportStage, Meaning>> = {
  load: {
    code: 'EMULATOR_PLAN_REFUSED',
    says: 'refuses the plan',
    next: 'Compile the model again with this version of tinyseg.',
  },
  memory: {
    code: 'EMULATOR_DOES_NOT_FIT',
    says: 'has not the RAM that the plan needs',
    next: 'Compile for it with --board, or with a smaller --ram.',
  },
  store: {
    code: 'EMULATOR_STORE',
    says: 'can not open a store of the plan',
    next: 'Name one that the board has with --store; `tinyseg boards` lists them.',
  },
  init: {
    code: 'EMULATOR_PLAN_REFUSED',
    says: 'refuses the plan',
    next: 'Compile the model again with this version of tinyseg.',
  },
  input: { code: 'EMULATOR_RUN_FAILED', says: 'can not open its input', next: 'Run again.' },
  run: {
    code: 'EMULATOR_RUN_FAILED',
    says: 'ended an inference early',
    next: 'Check that its store can be reached, then run again.',
  },
  done: { code: 'EMULATOR_RUN_FAILED', says: 'failed at its end', next: 'Run again.' },
};

const hex = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`;

/** The error for a report; undefined when all went well. */
export function failureOf(board: Board, report: FirmwareReport): Error | undefined {
  if (report.fault) return faultError(board, report);
  if (report.stage === 'done' && report.status === 0) return undefined;
  const { code, says, next } = MEANINGS[report.stage];
  const status = statusName(report.status);
  const lacking = report.missingBytes > 0 ? `: ${report.missingBytes} bytes are lacking` : ` (${status})`;
  return emulatorError(code, `${board.name} ${says}${lacking}. ${next}`, {
    board: board.name,
    status,
    stage: report.stage,
    ...(report.stage === 'run' ? { position: report.position } : {}),
    ...(report.missingBytes > 0 ? { missingBytes: report.missingBytes } : {}),
  });
}

function faultError(board: Board, report: FirmwareReport): Error {
  const { exception, status, address, pc, lr } = report.fault!;
  const where = address === 0 ? '' : ` at address ${hex(address)}`;
  return emulatorError(
    'EMULATOR_FAULT',
    `The processor of ${board.name} faulted (${exception}${where}, pc ${hex(pc)}) in operator ${report.running}, after ` +
      `${report.samples} samples: something left its memory. This is a defect; please report it.`,
    { board: board.name, exception, status, address, pc, lr, running: report.running },
  );
}
