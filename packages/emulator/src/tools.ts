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

const found = new Map<string, string | undefined>();

/** The first line of what the tool says of its version; undefined when it is not installed, or not whole. */
export function toolVersion({ program }: Tool): string | undefined {
  if (!found.has(program)) found.set(program, askVersion(program));
  return found.get(program);
}

function askVersion(program: string): string | undefined {
  const answer = spawnSync(program, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  if (answer.status !== 0) return undefined;
  if (program === ARM_COMPILER.program && !hasLibrary(program)) return undefined;
  return answer.stdout.split('\n')[0]?.trim() ?? program;
}

/** Debian's compiler comes without the C library, which is a package of its own. */
function hasLibrary(program: string): boolean {
  const answer = spawnSync(program, ['-x', 'c', '-E', '-'], {
    input: '#include <string.h>\n#include <math.h>\n',
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
export function requireTool(tool: Tool): string {
  const version = toolVersion(tool);
  if (version !== undefined) return version;
  throw emulatorError(
    'EMULATOR_TOOL_MISSING',
    `Emulated boards need ${tool.program}, which is not installed (or not whole). Install it: ${tool.install}`,
    { program: tool.program },
  );
}
