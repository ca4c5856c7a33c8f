// SPDX-License-Identifier: Apache-2.0
// The files of `--store file:PATH`: new ones, refused before the work starts when it could be anything of value.
import { lstatSync, type Stats } from 'node:fs';
import path from 'node:path';
import { cliError } from '../error-codes.js';
import { checkWritable } from '../files/output-file.js';
import type { StoreChoice } from './store-choice.js';

/**
 * Refuses store files that are there already with anything in them, or that the run reads or writes itself.
 *
 * @param others the model, plan, inputs and output of the run
 * @throws TinysegError `CLI_USAGE`, `CLI_OUTPUT_UNWRITABLE`
 */
export function checkStoreFiles(stores: readonly StoreChoice[], others: readonly string[]): void {
  stores.forEach((store, index) => {
    const before = stores.slice(0, index).flatMap((other) => (other.kind === 'file' ? [other.path] : []));
    checkStoreFile(store, [...others, ...before]);
  });
}

function checkStoreFile(store: StoreChoice, others: readonly string[]): void {
  if (store.kind !== 'file') return;
  const file = store.path;
  if (others.some((other) => path.resolve(other) === path.resolve(file))) {
    throw refused(file, 'the run uses that file for something else');
  }
  const status = statusOf(file);
  if (status !== undefined && !(status.isFile() && status.size === 0)) {
    throw refused(file, 'it is there already, and a store would destroy it');
  }
  checkWritable(file);
}

/** Undefined where nothing is; a link counts as what it is, not as what it leads to. */
function statusOf(file: string): Stats | undefined {
  try {
    return lstatSync(file);
  } catch {
    return undefined;
  }
}

function refused(file: string, why: string): Error {
  return cliError(
    'CLI_USAGE',
    `"${file}" can't be the store: ${why}. Name a new file with --store file:PATH; it is removed after the run.`,
    { path: file },
  );
}
