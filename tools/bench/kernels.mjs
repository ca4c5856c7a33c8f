// SPDX-License-Identifier: Apache-2.0
// Runs C programs on an emulated board, for benches and tests of single kernels: see USAGE.
import { parseArgs } from 'node:util';

const USAGE = `usage: node tools/bench/kernels.mjs [--board qemu-mps2-an386] [--support FILE,..] [--elf] FILE.c [FILE.S ...]
  Links the files, which have main(), with the runtime, runs them on an emulated board and prints what they print.
  tseg_measure(body, argument) of "measure.h" counts the instructions of a call; "harness.h" is that of the C tests.
  --support  files of packages/device-c to link besides, such as tests/support/plan_builder.c
  --elf      print the path of the linked program, for a disassembler`;

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      board: { type: 'string', default: 'qemu-mps2-an386' },
      support: { type: 'string', default: '' },
      elf: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help || positionals.length === 0) {
    console.log(USAGE);
    return values.help ? 0 : 2;
  }
  const { runProgram } = await import(
    new URL('../../packages/emulator/dist/index.js', import.meta.url).href
  ).catch((cause) => {
    throw new Error('The emulator package is not built: run "npm run build" first.', { cause });
  });
  const result = await runProgram({
    board: values.board,
    sources: positionals,
    support: values.support.split(',').filter((file) => file !== ''),
  });
  process.stdout.write(result.stdout);
  if (values.elf) console.log(result.elf);
  return result.exitCode ?? 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
