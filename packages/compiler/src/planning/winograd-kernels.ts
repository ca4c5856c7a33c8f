// SPDX-License-Identifier: Apache-2.0
/**
 * 3x3 convolutions in tiles of 4x4 outputs (packages/device-c/src/nn/dsp/winograd.h). The more scratch, the less often
 * filters are transformed; the more rows of a call, the less, too.
 */
import { PlanKind } from '../plan-format/index.js';
import { winogradBlocks, winogradInstructions, type WinogradWay } from './cost/winograd-instructions.js';
import type { KernelVariant, VariantShape } from './variants.js';

const up = (count: number, unit: number): number => Math.ceil(count / unit) * unit;

/** What is always there: columns and bytes of a run, products, spare outputs, row offsets, scalings (src/nn/winograd.h). */
function fixedBytes({ outputChannels, segmentCount }: VariantShape): number {
  return 6 * 18 * 12 + 36 * 32 + 128 + up(24 * segmentCount, 8) + 16 * up(outputChannels, 2);
}

function scratchBytes({ rowsPerCall, once }: WinogradWay, shape: VariantShape): number {
  const filters = 144 * up(shape.inputChannels, 4);
  const block = 2 * filters;
  const pairs = Math.ceil(shape.outputChannels / 2);
  const blocks = winogradBlocks(shape.outputWidth, Math.min(rowsPerCall, shape.outputRows));
  const transformed = once ? Math.min(pairs * filters + block, filters + blocks * block) : filters + block;
  return up(fixedBytes(shape) + transformed, 16);
}

const ID = 0x0104;

function variant(way: WinogradWay, number: number): KernelVariant {
  return {
    ...{ id: ID, key: number * 0x10000 + ID, planKind: PlanKind.conv2d, name: 'conv_2d.winograd' },
    ...{ weightLayout: 'model', accumulates: false, acceptsSegments: true, rowsPerCall: way.rowsPerCall },
    suits: ({ plain3x3, inputChannels, outputChannels }) =>
      plain3x3 && inputChannels <= 4096 && outputChannels <= 4096,
    scratchBytes: (shape) => scratchBytes(way, shape),
    stateBytes: () => 0,
    // The products are 576 times the sum: 9 times, which is taken out, and 64 times.
    fast: {
      sumLimit: 2 ** 25,
      instructions: (shape, rowCount) => winogradInstructions(way, shape, rowCount),
    },
  };
}

const WAYS: readonly WinogradWay[] = [
  { rowsPerCall: 4, once: false },
  { rowsPerCall: 4, once: true },
  { rowsPerCall: 8, once: true },
  { rowsPerCall: 32, once: true },
];

export const WINOGRAD_KERNELS: readonly KernelVariant[] = WAYS.map(variant);
