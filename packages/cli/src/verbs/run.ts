// SPDX-License-Identifier: Apache-2.0
// `tinyseg run`: its options and examples; run-job.ts does the work.
import type { Command } from 'commander';
import type { Verb } from '../console/verb.js';
import { addCompileOptions, collected, type CompileFlags } from './compile-options.js';

export interface RunFlags extends CompileFlags {
  readonly input: readonly string[];
  readonly output?: string;
  readonly store?: readonly string[];
  readonly check?: boolean;
  readonly model?: string;
  readonly threshold?: string;
  readonly linkTimeout?: string;
}

export const runVerb: Verb<RunFlags> = {
  name: 'run',
  operands: '<file>',
  summary: 'run a model or plan, pictures in, masks out',
  description:
    'Runs a .tflite model (compiled first) or a .tseg plan on the C runtime, here or as firmware on an emulated board. ' +
    'Inputs are PNG or JPEG pictures, resized ' +
    'to the model, or tensors as .npy or raw bytes. -o names a folder (mask, overlay and raw output of each sample), ' +
    'or one .bin, .npy or .png file.',
  examples: [
    'tinyseg run unet.tflite --input car.png -o out',
    'tinyseg run unet.tflite --ram 96K --stream-io --store serial --check --input a.png b.png -o out',
    'tinyseg run unet.tflite --board qemu-netduinoplus2 --stream-io --check --input car.png -o out',
    'tinyseg run unet.tseg --store "ws://127.0.0.1:7330?token=..." --input car.png -o mask.png',
    'tinyseg run unet.tseg --store ram,file:spill --input car.png -o mask.png',
    'tinyseg run unet.tseg --input tensor.npy -o output.npy --json',
  ],
  options: addRunOptions,
  run: async ([file = ''], flags, tools) => {
    // Loaded when it is needed: help and completion answer at once.
    const { runJob } = await import('./run-job.js');
    return runJob(file, flags, tools);
  },
};

function addRunOptions(command: Command): void {
  command
    .requiredOption(
      '-i, --input <file...>',
      'pictures or tensors; with several inputs, one file for each, in order',
    )
    .option('-o, --output <path>', 'a folder, or a .bin, .npy or .png file')
    .option('--board <name>', 'where to run: host is this computer, qemu-... an emulated board', 'host')
    .option(
      '--store <where>',
      'where spilled rows go: ram (unless said), file:PATH (a new file, gone after the run), serial (a store of our own ' +
        'over a pseudo terminal), serial:PORT, tcp://HOST:PORT, ws://HOST:PORT?token=...; on an emulated board ram, flash ' +
        "or file (unless said the board's first), serial, serial:PORT, ws://... Several: a,b or --store again, for a plan " +
        'one for each of its stores, in its order (unless said ram for all)',
      collected,
    )
    .option(
      '--check',
      'run the unoptimised model too and compare every byte, float32 within 3e-5 (exit code 6 when they differ)',
    )
    .option('--model <file>', 'with a plan and --check: the model that the plan was made from')
    .option(
      '--threshold <real>',
      'values above it are class 1 (default: 0, or 0.5 for outputs that are never negative)',
    )
    .option('--link-timeout <ms>', 'repeat a request to a remote store after so long first');
  addCompileOptions(command);
}
