// SPDX-License-Identifier: Apache-2.0
/** Parameters of SOFTMAX and LOG_SOFTMAX of int8, as TFLite Micro prepares them. */
import { tensorOf, type Graph, type OperatorOf, type TensorId } from '../../ir/index.js';
import { unsupported } from '../../planning/lowering.js';
import type { PlanParams } from '../../plan-format/index.js';
import { inputRadius, quantizeMultiplier } from './fixed-point.js';
import { scalarQuantization } from './quantization.js';

const f32 = Math.fround;

/** Integer bits of a scaled difference to the largest input. */
const DIFFERENCE_BITS = 5;

export function packSoftmax(graph: Graph, op: OperatorOf<'softmax'>): PlanParams {
  const input = scalarQuantization(op, tensorOf(graph, op.inputs[0] as TensorId));
  const output = scalarQuantization(op, tensorOf(graph, op.outputs[0] as TensorId));
  if (output.zeroPoint !== -128 || output.scale !== 1 / 256) {
    return unsupported(op, 'the reference wants an output scale of 1/256 and a zero point of -128');
  }
  const factor = Math.min(f32(op.beta) * input.scale * 2 ** (31 - DIFFERENCE_BITS), 2 ** 31 - 1);
  const { multiplier, shift } = quantizeMultiplier(factor);
  if (factor <= 1 || shift > 30)
    return unsupported(op, 'its input scale is outside what the reference takes');
  return {
    shape: 'softmax',
    values: {
      inputBetaMultiplier: multiplier,
      inputBetaLeftShift: shift,
      diffMin: -inputRadius(DIFFERENCE_BITS, shift),
    },
  };
}

/** The inverse of the factor brings a limit on Q5 back to differences of stored numbers. */
export function packLogSoftmax(graph: Graph, op: OperatorOf<'logSoftmax'>): PlanParams {
  const input = scalarQuantization(op, tensorOf(graph, op.inputs[0] as TensorId));
  const output = scalarQuantization(op, tensorOf(graph, op.outputs[0] as TensorId));
  if (output.zeroPoint !== 127 || output.scale !== 1 / 16) {
    return unsupported(op, 'the reference wants an output scale of 1/16 and a zero point of 127');
  }
  const factor = Math.min(input.scale * 2 ** (31 - DIFFERENCE_BITS), 2 ** 31 - 1);
  const { multiplier, shift } = quantizeMultiplier(factor);
  if (factor <= 1 || shift > 30)
    return unsupported(op, 'its input scale is outside what the reference takes');
  const reverse = quantizeMultiplier(2 ** (31 - shift) / multiplier);
  return {
    shape: 'logSoftmax',
    values: {
      ...{ inputMultiplier: multiplier, inputLeftShift: shift },
      ...{ reverseMultiplier: reverse.multiplier, reverseShift: reverse.shift },
      diffMin: -inputRadius(DIFFERENCE_BITS, shift),
    },
  };
}
