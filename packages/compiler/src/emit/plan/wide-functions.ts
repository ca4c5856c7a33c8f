// SPDX-License-Identifier: Apache-2.0
/** Parameters and tables of LOGISTIC, TANH and SOFTMAX of int16, as TFLite Micro's reference kernels prepare them. */
import { tensorOf, type Graph, type OperatorOf, type Tensor, type TensorId } from '../../ir/index.js';
import { unsupported } from '../../planning/lowering.js';
import type { PlanParams } from '../../plan-format/index.js';
import type { ConstantPool } from './constant-pool.js';
import { quantizeMultiplier, roundAway } from './fixed-point.js';
import { scalarQuantization } from './quantization.js';

const f32 = Math.fround;
const INT16 = { least: -32768, most: 32767 };

function int16Bytes(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => view.setInt16(2 * index, value, true));
  return bytes;
}

const SQUASH_STEP = 1 / 24;

/** 65536 times the logistic function, raised by half of the greatest error of the chord to the next entry; uint16. */
function squashTable(): Uint8Array {
  const entries = Array.from({ length: 256 }, (_, index) => {
    if (index === 255) return 65535;
    const y = 1 / (1 + Math.exp(-index * SQUASH_STEP));
    const bend = y * (1 - y) * (2 * y - 1);
    return roundAway(65536 * (y + (bend * SQUASH_STEP ** 2) / 16));
  });
  return int16Bytes(entries.map((entry) => (entry << 16) >> 16));
}

function requireOutput(op: OperatorOf<'logistic' | 'tanh' | 'softmax'>, output: Tensor, input: Tensor): void {
  const { scale, zeroPoint } = scalarQuantization(op, output);
  if (scale !== 2 ** -15 || zeroPoint !== 0 || scalarQuantization(op, input).zeroPoint !== 0) {
    unsupported(op, 'the reference wants an int16 output scale of 1/32768 and no zero points');
  }
}

/** Input units of 1/(3 * 4096): exact where the scale is 2^-12, of TANH 2^-11 too; else a 15-bit factor. */
export function packSquash(
  graph: Graph,
  op: OperatorOf<'logistic' | 'tanh'>,
  pool: ConstantPool,
): PlanParams {
  const input = tensorOf(graph, op.inputs[0] as TensorId);
  requireOutput(op, tensorOf(graph, op.outputs[0] as TensorId), input);
  const { scale } = scalarQuantization(op, input);
  const tangent = op.kind === 'tanh' ? 1 : 0;
  const exact = [2 ** -12, ...(tangent === 1 ? [2 ** -11] : [])].includes(scale);
  let [factor, rightShift] = [scale * 4096 * 3, 0];
  while (!exact && factor <= INT16.most / 2 && rightShift <= 30) {
    factor *= 2;
    rightShift++;
  }
  const multiplier = Math.trunc(factor);
  if (multiplier > INT16.most) return unsupported(op, 'its input scale is too coarse');
  return { shape: 'squash', values: { tangent, multiplier, rightShift, table: pool.add(squashTable()) } };
}

/** 513 ends of straight pieces of a function on all int16; each is moved by half the error at its piece's middle. */
function pieces(
  from: { readonly scale: number; readonly zeroPoint: number },
  outputScale: number,
  apply: (x: number) => number,
): Uint8Array {
  const least = f32(f32(from.scale) * (INT16.least - from.zeroPoint));
  const most = f32(f32(from.scale) * (INT16.most - from.zeroPoint));
  const step = f32(f32(most - least) / 512);
  const span = f32(f32(f32(outputScale) * INT16.most) - f32(f32(outputScale) * INT16.least));
  const unitsPerOne = f32(65536 / span);
  const stored = (x: number): number => f32(f32(apply(x)) * unitsPerOne);
  const limited = (x: number): number => Math.max(INT16.least, Math.min(INT16.most, x));
  const ends = Array.from({ length: 513 }, (_, index) => {
    if (index === 512) return limited(roundAway(stored(most)));
    const base = f32(least + f32(index * step));
    const here = roundAway(stored(base));
    const middle = roundAway(stored(f32(base + f32(step / 2))));
    const chord = roundAway(f32(f32(stored(f32(least + f32((index + 1) * step))) + here) / 2));
    return limited(here - roundAway((chord - middle) / 2));
  });
  return int16Bytes(ends);
}

/** Differences from -10 to 0 fill int16. */
export function packWideSoftmax(graph: Graph, op: OperatorOf<'softmax'>, pool: ConstantPool): PlanParams {
  const input = tensorOf(graph, op.inputs[0] as TensorId);
  requireOutput(op, tensorOf(graph, op.outputs[0] as TensorId), input);
  const { scale } = scalarQuantization(op, input);
  const { multiplier, shift } = quantizeMultiplier((scale * f32(op.beta)) / (10 / 65535));
  const unit = f32(2 / 65535);
  const exponentials = pieces({ scale: f32(10 / 65535), zeroPoint: INT16.most }, unit, Math.exp);
  const reciprocals = pieces({ scale: f32(1 / 65535), zeroPoint: INT16.least }, unit, (x) =>
    f32(1 / f32(1 + x)),
  );
  return {
    shape: 'softmax16',
    values: { multiplier, shift, exponentials: pool.add(exponentials), reciprocals: pool.add(reciprocals) },
  };
}
