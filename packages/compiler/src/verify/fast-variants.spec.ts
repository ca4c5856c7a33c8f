// SPDX-License-Identifier: Apache-2.0
// Behaviour of the verifier towards kernels that lay weights out anew and scale in short.
import { GraphBuilder, type Graph } from '../ir/index.js';
import type { Plan } from '../plan-format/index.js';
import { planWithKernels } from '../testing/verified-plans.js';
import { verifyPlan } from './index.js';

function graphOf(output: { scale: number; zeroPoint: number }): Graph {
  const builder = new GraphBuilder('one');
  const x = builder.input([1, 5, 9, 6]);
  return builder.output(builder.conv2d(x, { filters: 5, kernel: 3, output })).build();
}

const codes = (plan: Plan, graph: Graph): readonly string[] =>
  verifyPlan(plan, graph).map(({ code }) => code);

/** Kernels of a fast plan of one operator on a [1, 6, 16, 8] input. */
function oneOperator(make: (builder: GraphBuilder, x: number) => number): {
  readonly graph: Graph;
  readonly plan: Plan;
} {
  const builder = new GraphBuilder('one');
  const x = builder.input([1, 6, 16, 8]);
  const graph = builder.output(make(builder, x)).build();
  return { graph, plan: planWithKernels(graph, 'fast') };
}

describe('plans with kernels that transform 3x3 weights', () => {
  const { graph, plan } = oneOperator((b, x) =>
    b.conv2d(x, { filters: 16, kernel: 3, output: { scale: 0.5, zeroPoint: 0 } }),
  );

  it('verify', () => {
    expect(plan.operators[0]?.variant).toBe(0x0103);
    expect(codes(plan, graph)).toEqual([]);
  });

  it('are refused when the scratch is a unit short', () => {
    const [one] = plan.operators;
    const shorter = { ...one!, scratchSize: one!.scratchSize - 16 };
    expect(codes({ ...plan, operators: [shorter] }, graph)).toContain('EXTENT');
  });

  it('are refused for another window', () => {
    const other = oneOperator((b, x) =>
      b.conv2d(x, { filters: 16, kernel: 5, output: { scale: 0.5, zeroPoint: 0 } }),
    );
    const operators = other.plan.operators.map((operator) => ({ ...operator, variant: 0x0103 }));
    expect(codes({ ...other.plan, operators }, other.graph)).not.toEqual([]);
  });
});

describe('plans with kernels that upsample by taps', () => {
  const { graph, plan } = oneOperator((b, x) =>
    b.transposeConv(x, { filters: 5, kernel: 2, stride: 2, output: { scale: 0.5, zeroPoint: 0 } }),
  );

  it('verify, and not with weights of another order', () => {
    expect(plan.operators[0]?.variant).toBe(0x0302);
    expect(codes(plan, graph)).toEqual([]);
    const operators = plan.operators.map((operator) => ({ ...operator, variant: 0x0301 }));
    expect(codes({ ...plan, operators }, graph)).toContain('CONSTANTS');
  });
});

