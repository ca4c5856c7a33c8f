// SPDX-License-Identifier: Apache-2.0
// Behaviour of the whole pipeline on the example model: verified plans, honest reports, the same bytes each time.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { loadBoard } from '@tinyseg/boards';
import { isTinysegError } from '@tinyseg/errors';
import {
  compileModel,
  decodePlan,
  inspectModel,
  optimizeModel,
  verifyPlan,
  type CompileOptions,
} from './index.js';

const examples = path.resolve(import.meta.dirname, '../../../examples/car-segmentation');
const model = new Uint8Array(readFileSync(path.join(examples, 'tiny_unet_80x120.tflite')));
const host = loadBoard('host');
const compile = (options: Partial<CompileOptions> = {}): ReturnType<typeof compileModel> =>
  compileModel(model, { board: host, ...options });

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (thrown) {
    if (isTinysegError(thrown)) return thrown.code;
    throw thrown;
  }
  return 'none';
}

describe('compileModel', () => {
  it('gives a plan that decodes to itself and passes the verifier', () => {
    const { plan, bytes, graph, report } = compile({ ramBytes: 163_840 });
    expect(decodePlan(bytes)).toEqual(plan);
    expect(verifyPlan(plan, graph)).toEqual([]);
    expect(report.planBytes).toBe(bytes.length);
    expect(report.arenaBytes).toBe(plan.arenaBytes);
  });

  it('gives the same bytes for the same question', () => {
    expect(compile({ ramBytes: 100_000 }).bytes).toEqual(compile({ ramBytes: 100_000 }).bytes);
  });

  it('meets the budget with RAM of every kind counted, and says what it spills', () => {
    const { report, text, svg } = compile({ strategy: 'layers', ramBytes: 163_840, stores: ['remote'] });
    const { totalBytes, ...parts } = report.ram;
    expect(Object.values(parts).reduce((sum, bytes) => sum + bytes, 0)).toBe(totalBytes);
    expect(report.ramBytes).toBe(totalBytes);
    expect(report.ramBytes).toBeLessThanOrEqual(163_840);
    expect(Math.min(...Object.values(parts))).toBeGreaterThan(0);
    expect(report.spills.map(({ sizeBytes, store }) => [sizeBytes, store])).toEqual([[76_800, 'remote']]);
    expect([report.spilledBytes, report.fetchedBytes]).toEqual([76_800, 76_800]);
    expect(report.tflmHeadBytes).toBe(230_400);
    expect(text).toContain('76,800');
    expect(svg).toMatch(/^<svg[^>]*>[\s\S]*<\/svg>\n$/);
    expect(svg).toContain('budget 163,840 B');
  });

  it('streams the whole network as one stage', () => {
    const { report, plan } = compile({
      strategy: 'single-stage',
      streamIo: true,
      spill: ['down0b_relu'],
    });
    expect(report.arenaBytes).toBeLessThan(72_000);
    expect(plan.program.length * 4).toBeLessThan(8192);
    expect(report.spilledBytes).toBe(76_800);
  });

  it('takes tensors to spill by a part of the name, by id, or as they are printed', () => {
    const spilling = (name: string): ReturnType<typeof compileModel> =>
      compile({ strategy: 'single-stage', streamIo: true, spill: [name] });
    const { bytes, report } = spilling('down0b_relu');
    const id = String(report.spills[0]?.tensor);
    expect(spilling(id).bytes).toEqual(bytes);
    expect(spilling(`t${id}`).bytes).toEqual(bytes);
  });

  it('takes the RAM of the board as budget', () => {
    const { report } = compile({ board: loadBoard('nano33ble') });
    expect(report.budgetBytes).toBe(196_608);
    expect([report.stackIs, compile({ ramBytes: 240_000 }).report.stackIs]).toEqual(['assumed', 'measured']);
    expect(report.ramBytes).toBeLessThanOrEqual(196_608);
  });

  it('says how long a flash store takes and how soon it is worn out', () => {
    const onFlash = compile({
      board: loadBoard('nano33ble'),
      strategy: 'layers',
      ramBytes: 163_840,
      stores: ['flash'],
    });
    const { predicted, spills } = onFlash.report;
    expect(spills.every(({ store }) => store === 'flash')).toBe(true);
    expect(predicted.lifetimeInferences).toBe(10_000);
    // Programmed at 97,560 B/s, erased in 85 ms for each 4 KiB; both round up.
    const { spilledBytes } = onFlash.report;
    const leastMs = (spilledBytes / 97_560) * 1000 + (spilledBytes / 4096) * 85;
    expect(predicted.transferMs).toBeGreaterThan(leastMs);
    expect(predicted.transferMs).toBeLessThan(leastMs * 1.5);
    expect(onFlash.text).toContain('worn out after about 10,000 inferences');
    expect(compile({ ramBytes: 163_840 }).report.predicted.lifetimeInferences).toBeNull();
  });

  it('answers what can not be done with a code', () => {
    expect(codeOf(() => compile({ strategy: 'layers', ramBytes: 160_000, stores: [] }))).toBe(
      'BUDGET_TOO_SMALL',
    );
    expect(codeOf(() => compile({ ramBytes: 1000 }))).toBe('BUDGET_TOO_SMALL');
    expect(codeOf(() => compile({ stores: ['tape'] }))).toBe('STORE_UNKNOWN');
    expect(codeOf(() => compile({ spill: ['no such tensor'] }))).toBe('SPILL_UNKNOWN_TENSOR');
    expect(codeOf(() => compile({ spill: ['down0b_relu'], stores: [] }))).toBe('SPILL_WITHOUT_STORE');
    expect(codeOf(() => compile({ spill: ['relu'] }))).toBe('SPILL_UNKNOWN_TENSOR');
    expect(codeOf(() => compile({ disablePasses: ['no-such-pass'] }))).toBe('PASS_UNKNOWN');
    expect(codeOf(() => compileModel(model.subarray(0, 1000), { board: host }))).toMatch(/^MODEL_/);
  });

  it('refuses a plan whose spills do not fit the store', () => {
    const [small] = host.stores.map((store) => ({ ...store, capacityBytes: 70_000 }));
    const board = { ...host, stores: [small!] };
    expect(codeOf(() => compile({ board, strategy: 'layers', ramBytes: 163_840 }))).toBe('STORE_TOO_SMALL');
  });
});

