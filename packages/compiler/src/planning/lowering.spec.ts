// SPDX-License-Identifier: Apache-2.0
// Lowered operators are kept, and made anew where a tensor of theirs is another one.
import { GraphBuilder, type Graph, type TensorId } from '../ir/index.js';
import { lowerOperator } from './lowering.js';

function convolution(): Graph {
  const builder = new GraphBuilder();
  const x = builder.input([1, 8, 8, 2]);
  return builder.output(builder.conv2d(x, { filters: 2 })).build();
}

describe('lowering the same operator again', () => {
  const graph = convolution();
  const op = graph.operators[0]!;

  it('gives the same answer for another graph with the same tensors', () => {
    const copy: Graph = { ...graph, tensors: new Map(graph.tensors) };
    expect(lowerOperator(copy, op)).toBe(lowerOperator(graph, op));
  });

  it.each([
    ['input', op.inputs[0] as TensorId],
    ['output', op.outputs[0] as TensorId],
  ])('looks at it anew when its %s has another size', (_which, id) => {
    const before = lowerOperator(graph, op);
    const tensor = graph.tensors.get(id)!;
    const other: Graph = {
      ...graph,
      tensors: new Map([...graph.tensors, [id, { ...tensor, shape: [1, 4, 4, 2] }]]),
    };
    const after = lowerOperator(other, op);
    expect(after).not.toBe(before);
    expect(after.inputs).not.toEqual(before.inputs);
    expect(lowerOperator(graph, op)).toEqual(before);
  });
});
