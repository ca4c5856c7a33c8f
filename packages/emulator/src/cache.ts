// SPDX-License-Identifier: Apache-2.0
// Built things by the hash of all that went into them: nothing is built twice, nothing stale is ever used.
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { emulatorError } from './error-codes.js';

/** Environment variable that names the folder; a spec names one of its own. */
export const CACHE_VARIABLE = 'TINYSEG_CACHE';

const UNUSED_MS = 14 * 24 * 3600 * 1000;

export type Env = Readonly<Record<string, string | undefined>>;

/** `TINYSEG_CACHE`, else tinyseg in the user's cache folder. */
export function cacheFolder(env: Env): string {
  const named = env[CACHE_VARIABLE];
  if (named !== undefined && named !== '') return path.resolve(named);
  const users = env['XDG_CACHE_HOME'];
  const base = users !== undefined && users !== '' ? users : path.join(env['HOME'] ?? os.homedir(), '.cache');
  return path.join(base, 'tinyseg');
}

/** A hash over texts and bytes, each with its length, so that no two lists run into one another. */
export function hashOf(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part;
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest('hex').slice(0, 32);
}

/**
 * The file of this kind and hash; made when it is not there. Two processes at once make it twice and keep one.
 *
 * @param make writes the file at the path it is given
 * @throws TinysegError `EMULATOR_NO_CACHE`, and what `make` throws
 */
export async function cached(
  env: Env,
  kind: 'objects' | 'firmware',
  name: string,
  make: (file: string, folder: string) => Promise<void>,
): Promise<string> {
  const folder = path.join(cacheFolder(env), kind);
  const file = path.join(folder, name);
  if (existsSync(file)) {
    touch(file);
    return file;
  }
  const workshop = prepare(folder);
  try {
    const made = path.join(workshop, name);
    await make(made, workshop);
    renameSync(made, file);
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
  return file;
}

function prepare(folder: string): string {
  try {
    const isNew = !existsSync(folder);
    mkdirSync(folder, { recursive: true });
    if (!isNew) removeUnused(folder);
    return mkdtempSync(path.join(folder, 'making-'));
  } catch (error) {
    throw emulatorError(
      'EMULATOR_NO_CACHE',
      `Built firmware can't be kept in "${folder}": ${(error as Error).message}. Name another folder with ` +
        `${CACHE_VARIABLE}.`,
      { folder },
      error,
    );
  }
}

/** The time of a file says when it was used last. */
function touch(file: string): void {
  const now = new Date();
  try {
    utimesSync(file, now, now);
  } catch {
    // Another process has just removed it as unused, or the folder can't be written: using it is what matters.
  }
}

const swept = new Set<string>();

/** Once a process: what nobody used for two weeks goes. */
function removeUnused(folder: string): void {
  if (swept.has(folder)) return;
  swept.add(folder);
  const oldest = Date.now() - UNUSED_MS;
  for (const name of readdirSync(folder)) {
    const file = path.join(folder, name);
    const status = statSync(file, { throwIfNoEntry: false });
    if (status && status.mtimeMs < oldest) rmSync(file, { recursive: true, force: true });
  }
}
