// SPDX-License-Identifier: Apache-2.0
// What the report of a compilation predicts for fast kernels, on cores that have figures for them and on others.
import { loadBoard } from '@tinyseg/boards';
import { compileModel } from './driver.js';
import { writeTflite } from './formats/tflite/index.js';
import { GraphBuilder } from './ir/index.js';

const builder = new GraphBuilder('two');
const middle = builder.conv2d(builder.input([1, 8, 8, 4]), { filters: 4, kernel: 3 });
const graph = builder.output(builder.conv2d(middle, { filters: 4, kernel: 3 })).build();

describe('the predicted latency', () => {
  it('is lower with fast kernels where the core has them, and says where it has no figures', () => {
    const file = writeTflite(graph);
    const predicted = (name: string, variants: 'portable' | 'fast') =>
      compileModel(file, { board: loadBoard(name), variants, objective: 'latency' }).report.predicted;
    const [portable, fast] = (['portable', 'fast'] as const).map((set) => predicted('nano33ble', set));
    expect(fast!.latencyMs! / portable!.latencyMs!).toBeLessThan(0.6);
    expect(fast!.energyMj!).toBeLessThan(portable!.energyMj!);
    expect([portable!.reason, fast!.reason]).toEqual([null, null]);
    const unknown = predicted('microbit-v1', 'fast');
    expect([unknown.latencyMs, unknown.energyMj]).toEqual([null, null]);
    expect(unknown.reason).toMatch(/no figures for conv_2d\.\w+ .*without DSP/);
    expect(predicted('microbit-v1', 'portable').reason).toBeNull();
  });
});
