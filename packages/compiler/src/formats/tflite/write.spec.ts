// SPDX-License-Identifier: Apache-2.0
// The writer: what is read back is what was written, for real models and for graphs made here.
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { describeIf, seededRandom } from '@tinyseg/testing';
import { ByteBuffer } from 'flatbuffers';
import { type Graph, GraphBuilder, printGraph } from '../../ir/index.js';
import { runPasses } from '../../passes/index.js';
import { modelFiles, modelFilesMissing } from '../../testing/model-files.js';
import { lowerPadding } from './lower-padding.js';
import { readTflite } from './read.js';
import { BuiltinOperator, BuiltinOptions, Model, ArgMinOptionsT } from './schema/generated/tflite.js';
import { fileTensorIndices, writeTflite } from './write.js';

function roundTrip(graph: Graph): Graph {
  return readTflite(writeTflite(graph));
}

/** Offsets of all non-empty buffers in a file, modulo 16. */
function bufferAlignments(bytes: Uint8Array): number[] {
  const model = Model.getRootAsModel(new ByteBuffer(bytes));
  return Array.from({ length: model.buffersLength() }, (_, index) => model.buffers(index)?.dataArray())
    .filter((data) => data !== null && data !== undefined)
    .map((data) => (data.byteOffset - bytes.byteOffset) % 16);
}

describeIf(
  modelFiles.length > 0,
  modelFilesMissing.why,
  modelFilesMissing.install,
  'writeTflite on real models',
  () => {
    it.each(modelFiles.map(({ name, file }) => [name, file]))(
      'writes %s so that it reads back equal',
      (_, file) => {
        const graph = readTflite(readFileSync(file));
        const bytes = writeTflite(graph);
        // Jest compares large arrays element by element; node does it at once.
        expect(isDeepStrictEqual(readTflite(bytes), graph)).toBe(true);
        expect(isDeepStrictEqual(writeTflite(readTflite(bytes)), bytes)).toBe(true);
        expect(bufferAlignments(bytes).every((offset) => offset === 0)).toBe(true);
      },
    );

    it.each(modelFiles.map(({ name, file }) => [name, file]))('writes %s after the passes', (_, file) => {
      const graph = lowerPadding(runPasses(readTflite(readFileSync(file))));
      expect(roundTrip(graph).operators.map(({ kind }) => kind)).toEqual(
        graph.operators.map(({ kind }) => kind),
      );
    });
  },
);

