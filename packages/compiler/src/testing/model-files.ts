// SPDX-License-Identifier: Apache-2.0
// Real model files for the compiler's specs: those of TINYSEG_MODELS and the examples of this workspace.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { findModelsDir, modelsDir } from '@tinyseg/testing';

export interface ModelFile {
  /** Path below its root, without extension: "single-op/conv0", "car-segmentation/tiny_unet_80x120". */
  readonly name: string;
  readonly file: string;
}

const EXAMPLES_DIR = path.resolve(import.meta.dirname, '../../../../examples');

function tfliteFilesBelow(root: string): ModelFile[] {
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((entry) => entry.endsWith('.tflite'))
    .sort()
    .map((entry) => ({
      name: entry.replace(/(\/model)?\.tflite$/, ''),
      file: path.join(root, entry),
    }));
}

/** Models made by others, from TINYSEG_MODELS; empty when the directory is absent. */
export const sharedModelFiles: readonly ModelFile[] = tfliteFilesBelow(modelsDir());

/** Models committed in `examples/`. */
export const exampleModelFiles: readonly ModelFile[] = tfliteFilesBelow(EXAMPLES_DIR);

export const modelFiles: readonly ModelFile[] = [...sharedModelFiles, ...exampleModelFiles];

/** The reason and the remedy for `describeIf` when there are none. */
export const modelFilesMissing = {
  why: `there are no models in ${modelsDir()}`,
  install: 'set TINYSEG_MODELS to a directory with .tflite models',
};

/** A model with the figures that its makers published (`info.json` beside it: arithmetic, arena of TFLM). */
export interface DescribedModel extends ModelFile {
  readonly info: Readonly<Record<string, number>>;
}

/** Those of the shared models that have an `info.json`, by the name of their folder. */
export const describedModels: readonly DescribedModel[] = describedBelow(findModelsDir());

/** The remedy for `describeIf` when there are none of them. */
export const describedModelsMissing = {
  why: 'no real models were found',
  install: 'set TINYSEG_MODELS to a folder of models with info.json',
};

function describedBelow(root: string | undefined): DescribedModel[] {
  if (root === undefined) return [];
  return readdirSync(root).flatMap((name) => {
    const info = path.join(root, name, 'info.json');
    if (!existsSync(info)) return [];
    const figures = JSON.parse(readFileSync(info, 'utf8')) as Record<string, number>;
    return [{ name, file: path.join(root, name, 'model.tflite'), info: figures }];
  });
}
