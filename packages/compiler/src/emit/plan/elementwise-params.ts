// SPDX-License-Identifier: Apache-2.0
/** Parameters of ADD, SUB, MUL, DIV, PRELU and RELUs of int16, with the precision in which TFLite Micro prepares each. */
import {
  tensorOf,
  type ElementType,
  type Graph,
  type Operator,
  type OperatorOf,
  type TensorId,
} from '../../ir/index.js';
import { unsupported } from '../../planning/lowering.js';
import type { PlanParams } from '../../plan-format/index.js';
import { quantizeMultiplier, roundAway, type Multiplier } from './fixed-point.js';
import type { ScalarQuantization } from './lookup-tables.js';
import { activationRange, scalarQuantization } from './quantization.js';

const f32 = Math.fround;

/** Bits by which ADD and SUB enlarge inputs before they scale them. */
const leftShiftOf = (type: ElementType): number => (type === 'int16' ? 15 : 20);

const UNUSED: Multiplier = { multiplier: 0, shift: 0 };

export function packBinary(graph: Graph, op: OperatorOf<'add' | 'sub' | 'mul'>): PlanParams {
  const [a, b, out] = scalesOf(graph, op);
  const { type } = tensorOf(graph, op.outputs[0] as TensorId);
  const leftShift = leftShiftOf(type);
  const factors = binaryFactors(op, [a.scale, b.scale, out.scale], leftShift);
  return {
    shape: 'elementwise',
    values: {
      leftShift: op.kind === 'mul' ? 0 : leftShift,
      input1Offset: -a.zeroPoint,
      input1Multiplier: factors.input1.multiplier,
      input1Shift: factors.input1.shift,
      input2Offset: -b.zeroPoint,
      input2Multiplier: factors.input2.multiplier,
      input2Shift: factors.input2.shift,
      outputOffset: out.zeroPoint,
      outputMultiplier: factors.output.multiplier,
      outputShift: factors.output.shift,
      ...activationRange(op, op.activation, out, type),
    },
  };
}

interface Factors {
  readonly input1: Multiplier;
  readonly input2: Multiplier;
  readonly output: Multiplier;
}

/** ADD works in double precision, SUB in single precision; both halve so that sums can not overflow. */
function binaryFactors(
  op: OperatorOf<'add' | 'sub' | 'mul'>,
  [a, b, out]: readonly [number, number, number],
  leftShift: number,
): Factors {
  if (op.kind === 'mul') {
    return { input1: UNUSED, input2: UNUSED, output: quantizeMultiplier((a * b) / out) };
  }
  const round = op.kind === 'sub' ? Math.fround : (value: number): number => value;
  const twice = round(2 * Math.max(a, b));
  const output = round(twice / round(2 ** leftShift * out));
  if (output >= 1) return unsupported(op, 'its output scale is too fine for the reference kernel');
  return {
    input1: quantizeMultiplier(round(a / twice)),
    input2: quantizeMultiplier(round(b / twice)),
    output: quantizeMultiplier(output),
  };
}

/** With factors from 2^6 to 2^23 no element of a quotient is shifted to the left or by more than 31. */
const LEAST_QUOTIENT_SHIFT = 7;
const MOST_QUOTIENT_SHIFT = 23;

export function packDiv(graph: Graph, op: OperatorOf<'div'>): PlanParams {
  const [a, b, out] = scalesOf(graph, op);
  const { multiplier, shift } = quantizeMultiplier(f32(a.scale / f32(b.scale * out.scale)));
  if (shift < LEAST_QUOTIENT_SHIFT || shift > MOST_QUOTIENT_SHIFT) {
    return unsupported(op, 'its factor of scales is outside what the reference can compute');
  }
  return {
    shape: 'elementwise',
    values: {
      leftShift: 0,
      ...{ input1Offset: -a.zeroPoint, input1Multiplier: 0, input1Shift: 0 },
      ...{ input2Offset: -b.zeroPoint, input2Multiplier: 0, input2Shift: 0 },
      ...{ outputOffset: out.zeroPoint, outputMultiplier: multiplier, outputShift: shift },
      ...activationRange(op, op.activation, out),
    },
  };
}

export function packPrelu(graph: Graph, op: OperatorOf<'prelu'>): PlanParams {
  const [x, alpha, out] = scalesOf(graph, op);
  const kept = quantizeMultiplier(x.scale / out.scale);
  const sloped = quantizeMultiplier((x.scale * alpha.scale) / out.scale);
  return {
    shape: 'elementwise',
    values: {
      leftShift: 0,
      ...{ input1Offset: -x.zeroPoint, input1Multiplier: kept.multiplier, input1Shift: kept.shift },
      ...{ input2Offset: -alpha.zeroPoint, input2Multiplier: 0, input2Shift: 0 },
      ...{ outputOffset: out.zeroPoint, outputMultiplier: sloped.multiplier, outputShift: sloped.shift },
      ...activationRange(op, 'none', out),
    },
  };
}

/** Of both inputs and the output. */
function scalesOf(
  graph: Graph,
  op: Operator,
): readonly [ScalarQuantization, ScalarQuantization, ScalarQuantization] {
  const of = (id: TensorId | null | undefined): ScalarQuantization =>
    scalarQuantization(op, tensorOf(graph, id as TensorId));
  return [of(op.inputs[0]), of(op.inputs[1]), of(op.outputs[0])];
}

const INT16 = { least: -32768, most: 32767 };
/** Exactly 1: a multiplier of half with a shift to the left. */
const ONE: Multiplier = { multiplier: 2 ** 30, shift: 1 };

/** RELU, RELU6 and LEAKY_RELU of int16: a factor on each side of zero, and bounds. */
export function packPiecewise(graph: Graph, op: Operator): PlanParams {
  const input = scalarQuantization(op, tensorOf(graph, op.inputs[0] as TensorId));
  const output = scalarQuantization(op, tensorOf(graph, op.outputs[0] as TensorId));
  if (input.zeroPoint !== 0 || output.zeroPoint !== 0) return unsupported(op, 'its int16 has a zero point');
  const kept = quantizeMultiplier(f32(input.scale / output.scale));
  switch (op.kind) {
    case 'relu':
      return piecewise(kept, kept, 0, INT16.most);
    case 'relu6':
      // The reference clamps without rescaling.
      return piecewise(ONE, ONE, 0, Math.min(INT16.most, roundAway(f32(6 / input.scale))));
    case 'leakyRelu': {
      const slope = f32(f32(input.scale * f32(op.alpha)) / output.scale);
      const size = quantizeMultiplier(Math.abs(slope));
      return piecewise(kept, size, INT16.least, INT16.most, slope < 0 ? 1 : 0);
    }
    default:
      return unsupported(op, 'it has no kernel for int16');
  }
}

function piecewise(
  factor: Multiplier,
  negative: Multiplier,
  activationMin: number,
  activationMax: number,
  negate = 0,
): PlanParams {
  const values = {
    ...factor,
    ...{ negativeMultiplier: negative.multiplier, negativeShift: negative.shift, negate },
    ...{ activationMin, activationMax },
  };
  return { shape: 'piecewise', values };
}
