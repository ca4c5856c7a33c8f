// SPDX-License-Identifier: Apache-2.0
// What firmware costs, measured: instructions, flash, stack and start-up of some models on the emulated Cortex-M4F.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { tinyseg } from '../../demo/tinyseg.mjs';

const ROOT = path.resolve(import.meta.dirname, '..', '..', '..');
const EXAMPLES = path.join(ROOT, 'examples', 'car-segmentation');
const BOARD = ['--board', 'qemu-mps2-an386'];

/** The figures that are held to the budget; each is better when it is smaller. */
export const FIGURES = [
  'instructions',
  'loadInstructions',
  'arenaBytes',
  'stackHighWaterBytes',
  'codeBytes',
  'planBytes',
];

/** Strategies that plan quickly, and the same whatever the search does: for the budget of the firmware. */
const LAYERS = ['--strategy', 'layers'];
const FAST = [...LAYERS, '--variants', 'fast'];
const STREAMED = ['--strategy', 'single-stage', '--stream-io'];

/** The search with fast kernels in little RAM: arenas of at most 64,000 and 34,000 B. */
const SEARCHED = [
  '--variants',
  'fast',
  '--objective',
  'latency',
  '--stream-io',
  '--store',
  'ram',
  '--max-written',
  '144000',
];
const RAM = ['69000', '39000'];

const MODELS = ['person_detect', 'vww_96_int8', 'pretrainedResnet_quant', 'kws_ref_model', 'ad01_int8'];

function cases() {
  const models = modelsFolder();
  const example = (name) => ({ name, file: path.join(EXAMPLES, `${name}.tflite`) });
  const elsewhere = (name) => ({ name, file: models && path.join(models, name, 'model.tflite') });
  const all = [example('tiny_unet_80x120'), example('mobile_seg_96x96'), ...MODELS.map(elsewhere)];
  const unet = all[0];
  return [
    { ...unet, name: `${unet.name} streamed`, options: STREAMED },
    ...RAM.map((ram) => ({
      ...unet,
      name: `${unet.name} fast ${ram}`,
      options: [...SEARCHED, '--ram', ram],
    })),
    ...all.flatMap(({ name, file }) => [
      { name: `${name} layers`, file, options: LAYERS },
      { name: `${name} layers fast`, file, options: FAST },
    ]),
  ];
}

function modelsFolder() {
  const named = process.env.TINYSEG_MODELS;
  if (named === 'none') return undefined;
  const folder = path.resolve(named || path.join(ROOT, '..', 'shared', 'models'));
  return existsSync(folder) ? folder : undefined;
}

/** @returns the measured figures by name, and the names of those whose models are not there */
export async function measureAll() {
  const measured = {};
  const missing = [];
  for (const { name, file, options } of cases()) {
    if (file === undefined) {
      missing.push(name);
      continue;
    }
    const document = await tinyseg(['bench', file, ...BOARD, ...options]);
    measured[name] = Object.fromEntries(FIGURES.map((figure) => [figure, document[figure]]));
  }
  return { measured, missing };
}
