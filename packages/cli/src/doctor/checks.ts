// SPDX-License-Identifier: Apache-2.0
// What `tinyseg doctor` looks at: one entry a thing, what it is for, and the line that gets it.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { ARM_COMPILER, EMULATOR, toolVersion } from '@tinyseg/emulator';
import { listConnected } from '@tinyseg/flasher';
import { hostProgramPath } from '../host-run/program.js';

/** needed: nothing works without. useful: some verbs or tests want it. */
export type Need = 'needed' | 'useful';

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly need: Need;
  /** What it is for. */
  readonly purpose: string;
  /** What was found, such as a version. */
  readonly found: string;
  /** The line that installs or repairs it; null when it is fine. */
  readonly remedy: string | null;
}

type Env = Readonly<Record<string, string | undefined>>;

interface Probe {
  readonly name: string;
  readonly need: Need;
  readonly purpose: string;
  readonly remedy: string;
  /** What was found, or undefined. */
  readonly find: (env: Env) => string | undefined;
}

const OLDEST_NODE = [20, 11] as const;

const PROBES: readonly Probe[] = [
  {
    name: 'node',
    need: 'needed',
    purpose: 'runs tinyseg',
    remedy: `install Node ${OLDEST_NODE.join('.')} or later from https://nodejs.org`,
    find: () => (nodeIsNewEnough(process.versions.node) ? process.versions.node : undefined),
  },
  {
    name: 'C compiler',
    need: 'needed',
    purpose: 'builds the C runtime',
    remedy: 'sudo apt-get install gcc   (or set CC)',
    find: ({ CC }) => firstAnswer([...(CC === undefined ? [] : [CC]), 'cc', 'gcc', 'clang'], ['--version']),
  },
  {
    name: 'host runtime',
    need: 'needed',
    purpose: 'tinyseg run',
    remedy: 'npm run build',
    find: (env) => (existsSync(hostProgramPath(env)) ? hostProgramPath(env) : undefined),
  },
  {
    name: 'pseudo terminals',
    need: 'useful',
    purpose: 'tinyseg run --store serial',
    remedy: 'mount -t devpts devpts /dev/pts   (in a container)',
    find: () => (process.platform !== 'linux' || existsSync('/dev/ptmx') ? 'there' : undefined),
  },
  {
    name: 'models',
    need: 'useful',
    purpose: 'tests over models that are not in the repository',
    remedy: 'set TINYSEG_MODELS to a folder of models with golden tensors',
    find: ({ TINYSEG_MODELS }) => modelsFolder(TINYSEG_MODELS),
  },
  {
    name: 'clang-format',
    need: 'useful',
    purpose: 'formatting C sources',
    remedy: 'sudo apt-get install clang-format',
    find: () => firstAnswer(['clang-format'], ['--version']),
  },
  {
    name: ARM_COMPILER.name,
    need: 'useful',
    purpose: 'tinyseg run and bench on emulated boards: builds firmware',
    remedy: ARM_COMPILER.install,
    find: (env) => toolVersion(ARM_COMPILER, env),
  },
  {
    name: EMULATOR.name,
    need: 'useful',
    purpose: 'tinyseg run and bench on emulated boards: runs it',
    remedy: EMULATOR.install,
    find: (env) => toolVersion(EMULATOR, env),
  },
  {
    name: 'Python',
    need: 'useful',
    purpose: 'training the example models again',
    remedy: 'sudo apt-get install python3 python3-venv',
    find: () => firstAnswer(['python3'], ['--version']),
  },
  {
    name: 'Chromium',
    need: 'useful',
    purpose: 'tests of web pages',
    remedy: 'sudo apt-get install chromium',
    find: () => firstAnswer(['chromium', 'chromium-browser', 'google-chrome'], ['--version']),
  },
];

/** Looks at everything; opens no port and starts nothing but `--version`. */
export async function runChecks(env: Env): Promise<readonly Check[]> {
  const checks = PROBES.map(({ find, name, need, purpose, remedy }): Check => {
    const found = find(env);
    return {
      name,
      need,
      purpose,
      ok: found !== undefined,
      found: found ?? 'missing',
      remedy: found ? null : remedy,
    };
  });
  return [...checks, await serialCheck()];
}

export function nodeIsNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
}

/** Whether this user may open the serial ports that are plugged in. */
async function serialCheck(): Promise<Check> {
  const about = { name: 'serial ports', need: 'useful', purpose: 'talking to boards' } as const;
  const ports = (await listConnected()).flatMap(({ port }) => (port === undefined ? [] : [port]));
  const denied = ports.filter((port) => !mayOpen(port));
  if (denied.length === 0) {
    const found = ports.length === 0 ? 'none plugged in' : ports.join(', ');
    return { ...about, ok: true, found, remedy: null };
  }
  return {
    ...about,
    ok: false,
    found: `${denied.join(', ')} may not be opened`,
    remedy: `sudo usermod -aG ${groupOf(denied[0] as string)} $USER   (then log in again)`,
  };
}

function mayOpen(port: string): boolean {
  try {
    accessSync(port, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The group that owns a port: dialout on Debian, uucp on Arch. */
function groupOf(port: string): string {
  const answer = spawnSync('stat', ['-c', '%G', port], { encoding: 'utf8' });
  const group = answer.status === 0 ? answer.stdout.trim() : '';
  return /^[\w-]+$/.test(group) && group !== 'root' ? group : 'dialout';
}

function firstAnswer(programs: readonly string[], args: readonly string[]): string | undefined {
  for (const candidate of programs) {
    const [program = '', ...flags] = candidate.split(/\s+/);
    const answer = spawnSync(program, [...flags, ...args], { encoding: 'utf8', timeout: 10_000 });
    if (answer.status === 0) return answer.stdout.split('\n')[0]?.trim() ?? program;
  }
  return undefined;
}

function modelsFolder(named: string | undefined): string | undefined {
  const folder = named ?? path.resolve(import.meta.dirname, '..', '..', '..', '..', '..', 'shared', 'models');
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
  return isFolder && readdirSync(folder).length > 0 ? folder : undefined;
}
