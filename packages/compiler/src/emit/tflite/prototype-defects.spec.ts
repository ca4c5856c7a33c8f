// SPDX-License-Identifier: Apache-2.0
// The defects of the paper's prototype that concern the rewriting, each with a case that ours gets right.
// (Codec and flash addresses: packages/device-c/tests. Wear in compile's report: packages/compiler/test/wear.spec.ts.)
import { loadBoard, type BoardStore } from '@tinyseg/boards';
import { readTflite, writeTflite } from '../../formats/tflite/index.js';
import { GraphBuilder, tensorOf, verifyGraph, type Graph, type OperatorOf } from '../../ir/index.js';
import { runPasses } from '../../passes/index.js';
import { encodePlan } from '../../plan-format/index.js';
import { planModel, type PlanModelOptions } from '../../planning/plan-model.js';
import { predictPlan, type Prediction } from '../../planning/cost/predict.js';
import { spillWishes } from '../../planning/spill-wishes.js';
import { interpret } from '../../reference/index.js';
import { verifyPlan } from '../../verify/index.js';
import { assemblePlan } from '../plan/index.js';
import { optimizeGraph } from './index.js';
import { rewriteSpills, type SpillRewrite } from './spill-rewrite.js';

const whole = (channels: number, more: Partial<SpillRewrite> = {}): SpillRewrite => ({
  ...{ atHome: 1, channels, bringBack: 'fuse', store: 'any' },
  ...more,
});

/** Two skip connections into one concatenation: levels of `widths` channels, joined with what lies between. */
function twoSkips(prefixOperators = 0): { graph: Graph; skips: [number, number] } {
  const build = new GraphBuilder('two-skips');
  let x = build.input([1, 12, 10, 4]);
  for (let i = 0; i < prefixOperators; i++) x = build.conv2d(x, { filters: 4, kernel: 1, seed: i });
  const first = build.conv2d(x, { filters: 6, seed: 2 });
  const second = build.conv2d(first, { filters: 10, seed: 3 });
  const down = build.maxPool2d(second);
  const bottom = build.conv2d(down, { filters: 8, seed: 4 });
  const up = build.transposeConv(bottom, { filters: 4, seed: 5 });
  const joined = build.concatenation([first, up, second]);
  const y = build.conv2d(joined, { filters: 5, activation: 'relu', seed: 6 });
  return { graph: build.output(y).build(), skips: [first, second] };
}

function kinds(graph: Graph): string[] {
  return graph.operators.map(({ kind }) => kind);
}

/** The file written and read back, compiled with what it spills; the verifier compares it with the plain graph. */
function compileRewritten(graph: Graph): { spilled: number; bytes: Uint8Array; findings: unknown } {
  const read = readTflite(writeTflite(graph));
  const spill = spillWishes(read).map(({ tensor }) => tensor);
  const planned = runPasses(read);
  const { attempt } = planModel(planned, { ...PLANNER, spill });
  const plan = assemblePlan(planned, attempt.decisions, attempt.draft, attempt.placement.offsets);
  return {
    spilled: attempt.decisions.spills.size,
    bytes: encodePlan(plan),
    findings: verifyPlan(plan, planned),
  };
}

const PLANNER: PlanModelOptions = {
  ...{ strategy: 'layers', stores: [{ kind: 0, slotCount: 2 }], pointerBytes: 4 },
  ...{ streamInputs: false, streamOutputs: false },
};

describe('tensor ids', () => {
  it('above 255 are spilled and fetched like others (ids were kept in one byte)', () => {
    const { graph, skips } = twoSkips(100);
    expect(Math.min(...skips)).toBeGreaterThan(255);
    const { graph: rewritten } = rewriteSpills(graph, new Map([[skips[0], whole(6)]]));
    expect(verifyGraph(rewritten)).toEqual([]);
    expect(compileRewritten(rewritten)).toMatchObject({ spilled: 1, findings: [] });
  });
});

describe('nested fusion', () => {
  it('takes two fetches, a concatenation and a convolution into one operator (that path could not run)', () => {
    const { graph, skips } = twoSkips();
    const { graph: rewritten } = rewriteSpills(
      graph,
      new Map([
        [skips[0], whole(6)],
        [skips[1], whole(10)],
      ]),
    );
    expect(verifyGraph(rewritten)).toEqual([]);
    expect(kinds(rewritten)).not.toContain('concatenation');
    const fused = rewritten.operators.find(({ kind }) => kind === 'fusedConv2d') as OperatorOf<'fusedConv2d'>;
    expect(fused.fetched).toEqual([true, false, true]);
    expect(compileRewritten(rewritten)).toMatchObject({ spilled: 2, findings: [] });
  });

  it('stops where a concatenation has a second reader, or parts differ in scale', () => {
    const build = new GraphBuilder();
    const x = build.input([1, 8, 8, 4]);
    const skip = build.conv2d(x, { filters: 4 });
    const other = build.conv2d(skip, { filters: 4, seed: 2 });
    const joined = build.concatenation([skip, other]);
    const y = build.conv2d(joined, { filters: 2, seed: 3 });
    const z = build.conv2d(joined, { filters: 3, seed: 4 });
    const { graph } = rewriteSpills(build.output(y, z).build(), new Map([[skip, whole(4)]]));
    expect(kinds(graph)).toContain('fusedConcatenation');
    expect(kinds(graph)).not.toContain('fusedConv2d');
    expect(compileRewritten(graph)).toMatchObject({ spilled: 1, findings: [] });
  });
});

