// SPDX-License-Identifier: Apache-2.0
// Writing results: checked before the work starts, complete or absent afterwards.
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  copyFileSync,
  linkSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import path from 'node:path';
import { cliError } from '../error-codes.js';

/**
 * Makes sure, before the work starts, that a file could be written at `file`; leaves nothing behind.
 *
 * @throws TinysegError `CLI_OUTPUT_UNWRITABLE`
 */
export function checkWritable(file: string): void {
  if (file === '' || /[\\/]$/.test(file)) throw unwritable(file, 'it names no file');
  const status = examine(file);
  if (status?.isDirectory()) throw unwritable(file, 'it is a directory');
  if (status !== undefined && !status.isFile()) return checkAccess(file, file);
  probe(path.dirname(targetOf(file)), file);
}

/**
 * The same for a folder that will be filled; it need not be there yet, and is not made here.
 *
 * @throws TinysegError `CLI_OUTPUT_UNWRITABLE`
 */
export function checkWritableFolder(folder: string): void {
  if (folder === '') throw unwritable(folder, 'it names no folder');
  const status = examine(folder);
  if (status === undefined) {
    const above = path.dirname(path.resolve(folder));
    const statusAbove = examine(above);
    if (statusAbove === undefined) return checkWritableFolder(above);
    if (!statusAbove.isDirectory()) throw unwritable(folder, 'a part of the path is no directory');
    return probe(above, folder);
  }
  if (!status.isDirectory()) throw unwritable(folder, 'it is a file, and several files are to go there');
  probe(folder, folder);
}

/** Whether `file` names what this process prints its results to. */
export function isStdout(file: string): boolean {
  return ['/dev/stdout', '/dev/fd/1', '/proc/self/fd/1'].includes(path.resolve(file));
}

/** A file's new contents. */
export interface OutputFile {
  readonly path: string;
  readonly bytes: Uint8Array | string;
}

/** A file on its way: written under a temporary name; `backup` is what stood at its target. */
interface Staged {
  readonly file: OutputFile;
  readonly target: string;
  readonly temporary: string;
  backup?: string;
  renamed?: boolean;
}

/**
 * Writes all files or none. Each goes to a temporary name first and gets its own when all are written; when one can
 * not get it, those before it are put back. A process that is killed between two renames leaves each file either old
 * or new, and never in part. Devices and pipes are written as they are, after everything else.
 *
 * @param folder made first, with the folders above it, when it is not there; removed again when the writing fails
 * @throws TinysegError `CLI_OUTPUT_UNWRITABLE`
 */
export function writeFilesAtomically(files: readonly OutputFile[], folder?: string): void {
  holdingSignals(() => {
    let made: string | undefined;
    let current = folder ?? '';
    const staged: Staged[] = [];
    try {
      if (folder !== undefined) made = mkdirSync(folder, { recursive: true });
      refuseBadTargets(files);
      const streams = files.filter(({ path: file }) => isStream(file));
      for (const file of files.filter((one) => !streams.includes(one))) {
        current = file.path;
        stage(file, staged);
      }
      for (const one of files.length > 1 ? staged : []) {
        current = one.file.path;
        backUp(one);
      }
      for (const one of staged) {
        current = one.file.path;
        renameSync(one.temporary, one.target);
        one.renamed = true;
      }
      for (const { path: stream, bytes } of streams) {
        current = stream;
        writeFileSync(stream, bytes);
      }
    } catch (error) {
      for (const one of staged.reverse()) putBack(one);
      if (made !== undefined) rmSync(made, { recursive: true, force: true });
      if ((error as { code?: unknown }).code === 'CLI_OUTPUT_UNWRITABLE') throw error;
      throw unwritable(current, reasonOf(error), error);
    }
    for (const { backup } of staged) if (backup !== undefined) rmSync(backup, { force: true });
  });
}

/**
 * Refuses results that would replace what they are made from.
 *
 * @throws TinysegError `CLI_USAGE`
 */
