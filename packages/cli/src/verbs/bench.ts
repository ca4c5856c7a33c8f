// SPDX-License-Identifier: Apache-2.0
// `tinyseg bench`: what each operator costs on a board; bench-job.ts does the work.
import type { Verb } from '../console/verb.js';
import { addCompileOptions, collected, type CompileFlags } from './compile-options.js';

export interface BenchFlags extends CompileFlags {
  readonly input?: readonly string[];
  readonly store?: readonly string[];
}

export const benchVerb: Verb<BenchFlags> = {
  name: 'bench',
  operands: '<file>',
  summary: 'count what each operator costs on an emulated board',
  description:
    'Runs one inference of a .tflite model (compiled first) or a .tseg plan as firmware on an emulated board, and prints ' +
    'the instructions of each operator, which are exact, with the RAM and the flash of the same plan. Cycles are an ' +
    "estimate for a Cortex-M4 without wait states: each instruction that ran, at the cost that the processor's manual gives it.",
  examples: [
    'tinyseg bench unet.tflite --board qemu-mps2-an386',
    'tinyseg bench unet.tflite --board qemu-mps2-an386 --ram 40K --stream-io',
    "tinyseg bench unet.tseg --board qemu-netduinoplus2 --json | jq '.perOperator[].instructions'",
  ],
  options: (command) => {
    command
      .option('--board <name>', 'the emulated board', 'qemu-mps2-an386')
      .option(
        '-i, --input <file...>',
        'pictures or tensors of one sample (unless said: bytes from a fixed seed)',
      )
      .option(
        '--store <where>',
        "where spilled rows go: ram, flash or file (unless said the board's first); several as for run",
        collected,
      );
    addCompileOptions(command);
  },
  run: async ([file = ''], flags, tools) => {
    // Loaded when it is needed: help and completion answer at once.
    const { benchJob } = await import('./bench-job.js');
    return benchJob(file, flags, tools);
  },
};
