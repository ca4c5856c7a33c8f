// SPDX-License-Identifier: Apache-2.0
// Behaviour of the arithmetic count: equal to the published figures of real models.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describeIf } from '@tinyseg/testing';
import { readTflite } from '../formats/tflite/index.js';
import { describedModels, describedModelsMissing } from '../testing/model-files.js';
import { macsOf } from './macs.js';

function totalMacs(file: string): number {
  const graph = readTflite(new Uint8Array(readFileSync(file)));
  return graph.operators.reduce((sum, op) => sum + macsOf(graph, op), 0);
}

it('counts 75.9 million for the Tiny U-Net at 80 x 120', () => {
  const examples = path.resolve(import.meta.dirname, '../../../../examples/car-segmentation');
  expect(totalMacs(path.join(examples, 'tiny_unet_80x120.tflite')) / 1e6).toBeCloseTo(75.9, 1);
});

describeIf(
  describedModels.length > 0,
  describedModelsMissing.why,
  describedModelsMissing.install,
  'the arithmetic of real models',
  () => {
    it.each(describedModels)('$name', ({ file, info }) => {
      expect(totalMacs(file)).toBe(info['macs']);
    });
  },
);
