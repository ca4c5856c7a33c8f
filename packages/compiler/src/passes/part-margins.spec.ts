// SPDX-License-Identifier: Apache-2.0
// Padding and cropping of batches as operators of their own: the same bytes, and where nothing is changed.
import { seededRandom } from '@tinyseg/testing';
import { type Graph, GraphBuilder, verifyGraph } from '../ir/index.js';
import { interpret } from '../reference/index.js';
import { partMargins } from './part-margins.js';

function graphOf(
  kind: 'spaceToBatch' | 'batchToSpace',
  shape: readonly number[],
  margins: readonly number[],
  zeroPoint = 0,
): Graph {
  const build = new GraphBuilder();
  const x = build.input(shape, { zeroPoint });
  const inputs = [x, build.constant([2], [2, 3]), build.constant([2, 2], margins)];
  return build.output(build.operator(kind, inputs, {})).build();
}

const kinds = ({ operators }: Graph): string[] => operators.map(({ kind }) => kind);

describe('part-margins', () => {
  it.each([
    ['spaceToBatch', [2, 3, 4, 2], [1, 0, 0, 2], ['pad', 'spaceToBatch']],
    ['batchToSpace', [12, 2, 2, 3], [1, 0, 2, 1], ['batchToSpace', 'slice']],
  ] as const)('parts the margins of %s', (kind, shape, margins, wanted) => {
    const graph = graphOf(kind, shape, margins);
    const parted = partMargins.run(graph);
    expect(verifyGraph(parted)).toEqual([]);
    expect(kinds(parted)).toEqual(wanted);
    const x = seededRandom(3).bytes(shape.reduce((product, size) => product * size, 1));
    expect(interpret(parted, [x])).toEqual(interpret(graph, [x]));
    expect(partMargins.run(parted)).toBe(parted);
  });

  it('leaves alone what has no margins', () => {
    const graph = graphOf('spaceToBatch', [1, 4, 6, 2], [0, 0, 0, 0], 5);
    expect(partMargins.run(graph)).toBe(graph);
  });

  it('leaves a padding alone on which interpreters disagree', () => {
    const graph = graphOf('spaceToBatch', [1, 3, 4, 2], [1, 0, 0, 2], 5);
    expect(partMargins.run(graph)).toBe(graph);
  });
});
