// SPDX-License-Identifier: Apache-2.0
// Behaviour of the trade-off curve: each point is a plan that `compile` gives for its RAM, and none is beaten by another.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { loadBoard } from '@tinyseg/boards';
import { compileModel, curveOfModel } from './index.js';

const examples = path.resolve(import.meta.dirname, '../../../examples/car-segmentation');
const model = new Uint8Array(readFileSync(path.join(examples, 'tiny_unet_80x120.tflite')));
const board = loadBoard('nano33ble');

describe('curveOfModel', () => {
  const { points, exhaustive } = curveOfModel(model, { board, streamIo: true, stores: ['sd'] });

  it('falls in RAM and rises in bytes moved, from nothing spilled on', () => {
    expect(exhaustive).toBe(true);
    expect(points.length).toBeGreaterThan(4);
    expect(points[0]).toMatchObject({ writtenBytes: 0, readBytes: 0, spills: [] });
    points.slice(1).forEach((point, i) => {
      const before = points[i]!;
      expect(point.ramBytes).toBeLessThan(before.ramBytes);
      expect(point.writtenBytes + point.readBytes).toBeGreaterThan(before.writtenBytes + before.readBytes);
    });
  });

  it('has the plan that compile gives for the RAM of a point', () => {
    const point = points[2]!;
    const { ramBytes } = point;
    const { report } = compileModel(model, {
      board,
      streamIo: true,
      stores: ['sd'],
      strategy: 'auto',
      ramBytes,
    });
    expect(report.ramBytes).toBeLessThanOrEqual(ramBytes);
    expect([report.spilledBytes, report.fetchedBytes]).toEqual([point.writtenBytes, point.readBytes]);
  });

  it('says when a store that wears is worn out, and nothing where none is used', () => {
    const flash = curveOfModel(model, { board, streamIo: true, stores: ['flash'], objective: 'wear' });
    expect(flash.points[0]!.lifetimeInferences).toBeNull();
    expect(flash.points[1]!.lifetimeInferences).toBe(10_000);
    expect(flash.points[1]!.latencyMs).toBeGreaterThan(flash.points[0]!.latencyMs);
  });
});
