// SPDX-License-Identifier: Apache-2.0
// The least arena at a given traffic, for models that others can check: figures that a change must not raise.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describeIf, modelsDir, scaledGraph } from '@tinyseg/testing';
import { existsSync } from 'node:fs';
import { assemblePlan } from '../../emit/plan/index.js';
import { readTflite } from '../../formats/tflite/index.js';
import type { Graph } from '../../ir/index.js';
import { runPasses } from '../../passes/index.js';
import { modelFilesMissing } from '../../testing/model-files.js';
import { verifyPlan } from '../../verify/index.js';
import { frontier, type FrontierPoint } from './index.js';

const examples = path.resolve(import.meta.dirname, '../../../../../examples/car-segmentation');
const graphOf = (file: string): Graph => runPasses(readTflite(new Uint8Array(readFileSync(file))));
const MODEL = { nanosecondsPerInstruction: 1, activeMilliwatts: 0 };

function pointsOf(graph: Graph, streams: boolean, spills: boolean): readonly FrontierPoint[] {
  const found = frontier(graph, {
    stores: spills ? [{ kind: 0, slotCount: 2, unitBytes: 1 }] : [],
    ...{ streamInputs: streams, streamOutputs: streams, pointerBytes: 8, objective: 'wear', model: MODEL },
  });
  expect(found.exhaustive).toBe(true);
  return found.points;
}

/** The point with the least arena among those that write so much at most. */
function leastArena(points: readonly FrontierPoint[], writtenBytes: number): FrontierPoint {
  const within = points.filter((point) => point.writtenBytes <= writtenBytes);
  return within.reduce((best, point) => (point.arenaBytes < best.arenaBytes ? point : best));
}

function expectVerified(graph: Graph, { attempt }: FrontierPoint): void {
  const plan = assemblePlan(graph, attempt.decisions, attempt.draft, attempt.placement.offsets);
  expect(verifyPlan(plan, graph)).toEqual([]);
  expect(attempt.placement.heightBytes).toBe(plan.arenaBytes);
}

describe('Tiny U-Net 80x120', () => {
  const graph = graphOf(path.join(examples, 'tiny_unet_80x120.tflite'));
  const streamed = pointsOf(graph, true, true);

  it.each([
    [0, 99_720],
    [96_000, 46_192],
    [144_000, 18_544],
    [240_000, 8_624],
  ])('input and output row by row, %i B written: %i B of arena', (written, arena) => {
    const point = leastArena(streamed, written);
    expect(point.arenaBytes).toBeLessThanOrEqual(arena);
    expectVerified(graph, point);
  });

  it('input and output resident, 144,000 B written: less than half of what whole tensors need', () => {
    const point = leastArena(pointsOf(graph, false, true), 144_000);
    expect(point.arenaBytes).toBeLessThanOrEqual(30_544);
    expectVerified(graph, point);
  });

  it('less RAM costs more, from point to point', () => {
    streamed.slice(1).forEach((point, i) => {
      expect(point.cost).toBeGreaterThan(streamed[i]!.cost);
      expect(point.ramBytes).toBeLessThan(streamed[i]!.ramBytes);
    });
  });

  it('is the same each time', () => {
    const figures = (points: readonly FrontierPoint[]): unknown =>
      points.map(({ attempt, cost }) => [cost, attempt.placement.offsets, [...attempt.decisions.spills]]);
    expect(figures(pointsOf(graph, true, true))).toEqual(figures(streamed));
  });
});

describe('Tiny U-Net for larger images', () => {
  const graph = graphOf(path.join(examples, 'tiny_unet_240x320.tflite'));

  it.each([
    ['240x320', 1, 1_152_000, 48_944],
    ['480x640', 2, 4_608_000, 97_584],
  ])('%s, %i times as large, %i B written: at most %i B of arena', (_size, factor, written, arena) => {
    const large = scaledGraph(graph, factor);
    const point = leastArena(pointsOf(large, true, true), written);
    expect(point.arenaBytes).toBeLessThanOrEqual(arena);
    expectVerified(large, point);
  });
});

const shared = (name: string): string => path.join(modelsDir(), name, 'model.tflite');

const { why, install } = modelFilesMissing;
describeIf(existsSync(shared('vww_96_int8')), why, install, 'classifiers without a store', () => {
  it.each([
    ['vww_96_int8', false, 28_080],
    ['vww_96_int8', true, 10_320],
    ['person_detect', false, 12_336],
    ['person_detect', true, 10_128],
    ['pretrainedResnet_quant', false, 11_536],
  ])('%s, input and output row by row: %s, needs at most %i B of arena', (name, streams, arena) => {
    const graph = graphOf(shared(name));
    const point = leastArena(pointsOf(graph, streams, false), 0);
    expect(point.arenaBytes).toBeLessThanOrEqual(arena);
    expectVerified(graph, point);
  });
});
