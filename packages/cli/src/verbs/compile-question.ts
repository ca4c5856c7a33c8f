// SPDX-License-Identifier: Apache-2.0
// The options of `compile`, `curve` and `run` as the compiler wants them.
import { loadBoard, type Board } from '@tinyseg/boards';
import type { CompileOptions, CurveOptions } from '@tinyseg/compiler';
import path from 'node:path';
import { parseSize } from '../console/sizes.js';
import { cliError } from '../error-codes.js';
import type { CompileFlags, CurveFlags } from './compile-options.js';

/** @throws TinysegError `BOARD_*`, `CLI_BAD_SIZE` */
export function compileOptions(
  model: string,
  flags: CompileFlags,
  stores: readonly string[] | undefined,
): CompileOptions & { readonly board: Board } {
  const { ram, strategy, variants, maxWritten, spill } = flags;
  return {
    ...sharedOptions(model, flags, stores),
    ...(ram === undefined ? {} : { ramBytes: parseSize(ram, '--ram') }),
    ...(strategy === undefined ? {} : { strategy }),
    ...(variants === undefined ? {} : { variants }),
    ...(maxWritten === undefined ? {} : { maxWrittenBytes: parseSize(maxWritten, '--max-written', 0) }),
    ...(spill === undefined ? {} : { spill }),
  };
}

/** @throws TinysegError `BOARD_*` */
export function curveOptions(
  model: string,
  flags: CurveFlags & { readonly store?: string },
): CurveOptions & { readonly board: Board } {
  return sharedOptions(model, flags, storeList(flags.store));
}

function sharedOptions(
  model: string,
  flags: CurveFlags,
  stores: readonly string[] | undefined,
): CurveOptions & { readonly board: Board } {
  const { streamIo, streamInput, streamOutput, objective, disablePass } = flags;
  return {
    board: loadBoard(flags.board),
    modelName: path.basename(model),
    ...(stores === undefined ? {} : { stores }),
    ...(streamIo === undefined ? {} : { streamIo }),
    ...(streamInput === undefined ? {} : { streamInput }),
    ...(streamOutput === undefined ? {} : { streamOutput }),
    ...(objective === undefined ? {} : { objective }),
    ...(disablePass === undefined ? {} : { disablePasses: disablePass }),
  };
}

/**
 * "flash,remote" as a list; "none" as the empty one.
 *
 * @throws TinysegError `CLI_BAD_STORE`
 */
export function storeList(text: string | undefined): string[] | undefined {
  const names = text?.split(',').map((name) => name.trim());
  if (names?.includes('none') !== true) return names?.filter((name) => name !== '');
  if (names.length === 1) return [];
  throw cliError(
    'CLI_BAD_STORE',
    `--store "${text ?? ''}" allows stores and none. Name the stores, or "none" alone.`,
    { text },
  );
}
