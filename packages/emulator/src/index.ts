// SPDX-License-Identifier: Apache-2.0
// The public interface of @tinyseg/emulator.
export { EMULATOR_ERROR_CODES, type EmulatorErrorCode } from './error-codes.js';
export { runFirmware, type FirmwareResult, type FirmwareRun } from './run-firmware.js';
export { runProgram, type ProgramResult, type ProgramRun } from './run-program.js';
export type { FaultReport, FirmwareReport, ReportStage, StoreReport } from './report.js';
export type { CycleCost, CycleEstimate } from './cycles.js';
export type { StoreBinding } from './generated.js';
export type { ProgramSize } from './elf.js';
export {
  ARM_COMPILER,
  canEmulate,
  EMULATOR,
  INSTALL_LINE,
  requireTools,
  toolVersion,
  type Tool,
} from './tools.js';
