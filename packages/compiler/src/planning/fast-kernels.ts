// SPDX-License-Identifier: Apache-2.0
/** Kernel variants for cores with DSP instructions (packages/device-c/src/nn/dsp). They run everywhere, with the same bytes. */
import { PlanKind } from '../plan-format/index.js';
import { patchesInstructions } from './cost/fast-instructions.js';
import type { KernelVariant, VariantShape } from './variants.js';

const align16 = (bytes: number): number => Math.ceil(bytes / 16) * 16;

/** Four widened patches and one as bytes, scalings, row offsets, a pixel that nobody reads (conv_2d_patches.c). */
function patchesBytes(shape: VariantShape): number {
  const filter = Math.ceil((shape.kernelH * shape.kernelW * shape.channelsPerGroup) / 4) * 4;
  const channels = Math.ceil(shape.outputChannels / 2) * 2;
  return align16(9 * filter + 4 + 17 * channels + 4 * shape.kernelH * shape.segmentCount);
}

/** Four pixels are computed at a time: so many rows that at most an eighth of them is wasted, in at most `most` rows. */
function fillingRows(most: number): (shape: VariantShape) => number {
  return ({ outputWidth }) => {
    for (let rows = 1; rows < most; rows++) {
      const pixels = rows * outputWidth;
      if (Math.ceil(pixels / 4) * 4 <= pixels * (8 / 7)) return rows;
    }
    return most;
  };
}

/** Another way to run a kernel of which one is called `key`: way 0 is the kernel's own. */
const way = (id: number, number: number): number => number * 0x10000 + id;

const PATCHES: Omit<KernelVariant, 'key' | 'rowsPerCall'> = {
  ...{ id: 0x0102, planKind: PlanKind.conv2d, name: 'conv_2d.patches', weightLayout: 'pairs' },
  ...{ accumulates: false, suits: () => true, acceptsSegments: true },
  ...{ scratchBytes: patchesBytes, stateBytes: () => 0 },
  fast: { sumLimit: 2 ** 30, instructions: patchesInstructions },
};

export const FAST_KERNELS: readonly KernelVariant[] = [
  { ...PATCHES, key: way(PATCHES.id, 0), rowsPerCall: 1 },
  { ...PATCHES, key: way(PATCHES.id, 1), rowsPerCall: fillingRows(4) },
];
