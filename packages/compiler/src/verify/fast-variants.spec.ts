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
