// SPDX-License-Identifier: Apache-2.0
// The programs that this package needs and does not bring: a compiler for Arm, and QEMU.
import { spawnSync } from 'node:child_process';
import { emulatorError } from './error-codes.js';

/** A program that must be installed, and how. */
export interface Tool {
  readonly name: string;
  readonly program: string;
  /** The line that installs it on Debian and Ubuntu. */
  readonly install: string;
}

export const ARM_COMPILER: Tool = {
  name: 'Arm toolchain',
  program: 'arm-none-eabi-gcc',
  install: 'sudo apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi',
};

export const EMULATOR: Tool = {
  name: 'QEMU',
  program: 'qemu-system-arm',
  install: 'sudo apt-get install qemu-system-arm',
};

type Env = Readonly<Record<string, string | undefined>>;

const found = new Map<string, string | undefined>();

/**
 * The first line of what the tool says of its version; undefined when it is not installed, or not whole.
 *
 * @param env where it is looked for: PATH
 */
export function toolVersion({ program }: Tool, env: Env = process.env): string | undefined {
  const key = `${program} ${env['PATH'] ?? ''}`;
  if (!found.has(key)) found.set(key, askVersion(program, env));
  return found.get(key);
}

function askVersion(program: string, env: Env): string | undefined {
  const answer = spawnSync(program, ['--version'], { env: { ...env }, encoding: 'utf8', timeout: 10_000 });
  if (answer.status !== 0) return undefined;
  if (program === ARM_COMPILER.program && !hasLibrary(program, env)) return undefined;
  return answer.stdout.split('\n')[0]?.trim() ?? program;
}

/** Debian's compiler comes without the C library, which is a package of its own. */
function hasLibrary(program: string, env: Env): boolean {
  const answer = spawnSync(program, ['-x', 'c', '-E', '-'], {
    input: '#include <string.h>\n#include <math.h>\n',
    env: { ...env },
    encoding: 'utf8',
    timeout: 10_000,
  });
  return answer.status === 0;
}

/** Whether firmware can be built and run here. */
export function canEmulate(): boolean {
  return [ARM_COMPILER, EMULATOR].every((tool) => toolVersion(tool) !== undefined);
}

/** The line that installs all that this package needs. */
export const INSTALL_LINE = 'sudo apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm';

/** @returns its version @throws TinysegError `EMULATOR_TOOL_MISSING` */
export function requireTool(tool: Tool, env: Env): string {
  const version = toolVersion(tool, env);
  if (version !== undefined) return version;
  throw emulatorError(
    'EMULATOR_TOOL_MISSING',
    `Emulated boards need ${tool.program}, which is not installed (or not whole). Install it: ${tool.install}`,
    { program: tool.program },
  );
}

/** To be asked before long work whose result could not be run. @throws TinysegError `EMULATOR_TOOL_MISSING` */
export function requireTools(env: Env): void {
  for (const tool of [ARM_COMPILER, EMULATOR]) requireTool(tool, env);
}
