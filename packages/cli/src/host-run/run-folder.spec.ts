// SPDX-License-Identifier: Apache-2.0
// Folders that killed runs left: removed at the next start, and nothing else is.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeRunFolder } from './run-folder.js';

let place = '';
beforeEach(() => void (place = mkdtempSync(path.join(tmpdir(), 'tinyseg-cli-'))));
afterEach(() => rmSync(place, { recursive: true, force: true }));

/** A folder as another process would have made it. */
function leave(pid: number, change: (name: string) => string = (name) => name): string {
  const own = path.basename(makeRunFolder(place));
  rmSync(path.join(place, own), { recursive: true });
  const folder = path.join(place, change(own.replace(`-${process.pid}-`, `-${pid}-`)));
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'plan.tseg'), 'x');
  return folder;
}

/** The number of a process that has ended. */
const deadPid = (): number => spawnSync(process.execPath, ['-e', '']).pid;

describe('makeRunFolder', () => {
  it('makes an empty folder of this process', () => {
    const folder = makeRunFolder(place);
    expect(path.basename(folder)).toMatch(/^tinyseg-run-[0-9a-z]+-\d+-.{6}$/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('removes those of dead processes', () => {
    const stale = leave(deadPid());
    const folder = makeRunFolder(place);
    expect([existsSync(stale), existsSync(folder)]).toEqual([false, true]);
  });

  it('leaves those of living ones: its own, and others', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)']);
    const ended = new Promise((resolve) => child.once('close', resolve));
    const theirs = leave(child.pid ?? 0);
    const own = makeRunFolder(place);
    makeRunFolder(place);
    child.kill('SIGKILL');
    await ended;
    expect([theirs, own].map((folder) => existsSync(folder))).toEqual([true, true]);
    makeRunFolder(place);
    expect(existsSync(theirs)).toBe(false);
  });

  it('leaves what only looks like it: of other systems, other names, links', () => {
    const pid = deadPid();
    const elsewhere = leave(pid, (name) => name.replace(/^tinyseg-run-[0-9a-z]+/, 'tinyseg-run-1'));
    const longer = leave(pid, (name) => `${name}-notes`);
    const target = path.join(place, 'target');
    mkdirSync(target);
    const link = leave(pid, (name) => name.replace(/.{6}$/, 'linked'));
    rmSync(link, { recursive: true });
    symlinkSync(target, link);
    makeRunFolder(place);
    expect([elsewhere, longer, target, link].map((folder) => existsSync(folder))).toEqual([
      ...[true, true, true, true],
    ]);
  });

  it('says what is wrong with a place that is none', () => {
    expect(() => makeRunFolder(path.join(place, 'missing'))).toThrow(
      expect.objectContaining({ code: 'ENOENT' }),
    );
  });
});
