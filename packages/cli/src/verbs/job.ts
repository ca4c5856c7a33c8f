// SPDX-License-Identifier: Apache-2.0
// What `run` and `bench` work on: a plan that was given, or that of a model, compiled now.
import { compileModel, decodePlan, type CompileReport, type Plan } from '@tinyseg/compiler';
import { cliError } from '../error-codes.js';
import { readUserFile } from '../files/read-file.js';
import { refuseTwins } from '../host-run/bind-stores.js';
import { portProblem } from '../host-run/model-ports.js';
import type { CompileFlags } from './compile-options.js';
import { compileOptions } from './compile-question.js';

export interface JobFlags extends CompileFlags {
  readonly check?: boolean;
  readonly model?: string;
}

/** What is run: a plan, and for --check the model that it is compared with. */
export interface Job {
  readonly plan: Plan;
  readonly bytes: Uint8Array;
  /** Absent when a plan was given. */
  readonly report?: CompileReport;
  readonly model?: Uint8Array;
}

/** @param storeKinds what a model is compiled for @throws TinysegError of reading and compiling, `RUN_STORES` */
export function makeJob(file: string, flags: JobFlags, storeKinds: readonly string[]): Job {
  const given = readUserFile(file, 'The model or plan');
  const isPlan = /\.tseg$/i.test(file) || startsWith(given, 'TSEG');
  if (isPlan) {
    refuseCompileFlags(flags);
    const plan = decodePlan(given);
    if (flags.check && flags.model === undefined) {
      throw cliError('CLI_USAGE', 'A plan can be checked against its model only: name it with --model FILE.');
    }
    if (!flags.check || flags.model === undefined) return { plan, bytes: given };
    const model = readUserFile(flags.model, 'The model');
    refuseOtherModel(plan, model, file, flags.model);
    return { plan, bytes: given, model };
  }
  if (flags.model !== undefined) {
    throw cliError('CLI_USAGE', `--model names the model of a plan, and "${file}" is a model. Leave it out.`);
  }
  refuseTwins(storeKinds);
  const { plan, bytes, report } = compileModel(given, compileOptions(file, flags, storeKinds));
  return { plan, bytes, report, ...(flags.check ? { model: given } : {}) };
}

/** A model whose inputs or outputs differ can not be the one that the plan was made from. */
function refuseOtherModel(plan: Plan, model: Uint8Array, file: string, modelFile: string): void {
  const why = portProblem(plan, model);
  if (why === undefined) return;
  throw cliError(
    'RUN_OTHER_MODEL',
    `Plan "${file}" was not made from model "${modelFile}": ${why}. Name its own model with --model, or compile this one.`,
    { plan: file, model: modelFile },
  );
}

/** A plan is compiled already: what says how to compile would be without effect. */
function refuseCompileFlags(flags: JobFlags): void {
  const { ram, streamIo, streamInput, streamOutput, strategy, variants, objective, spill, disablePass } =
    flags;
  const given = Object.entries({
    '--ram': ram,
    '--stream-io': streamIo,
    '--stream-input': streamInput,
    '--stream-output': streamOutput,
    '--strategy': strategy,
    '--variants': variants,
    '--objective': objective,
    '--spill': spill,
    '--disable-pass': disablePass,
  }).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (given.length === 0) return;
  throw cliError(
    'CLI_USAGE',
    `A plan is run as it was compiled: ${given.join(', ')} can not change it. Leave it out, or run the model.`,
    { options: given },
  );
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return [...text].every((character, i) => bytes[i] === character.charCodeAt(0));
}
