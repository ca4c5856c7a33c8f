// SPDX-License-Identifier: Apache-2.0
// Models with golden tensors: those of TINYSEG_MODELS, the examples, and the small ones beside a spec.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { modelsDir } from '@tinyseg/testing';

/** Bytes of one run: every input and output tensor, and of some runs every operator's outputs. */
export interface GoldenRun {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly layers: readonly GoldenLayer[];
}

export interface GoldenLayer {
  readonly operator: string;
  /** Index of the tensor in the model's file. */
  readonly tensor: number;
  /** Element type, in the schema's words. */
  readonly type: string;
  readonly file: string;
}

export interface GoldenModel {
  readonly name: string;
  readonly file: string;
  readonly runs: readonly GoldenRun[];
}

const EXAMPLE = path.resolve(import.meta.dirname, '../../../../examples/car-segmentation');

/** Folders below `root` with a `model.tflite` and `inputN.bin`, `outputN.bin`; prefixes `seedS_` are further runs. */
export function goldenFolders(root: string): readonly GoldenModel[] {
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((entry) => path.basename(entry) === 'model.tflite')
    .map((entry) => path.dirname(entry))
    .sort()
    .map((name) => {
      const folder = path.join(root, name);
      const files = readdirSync(folder);
      const prefixes = [
        ...new Set(files.flatMap((file) => /^(.*)input0\.bin$/.exec(file)?.[1] ?? [])),
      ].sort();
      return {
        name,
        file: path.join(folder, 'model.tflite'),
        runs: prefixes.map((prefix) => ({
          name: prefix === '' ? 'run 1' : prefix.replace('_', ''),
          inputs: numbered(folder, files, `${prefix}input`),
          outputs: numbered(folder, files, `${prefix}output`),
          layers: prefix === '' ? layersOf(folder) : [],
        })),
      };
    });
}

/** Models made by others, from TINYSEG_MODELS; empty when the directory is absent. */
export const sharedGoldenModels: readonly GoldenModel[] = goldenFolders(modelsDir());

/** Those of them that are whole networks of int8. */
export const sharedInt8Models: readonly GoldenModel[] = sharedGoldenModels.filter(
  ({ name, file }) => !name.includes(path.sep) && isInt8(file),
);

/** Those of them that are whole networks of float32. */
export const sharedFloatModels: readonly GoldenModel[] = sharedGoldenModels.filter(
  ({ name, file }) => !name.includes(path.sep) && infoOf(file).includes('FLOAT32'),
);

/** Those of one operator, with int16 activations. */
export const sharedInt16Models: readonly GoldenModel[] = sharedGoldenModels.filter(({ name }) =>
  name.startsWith(`single-op${path.sep}`),
);

/** The example models, a run for each picture whose input is committed. */
export const exampleGoldenModels: readonly GoldenModel[] = readdirSync(path.join(EXAMPLE, 'golden'), {
  withFileTypes: true,
})
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => ({
    name,
    file: path.join(EXAMPLE, `${name}.tflite`),
    runs: pictureRuns(path.join(EXAMPLE, 'golden', name)),
  }))
  .filter(({ runs }) => runs.length > 0);

function pictureRuns(folder: string): readonly GoldenRun[] {
  const files = readdirSync(folder);
  const layered = existsSync(path.join(folder, 'layers/picture.txt'))
    ? readFileSync(path.join(folder, 'layers/picture.txt'), 'utf8').trim()
    : undefined;
  return files
    .flatMap((file) => /^(.*)\.input\.bin$/.exec(file)?.[1] ?? [])
    .sort()
    .map((picture) => ({
      name: picture,
      inputs: [path.join(folder, `${picture}.input.bin`)],
      outputs: [path.join(folder, `${picture}.output.bin`)],
      layers: picture === layered ? layersOf(folder) : [],
    }));
}

function infoOf(file: string): string {
  return readFileSync(path.join(path.dirname(file), 'info.json'), 'utf8');
}

function isInt8(file: string): boolean {
  const info = infoOf(file);
  return !info.includes('FLOAT32') && info.includes('INT8');
}

function numbered(folder: string, files: readonly string[], prefix: string): readonly string[] {
  const names: string[] = [];
  while (files.includes(`${prefix}${names.length}.bin`)) names.push(`${prefix}${names.length}.bin`);
  return names.map((name) => path.join(folder, name));
}

/** Reads `layers/index.txt`: lines "op 0 CONV_2D tensor 58 INT8 shape 1 48 48 8 name". */
function layersOf(folder: string): readonly GoldenLayer[] {
  const index = path.join(folder, 'layers/index.txt');
  if (!existsSync(index)) return [];
  return readFileSync(index, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const match = /^op (?<op>\d+) (?<operator>\S+) tensor (?<tensor>\d+) (?<type>\S+) /.exec(line);
      const { op = '', operator = '', tensor = '', type = '' } = match?.groups ?? {};
      if (op === '') return [];
      const file = path.join(folder, 'layers', `op${op.padStart(3, '0')}_t${tensor}.bin`);
      return [{ operator, tensor: Number(tensor), type, file }];
    });
}
