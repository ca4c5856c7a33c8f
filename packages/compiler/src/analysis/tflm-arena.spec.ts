// SPDX-License-Identifier: Apache-2.0
// Behaviour of the emulated TFLM planner: the same head size as TFLM for real models.
import { readFileSync } from 'node:fs';
import { describeIf } from '@tinyseg/testing';
import { readTflite } from '../formats/tflite/index.js';
import { describedModels, describedModelsMissing } from '../testing/model-files.js';
import { liveRanges } from './live-ranges.js';
import { peakPressure } from './pressure.js';
import { tflmArena, tflmOrder } from './tflm-arena.js';

describe('tflmOrder', () => {
  it('takes large buffers first, and of equal ones the last', () => {
    const buffers = [8, 16, 8, 16].map((size, id) => ({ id, lower: 0, upper: 1, size }));
    expect(tflmOrder(buffers).map(({ id }) => id)).toEqual([3, 1, 2, 0]);
  });
});

describeIf(
  describedModels.length > 0,
  describedModelsMissing.why,
  describedModelsMissing.install,
  'the head of real models',
  () => {
    it.each(describedModels)(
      '$name has the head that TFLM reports, and the live-byte bound',
      ({ file, info }) => {
        const graph = readTflite(new Uint8Array(readFileSync(file)));
        expect(tflmArena(graph).headBytes).toBe(info['tflm_head_bytes']);
        const rounded = liveRanges(graph).map(({ live, sizeBytes }) => ({
          ...live,
          sizeBytes: Math.ceil(sizeBytes / 16) * 16,
        }));
        expect(peakPressure(rounded).bytes).toBe(info['live_lower_bound']);
      },
    );
  },
);
