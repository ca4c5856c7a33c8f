// SPDX-License-Identifier: Apache-2.0
/**
 * Whether the factors and sums of a convolution are such that its results can be scaled in four instructions
 * (packages/device-c/src/nn/scaling.h says why that is exact). The verifier has its own opinion.
 */
import { tensorOf, type Graph, type OperatorOf, type Tensor, type TensorId } from '../ir/index.js';
import { windowInput } from '../analysis/window-geometry.js';

export type Convolution = OperatorOf<'conv2d' | 'depthwiseConv2d' | 'transposeConv'>;

/** Factors of shifts to the right, whichever way the last bit is rounded. */
const FACTOR_MAX = 0.499;

/**
 * Below this factor (a shift of 22) a channel must give the same whatever comes in: its scaled sums stay below a half, or
 * its weights are all zero.
 */
const FACTOR_MIN = 2 ** -22;
const VANISHING = 0.49;

const INPUT_SPAN = 255;

/** A bound on all sums of the operator, bias included; Infinity when its factors are too large or its sums too many. */
export function shortSumBound(graph: Graph, op: Convolution): number {
  const input = tensorOf(graph, windowInput(op));
  const output = tensorOf(graph, op.outputs[0] as TensorId);
  const weights = tensorOf(graph, op.inputs[1] as TensorId);
  const biasId = op.inputs[op.kind === 'transposeConv' ? 3 : 2];
  const from = input.quantization?.scales[0] ?? 0;
  const to = output.quantization?.scales[0] ?? 0;
  const scales = weights.quantization?.scales ?? [];
  const factors = scales.map((scale) => (from * scale) / to);
  if (factors.length === 0 || factors.some((factor) => !(factor <= FACTOR_MAX))) return Infinity;
  const sums = channelSums(op, weights, biasId == null ? undefined : tensorOf(graph, biasId));
  let bound = 0;
  for (const [channel, { fixed, varying }] of sums.entries()) {
    const factor = factors[factors.length > 1 ? channel : 0] ?? 0;
    const sum = fixed + varying;
    if (factor >= FACTOR_MIN) bound = Math.max(bound, sum);
    else if (varying > 0 && sum * factor >= VANISHING) return Infinity;
  }
  return bound;
}

interface ChannelSum {
  readonly fixed: number;
  readonly varying: number;
}

/** Bounds on the bias and on the products of each output channel. */
function channelSums(
  op: Convolution,
  { data, shape }: Tensor,
  bias: Tensor | undefined,
): readonly ChannelSum[] {
  if (data === undefined) return [{ fixed: 0, varying: Infinity }];
  // OHWI, or 1HWC for a depthwise convolution.
  const depthwise = op.kind === 'depthwiseConv2d';
  const channels = (depthwise ? shape[3] : shape[0]) ?? 1;
  const each = data.length / channels;
  const biases = bias?.data === undefined ? undefined : new DataView(bias.data.buffer, bias.data.byteOffset);
  return Array.from({ length: channels }, (_, channel) => {
    let sum = 0;
    for (let i = 0; i < each; i++) {
      const weight = data[depthwise ? i * channels + channel : channel * each + i] ?? 0;
      sum += INPUT_SPAN * Math.abs((weight << 24) >> 24);
    }
    return { fixed: Math.abs(biases?.getInt32(4 * channel, true) ?? 0), varying: sum };
  });
}
