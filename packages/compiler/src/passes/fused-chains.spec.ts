// SPDX-License-Identifier: Apache-2.0
// The passes that replace chains with operators the interpreter does not run: dilation and upsampling.
import fc from 'fast-check';
import { seededRandom } from '@tinyseg/testing';
import { type Graph, GraphBuilder, type TensorId, verifyGraph } from '../ir/index.js';
import { interpret } from '../reference/index.js';
import { fuseDilation } from './fuse-dilation.js';
import { fuseUpsampling } from './fuse-upsampling.js';
import { runPasses } from './index.js';

const NO_OPTIONS = { options: null, optionsType: 0, options2: null, options2Type: 0, intermediates: [] };

/** An operator of TFLite that the graph keeps opaque, with a made-up but steady builtin code. */
function opaque(
  build: GraphBuilder,
  name: string,
  inputs: readonly TensorId[],
  shape: readonly number[],
): TensorId {
  const output = build.tensor(shape, ENCODING);
  const fields = { ...NO_OPTIONS, name, builtinCode: 1, mutatingVariableInputs: [] };
  build.operatorInto('opaque', inputs, [output], fields);
  return output;
}

const ENCODING = { scale: 0.05, zeroPoint: -7 };

function kinds(graph: Graph): string[] {
  return graph.operators.map((operator) => (operator.kind === 'opaque' ? operator.name : operator.kind));
}

describe('fuse-upsampling', () => {
  interface Case {
    readonly rows: number;
    readonly columns: number;
    readonly size: readonly [height: number, width: number, channels: number];
    readonly columnsFirst?: boolean;
  }

  /** x repeated as Keras' UpSampling2D is converted: RESHAPE, TILE, RESHAPE for rows and for columns. */
  function upsampled({ rows, columns, size: [h, w, c], columnsFirst = false }: Case): Graph {
    const build = new GraphBuilder();
    let y = build.input([1, h, w, c], ENCODING);
    let [height, width] = [h, w];
    const repeatRows = (): void => {
      const open = build.operator('reshape', [y], { newShape: [1, height, 1, width, c] });
      y = opaque(build, 'TILE', [open, build.constant([5], [1, 1, rows, 1, 1])], [1, height, rows, width, c]);
      height *= rows;
      y = build.operator('reshape', [y], { newShape: [1, height, width, c] });
    };
    const repeatColumns = (): void => {
      const open = build.operator('reshape', [y], { newShape: [1, height, width, 1, c] });
      y = opaque(
        build,
        'TILE',
        [open, build.constant([5], [1, 1, 1, columns, 1])],
        [1, height, width, columns, c],
      );
      width *= columns;
      y = build.operator('reshape', [y], { newShape: [1, height, width, c] });
    };
    for (const repeat of columnsFirst ? [repeatColumns, repeatRows] : [repeatRows, repeatColumns]) repeat();
    return build.output(y).build();
  }

  /** What repeating means, written down once more. */
  function repeated(x: Uint8Array, { rows, columns, size: [h, w, c] }: Case): Uint8Array {
    const result: number[] = [];
    for (let row = 0; row < h * rows; row++) {
      for (let column = 0; column < w * columns; column++) {
        const from = (Math.floor(row / rows) * w + Math.floor(column / columns)) * c;
        result.push(...x.subarray(from, from + c));
      }
    }
    return Uint8Array.from(result);
  }

  it('resizes to what the chain repeats', () => {
    const side = fc.integer({ min: 1, max: 7 });
    const cases = fc.record({
      rows: fc.integer({ min: 1, max: 5 }),
      columns: fc.integer({ min: 2, max: 5 }),
      size: fc.tuple(side, side, fc.integer({ min: 1, max: 3 })),
      columnsFirst: fc.boolean(),
    });
    fc.assert(
      fc.property(cases, (each) => {
        const graph = runPasses(upsampled(each));
        expect(kinds(graph)).toEqual(['resizeNearest']);
        const x = seededRandom(1).bytes(each.size[0] * each.size[1] * each.size[2]);
        expect(interpret(graph, [x])).toEqual([repeated(x, each)]);
      }),
      { seed: 3, numRuns: 200 },
    );
  });

  it('leaves a chain alone that repeats the picture, not its pixels', () => {
    const build = new GraphBuilder();
    const x = build.input([1, 4, 4, 2], ENCODING);
    const flat = build.operator('reshape', [x], { newShape: [1, 32] });
    const twice = opaque(build, 'TILE', [flat, build.constant([2], [2, 1])], [2, 32]);
    const graph = build.output(build.operator('reshape', [twice], { newShape: [1, 8, 4, 2] })).build();
    expect(fuseUpsampling.run(graph)).toBe(graph);
  });

  it('leaves a chain alone in which somebody else reads a tensor', () => {
    const graph = upsampled({ rows: 2, columns: 2, size: [2, 2, 1] });
    const shared = { ...graph, outputs: [...graph.outputs, graph.operators[1]?.outputs[0] ?? -1] };
    expect(fuseUpsampling.run(shared)).toBe(shared);
  });
});