export function refuseOverwriting(outputs: readonly string[], sources: readonly string[]): void {
  const places = new Set(sources.map((file) => path.resolve(targetOf(file))));
  const bad = outputs.find((file) => places.has(path.resolve(targetOf(file))) && !isStream(file));
  if (bad === undefined) return;
  throw cliError('CLI_USAGE', `The result would replace "${bad}", which it is made from. Name another -o.`, {
    path: bad,
  });
}

/** Before anything is written: no target is a directory, and no two are the same file. */
function refuseBadTargets(files: readonly OutputFile[]): void {
  const seen = new Set<string>();
  for (const { path: file } of files) {
    if (statusOf(file)?.isDirectory()) throw unwritable(file, 'it is a directory');
    const target = path.resolve(targetOf(file));
    if (seen.has(target) && !isStream(file)) throw unwritable(file, 'another result goes to the same file');
    seen.add(target);
  }
}

function stage(file: OutputFile, staged: Staged[]): void {
  const target = targetOf(file.path);
  const temporary = temporaryName(path.dirname(target));
  const descriptor = openSync(temporary, 'wx');
  staged.push({ file, target, temporary });
  try {
    writeFileSync(descriptor, file.bytes);
  } finally {
    closeSync(descriptor);
  }
}

/** Keeps what stands at the target under a second name; a copy where the file system has no links. */
function backUp(one: Staged): void {
  if (statusOf(one.target) === undefined) return;
  const backup = temporaryName(path.dirname(one.target));
  try {
    linkSync(one.target, backup);
  } catch {
    copyFileSync(one.target, backup, constants.COPYFILE_EXCL);
  }
  one.backup = backup;
}

function putBack({ target, temporary, backup, renamed }: Staged): void {
  if (backup !== undefined && renamed) renameSync(backup, target);
  else if (renamed) rmSync(target, { force: true });
  else for (const one of [temporary, backup]) if (one !== undefined) rmSync(one, { force: true });
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs `write` to its end even when the user presses Ctrl-C meanwhile: it came too late then. */
function holdingSignals(write: () => void): void {
  const ignore = (): void => undefined;
  for (const signal of SIGNALS) process.on(signal, ignore);
  try {
    write();
  } finally {
    for (const signal of SIGNALS) process.off(signal, ignore);
  }
}

/** The file that a name stands for: links are followed, so that they survive. */
function targetOf(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

/** /dev/null, /dev/stdout, a named pipe: what can not be replaced by a file. */
function isStream(file: string): boolean {
  const status = statusOf(file);
  return status !== undefined && !status.isFile() && !status.isDirectory();
}

/** Undefined where nothing is, or could be: a part of the path is a file. */
function statusOf(file: string): Stats | undefined {
  try {
    return statSync(file);
  } catch {
    return undefined;
  }
}

/** Undefined where nothing is. @throws TinysegError `CLI_OUTPUT_UNWRITABLE` when nothing could ever be there */
function examine(file: string): Stats | undefined {
  try {
    return statSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unwritable(file, reasonOf(error), error);
  }
}

function checkAccess(where: string, file: string): void {
  try {
    accessSync(where, constants.W_OK);
  } catch (error) {
    throw unwritable(file, reasonOf(error), error);
  }
}

function probe(folder: string, file: string): void {
  const temporary = temporaryName(folder);
  try {
    writeFileSync(temporary, '', { flag: 'wx' });
  } catch (error) {
    throw unwritable(file, reasonOf(error), error);
  }
  rmSync(temporary);
}

/** In the folder of the file, so that renaming never copies; short, whatever the name of the file. */
function temporaryName(folder: string): string {
  return path.join(folder, `.tinyseg-${process.pid}-${randomBytes(4).toString('hex')}.part`);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'a part of the path is no directory',
  EEXIST: 'a part of the path is no directory',
  EACCES: 'this user may not write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'its links lead in a circle',
};

/** Why the system refused to write. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return REASONS[code ?? ''] ?? message;
}

function unwritable(file: string, why: string, cause?: unknown): Error {
  return cliError(
    'CLI_OUTPUT_UNWRITABLE',
    `"${file}" can't be written: ${why}. Name another place.`,
    { path: file },
    cause,
  );
}
