// SPDX-License-Identifier: Apache-2.0
// Accounts of random plans: at the peak every byte of the arena is somebody's or free, pictures show each byte once.
import fc from 'fast-check';
import { GraphBuilder, type Graph } from '../../ir/index.js';
import type { Decisions, Draft } from '../../planning/decisions.js';
import { placeDraft } from '../../planning/place-draft.js';
import type { Placement } from '../../planning/placement/index.js';
import { scheduleProgram } from '../../planning/schedule/index.js';
import { structureOf } from '../../planning/structure.js';
import { randomDecisions, withPlacedRows } from '../../testing/random-decisions.js';
import { randomGraph } from '../../testing/random-graph.js';
import { memoryMapSvg } from './memory-map-svg.js';
import { planMemoryMap, type MapBlock, type MapPart } from './memory-map.js';
import { peakLines, peakReport } from './peak-report.js';
import { portLines, portReports, residentText } from './port-report.js';

interface Sample {
  readonly graph: Graph;
  readonly decisions: Decisions;
  readonly draft: Draft;
  readonly placement: Placement;
}

/** By turns rings, rows placed one by one, and whole tensors layer by layer, which may grow into each other. */
function decisionsFor(graph: Graph, seed: number): Decisions {
  const decisions = randomDecisions(graph, seed);
  if (seed % 3 === 0) return decisions;
  if (seed % 3 === 1) return withPlacedRows(graph, decisions, seed);
  const stages = structureOf(graph).running.map((id) => [id]);
  const { dissolved, views } = structureOf(graph);
  return { ...decisions, stages, dissolved, views, spills: new Map() };
}

function sampleOf(graphSeed: number, seed: number): Sample {
  const graph = randomGraph(graphSeed);
  const decisions = decisionsFor(graph, seed);
  const draft = scheduleProgram(graph, decisions, { inPlace: true });
  return { graph, decisions, draft, placement: placeDraft(draft, { nodeLimit: 200, rounds: 2 }, true) };
}

