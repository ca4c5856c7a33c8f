// SPDX-License-Identifier: Apache-2.0
// Behaviour of the placement of rows one by one: as low as what lives, wherever rows of one size are nearly all.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { scaledGraph } from '@tinyseg/testing';
import { readTflite } from '../formats/tflite/index.js';
import { GraphBuilder, type Graph } from '../ir/index.js';
import { runPasses } from '../passes/index.js';
import type { Decisions, Draft } from './decisions.js';
import { leastHeightBytes, liveSpans } from './live-spans.js';
import { placeDraft } from './place-draft.js';
import { scheduleProgram } from './schedule/index.js';
import { structureOf } from './structure.js';

const examples = path.resolve(import.meta.dirname, '../../../../examples/car-segmentation');
const graphOf = (file: string): Graph =>
  runPasses(readTflite(new Uint8Array(readFileSync(path.join(examples, file)))));
const small = graphOf('tiny_unet_80x120.tflite');
const medium = graphOf('tiny_unet_240x320.tflite');

/** Everything in one stage, without a store. */
function singleStage(graph: Graph, changes: Partial<Decisions> = {}): Draft {
  const { running, views, dissolved } = structureOf(graph);
  return scheduleProgram(graph, {
    ...{ stages: [running], views, dissolved, spills: new Map(), stores: [] },
    ...{ streamInputs: true, streamOutputs: true, rowPlaced: 'all' },
    ...changes,
  });
}

/** Whether no two items share a byte while both live, and those that must keep apart always do. */
function isDisjoint({ items }: Draft, offsets: readonly number[]): boolean {
  const spans = items
    .flatMap((item, i) =>
      liveSpans(item).map(({ start, end, bottom, top }) => {
        const offset = offsets[i] ?? 0;
        return { i, start, end, low: offset + bottom, high: offset + top };
      }),
    )
    .sort((a, b) => a.low - b.low);
  const meets = spans.some((a, at) => {
    for (let next = at + 1; next < spans.length; next++) {
      const b = spans[next]!;
      if (b.low >= a.high) return false;
      if (a.i !== b.i && a.start < b.end && b.start < a.end) return true;
    }
    return false;
  });
  const apart = items.every(({ apart: others = [], sizeBytes }, i) =>
    others.every((other) => {
      const [mine, its] = [offsets[i] ?? 0, offsets[other] ?? 0];
      return mine + sizeBytes <= its || its + (items[other]?.sizeBytes ?? 0) <= mine;
    }),
  );
  return !meets && apart;
}

describe('rows placed one by one', () => {
  it('put the Tiny U-Net of 80x120 into less than 100,000 B without a store, input and output row by row', () => {
    const draft = singleStage(small);
    const placement = placeDraft(draft, { nodeLimit: 3000 }, false);
    expect(placement).toMatchObject({ heightBytes: 99_720, lowerBoundBytes: 99_720, proved: true });
    expect(isDisjoint(draft, placement.offsets)).toBe(true);
  });

  it.each([
    ['80x120', small, true],
    ['80x120, resident', small, false],
    ['240x320', medium, true],
    ['240x320, resident', medium, false],
    ['480x640', scaledGraph(medium, 2), true],
    ['480x640, resident', scaledGraph(medium, 2), false],
  ])('are within one part in a thousand of what lives: %s', (_name, graph, streams) => {
    const draft = singleStage(graph, { streamInputs: streams, streamOutputs: streams });
    const { heightBytes, offsets } = placeDraft(draft, { nodeLimit: 3000 }, false);
    expect(heightBytes).toBeLessThanOrEqual(leastHeightBytes(draft) * 1.001);
    expect(isDisjoint(draft, offsets)).toBe(true);
  });

  it('lie over rows of resident inputs and outputs that are dead, or not yet written', () => {
    const [rings, rows] = [undefined, 'all' as const].map((rowPlaced) => {
      const draft = singleStage(small, {
        ...{ streamInputs: false, streamOutputs: false },
        ...(rowPlaced === undefined ? { rowPlaced: new Set() } : { rowPlaced }),
      });
      return placeDraft(draft, { nodeLimit: 3000 }, true).heightBytes;
    });
    expect(rows).toBeLessThan(109_500);
    expect(rings).toBeGreaterThan(148_000);
  });

  it('keep their rings where they are resident, or moved in blocks of several rows', () => {
    const builder = new GraphBuilder();
    const x = builder.input([1, 8, 4, 2]);
    const a = builder.conv2d(x, { filters: 2 });
    const b = builder.conv2d(a, { filters: 2 });
    const graph = builder.output(builder.conv2d(b, { filters: 2 })).build();
    const spill = { store: 0, rowsPerBlock: 2, fetches: [{ readers: [2], mode: 'streamed' as const }] };
    const draft = singleStage(graph, {
      ...{ streamInputs: false, spills: new Map([[b, spill]]), stores: [{ kind: 0, slotCount: 2 }] },
    });
    const placed = draft.buffers.filter(({ rowItems }) => rowItems !== undefined).map(({ tensor }) => tensor);
    expect(new Set(placed)).toEqual(new Set([a, graph.outputs[0]]));
  });

  it('are placed alike each time', () => {
    const draft = singleStage(small, { streamInputs: false });
    const [first, second] = [1, 2].map(() => placeDraft(draft, { nodeLimit: 3000 }, false));
    expect(first).toEqual(second);
  });
});

describe('a height that is enough', () => {
  const draft = singleStage(medium);
  const place = (enoughBytes?: number): ReturnType<typeof placeDraft> =>
    placeDraft(draft, { nodeLimit: 3000, ...(enoughBytes === undefined ? {} : { enoughBytes }) }, true);

  it('is met whenever a search without it would find one as low', () => {
    const lowest = place().heightBytes;
    for (const enough of [lowest, lowest + 16, lowest + 4000]) {
      const { heightBytes, offsets } = place(enough);
      expect(heightBytes).toBeLessThanOrEqual(enough);
      expect(isDisjoint(draft, offsets)).toBe(true);
    }
  });

  it('below what lives at once gives some placement, and never claims to be met', () => {
    const bound = leastHeightBytes(draft);
    const { heightBytes, offsets } = place(bound - 1);
    expect(heightBytes).toBeGreaterThanOrEqual(bound);
    expect(isDisjoint(draft, offsets)).toBe(true);
  });

  it('is met by rings that grow into one another', () => {
    const { running, views, dissolved } = structureOf(small);
    const layers = scheduleProgram(
      small,
      {
        ...{ stages: running.map((id) => [id]), views, dissolved, spills: new Map(), stores: [] },
        ...{ streamInputs: true, streamOutputs: true },
      },
      { inPlace: true },
    );
    const rings = (enoughBytes = 0): number =>
      placeDraft(layers, { nodeLimit: 200, enoughBytes }, true).heightBytes;
    const alone = placeDraft(layers, { nodeLimit: 200 }, false).heightBytes;
    const lowest = rings();
    expect(lowest).toBeLessThan(alone);
    expect(rings(lowest)).toBe(lowest);
    expect(rings(alone)).toBeLessThanOrEqual(alone);
  });
});
