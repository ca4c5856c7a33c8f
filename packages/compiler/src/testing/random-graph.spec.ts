// SPDX-License-Identifier: Apache-2.0
// Random graphs are what property tests believe them to be: of every kind and shape, and fit to be compiled.
import { checkSupported } from '../formats/tflite/index.js';
import { type Graph, type Operator, type OperatorKind, printGraph, tensorOf } from '../ir/index.js';
import { runPasses } from '../passes/index.js';
import { randomGraph } from './random-graph.js';

const GRAPHS: readonly Graph[] = Array.from({ length: 300 }, (_, seed) => randomGraph(seed));
/** Kinds that the table in random-growers.ts is for. */
const KINDS: readonly OperatorKind[] = [
  ...(['conv2d', 'depthwiseConv2d', 'transposeConv', 'fullyConnected'] as const),
  ...(['maxPool2d', 'averagePool2d', 'mean', 'resizeBilinear', 'resizeNearest'] as const),
  ...(['add', 'sub', 'mul', 'concatenation', 'split', 'splitV', 'pad', 'padV2'] as const),
  ...(['reshape', 'squeeze', 'expandDims', 'softmax', 'logistic', 'tanh'] as const),
  ...(['relu', 'relu6', 'reluN1To1', 'leakyRelu', 'hardSwish', 'quantize'] as const),
];

/** How many of the graphs have an operator like this. */
const count = (has: (operator: Operator, graph: Graph) => boolean): number =>
  GRAPHS.filter((graph) => graph.operators.some((operator) => has(operator, graph))).length;

const FEATURES: readonly (readonly [what: string, graphs: () => number])[] = [
  ['several inputs', () => GRAPHS.filter(({ inputs }) => inputs.length > 1).length],
  ['several outputs', () => GRAPHS.filter(({ outputs }) => outputs.length > 1).length],
  ['a batch of 2', () => GRAPHS.filter((g) => tensorOf(g, g.inputs[0] ?? 0).shape[0] === 2).length],
  ['dilation', () => count((operator) => 'dilationH' in operator && operator.dilationH > 1)],
  [
    'unequal strides',
    () => count((operator) => 'strideH' in operator && operator.strideH !== operator.strideW),
  ],
  ['no padding', () => count((operator) => 'padding' in operator && operator.padding === 'valid')],
  ...[0, 1, 2, 3].map(
    (axis) =>
      [
        `a concatenation along axis ${axis}`,
        () => count((operator) => operator.kind === 'concatenation' && operator.axis === axis),
      ] as const,
  ),
  [
    'an element-wise operator on unequal shapes',
    () =>
      count(({ kind, inputs: [a, b] }, graph) => {
        const shapes = [a, b].map((id) => graph.tensors.get(id ?? -1)?.shape.join());
        return ['add', 'sub', 'mul'].includes(kind) && shapes[0] !== shapes[1];
      }),
  ],
  [
    'a tensor with three readers',
    () =>
      GRAPHS.filter((graph) => {
        const readers = graph.operators.flatMap(({ inputs }) => inputs);
        return readers.some((id) => id !== null && readers.filter((other) => other === id).length > 2);
      }).length,
  ],
];

describe('random graphs', () => {
  it('are the same for the same seed, and differ between seeds', () => {
    expect(printGraph(randomGraph(7))).toBe(printGraph(randomGraph(7)));
    expect(new Set(GRAPHS.map(printGraph)).size).toBe(GRAPHS.length);
  });

  it('can be compiled', () => {
    const unsupported = GRAPHS.flatMap((graph) => checkSupported(runPasses(graph)));
    expect(unsupported).toEqual([]);
  });

  it.each(KINDS)('have %s, now and then', (kind) => {
    expect(count((operator) => operator.kind === kind)).toBeGreaterThan(2);
  });

  it.each(FEATURES)('have %s, now and then', (_, graphs) => {
    expect(graphs()).toBeGreaterThan(GRAPHS.length / 50);
  });
});
