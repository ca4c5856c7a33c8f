// SPDX-License-Identifier: Apache-2.0
// The folder of a run: named after its process, so that a later start can remove those whose process was killed.
import { lstatSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import path from 'node:path';

/**
 * Makes an empty folder in `place`, and removes there those of processes that ended without doing so themselves.
 *
 * @throws the error of the file system when it can not be made
 */
export function makeRunFolder(place: string): string {
  removeStaleFolders(place);
  return mkdtempSync(path.join(place, `tinyseg-run-${processSpace()}-${process.pid}-`));
}

const RUN_FOLDER = /^tinyseg-run-([0-9a-z]+)-(\d+)-[0-9A-Za-z]{6}$/;

/**
 * Removes only what is ours beyond doubt: folders of this name and this user, from processes that this system would
 * show us if they lived, and does not.
 */
function removeStaleFolders(place: string): void {
  const space = processSpace();
  for (const name of namesIn(place)) {
    const [, nameSpace, pid] = RUN_FOLDER.exec(name) ?? [];
    if (nameSpace !== space || pid === undefined || isAlive(Number(pid))) continue;
    const folder = path.join(place, name);
    const status = lstatSync(folder, { throwIfNoEntry: false });
    if (status?.isDirectory() !== true || status.uid !== process.getuid?.()) continue;
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // Another start may be removing it now; what is left is found by the next one.
    }
  }
}

function namesIn(place: string): string[] {
  try {
    return readdirSync(place);
  } catch {
    // Making the folder will say what is wrong with the place.
    return [];
  }
}

/** Process numbers mean something only among processes that see each other: containers may share a folder. */
function processSpace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? 'host';
  } catch {
    return 'host';
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
