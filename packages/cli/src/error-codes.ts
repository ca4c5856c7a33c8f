// SPDX-License-Identifier: Apache-2.0
// The error codes of the command line itself; what the libraries throw keeps their codes.
import { defineErrorCodes, TinysegError } from '@tinyseg/errors';

export const CLI_ERROR_CODES = defineErrorCodes({
  CLI_USAGE: { cause: 'usage', summary: 'The command line is malformed.' },
  CLI_BAD_SIZE: { cause: 'usage', summary: 'A size is not a number of bytes, KiB or kB.' },
  CLI_BAD_STORE: { cause: 'usage', summary: 'A store is not written in one of the known ways.' },
  CLI_BAD_TOKEN: {
    cause: 'usage',
    summary: 'The token of a store can not be taken from where it was said to be.',
  },
  CLI_FILE_UNREADABLE: { cause: 'input', summary: 'A file that should be read can not be read.' },
  CLI_OUTPUT_UNWRITABLE: {
    cause: 'usage',
    summary: 'A file that should be written can not be written there.',
  },
  CLI_MACHINE: { cause: 'usage', summary: 'This machine lacks something that tinyseg needs.' },
  CLI_INTERRUPTED: { cause: 'usage', summary: 'The command was interrupted; what it had begun was removed.' },
  INPUT_COUNT: {
    cause: 'usage',
    summary: 'The number of input files is no multiple of the inputs of the model.',
  },
  INPUT_SIZE: { cause: 'input', summary: 'A raw input file has not the size of the tensor.' },
  INPUT_TYPE: {
    cause: 'input',
    summary: 'An input file holds elements of another type or shape than the tensor.',
  },
  INPUT_NOT_PICTURE: { cause: 'input', summary: 'The model takes no pictures at this input, or gives none.' },
  PICTURE_UNREADABLE: { cause: 'input', summary: 'A picture is damaged, or neither PNG nor JPEG.' },
  PICTURE_TOO_LARGE: { cause: 'input', summary: 'A picture has more pixels than can be sensible.' },
  NPY_MALFORMED: {
    cause: 'input',
    summary: 'A .npy file is damaged or uses what this reader does not know.',
  },
  HOST_PROGRAM_MISSING: { cause: 'usage', summary: 'The C runtime for this computer has not been built.' },
  HOST_PROGRAM_FAILED: { cause: 'internal', summary: 'The C runtime ended without its report.' },
  OPTIMIZE_OUT_OF_REACH: {
    cause: 'capacity',
    summary: 'Rewriting can not make the arena as small as asked.',
  },
  CURVE_REFERENCE: { cause: 'input', summary: 'A curve to compare with can not be read.' },
  PLACE_TOO_HIGH: { cause: 'capacity', summary: 'No placement below the capacity was found.' },
  PLACE_FAULT: { cause: 'internal', summary: 'The placement search gave offsets that overlap.' },
  RUN_BOARD: { cause: 'usage', summary: 'Plans can not be run on that board from here.' },
  RUN_PLAN_REFUSED: { cause: 'input', summary: 'The C runtime refuses the plan.' },
  RUN_NO_ROOM: { cause: 'capacity', summary: 'The plan does not fit the machine that should run it.' },
  RUN_STORES: {
    cause: 'usage',
    summary: 'The stores that were named for a run are not those that the plan needs.',
  },
  RUN_STORE: { cause: 'device', summary: 'The store failed while a plan was using it.' },
  RUN_FAULT: { cause: 'internal', summary: 'The C runtime failed at a plan that it had accepted.' },
  RUN_OTHER_MODEL: {
    cause: 'input',
    summary: 'A plan was not made from the model that it should be checked with.',
  },
  RUN_DIFFERS: {
    cause: 'differs',
    summary: 'The plan gave other bytes (of float32, other numbers) than the unoptimised model.',
  },
  VERIFY_DIFFERS: { cause: 'differs', summary: 'The plan does not compute what the model computes.' },
});

export type CliErrorCode = keyof typeof CLI_ERROR_CODES;

/** A `TinysegError` with one of the codes above; the type checker knows them. */
export function cliError(
  code: CliErrorCode,
  message: string,
  data: Readonly<Record<string, unknown>> = {},
  cause?: unknown,
): TinysegError {
  return new TinysegError(code, message, { data, ...(cause === undefined ? {} : { cause }) });
}
