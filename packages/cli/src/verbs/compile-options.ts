// SPDX-License-Identifier: Apache-2.0
// The options that say how a model is compiled; `compile` and `run` share them.
import type { Objective, Strategy, VariantSet } from '@tinyseg/compiler';
import { Option, type Command } from 'commander';

/** What `curve` shares with them. */
export interface CurveFlags {
  readonly board: string;
  readonly streamIo?: boolean;
  readonly streamInput?: boolean;
  readonly streamOutput?: boolean;
  readonly objective?: Objective;
  readonly disablePass?: readonly string[];
}

export interface CompileFlags extends CurveFlags {
  readonly ram?: string;
  readonly strategy?: Strategy;
  readonly variants?: VariantSet;
  readonly maxWritten?: string;
  readonly spill?: readonly string[];
}

/** Adds all of them but --board and --store, whose meanings differ. */
export function addCompileOptions(command: Command): void {
  command.option(
    '--ram <size>',
    'RAM that the plan may use in all: 65536, 64K, 64KiB, 64kB (default: what the board has)',
  );
  addStreamOptions(command);
  command.addOption(
    new Option(
      '--strategy <name>',
      'auto (unless said): the cheapest plan that fits, of all ways to cut the network into stages; ' +
        'layers: one operator after the other; single-stage: all of them, row by row',
    ).choices(['auto', 'layers', 'single-stage']),
  );
  addObjectiveOption(command);
  command.option(
    '--max-written <size>',
    'what one inference may write to stores at most, before encoding (default: no limit)',
  );
  command.addOption(
    new Option(
      '--variants <set>',
      'portable (unless said): the plain kernels; fast: those that are fastest on a core with DSP instructions, ' +
        'for more scratch, as far as the budget allows',
    ).choices(['portable', 'fast']),
  );
  command.option(
    '--spill <tensor...>',
    'spill these tensors whatever the budget: ids, or parts of names that fit one',
  );
  addPassOption(command);
}

/** For an option that may be given again. */
export function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

export function addStoreOption(command: Command): void {
  command.option(
    '--store <names>',
    'stores of the board that may be spilled to, by name or kind, as a,b: each tensor goes to the one that is best ' +
      'for the objective and has room, for bytes the first with room; none forbids spilling',
  );
}

export function addStreamOptions(command: Command): void {
  command
    .option(
      '--stream-input',
      'take the input row by row, as from a camera, instead of keeping it in the arena',
    )
    .option('--stream-output', 'give the output row by row instead of keeping it in the arena')
    .option('--stream-io', 'both of them');
}

export function addObjectiveOption(command: Command): void {
  command.addOption(
    new Option(
      '--objective <name>',
      "what the cheapest plan is, by the board's figures: bytes (unless said), those written to a store and read " +
        'back; wear, those written; latency, with transfers overlapped; energy',
    ).choices(['bytes', 'wear', 'latency', 'energy']),
  );
}

export function addPassOption(command: Command): void {
  command.option('--disable-pass <name...>', 'leave out these rewrites of the graph');
}
