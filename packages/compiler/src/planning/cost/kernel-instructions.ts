// SPDX-License-Identifier: Apache-2.0
/**
 * How many instructions the portable kernels take, requantization included: per multiply-accumulate where a
 * kernel has any, per output element otherwise.
 *
 * Counted with `valgrind --tool=callgrind` on the host program (gcc, -O2, x86-64), exclusive of the executor: Tiny U-Net 80x120
 * (CONV_2D 583.2 M for 74.04 M multiply-accumulates, TRANSPOSE_CONV 28.6 M for 1.84 M, the rest 7.2 M for 72,000
 * outputs of MAX_POOL_2D and QUANTIZE) and person_detect (DEPTHWISE_CONV_2D 19.8 M for 0.96 M). Kinds that neither
 * model has are taken to be like the closest one.
 */
import { macsOf } from '../../analysis/macs.js';
import { elementCount, tensorOf, type Graph, type Operator } from '../../ir/index.js';

const PER_MAC: Readonly<Partial<Record<Operator['kind'], number>>> = {
  conv2d: 7.9,
  depthwiseConv2d: 20.5,
  transposeConv: 15.5,
  fullyConnected: 7.9,
};

const PER_OUTPUT = 100;

/**
 * Of the store engine, for each byte written or read back: copy, codec, checksum. Counted in the same way: 6.09 M
 * for 76,800 B of the Tiny U-Net written and read, in blocks of 960 B.
 */
export const INSTRUCTIONS_PER_MOVED_BYTE = 40;

/** The same on a store in RAM, where blocks are raw: 2.54 M on an emulated Cortex-M4 for 268,800 B moved, rows of 960 B. */
export const INSTRUCTIONS_PER_COPIED_BYTE = 10;

/** Instructions of all calls of an operator in one inference. */
export function instructionsOf(graph: Graph, op: Operator): number {
  const perMac = PER_MAC[op.kind];
  if (perMac !== undefined) return perMac * macsOf(graph, op);
  const outputs = op.outputs.reduce((sum, id) => sum + elementCount(tensorOf(graph, id).shape), 0);
  return PER_OUTPUT * outputs;
}