describe('writeTflite', () => {
  const fused = {
    padding: 'same',
    strideH: 1,
    strideW: 1,
    dilationH: 1,
    dilationW: 1,
    activation: 'relu',
  } as const;

  it('carries our own operators', () => {
    const build = new GraphBuilder('spilled');
    const x = build.input([1, 4, 4, 2]);
    const token = build.operator('spill', [x], { store: 'flash' }, { type: 'int32' });
    const fetched = build.tensor([1, 4, 4, 2]);
    build.operatorInto('fetch', [token], [fetched], { store: 'flash' });
    const both = build.tensor([1, 4, 4, 4]);
    build.operatorInto('fusedConcatenation', [token, fetched], [both], {
      ...{ axis: -1, activation: 'none', fetched: [true, false] },
    });
    const weights = build.constant([1, 1, 1, 4], [1, 2, 3, 4], { type: 'int8', scale: 1 });
    const y = build.tensor([1, 4, 4, 1]);
    build.operatorInto('fusedConv2d', [token, fetched, weights, null], [y], {
      ...fused,
      fetched: [true, false],
    });
    const z = build.tensor([1, 5, 6, 1]);
    build.operatorInto('fusedConv2d', [token, fetched, weights], [z], {
      ...{ ...fused, padding: 'valid', fetched: [true, false] },
      explicitPadding: { top: 1, bottom: 0, left: 0, right: 2 },
    });
    const graph = build.output(both, y, z).build();
    expect(roundTrip(graph)).toEqual(graph);
  });

  it('keeps metadata, signatures, versions, options it does not model, and shared and empty constants', () => {
    const build = new GraphBuilder('kept');
    const x = build.input([1, 4]);
    const weights = build.constant([2, 4], [1, 2, 3, 4, 5, 6, 7, 8], { type: 'int8', scale: 0.5 });
    const y = build.operator('fullyConnected', [x, weights, null], {
      ...{ activation: 'none', keepNumDims: false, weightsFormat: 'default' },
      extras: { asymmetricQuantizeInputs: true },
    });
    const z = build.operator('fullyConnected', [x, weights], {
      ...{ activation: 'relu', keepNumDims: true, weightsFormat: 'default' },
    });
    const one = build.constant([1], [1], { type: 'int8', scale: 1 });
    const scalar = build.operator('reshape', [one, build.constant([0], [])], {});
    const plain = build.output(y, z, scalar).build();
    const graph: Graph = {
      ...plain,
      operators: plain.operators.map((operator, index) => ({ ...operator, version: index + 1 })),
      info: {
        description: 'a test',
        version: 3,
        metadata: [
          { name: 'min_runtime_version', data: new Uint8Array(16).fill(49) },
          { name: 'empty', data: new Uint8Array() },
        ],
        signatures: [
          { key: 's', inputs: [{ name: 'in', tensor: x }], outputs: [{ name: 'out', tensor: z }] },
        ],
      },
    };
    const bytes = writeTflite(graph);
    expect(readTflite(bytes)).toEqual(graph);
    const model = Model.getRootAsModel(new ByteBuffer(bytes));
    const versions = Array.from({ length: model.operatorCodesLength() }, (_, index) =>
      model.operatorCodes(index)?.version(),
    );
    expect(versions).toEqual([1, 2, 3]);
    expect(model.buffers(0)?.dataLength()).toBe(0);
  });

  it('gives back an operator that it does not know, options and all', () => {
    const build = new GraphBuilder('opaque');
    const x = build.input([4]);
    const y = build.tensor([2]);
    const base = { options2: null, options2Type: 0, intermediates: [], mutatingVariableInputs: [] } as const;
    build.operatorInto('opaque', [x, null], [y], {
      ...base,
      ...{ name: 'ARG_MIN', builtinCode: BuiltinOperator.ARG_MIN, optionsType: BuiltinOptions.ArgMinOptions },
      options: new ArgMinOptionsT(2),
    });
    const z = build.tensor([2]);
    build.operatorInto('opaque', [y], [z], {
      ...base,
      ...{
        name: 'Mine',
        builtinCode: BuiltinOperator.CUSTOM,
        customCode: 'Mine',
        optionsType: 0,
        options: null,
      },
      customOptions: Uint8Array.of(1, 2, 3),
    });
    const graph = build.output(z).build();
    expect(roundTrip(graph)).toEqual(graph);
  });

  it('writes a large operator code in the new field and 127 in the old one', () => {
    const build = new GraphBuilder();
    const y = build.tensor([4]);
    build.operatorInto('opaque', [build.input([4])], [y], {
      ...{ name: 'GELU', builtinCode: BuiltinOperator.GELU, optionsType: 0, options: null },
      ...{ options2: null, options2Type: 0, intermediates: [], mutatingVariableInputs: [] },
    });
    const graph = build.output(y).build();
    const code = Model.getRootAsModel(new ByteBuffer(writeTflite(graph))).operatorCodes(0);
    expect([code?.deprecatedBuiltinCode(), code?.builtinCode()]).toEqual([127, BuiltinOperator.GELU]);
    expect(roundTrip(graph)).toEqual(graph);
  });

  it('writes explicit padding as PAD and reads it back into the same graph', () => {
    const build = new GraphBuilder();
    const x = build.input([1, 8, 8, 1], { scale: 0.5, zeroPoint: -128 });
    const padded = build.operator('pad', [x, build.constant([4, 2], [0, 0, 1, 1, 2, 1, 0, 0])], {});
    const y = build.conv2d(padded, { filters: 1, stride: 2, padding: 'valid' });
    const graph = runPasses(build.output(y).build());
    expect(graph.operators).toHaveLength(1);
    const again = roundTrip(graph);
    expect(again.operators.map(({ kind }) => kind)).toEqual(['pad', 'conv2d']);
    expect(printGraph(runPasses(again)).replace(/%\d+/g, '%')).toBe(printGraph(graph).replace(/%\d+/g, '%'));
  });

  it('numbers tensors in the order of the graph', () => {
    const build = new GraphBuilder();
    const dead = build.operator('relu', [build.input([4])], {});
    const y = build.operator('relu6', [0], {});
    const graph = runPasses(build.output(y).build());
    expect(graph.tensors.has(dead)).toBe(false);
    expect([...fileTensorIndices(graph)]).toEqual([
      [0, 0],
      [y, 1],
    ]);
    expect(roundTrip(graph).outputs).toEqual([1]);
  });

  it('aligns buffers of any length', () => {
    const random = seededRandom(7);
    const build = new GraphBuilder();
    let y = build.input([1]);
    for (let count = 0; count < 40; count++) {
      const length = random.integer(1, 70);
      const values = Array.from({ length }, () => random.integer(-128, 127));
      y = build.add(y, build.constant([length, 1].slice(0, 1), values, { type: 'int8', scale: 1 }));
      y = build.operator('slice', [y, build.constant([1], [0]), build.constant([1], [1])], {});
    }
    const bytes = writeTflite(build.output(y).build());
    expect(new Set(bufferAlignments(bytes))).toEqual(new Set([0]));
  });
});
