// SPDX-License-Identifier: Apache-2.0
/** How many instructions conv_2d.winograd takes; counted as in fast-instructions.ts, within 5 %. */
import type { VariantShape } from '../variants.js';

/** One way to run it. */
export interface WinogradWay {
  readonly rowsPerCall: number;
  /** Each filter is transformed once a call; otherwise once for each block of four tiles. */
  readonly once: boolean;
}

/** Blocks of four tiles of 4x4 in so many rows. */
export function winogradBlocks(outputWidth: number, rows: number): number {
  return Math.ceil((Math.ceil(outputWidth / 4) * Math.ceil(rows / 4)) / 4);
}

const POSITIONS = 36;

/**
 * Of each four channels of input: two filters transformed; a block of input transformed, more when the channels are not four,
 * and more at the edges of the image. Of each two channels of output: a block finished.
 */
const COST = { filters: 1648, block: 4071, tail: 482, edge: 1168, finish: 2722 };

/** All calls of one inference. */
export function winogradInstructions(way: WinogradWay, shape: VariantShape, rowCount: number): number {
  const chunks = Math.ceil(shape.inputChannels / 4);
  const pairs = Math.ceil(shape.outputChannels / 2);
  const tail = shape.inputChannels % 4 > 0 ? COST.tail : 0;
  const multiplying = POSITIONS * (22 * chunks + 8 + 4 * Math.ceil((2 * chunks - 1) / 16));
  const perCall = (rows: number): number => {
    const blocks = winogradBlocks(shape.outputWidth, rows);
    const edges = 2 * Math.ceil(rows / 4) * chunks * COST.edge;
    const transforms = (way.once ? 1 : blocks) * pairs * chunks * COST.filters;
    const all = blocks * (chunks * COST.block + tail + pairs * (multiplying + COST.finish));
    return all + transforms + edges + 500 + 20 * shape.outputChannels;
  };
  const rows = Math.min(way.rowsPerCall, rowCount);
  const rest = rowCount % rows;
  const calls = Math.floor(rowCount / rows) * perCall(rows) + (rest > 0 ? perCall(rest) : 0);
  return calls + 4 * chunks * COST.edge;
}