function onSamples(seed: number, numRuns: number, check: (sample: Sample) => void): void {
  const seeds = [fc.nat({ max: 1e6 }), fc.nat({ max: 1e6 })] as const;
  fc.assert(
    fc.property(...seeds, (graphSeed, decisionSeed) => check(sampleOf(graphSeed, decisionSeed))),
    { seed, numRuns },
  );
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe('the account of the peak', () => {
  it('adds up to the arena: holders without what they share, and gaps', () => {
    let gaps = 0;
    onSamples(71, 80, ({ graph, draft, placement }) => {
      const peak = peakReport(graph, draft, placement);
      expect(sum(peak.holders.map(({ bytes }) => bytes))).toBe(peak.bytes);
      expect(sum(peak.gaps.map(({ bytes }) => bytes))).toBe(peak.freeBytes);
      expect(peak.bytes + peak.freeBytes).toBe(placement.heightBytes);
      const lines = peakLines(peak, (name) => name).slice(2);
      const shown = lines.map((line) => Number(/^ *([\d,]+)/.exec(line)![1]!.replaceAll(',', '')));
      expect(sum(shown.slice(0, -1))).toBe(shown.at(-1));
      gaps += peak.gaps.length;
    });
    expect(gaps).toBeGreaterThan(20);
  });

  it('says what the program does there, and which rows stand there', () => {
    let rows = 0;
    onSamples(72, 100, ({ graph, draft, placement }) => {
      const peak = peakReport(graph, draft, placement);
      expect(peak.step).toMatch(
        /\(operator \d+\), call [\d,]+ of [\d,]+$|^(starts|waits|takes|gives) .* t\d+$/,
      );
      for (const { rows: held, tensor } of peak.holders) {
        if (held === undefined) continue;
        rows += 1;
        expect(tensor).toBeDefined();
        expect(held.first).toBeLessThanOrEqual(held.last);
        expect(held.count).toBeLessThanOrEqual(held.last - held.first + 1);
      }
    });
    expect(rows).toBeGreaterThan(50);
  });
});

describe('the account of inputs and outputs', () => {
  it('holds resident ones whole and streamed ones in part, never more at the peak than in all', () => {
    let smaller = 0;
    onSamples(73, 100, ({ graph, decisions, draft, placement }) => {
      const peak = peakReport(graph, draft, placement);
      const ports = portReports(graph, decisions, draft, peak.tick);
      expect(ports).toHaveLength(draft.ports.length);
      for (const { direction, mode, sizeBytes, arenaBytes, peakBytes } of ports) {
        const streams = direction === 'input' ? decisions.streamInputs : decisions.streamOutputs;
        expect(mode).toBe(streams ? 'streamed' : 'resident');
        expect(peakBytes).toBeLessThanOrEqual(arenaBytes);
        if (mode === 'resident') expect(arenaBytes).toBeGreaterThanOrEqual(sizeBytes);
        else if (arenaBytes < sizeBytes) smaller += 1;
      }
      expect(portLines(ports)).toHaveLength(ports.length + 1);
      expect(residentText(ports) === undefined).toBe(ports.every(({ mode }) => mode === 'streamed'));
    });
    expect(smaller).toBeGreaterThan(20);
  });
});

describe('the picture of a plan', () => {
  const partsOf = (block: MapBlock): readonly MapPart[] => block.parts ?? [block];
  const meet = (a: MapPart, b: MapPart): boolean =>
    a.start < b.end &&
    b.start < a.end &&
    a.offset < b.offset + b.sizeBytes &&
    b.offset < a.offset + a.sizeBytes;

  it('draws nothing outside the arena, and nothing over something else but what is marked as shared', () => {
    onSamples(74, 60, ({ graph, decisions, draft, placement }) => {
      const { blocks, heightBytes } = planMemoryMap(graph, decisions, draft, placement, 'x');
      const marks = blocks.filter(({ kind }) => kind === 'shared');
      const owners = blocks.filter(({ kind }) => kind !== 'shared');
      for (const [index, block] of owners.entries()) {
        for (const part of partsOf(block)) {
          expect(part.offset + part.sizeBytes).toBeLessThanOrEqual(heightBytes);
          const over = owners.slice(0, index).some((other) => partsOf(other).some((one) => meet(one, part)));
          if (over) expect(marks.some((mark) => meet(mark, part))).toBe(true);
        }
      }
    });
  });

  it('marks the bytes at which one tensor grows into another, for as long as both live', () => {
    const builder = new GraphBuilder();
    const x = builder.input([1, 20, 8, 4]);
    const graph = builder.output(builder.conv2d(builder.conv2d(x, { filters: 4 }), { filters: 4 })).build();
    const stages = graph.operators.map(({ id }) => [id]);
    const decisions = {
      ...{ stages, dissolved: new Set<number>(), views: new Set<number>(), spills: new Map(), stores: [] },
      ...{ streamInputs: false, streamOutputs: false },
    };
    const draft = scheduleProgram(graph, decisions, { inPlace: true });
    const placement = placeDraft(draft, { nodeLimit: 200 }, true);
    const { blocks } = planMemoryMap(graph, decisions, draft, placement, 'x');
    const [mark] = blocks.filter(({ kind }) => kind === 'shared');
    const [input, middle] = blocks.filter(({ label }) => /^t\d+ 20x8x4$/.test(label));
    expect(mark).toMatchObject({ label: expect.stringMatching(/^t\d+, then t\d+$/), start: middle!.start });
    expect(meet(input!, middle!)).toBe(true);
    expect(mark!.sizeBytes).toBeLessThan(input!.sizeBytes);
    const svg = memoryMapSvg({
      title: 'x',
      panels: [{ map: { title: 'x', columns: [], heightBytes: 1, blocks } }],
    });
    expect(svg).toContain('one grows into the other');
    expect(svg).toContain('resident input or output');
  });
});
