// SPDX-License-Identifier: Apache-2.0
// `tinyseg compile`: a model to a verified plan that fits a RAM budget.
import type { CompileReport } from '@tinyseg/compiler';
import path from 'node:path';
import { formatCount } from '../console/sizes.js';
import type { Verb } from '../console/verb.js';
import {
  checkWritable,
  checkWritableFolder,
  refuseOverwriting,
  writeFilesAtomically,
  type OutputFile,
} from '../files/output-file.js';
import { readUserFile } from '../files/read-file.js';
import { addCompileOptions, addStoreOption, type CompileFlags } from './compile-options.js';

interface Flags extends CompileFlags {
  readonly output: string;
  readonly store?: string;
  readonly explain?: boolean;
  readonly report?: string;
}

export const compileVerb: Verb<Flags> = {
  name: 'compile',
  operands: '<model>',
  summary: 'compile a model to a plan that fits a RAM budget',
  description:
    'Compiles a .tflite model to a plan (.tseg) that computes the same bytes within --ram, spilling tensors to a ' +
    'store where it must. The plan is replayed by an independent verifier before it is written.',
  examples: [
    'tinyseg compile unet.tflite --board nano33ble -o unet.tseg',
    'tinyseg compile unet.tflite --ram 96K --store remote --stream-io --report report -o unet.tseg',
    'tinyseg compile unet.tflite --ram 160K --store none --json -o unet.tseg',
    'tinyseg compile unet.tflite --board nano33ble --objective latency --explain -o unet.tseg',
    'tinyseg compile unet.tflite --strategy layers --ram 160K --store remote -o unet-by-layers.tseg',
  ],
  options: (command) => {
    command.option('--board <name>', 'the board: a name (tinyseg boards) or a .toml file', 'host');
    addStoreOption(command);
    addCompileOptions(command);
    command
      .option('--explain', 'say which bytes are whose, and why it is not less')
      .option('--report <dir>', 'write report.json, report.txt and memory.svg there')
      .requiredOption('-o, --output <file>', 'the plan');
  },
  run: async ([file = ''], flags, { reporter }) => {
    const { compileModel } = await import('@tinyseg/compiler');
    const { compileOptions, storeList } = await import('./compile-question.js');
    const options = compileOptions(file, flags, storeList(flags.store));
    const model = readUserFile(file, 'The model');
    checkWritable(flags.output);
    refuseOverwriting([flags.output], [file]);
    if (flags.report !== undefined) checkWritableFolder(flags.report);
    const { bytes, report, text, svg } = compileModel(model, options);
    writeFilesAtomically(
      [
        ...(flags.report === undefined ? [] : reportFiles(flags.report, report, text, svg)),
        { path: flags.output, bytes },
      ],
      flags.report,
    );
    reporter.note(`wrote ${flags.output}`);
    return {
      document: { output: flags.output, ...report },
      text: flags.explain ? text : summary(report),
    };
  },
};

function reportFiles(folder: string, report: CompileReport, text: string, svg: string): OutputFile[] {
  return [
    { path: path.join(folder, 'report.json'), bytes: `${JSON.stringify(report, undefined, 2)}\n` },
    { path: path.join(folder, 'report.txt'), bytes: text },
    { path: path.join(folder, 'memory.svg'), bytes: svg },
  ];
}

/** Three lines, and one more for a store that wears; --explain has the rest. */
function summary(report: CompileReport): string {
  const budget = report.budgetBytes === null ? '' : ` of ${formatCount(report.budgetBytes)}`;
  const { arenaBytes, tflmHeadBytes } = report;
  const spills = report.stores.map((store) => {
    const held = report.spills.filter((spill) => spill.store === store);
    const named = held.map(({ tensor, sizeBytes }) => `t${tensor} (${formatCount(sizeBytes)} B)`);
    return `${named.join(', ')} to ${store}`;
  });
  return [
    `RAM    ${formatCount(report.ramBytes)} B${budget}, of which arena ${formatCount(arenaBytes)} B ` +
      `(TFLM's planner: ${formatCount(tflmHeadBytes)} B)`,
    spills.length === 0
      ? 'Spill  nothing'
      : `Spill  ${spills.join('; ')}: writes ${formatCount(report.spilledBytes)} B, ` +
        `reads ${formatCount(report.fetchedBytes)} B`,
    ...wearLines(report),
    `Plan   ${formatCount(report.planBytes)} B, verified`,
  ].join('\n');
}

/** Nobody should learn of this from a worn board. */
function wearLines({ predicted: { lifetimeInferences }, stores }: CompileReport): string[] {
  if (lifetimeInferences === null) return [];
  return [
    `Wear   ${stores.join(' or ')} is worn out after about ${formatCount(lifetimeInferences)} inferences; ` +
      '--store names another one, none forbids spilling',
  ];
}