describe('plans with fast kernels', () => {
  const graph = graphOf({ scale: 0.5, zeroPoint: 3 });
  const plan = planWithKernels(graph, 'fast');

  it('verify', () => {
    expect(plan.operators[0]?.variant).toBe(0x0102);
    expect(codes(plan, graph)).toEqual([]);
  });

  it.each(Array.from({ length: 16 }, (_, i) => i * 21))(
    'are refused when byte %d of the weights differs',
    (at) => {
      const constants = Uint8Array.from(plan.constants);
      constants[at] = (constants[at] ?? 0) ^ 1;
      expect(codes({ ...plan, constants }, graph)).toContain('CONSTANTS');
    },
  );

  it('are refused when the weights lie as another kernel wants them', () => {
    const operators = plan.operators.map((operator) => ({ ...operator, variant: 0x0101 }));
    expect(codes({ ...plan, operators }, graph)).toContain('CONSTANTS');
  });

  it('are refused when the scratch is a unit short', () => {
    const operators = plan.operators.map((operator) => ({
      ...operator,
      scratchSize: operator.scratchSize - 16,
    }));
    expect(codes({ ...plan, operators }, graph)).toContain('EXTENT');
  });

  it('are refused where the model has factors that the kernel can not scale by', () => {
    const coarse = graphOf({ scale: 2 ** -20, zeroPoint: 3 });
    const other = planWithKernels(coarse, 'portable');
    const scratchOffset = Math.ceil(other.arenaBytes / 16) * 16;
    const larger = { variant: 0x0102, scratchOffset, scratchSize: 4096 };
    const operators = other.operators.map((operator) => ({ ...operator, ...larger }));
    const found = verifyPlan({ ...other, arenaBytes: scratchOffset + 4096, operators }, coarse);
    expect(found.map(({ message }) => message).join('\n')).toContain('the factor of channel');
  });
});

describe('plans with Winograd kernels', () => {
  function tiled(filters: number, weights: 'invented' | 'largest' = 'invented', channels = 8): Graph {
    const builder = new GraphBuilder('tiled');
    const x = builder.input([1, 13, 18, channels]);
    const options = { filters, kernel: 3, output: { scale: 32, zeroPoint: 3 } };
    const graph = builder.output(builder.conv2d(x, options)).build();
    if (weights === 'invented') return graph;
    const id = graph.operators[0]!.inputs[1]!;
    const tensor = graph.tensors.get(id)!;
    return {
      ...graph,
      tensors: new Map(graph.tensors).set(id, { ...tensor, data: tensor.data!.map(() => 127) }),
    };
  }

  it('verify, with room for the transformed filters', () => {
    const graph = tiled(12);
    const plan = planWithKernels(graph, 'fast');
    expect(plan.operators[0]?.variant).toBe(0x0104);
    expect(codes(plan, graph)).toEqual([]);
  });

  it('are refused when the scratch is below the least', () => {
    const graph = tiled(12);
    const plan = planWithKernels(graph, 'fast');
    // That of conv_2d_winograd.c for 8 and 12 channels of one segment.
    const least = 6256;
    const withScratch = (scratchSize: number): Plan => ({
      ...plan,
      operators: plan.operators.map((operator) => ({ ...operator, scratchSize })),
    });
    expect(codes(withScratch(least), graph)).toEqual([]);
    expect(codes(withScratch(least - 16), graph)).toContain('EXTENT');
  });

  it('are refused where sums may be too large, and not made', () => {
    const graph = tiled(16, 'largest', 120);
    const plan = planWithKernels(graph, 'fast');
    expect(plan.operators[0]?.variant).not.toBe(0x0104);
    const scratchOffset = Math.ceil(plan.arenaBytes / 16) * 16;
    const larger = { variant: 0x0104, scratchOffset, scratchSize: 65_536 };
    const operators = plan.operators.map((operator) => ({ ...operator, ...larger }));
    const found = verifyPlan({ ...plan, arenaBytes: scratchOffset + 65_536, operators }, graph);
    expect(found.map(({ message }) => message).join('\n')).toContain('the sums of channel');
  });

  it('are refused for windows that move by more than one', () => {
    const builder = new GraphBuilder('strided');
    const x = builder.input([1, 13, 18, 8]);
    const options = { filters: 4, kernel: 3, stride: 2, output: { scale: 32, zeroPoint: 3 } };
    const graph = builder.output(builder.conv2d(x, options)).build();
    const plan = planWithKernels(graph, 'portable');
    expect(plan.operators[0]?.variant).toBe(0x0101);
    const operators = plan.operators.map((operator) => ({ ...operator, variant: 0x0104 }));
    const found = verifyPlan({ ...plan, operators }, graph);
    expect(found.map(({ message }) => message).join('\n')).toContain('3x3 with stride 1');
  });
});
