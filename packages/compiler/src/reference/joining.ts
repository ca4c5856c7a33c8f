// SPDX-License-Identifier: Apache-2.0
/** CONCATENATION (also fused), PACK, SPLIT and SPLIT_V in the reference interpreter: elements moved, never changed. */
import { elementCount } from '../ir/index.js';
import { type Call, normalAxis, type Value } from './values.js';

/** A part of a whole along one axis: `length` times `inner` elements of each of the `outer` runs. */
interface Part {
  readonly numbers: Float64Array;
  readonly length: number;
}

/** Held here: see fixed-point.ts. */
const { floor } = Math;

/** Copies between the whole and its parts, which stand side by side along the axis. */
function alongAxis(
  whole: Float64Array,
  parts: readonly Part[],
  inner: number,
  copy: (part: Float64Array, at: number, wholeAt: number) => void,
): void {
  const total = parts.reduce((sum, { length }) => sum + length, 0);
  let begin = 0;
  for (const { numbers, length } of parts) {
    numbers.forEach((_, at) => {
      const run = floor(at / (length * inner));
      copy(numbers, at, (run * total + begin) * inner + (at % (length * inner)));
    });
    begin += length;
  }
  if (whole.length !== parts.reduce((sum, { numbers }) => sum + numbers.length, 0)) {
    throw new Error('the parts do not make up the whole');
  }
}

function join(whole: Float64Array, parts: readonly Part[], inner: number): void {
  alongAxis(whole, parts, inner, (part, at, wholeAt) => {
    whole[wholeAt] = part[at]!;
  });
}

/** A value that is the parts' concatenation along their last axis; quantized as the first part. */
export function joinChannels(parts: readonly Value[]): Value {
  const first = parts[0]?.tensor;
  if (first === undefined) throw new Error('nothing to join');
  const channels = parts.map(({ tensor }) => tensor.shape.at(-1) ?? 1);
  const shape = first.shape.with(
    -1,
    channels.reduce((sum, count) => sum + count, 0),
  );
  const numbers = new Float64Array(elementCount(shape));
  join(
    numbers,
    parts.map((part, index) => ({ numbers: part.numbers, length: channels[index] ?? 1 })),
    1,
  );
  return { tensor: { ...first, shape }, numbers };
}

export function concatenation(call: Call<'concatenation'> | Call<'fusedConcatenation'>): void {
  const general = call as Call;
  const { axis, activation } = call.operator;
  if (activation !== 'none') call.refuse('interpreters disagree on its fused activation');
  const { shape } = call.output.tensor;
  const at = normalAxis(general, axis, shape.length);
  const inputs = Array.from({ length: call.inputCount }, (_, index) => call.input(index));
  for (const input of inputs) requireSameEncoding(general, input, call.output);
  const parts = inputs.map(({ tensor, numbers }) => ({ numbers, length: tensor.shape[at] ?? 1 }));
  join(call.output.numbers, parts, elementCount(shape.slice(at + 1)));
}

export function pack(call: Call<'pack'>): void {
  const { shape } = call.output.tensor;
  const at = normalAxis(call as Call, call.operator.axis, shape.length);
  const inputs = Array.from({ length: call.inputCount }, (_, index) => call.input(index));
  for (const input of inputs) requireSameEncoding(call as Call, input, call.output);
  const parts = inputs.map(({ numbers }) => ({ numbers, length: 1 }));
  join(call.output.numbers, parts, elementCount(shape.slice(at + 1)));
}

export function split(call: Call<'split'>): void {
  divide(call as Call, call.input(1), call.input(0));
}

export function splitV(call: Call<'splitV'>): void {
  divide(call as Call, call.input(0), call.input(2));
}

export function unpack(call: Call<'unpack'>): void {
  const input = call.input(0);
  const { shape } = input.tensor;
  const at = normalAxis(call as Call, call.operator.axis, shape.length);
  for (const output of call.outputs) requireSameEncoding(call as Call, input, output);
  const parts = call.outputs.map(({ numbers }) => ({ numbers, length: 1 }));
  alongAxis(input.numbers, parts, elementCount(shape.slice(at + 1)), (part, index, wholeAt) => {
    part[index] = input.numbers[wholeAt]!;
  });
}

function divide(call: Call, input: Value, axis: Value): void {
  const { shape } = input.tensor;
  const at = normalAxis(call, axis.numbers[0] ?? NaN, shape.length);
  for (const output of call.outputs) requireSameEncoding(call, input, output);
  const parts = call.outputs.map(({ tensor, numbers }) => ({ numbers, length: tensor.shape[at] ?? 1 }));
  alongAxis(input.numbers, parts, elementCount(shape.slice(at + 1)), (part, index, wholeAt) => {
    part[index] = input.numbers[wholeAt]!;
  });
}

const QUANTIZED_TYPES = ['int8', 'uint8', 'int16'];

/** Moving elements between tensors means the same only when both store equal numbers alike. */
export function requireSameEncoding(call: Call, { tensor: a }: Value, { tensor: b }: Value): void {
  const encoding = ({ type, quantization }: typeof a): string =>
    QUANTIZED_TYPES.includes(type)
      ? `${type}, scale ${quantization?.scales.join(' ')}, zero point ${quantization?.zeroPoints.join(' ')}`
      : type;
  if (encoding(a) !== encoding(b)) {
    call.refuse(`"${a.name}" is ${encoding(a)}, but "${b.name}" is ${encoding(b)}`);
  }
}
