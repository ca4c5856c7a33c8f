// SPDX-License-Identifier: Apache-2.0
// The pass that sees tensors of low rank as images: what it writes, and what it leaves alone.
import { type Graph, GraphBuilder, printGraph, verifyGraph } from '../ir/index.js';
import { interpret } from '../reference/index.js';
import { mergeReshapes } from './merge-reshapes.js';
import { showAxes } from './show-axes.js';

function lines(graph: Graph): string[] {
  return printGraph(graph)
    .split('\n')
    .slice(1, -1)
    .map((line) =>
      line
        .trim()
        .replaceAll(/ \{[^}]*\}/g, '')
        .replaceAll('*0.05@0', ''),
    );
}

/** The operators after the pass; the outputs are the same. */
function shown(graph: Graph): string[] {
  const after = showAxes.run(graph);
  expect(verifyGraph(after)).toEqual([]);
  expect(showAxes.run(after)).toBe(after);
  const inputs = graph.inputs.map((id) =>
    Uint8Array.from({ length: graph.tensors.get(id)?.shape.reduce((a, b) => a * b) ?? 0 }, (_, i) => 91 * i),
  );
  expect(interpret(after, inputs)).toEqual(interpret(graph, inputs));
  return lines(after).slice(graph.inputs.length, -1);
}

describe('show-axes', () => {
  it('keeps the dimensions of a reduction, so that its output has the rows of its input', () => {
    const build = new GraphBuilder();
    const x = build.input([2, 3, 4, 5]);
    build.output(build.operator('mean', [x, build.constant([1], [-2])], { keepDims: false }));
    expect(shown(build.build())).toEqual([
      '%3 = mean(%0, int32[1]{2}): int8[2x3x1x5]',
      '%2 = reshape(%3): int8[2x3x5]',
    ]);
  });

  it('reduces a tensor of low rank as an image', () => {
    const build = new GraphBuilder();
    const x = build.input([3, 4]);
    build.output(build.operator('sum', [x, build.constant([1], [0])], { keepDims: true }));
    expect(shown(build.build())).toEqual([
      '%3 = reshape(%0): int8[1x1x3x4]',
      '%4 = sum(%3, int32[1]{2}): int8[1x1x1x4]',
      '%2 = reshape(%4): int8[1x4]',
    ]);
  });

  it('keeps the axis of ARG_MAX, and brings it to the end', () => {
    const build = new GraphBuilder();
    const x = build.input([2, 3, 4]);
    build.output(build.operator('argMax', [x, build.constant([], [1])], {}, { type: 'int32' }));
    expect(shown(build.build())).toEqual([
      '%3 = reshape(%0): int8[1x2x3x4]',
      '%4 = transpose(%3, int32[4]{0 1 3 2}): int8[1x2x4x3]',
      '%6 = argMax(%4, int32[1]{3}): int32[1x2x4x1]',
      '%2 = reshape(%6): int32[2x4]',
    ]);
  });

  it('adds along an inner axis on images; a constant takes the shape of one', () => {
    const build = new GraphBuilder();
    const x = build.input([2, 3, 2]);
    const column = build.constant([3, 1], [1, 2, 3], { type: 'int8', scale: 0.05 });
    build.output(build.add(x, column));
    expect(shown(build.build())).toEqual([
      '%3 = reshape(%0): int8[1x2x3x2]',
      '%5 = add(%3, int8[1x1x3x1]{1 2 3}): int8[1x2x3x2]',
      '%2 = reshape(%5): int8[2x3x2]',
    ]);
  });

  it('leaves what rows show already', () => {
    const build = new GraphBuilder();
    const x = build.input([1, 3, 4, 5]);
    const mean = build.operator('mean', [x, build.constant([2], [1, 2])], { keepDims: false });
    const line = build.input([3, 4]);
    build.output(build.add(line, build.constant([4], [1, 2, 3, 4], { type: 'int8', scale: 0.05 })), mean);
    const graph = build.build();
    expect(showAxes.run(graph)).toBe(graph);
  });
});

describe('merge-reshapes', () => {
  it('lets FULLY_CONNECTED read the tensor before a RESHAPE', () => {
    const build = new GraphBuilder();
    const x = build.input([1, 2, 2, 2]);
    const flat = build.operator('reshape', [x], { newShape: [1, 8] });
    const weights = build.constant([1, 8], [1, 2, 3, 4, 5, 6, 7, 8], { type: 'int8', scale: 0.1 });
    const options = { activation: 'none', keepNumDims: false, weightsFormat: 'default' } as const;
    build.output(build.operator('fullyConnected', [flat, weights, null], options));
    const merged = mergeReshapes.run(build.build());
    expect(merged.operators.map(({ kind, inputs }) => [kind, inputs[0]])).toEqual([['fullyConnected', x]]);
  });
});
