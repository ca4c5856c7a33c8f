// SPDX-License-Identifier: Apache-2.0
// The 480x640 network of the benchmarks: the 240x320 one on an image twice as high and wide, the same weights.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const built = (file) => import(new URL(`../../packages/${file}`, import.meta.url).href);

/** Writes it to the folder and gives the path of the file. Needs a build. */
export async function writeLargeNetwork(middleFile, folder) {
  const { prepareGraph, readTflite } = await import('@tinyseg/compiler');
  const { writeTflite } = await built('compiler/dist/formats/tflite/index.js');
  const { scaledGraph } = await built('testing/dist/index.js');
  const graph = prepareGraph(readTflite(new Uint8Array(readFileSync(middleFile))));
  const file = path.join(folder, 'tiny_unet_480x640.tflite');
  writeFileSync(file, writeTflite(scaledGraph(graph, 2)));
  return file;
}
