// SPDX-License-Identifier: Apache-2.0
/**
 * How many instructions the kernels for cores with DSP instructions take, as a function of the shape. Fitted to
 * counts of whole layers on an emulated Cortex-M4 (mps2-an386, -icount, gcc 12 -O2), within 4 % of all above 10,000:
 * the layers of the Tiny U-Net, of person_detect, vww_96, a ResNet and a keyword spotter.
 */
import type { VariantShape } from '../variants.js';

/** conv_2d.patches: four pixels and two channels at a time. */
export function patchesInstructions(shape: VariantShape, rowCount: number, rowsPerCall: number): number {
  const { kernelH, kernelW, channelsPerGroup, outputWidth, outputChannels, segmentCount } = shape;
  const inputs = kernelH * kernelW * channelsPerGroup;
  const steps = Math.ceil(inputs / 4) * 2;
  const pairs = Math.ceil(outputChannels / 2);
  const multiplying = pairs * (78 + 13 * steps + 4 * Math.ceil(steps / 16));
  // Rows of the window in one run, or each pixel by itself through a patch of bytes.
  const isPlain = segmentCount === 1 && (kernelW * channelsPerGroup) % 4 === 0;
  const gathering = isPlain ? 60 + 4 * inputs * 1.2 + 25 * kernelH : 4 * (60 + 20 * kernelH + 3 * inputs);
  const calls = Math.ceil(rowCount / rowsPerCall);
  const blocks =
    Math.floor(rowCount / rowsPerCall) * Math.ceil((rowsPerCall * outputWidth) / 4) +
    Math.ceil(((rowCount % rowsPerCall) * outputWidth) / 4);
  const isPoint = kernelH === 1 && kernelW === 1 && isPlain;
  const stepping = isPoint ? 35 + 30 * (outputChannels % 2) : 80;
  return blocks * (multiplying + gathering + stepping) + calls * (250 + 11 * outputChannels);
}

/** The portable convolution on such a core. */
export function plainInstructions(shape: VariantShape, rowCount: number): number {
  const { kernelH, kernelW, channelsPerGroup, outputWidth, outputChannels } = shape;
  const perOutput = 5 * kernelH * kernelW * channelsPerGroup + 90;
  return rowCount * outputWidth * (180 + outputChannels * perOutput);
}

/** transpose_conv.patches: the same for each tap of a row. */
export function upsamplingInstructions(shape: VariantShape, rowCount: number): number {
  const { inputChannels, kernelW, outputWidth, outputChannels } = shape;
  const steps = inputChannels / 2;
  const tap = Math.ceil(outputChannels / 2) * (78 + 13 * steps + 4 * Math.ceil(steps / 16)) + 100;
  const blocks = Math.ceil(outputWidth / kernelW / 4);
  return rowCount * (blocks * (kernelW * tap + 8 * inputChannels) + 200 + 11 * outputChannels);
}

/** depthwise_conv_2d.block: a channel of a row, swept; the rows of a call (eight at most) share its preparation. */
export function depthwiseInstructions(shape: VariantShape, rowCount: number, rowsPerCall: number): number {
  const { kernelH, kernelW, inputRows, outputRows, outputWidth, outputChannels } = shape;
  if (kernelH !== 3 || kernelW !== 3)
    return rowCount * outputWidth * outputChannels * kernelH * kernelW * 20.5;
  // With a stride of 2 two columns are read for each output.
  const each = inputRows > 1.5 * outputRows ? 28 : 20;
  return rowCount * outputChannels * (outputWidth * each + 46 + 306 / Math.min(rowsPerCall, 8));
}

/** conv_2d.tiles: blocks of two rows and eight columns; weights are transformed in each call. */
export function tilesInstructions(shape: VariantShape, rowCount: number, rowsPerCall: number): number {
  const { inputChannels, outputChannels, outputWidth, segmentCount } = shape;
  const pairs = Math.ceil(outputChannels / 2);
  const columns = segmentCount === 1 ? 0 : 450 * segmentCount;
  const transforming = columns + 194 * inputChannels;
  const multiplying = pairs * (16 * (5.5 * inputChannels + 8) + 835);
  const blocks = Math.ceil(outputWidth / 8) * Math.ceil(rowCount / 2);
  const calls = Math.ceil(rowCount / rowsPerCall);
  return (
    blocks * (transforming + multiplying) + calls * (400 + 251 * inputChannels * pairs + 11 * outputChannels)
  );
}