describe('partial spills', () => {
  it('divide the channels without loss, whichever half is larger (a length was min(v, n - v))', () => {
    for (const channels of [1, 3, 5, 7, 9]) {
      const { graph, skips } = twoSkips();
      const { graph: rewritten } = rewriteSpills(graph, new Map([[skips[1], whole(channels)]]));
      const split = rewritten.operators.find(({ kind }) => kind === 'splitV')!;
      const counts = split.outputs.map((id) => tensorOf(rewritten, id).shape[3]);
      expect(counts).toEqual([10 - channels, channels]);
      expect(verifyGraph(rewritten)).toEqual([]);
      expect(compileRewritten(rewritten)).toMatchObject({ spilled: 1, findings: [] });
    }
  });

  it('are joined again for readers that need the tensor whole', () => {
    const { graph, skips } = twoSkips();
    const way = whole(3, { bringBack: 'fetch', atHome: 1 });
    const { graph: rewritten } = rewriteSpills(graph, new Map([[skips[0], way]]));
    expect(kinds(rewritten).filter((kind) => kind === 'concatenation')).toHaveLength(2);
    expect(verifyGraph(rewritten)).toEqual([]);
    expect(compileRewritten(rewritten)).toMatchObject({ spilled: 1, findings: [] });
  });
});

describe('a fused convolution', () => {
  it('keeps one multiplier for each output channel, be they more or fewer than its inputs', () => {
    for (const filters of [2, 40]) {
      const build = new GraphBuilder();
      const x = build.input([1, 8, 8, 4]);
      const skip = build.conv2d(x, { filters: 6 });
      const other = build.conv2d(skip, { filters: 3, seed: 2 });
      const y = build.conv2d(build.concatenation([skip, other]), { filters, seed: 3 });
      const plain = build.output(y).build();
      const { graph } = rewriteSpills(plain, new Map([[skip, whole(6)]]));
      const fused = graph.operators.find(({ kind }) => kind === 'fusedConv2d')!;
      const weights = tensorOf(graph, fused.inputs[2]!);
      expect(weights.quantization!.scales).toHaveLength(filters);
      expect(compileRewritten(graph)).toMatchObject({ spilled: 1, findings: [] });
      const image = Uint8Array.from({ length: 8 * 8 * 4 }, (_, i) => (i * 37) % 256);
      expect(interpret(graph, [image])).toEqual(interpret(plain, [image]));
    }
  });
});

describe('victims', () => {
  it('are chosen by bytes moved: a small tensor that suffices beats a large one that idles longer', () => {
    const build = new GraphBuilder();
    const x = build.input([1, 16, 16, 2]);
    const large = build.conv2d(x, { filters: 16 });
    const a = build.conv2d(build.maxPool2d(large), { filters: 4, seed: 2 });
    const small = build.conv2d(a, { filters: 8, seed: 3 });
    const b = build.conv2d(build.maxPool2d(small), { filters: 8, seed: 4 });
    const joinedSmall = build.concatenation([small, build.transposeConv(b, { filters: 8, seed: 5 })]);
    const c = build.conv2d(joinedSmall, { filters: 8, seed: 6 });
    const up = build.transposeConv(c, { filters: 4, seed: 7 });
    const y = build.conv2d(build.concatenation([large, up]), { filters: 2, seed: 8 });
    const graph = build.output(y).build();
    const before = optimizeGraph(graph, { targetBytes: 1e9, accounting: 'today', store: 'any' });
    const target = before.report.lowerBoundBytes - 256;
    const { report } = optimizeGraph(graph, { targetBytes: target, accounting: 'today', store: 'any' });
    expect(report.reached).toBe(true);
    // A part is enough, and a part is what is moved.
    expect(report.writtenBytes).toBeLessThan(tensorBytes(graph, large));
  });
});

describe('wear', () => {
  it('is counted: erase units that the bytes written take up, none for two tensors, and the time to erase them', () => {
    const flash = loadBoard('nano33ble').stores.find(({ name }) => name === 'flash')!;
    const { erase, ...lasting } = flash;
    const { graph, skips } = twoSkips();
    const cost = (spill: readonly number[], store: BoardStore): Prediction => {
      const { attempt } = planModel(graph, { ...PLANNER, spill });
      expect(attempt.draft.streams).toHaveLength(spill.length);
      const model = { nanosecondsPerInstruction: 1, activeMilliwatts: 0, stores: [store] };
      return predictPlan(graph, model, attempt.decisions);
    };
    const inSmallUnits: BoardStore = { ...flash, erase: { ...erase!, sizeBytes: 64 } };
    const [first, second, both] = [[skips[0]], [skips[1]], skips].map((spill) => cost(spill, inSmallUnits));
    // 720 B and 1200 B, with the headers of their blocks.
    expect(first!.erasedUnits).toBeGreaterThanOrEqual(Math.ceil(720 / 64));
    expect(second!.erasedUnits).toBeGreaterThanOrEqual(Math.ceil(1200 / 64));
    expect(second!.erasedUnits).toBeGreaterThan(first!.erasedUnits);
    expect(both!.erasedUnits).toBe(first!.erasedUnits + second!.erasedUnits);
    const free = cost(skips, lasting);
    expect(free).toMatchObject({ erasedUnits: 0, lifetimeInferences: null });
    expect(both!.transferMs - free.transferMs).toBeCloseTo(both!.erasedUnits * erase!.timeMs.value, 3);
    expect(cost(skips, flash)).toMatchObject({
      erasedUnits: 2,
      lifetimeInferences: erase!.enduranceCycles.value,
    });
  });
});

function tensorBytes(graph: Graph, id: number): number {
  return tensorOf(graph, id).shape.reduce((product, size) => product * size, 1);
}
