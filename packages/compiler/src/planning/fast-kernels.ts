// SPDX-License-Identifier: Apache-2.0
/** Kernel variants for cores with DSP instructions (packages/device-c/src/nn/dsp). They run everywhere, with the same bytes. */
import { PlanKind } from '../plan-format/index.js';
import {
  depthwiseInstructions,
  patchesInstructions,
  tilesInstructions,
  upsamplingInstructions,
} from './cost/fast-instructions.js';
import type { KernelVariant, VariantShape } from './variants.js';
import { WINOGRAD_KERNELS } from './winograd-kernels.js';

const align16 = (bytes: number): number => Math.ceil(bytes / 16) * 16;

/** Four widened patches and one as bytes, scalings, row offsets, a pixel that nobody reads (conv_2d_patches.c). */
function patchesBytes(shape: VariantShape): number {
  const filter = Math.ceil((shape.kernelH * shape.kernelW * shape.channelsPerGroup) / 4) * 4;
  const channels = Math.ceil(shape.outputChannels / 2) * 2;
  return align16(9 * filter + 4 + 17 * channels + 4 * shape.kernelH * shape.segmentCount);
}

/** Four pixels are computed at a time: the rows of a call, `most` at most, that waste the least. */
function fillingRows(most: number): (shape: VariantShape) => number {
  return ({ outputWidth }) => {
    const waste = (rows: number): number => Math.ceil((rows * outputWidth) / 4) / rows;
    let best = 1;
    for (let rows = 2; rows <= most; rows++) if (waste(rows) < 0.97 * waste(best)) best = rows;
    return best;
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

/** Four widened pixels, scalings, a pixel that nobody reads (transpose_conv_patches.c). */
function upsamplingBytes({ inputChannels, outputChannels }: VariantShape): number {
  return align16(8 * inputChannels + 17 * Math.ceil(outputChannels / 2) * 2);
}

const UPSAMPLING: KernelVariant = {
  ...{ id: 0x0302, key: 0x0302, planKind: PlanKind.transposeConv, name: 'transpose_conv.patches' },
  ...{ weightLayout: 'pairsByTap', accumulates: false, acceptsSegments: false, rowsPerCall: 1 },
  suits: ({ upsamples, inputChannels }) => upsamples && inputChannels % 4 === 0,
  ...{ scratchBytes: upsamplingBytes, stateBytes: () => 0 },
  fast: { sumLimit: 2 ** 30, instructions: upsamplingInstructions },
};

/**
 * Transformed weights of all pairs of filters and one block of inputs, or of one pair and all blocks; ten transformed
 * columns, a pixel of padding, scalings, sums (conv_2d_tiles.c).
 */
function tilesBytes(rowsPerCall: number): KernelVariant['scratchBytes'] {
  return ({ inputChannels, outputChannels, outputWidth, outputRows }) => {
    const pairs = Math.ceil(outputChannels / 2);
    const blocks = Math.ceil(outputWidth / 8) * Math.ceil(Math.min(rowsPerCall, outputRows) / 2);
    const transformed = Math.min(64 * pairs + 128, 64 + 128 * blocks);
    return align16(32 * pairs + 512 + (81 + transformed) * inputChannels);
  };
}

function tiles(number: number, rowsPerCall: number): KernelVariant {
  return {
    ...{ id: 0x0103, key: way(0x0103, number), planKind: PlanKind.conv2d, name: 'conv_2d.tiles' },
    ...{ weightLayout: 'model', accumulates: false, acceptsSegments: true, rowsPerCall },
    suits: ({ plain3x3, inputChannels, outputWidth }) =>
      plain3x3 && inputChannels % 4 === 0 && inputChannels <= 64 && outputWidth <= 4096,
    ...{ scratchBytes: tilesBytes(rowsPerCall), stateBytes: () => 0 },
    fast: { sumLimit: 2 ** 29, instructions: tilesInstructions },
  };
}

/** The default kernel: rows of one call share the preparation of each channel. Where sums are too large it is plain. */
const DEPTHWISE: Omit<KernelVariant, 'key' | 'rowsPerCall'> = {
  ...{ id: 0x0201, planKind: PlanKind.depthwiseConv2d, name: 'depthwise_conv_2d.block' },
  ...{ weightLayout: 'model', accumulates: false, suits: () => true, acceptsSegments: false },
  ...{ scratchBytes: () => 0, stateBytes: () => 0 },
  fast: { sumLimit: Infinity, instructions: depthwiseInstructions },
};

export const FAST_KERNELS: readonly KernelVariant[] = [
  tiles(0, 2),
  tiles(1, 4),
  tiles(2, 8),
  UPSAMPLING,
  { ...DEPTHWISE, key: way(DEPTHWISE.id, 1), rowsPerCall: 2 },
  { ...DEPTHWISE, key: way(DEPTHWISE.id, 2), rowsPerCall: 4 },
  { ...DEPTHWISE, key: way(DEPTHWISE.id, 3), rowsPerCall: 8 },
  { ...PATCHES, key: way(PATCHES.id, 0), rowsPerCall: 1 },
  { ...PATCHES, key: way(PATCHES.id, 1), rowsPerCall: fillingRows(4) },
  ...WINOGRAD_KERNELS,
];
