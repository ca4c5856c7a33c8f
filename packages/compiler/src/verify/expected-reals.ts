// SPDX-License-Identifier: Apache-2.0
/** The parameters of operators on float32, derived anew from the model: see docs/specs/plan-format.md, "float32". */
import { elementCount, rowShape, type Activation, type Operator } from '../ir/index.js';
import type { ExpectedParams, Sources } from './expected-params.js';
import { poolParams, windowParams } from './expected-windows.js';

function bitsOf(real: number): number {
  return new Int32Array(Float32Array.of(real).buffer)[0] ?? 0;
}

/** The least and the greatest number that an activation lets through. */
function boundsOf(activation: Activation): ExpectedParams | undefined {
  const low = { none: -Infinity, relu: 0, relu6: 0, reluN1To1: -1 }[activation as 'none'];
  const high = { none: Infinity, relu: Infinity, relu6: 6, reluN1To1: 1 }[activation as 'none'];
  if (low === undefined || high === undefined) return undefined;
  return { activationMin: bitsOf(low), activationMax: bitsOf(high) };
}

/** The order in enum tseg_function. */
const FUNCTIONS: readonly Operator['kind'][] = [
  ...(['relu', 'relu6', 'reluN1To1', 'leakyRelu'] as const),
  ...(['logistic', 'tanh', 'hardSwish', 'elu'] as const),
];

const NO_QUANTIZATION = { outputZeroPoint: 0, multipliers: [], shifts: [] };

/** Fields by name; undefined for operators whose parameters do not depend on the type. */
export function expectedReals(operator: Operator, { inputs, outputs }: Sources): ExpectedParams | undefined {
  const [a, b, c, d] = inputs;
  const [y] = outputs;
  if (y === undefined || a === undefined) return undefined;
  const channels = rowShape(y.shape).c;
  switch (operator.kind) {
    case 'conv2d':
    case 'depthwiseConv2d':
    case 'transposeConv': {
      const isTransposed = operator.kind === 'transposeConv';
      const [x, bias] = isTransposed ? [c, d] : [a, c];
      if (x === undefined || b === undefined) return undefined;
      const own = b.data ?? new Uint8Array(0);
      const zeros = new Uint8Array(4 * channels);
      return {
        ...windowParams(operator, x, b, y),
        ...{ inputZeroPoint: 0, ...NO_QUANTIZATION, ...boundsOf(operator.activation) },
        ...{ weights: own, bias: bias?.data ?? zeros },
      };
    }
    case 'fullyConnected': {
      const [outFeatures = 1, inFeatures = 1] = b?.shape ?? [];
      return {
        ...{ batches: elementCount(y.shape) / outFeatures, inFeatures, outFeatures, channelCount: 0 },
        ...{ ...NO_QUANTIZATION, ...boundsOf(operator.activation) },
        ...{ weights: b?.data ?? new Uint8Array(0), bias: c?.data ?? new Uint8Array(4 * outFeatures) },
      };
    }
    case 'maxPool2d':
    case 'averagePool2d':
      return { ...poolParams(operator, a), ...boundsOf(operator.activation) };
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'prelu':
      return {
        ...{ leftShift: 0, input1Offset: 0, input1Multiplier: 0, input1Shift: 0 },
        ...{ input2Offset: 0, input2Multiplier: 0, input2Shift: 0 },
        ...{ outputOffset: 0, outputMultiplier: 0, outputShift: 0 },
        ...boundsOf(operator.kind === 'prelu' ? 'none' : operator.activation),
      };
    case 'softmax':
      return { inputBetaMultiplier: bitsOf(operator.beta), inputBetaLeftShift: 0, diffMin: 0 };
    case 'l2Normalization':
      return { inputZeroPoint: 0 };
    case 'logSoftmax':
      return { inputMultiplier: 0, inputLeftShift: 0, reverseMultiplier: 0, reverseShift: 0, diffMin: 0 };
    default:
      return expectedFunction(operator);
  }
}

function expectedFunction(operator: Operator): ExpectedParams | undefined {
  const number = FUNCTIONS.indexOf(operator.kind);
  if (number < 0) return undefined;
  return { function: number, alpha: operator.kind === 'leakyRelu' ? bitsOf(operator.alpha) : 0 };
}
