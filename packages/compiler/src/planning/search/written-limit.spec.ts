// SPDX-License-Identifier: Apache-2.0
// Behaviour of the limit of bytes written: whatever the kernels and the objective, plans stay within it or are refused.
import { isTinysegError } from '@tinyseg/errors';
import { GraphBuilder, type Graph } from '../../ir/index.js';
import { writtenBytesOf } from '../layer-planner.js';
import { planModel, type PlanModelOptions, type PlannedModel } from '../plan-model.js';

/** Two long skip connections around a deep part: what is spilled of them decides what is left for kernels. */
function skips(): Graph {
  const builder = new GraphBuilder('skips');
  const input = builder.input([1, 32, 24, 8]);
  const outer = builder.conv2d(input, { filters: 8, kernel: 3 });
  const inner = builder.conv2d(builder.maxPool2d(outer), { filters: 16, kernel: 3 });
  const deep = builder.conv2d(builder.maxPool2d(inner), { filters: 16, kernel: 3 });
  const joined = builder.concatenation([builder.transposeConv(deep, { filters: 8 }), inner]);
  const up = builder.conv2d(joined, { filters: 8, kernel: 3 });
  const last = builder.concatenation([builder.transposeConv(up, { filters: 8 }), outer]);
  return builder.output(builder.conv2d(last, { filters: 8, kernel: 3 })).build();
}

const graph = skips();
const OPTIONS: PlanModelOptions = {
  ...{ strategy: 'auto', objective: 'latency', pointerBytes: 4, streamInputs: true, streamOutputs: true },
  stores: [{ kind: 0, slotCount: 2, unitBytes: 1 }],
  model: { nanosecondsPerInstruction: 1, activeMilliwatts: 0 },
};

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (thrown) {
    if (isTinysegError(thrown)) return thrown.code;
    throw thrown;
  }
  return 'none';
}

const written = ({ attempt }: PlannedModel): number => writtenBytesOf(graph, attempt);

describe('a limit of bytes written', () => {
  it.each(['fast', 'portable'] as const)('is kept where more would be faster: %s kernels', (variants) => {
    const least = planModel(graph, { ...OPTIONS, stores: [], variants: 'portable' }).attempt.ram.totalBytes;
    const options = { ...OPTIONS, variants, budgetBytes: Math.floor(0.8 * least) };
    const free = written(planModel(graph, options));
    const sparing = written(planModel(graph, { ...options, variants: 'portable', objective: 'wear' }));
    expect(sparing).toBeGreaterThan(0);
    expect(free).toBeGreaterThan(sparing);
    for (const maxWrittenBytes of [sparing, Math.floor((sparing + free) / 2), free]) {
      expect(written(planModel(graph, { ...options, maxWrittenBytes }))).toBeLessThanOrEqual(maxWrittenBytes);
    }
  });

  it('changes nothing where less is written anyway', () => {
    const options: PlanModelOptions = { ...OPTIONS, variants: 'fast', budgetBytes: 24_000 };
    const free = planModel(graph, options);
    const limited = planModel(graph, { ...options, maxWrittenBytes: written(free) });
    expect(limited.attempt.decisions).toEqual(free.attempt.decisions);
  });

  it('says that the least RAM may write more than is allowed', () => {
    const options = { ...OPTIONS, budgetBytes: 1, maxWrittenBytes: 1 };
    expect(() => planModel(graph, options)).toThrow(/however much it writes/);
  });

  it('refuses where every plan that was found writes more', () => {
    for (const strategy of ['auto', 'layers'] as const) {
      const free = planModel(graph, { ...OPTIONS, stores: [], strategy }).attempt.ram.totalBytes;
      const options = { ...OPTIONS, strategy, budgetBytes: Math.floor(0.8 * free) };
      expect(written(planModel(graph, options))).toBeGreaterThan(1);
      expect(codeOf(() => planModel(graph, { ...options, maxWrittenBytes: 1 }))).toBe('WRITES_TOO_MUCH');
    }
  });
});
