// SPDX-License-Identifier: Apache-2.0
// Operators that no loader takes because of their size, or because their variant keeps n and h: the verifier refuses them too.
import { AxisBit, decodeParams, encodeParams, type Plan } from '../plan-format/index.js';
import { GraphBuilder, type Graph } from '../ir/index.js';
import { planInLayers } from '../testing/verified-plans.js';
import { verifyPlan } from './index.js';

const messages = (plan: Plan, graph: Graph): readonly string[] =>
  verifyPlan(plan, graph).map(({ code, message }) => `${code}: ${message}`);

function softmaxOf(shape: readonly number[]): Graph {
  const b = new GraphBuilder();
  const x = b.input(shape, { scale: 0.02, zeroPoint: 3 });
  return b.output(b.operator('softmax', [x], { beta: 1 }, { scale: 1 / 256, zeroPoint: -128 })).build();
}

function meanOf(shape: readonly number[], axes: readonly number[]): Graph {
  const b = new GraphBuilder();
  const quantization = { scale: 0.02, zeroPoint: 3 };
  const x = b.input(shape, quantization);
  const mean = b.operator('mean', [x, b.constant([axes.length], axes)], { keepDims: true }, quantization);
  return b.output(mean).build();
}

it('a row is at most 32,768 elements wide', () => {
  const [most, more] = [softmaxOf([1, 32_768, 2]), softmaxOf([1, 32_769, 2])];
  expect(messages(planInLayers(most), most)).toEqual([]);
  expect(messages(planInLayers(more), more)).toEqual([expect.stringContaining('a dimension is above 32768')]);
});

it.each(['int8', 'int16'] as const)('a RELU of %s goes through rows of any width', (type) => {
  const b = new GraphBuilder();
  const quantization = { type, scale: 0.02, zeroPoint: 0 };
  const graph = b
    .output(b.operator('relu', [b.input([1, 32_769, 2], quantization)], {}, quantization))
    .build();
  expect(messages(planInLayers(graph), graph)).toEqual([]);
});

it('at most 2^23 elements are reduced to one', () => {
  const [most, more] = [meanOf([1, 2, 4096, 1024], [1, 2, 3]), meanOf([1, 2, 4097, 1024], [1, 2, 3])];
  expect(messages(planInLayers(most), most)).toEqual([]);
  expect(messages(planInLayers(more), more)).toEqual([expect.stringContaining('8390656 elements')]);
});

it('the reduction of a row by itself takes no axes n and h, even where these are 1', () => {
  const graph = meanOf([1, 1, 8, 4], [2]);
  const plan = planInLayers(graph);
  const [mean] = plan.operators;
  const params = decodeParams(mean!.kind, plan.params);
  if (params.shape !== 'reduce') throw new Error('a mean has the parameters of a reduction');
  expect([mean!.variant & 0xff, messages(plan, graph)]).toEqual([3, []]);
  const axes = params.values.axes | AxisBit.h;
  const damaged = { ...plan, params: encodeParams({ shape: 'reduce', values: { ...params.values, axes } }) };
  expect(messages(damaged, graph)).toEqual([expect.stringContaining('this reduction keeps n and h')]);
});