describe('fuse-dilation', () => {
  interface Case {
    readonly block: readonly [number, number];
    readonly kernel: readonly [number, number];
    readonly pads: readonly [top: number, left: number];
    readonly isDepthwise: boolean;
    readonly crop: number;
  }

  const [HEIGHT, WIDTH, CHANNELS] = [7, 9, 2];

  /** Enough padding after the given one that blocks fit. */
  function padsOf({ block, pads }: Case): readonly [number, number, number, number] {
    const [top, left] = pads;
    const fill = (length: number, step: number): number => (step - (length % step)) % step;
    return [top, fill(HEIGHT + top, block[0]) + block[0], left, fill(WIDTH + left, block[1]) + block[1]];
  }

  function between(each: Case, convolution = {}): Graph {
    const { block, kernel, isDepthwise, crop } = each;
    const [top, bottom, left, right] = padsOf(each);
    const [height, width] = [(HEIGHT + top + bottom) / block[0], (WIDTH + left + right) / block[1]];
    const build = new GraphBuilder();
    const x = build.input([1, HEIGHT, WIDTH, CHANNELS], ENCODING);
    const blocks = build.constant([2], block);
    const batches = build.tensor([block[0] * block[1], height, width, CHANNELS], ENCODING);
    const margins = build.constant([2, 2], [top, bottom, left, right]);
    build.operatorInto('spaceToBatch', [x, blocks, margins], [batches], {});
    const options = {
      filters: CHANNELS,
      kernel,
      padding: 'valid',
      output: ENCODING,
      seed: 5,
      ...convolution,
    } as const;
    const y = isDepthwise ? build.depthwiseConv2d(batches, options) : build.conv2d(batches, options);
    const [, h = 0, w = 0] = build.shapeOf(y);
    const z = build.tensor([1, h * block[0] - crop, w * block[1], CHANNELS], ENCODING);
    build.operatorInto('batchToSpace', [y, blocks, build.constant([2, 2], [crop, 0, 0, 0])], [z], {});
    return build.output(z).build();
  }

  /** The chain by its definition: every output pixel through its phase, with the convolution run on batches. */
  function expected(graph: Graph, each: Case, x: Uint8Array): Uint8Array {
    const [, bottom] = padsOf(each);
    const [top, , left, right] = padsOf(each);
    const [bh, bw] = each.block;
    const [height, width] = [(HEIGHT + top + bottom) / bh, (WIDTH + left + right) / bw];
    const batches = new Uint8Array(bh * bw * height * width * CHANNELS).fill(ENCODING.zeroPoint);
    for (let row = 0; row < HEIGHT; row++) {
      for (let column = 0; column < WIDTH; column++) {
        const [r, q] = [row + top, column + left];
        const batch = (r % bh) * bw + (q % bw);
        const to = ((batch * height + Math.floor(r / bh)) * width + Math.floor(q / bw)) * CHANNELS;
        const from = (row * WIDTH + column) * CHANNELS;
        batches.set(x.subarray(from, from + CHANNELS), to);
      }
    }
    const [first, middle, last] = graph.operators;
    const inner = {
      ...graph,
      operators: [middle!],
      inputs: first!.outputs,
      outputs: last!.inputs.slice(0, 1) as number[],
    };
    const convolved = interpret(inner, [batches])[0]!;
    const [, h = 0, w = 0] = graph.tensors.get(inner.outputs[0]!)!.shape;
    const result: number[] = [];
    for (let row = each.crop; row < h * bh; row++) {
      for (let column = 0; column < w * bw; column++) {
        const batch = (row % bh) * bw + (column % bw);
        const from = ((batch * h + Math.floor(row / bh)) * w + Math.floor(column / bw)) * CHANNELS;
        result.push(...convolved.subarray(from, from + CHANNELS));
      }
    }
    return Uint8Array.from(result);
  }

  const small = fc.integer({ min: 1, max: 3 });
  const cases = fc.record({
    block: fc.tuple(small, small),
    kernel: fc.tuple(small, small),
    pads: fc.tuple(fc.nat({ max: 4 }), fc.nat({ max: 4 })),
    isDepthwise: fc.boolean(),
    crop: fc.constant(0),
  });

  it('gives the dilated convolution that computes the same', () => {
    fc.assert(
      fc.property(cases, fc.nat({ max: 4 }), (drawn, crop) => {
        const each = { ...drawn, crop: Math.min(crop, drawn.pads[0]) };
        const graph = between(each);
        const fused = fuseDilation.run(graph);
        expect(verifyGraph(fused)).toEqual([]);
        expect(kinds(fused)).toEqual([each.isDepthwise ? 'depthwiseConv2d' : 'conv2d']);
        const x = seededRandom(2).bytes(HEIGHT * WIDTH * CHANNELS);
        expect(interpret(fused, [x])).toEqual([expected(graph, each, x)]);
      }),
      { seed: 4, numRuns: 150 },
    );
  });

  it.each([
    ['the crop is more than the padding', { pads: [0, 0], crop: 1 }, {}],
    ['the convolution moves by 2', {}, { stride: 2 }],
    ['the convolution pads itself', {}, { padding: 'same' }],
  ] as const)('leaves the chain alone when %s', (_, change, convolution) => {
    const each = {
      block: [2, 2],
      kernel: [2, 2],
      pads: [1, 1],
      isDepthwise: false,
      crop: 0,
      ...change,
    } as const;
    const graph = between(each, convolution);
    expect(fuseDilation.run(graph)).toBe(graph);
  });
});
