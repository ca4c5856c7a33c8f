// SPDX-License-Identifier: Apache-2.0
// `npm run bench:plans`: the least arena at a given traffic, beside what was aimed at; and the paper's configurations.
// All figures are bytes and the same on every machine. Each plan is compiled, which replays it with the verifier.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { count } from '../demo/console.mjs';
import { tinyseg } from '../demo/tinyseg.mjs';
import { writeLargeNetwork } from './large-network.mjs';

const ROOT = path.resolve(import.meta.dirname, '..', '..');
const EXAMPLE = path.join(ROOT, 'examples', 'car-segmentation');
const MODELS = path.resolve(ROOT, process.env.TINYSEG_MODELS ?? '../shared/models');
const folder = mkdtempSync(path.join(os.tmpdir(), 'tinyseg-plans-'));

const SMALL = path.join(EXAMPLE, 'tiny_unet_80x120.tflite');
const MIDDLE = path.join(EXAMPLE, 'tiny_unet_240x320.tflite');
const shared = (name) => path.join(MODELS, name, 'model.tflite');

const STREAMED = 'streamed';
const RESIDENT = 'resident';

/** Model, its name, situation, ports, bytes written at most, arena to reach, arena aimed at. */
const GOALS = [
  [() => SMALL, 'Tiny U-Net 80x120', 'no store', STREAMED, 0, 116_000, 100_000],
  [() => SMALL, '', '', STREAMED, 96_000, 68_000, 60_000],
  [() => SMALL, '', '', STREAMED, 144_000, 30_000, 23_000],
  [() => SMALL, '', 'input and output resident', RESIDENT, 144_000, 60_000, 46_000],
  [() => SMALL, '', 'towards 16 KiB boards', STREAMED, 240_000, 14_000, 10_600],
  [() => MIDDLE, 'Tiny U-Net 240x320', '', STREAMED, 1_152_000, 76_000, 62_000],
  [largest, 'Tiny U-Net 480x640', 'VGA on 256 KiB', STREAMED, 4_608_000, 150_000, 124_000],
  [() => shared('vww_96_int8'), 'vww_96_int8', 'no store, resident', RESIDENT, 0, 40_000, 38_000],
  [() => shared('vww_96_int8'), '', 'no store, streamed', STREAMED, 0, 24_000, 15_500],
  [() => shared('person_detect'), 'person_detect', 'no store, resident', RESIDENT, 0, 30_000, 24_000],
  [() => shared('person_detect'), '', 'no store, streamed', STREAMED, 0, 22_000, 15_000],
  [
    () => shared('pretrainedResnet_quant'),
    'pretrainedResnet_quant',
    'no store, resident',
    ...[RESIDENT, 0, 25_000, 18_000],
  ],
];

/** Options of `optimize` (whole tensors) and `compile` that give what the paper measures, and then more. */
const PAPER = [
  ['a part of one tensor, fetch fused', ['optimize', '--accounting', 'paper', '--target', '186K']],
  ['one tensor, fetch fused', ['optimize', '--accounting', 'paper', '--target', 'least']],
  ['the same with kernels of today', ['optimize', '--target', 'least']],
  ['layer by layer, in plans', ['compile', '--strategy', 'layers', '--store', 'remote', '--ram', '160K']],
  [
    'the same, input and output row by row',
    ['compile', '--strategy', 'layers', '--store', 'remote', '--stream-io', '--ram', '96K'],
  ],
  ['stages chosen by the search', ['compile', '--store', 'remote', '--stream-io', '--ram', '34K']],
];

let largestFile;

/** Written when first asked for. */
async function largest() {
  largestFile ??= await writeLargeNetwork(MIDDLE, folder);
  return largestFile;
}

const curves = new Map();

/** Every plan that no other beats, by written bytes; searched once for each model and kind of ports. */
async function curveOf(model, options) {
  const key = [model, ...options].join(' ');
  if (!curves.has(key)) curves.set(key, (await tinyseg(['curve', model, ...options])).points);
  return curves.get(key);
}

async function goalRow([modelOf, name, situation, ports, written, reach, aim]) {
  const model = await modelOf();
  const options = [
    ...['--board', 'host', '--objective', 'wear'],
    ...['--store', written === 0 ? 'none' : 'remote'],
    ...(ports === STREAMED ? ['--stream-io'] : []),
  ];
  const within = (await curveOf(model, options)).filter(({ writtenBytes }) => writtenBytes <= written);
  const best = within.reduce((a, b) => (b.arenaBytes < a.arenaBytes ? b : a));
  const plan = path.join(folder, 'plan.tseg');
  const done = await tinyseg(['compile', model, ...options, '--ram', String(best.ramBytes), '-o', plan]);
  const verdict = done.arenaBytes <= aim ? 'aim' : done.arenaBytes <= reach ? 'reach' : 'above';
  const today = name === '' ? '' : count(done.tflmHeadBytes);
  const cells = [written, reach, aim, done.arenaBytes, done.spilledBytes].map(count);
  return [name, situation, today, ...cells, verdict];
}

async function paperRow([what, [verb, ...options]]) {
  const output = path.join(folder, verb === 'optimize' ? 'small.tflite' : 'plan.tseg');
  const done = await tinyseg([verb, SMALL, ...options, '-o', output]);
  const [before, after, moved] =
    verb === 'optimize'
      ? [done.peakBytesBefore, done.peakBytesAfter, done.writtenBytes]
      : [done.tflmHeadBytes, done.arenaBytes, done.spilledBytes];
  const less = `${(100 * (1 - after / before)).toFixed(1)} %`;
  return [what, `\`${verb} ${options.join(' ')}\``, ...[before, after].map(count), less, count(moved)];
}

function print(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const lines = [line(head), line(head.map(() => '---')), ...rows.map(line)];
  process.stdout.write(`${lines.join('\n')}\n\n`);
}

try {
  const rows = [];
  for (const goal of GOALS) {
    const [modelOf, name] = goal;
    const model = await modelOf();
    if (existsSync(model)) rows.push(await goalRow(goal));
    else if (name !== '') {
      console.error(
        `SKIPPED "${name}": it is not at ${model}. To run it: set TINYSEG_MODELS to a folder that has it.`,
      );
    }
  }
  const bytes = ['written, at most', 'reach', 'aim', 'arena', 'written'];
  print(['model', 'situation', 'TFLM today', ...bytes, 'within'], rows);
  const configurations = [];
  for (const one of PAPER) configurations.push(await paperRow(one));
  print(['configuration', 'command', 'before', 'after', 'less', 'written'], configurations);
} finally {
  rmSync(folder, { recursive: true });
}