describe('optimizeModel', () => {
  it('reaches the bound of whole tensors with one skip tensor spilled', () => {
    const { report, text } = optimizeModel(model, { targetBytes: 153_600 });
    expect(report).toMatchObject({ peakBytesBefore: 230_400, reached: true });
    expect(report.peakBytesAfter).toBeLessThanOrEqual(153_600);
    expect(report.spills.map(({ spilledBytes }) => spilledBytes)).toEqual([76_800]);
    expect(text).toContain('33.3 % less');
  });

  it('saves at least what the paper says, counted as in its time, and says what that assumes', () => {
    const { report, text, graph } = optimizeModel(model, { targetBytes: 0, accounting: 'paper' });
    expect(report.peakBytesBefore).toBeGreaterThanOrEqual(307_200);
    expect(1 - report.peakBytesAfter / report.peakBytesBefore).toBeGreaterThan(0.393);
    expect(report.assumesInt16Scratch).toBe(true);
    // The int16 scratch is half of the int32 one, so without it the rewriting gains less.
    expect(report.peakBytesAfterSameScratch).toBe(230_432);
    expect(text).toContain('with int32 on both sides it is 230,432 B (25.0 % less)');
    expect(graph.info.metadata.map(({ name }) => name)).not.toContain('OfflineMemoryAllocation');
    const today = optimizeModel(model, { targetBytes: 153_600 });
    expect(today.report.assumesInt16Scratch).toBe(false);
    expect(today.report.peakBytesAfterSameScratch).toBe(today.report.peakBytesAfter);
    expect(today.graph.info.metadata.map(({ name }) => name)).toContain('OfflineMemoryAllocation');
  });

  it('says so when the target is out of reach, and what is in the way', () => {
    const { report, text } = optimizeModel(model, { targetBytes: 100_000 });
    expect(report.reached).toBe(false);
    expect(report.inTheWay.map(({ bytes }) => bytes).slice(0, 2)).toEqual([76_800, 76_800]);
    expect(text).toContain('out of reach');
  });

  it('gives files that compile to verified plans which spill what the file says, where that serves the budget', () => {
    for (const [targetBytes, ramBytes] of [
      [153_600, 163_840],
      [172_800, 186_000],
    ] as const) {
      const rewritten = optimizeModel(model, { targetBytes });
      const { report, graph } = compileModel(rewritten.bytes, {
        board: host,
        strategy: 'layers',
        ramBytes,
      });
      expect(graph.operators.some(({ kind }) => /^(spill|fetch|fused)/.test(kind))).toBe(false);
      expect(report.spilledBytes).toBe(rewritten.report.writtenBytes);
      expect(report.fetchedBytes).toBe(rewritten.report.readBytes);
    }
  });

  it('costs nothing to compile for: a rewritten file needs no more RAM and moves no more than the original', () => {
    const outcome = (bytes: Uint8Array, ramBytes: number | undefined): number | string => {
      try {
        const budget = ramBytes === undefined ? {} : { ramBytes };
        const { report } = compileModel(bytes, {
          ...{ board: host, strategy: 'layers', alternatives: false },
          ...budget,
        });
        return report.spilledBytes + report.fetchedBytes;
      } catch (thrown) {
        if (!isTinysegError(thrown, 'BUDGET_TOO_SMALL')) throw thrown;
        return `at least ${String(thrown.data['leastBytes'])}`;
      }
    };
    const rows = [
      [153_600, undefined, 0],
      [153_600, 72_000, 883_200],
      [172_800, 110_000, 441_600],
      [172_800, 39_000, 'at least 40176'],
    ] as const;
    const rewritten = new Map(
      [153_600, 172_800].map((targetBytes) => [targetBytes, optimizeModel(model, { targetBytes }).bytes]),
    );
    for (const [targetBytes, ramBytes, expected] of rows) {
      expect([targetBytes, ramBytes, outcome(model, ramBytes)]).toEqual([targetBytes, ramBytes, expected]);
      expect(outcome(rewritten.get(targetBytes)!, ramBytes)).toBe(expected);
    }
  });

  it('restores the original network: the plan of the rewritten file without a store is the plan of the file', () => {
    const rewritten = optimizeModel(model, { targetBytes: 153_600 });
    const [again, original] = [rewritten.bytes, model].map((bytes) =>
      compileModel(bytes, { board: host, stores: [] }),
    );
    expect(again!.plan.constants).toEqual(original!.plan.constants);
    expect(again!.plan.params).toEqual(original!.plan.params);
    expect(again!.plan.program).toEqual(original!.plan.program);
    expect(again!.report.arenaBytes).toBe(original!.report.arenaBytes);
  });

  it('gives the same file for the same question, also from its own output', () => {
    const first = optimizeModel(model, { targetBytes: 172_800 });
    expect(optimizeModel(model, { targetBytes: 172_800 }).bytes).toEqual(first.bytes);
    expect(optimizeModel(first.bytes, { targetBytes: 172_800 }).report.reached).toBe(true);
  });
});

describe('inspectModel', () => {
  it('tells pressure, peak and what TFLM would need', () => {
    const report = inspectModel(model);
    expect(report.pressureBytes).toBe(230_400);
    expect(report.tflmHeadBytes).toBe(230_400);
    expect(report.operators[report.peak.position]!.name).toBe('CONCATENATION');
    expect(report.macs).toBe(75_878_400);
    expect(report.unsupported).toEqual([]);
  });
});
