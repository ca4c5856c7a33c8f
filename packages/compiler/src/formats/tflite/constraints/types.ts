// SPDX-License-Identifier: Apache-2.0
/** Which element types the kernels take: those for which an oracle has kernels, no others. */
import type { ElementType, Operator, OperatorKind, Tensor } from '../../../ir/index.js';
import { type Constraint, firstOf, movingTensors, outputTensors } from './constraint.js';

/** The type of all data inputs, and that of all outputs. */
export type TypePair = readonly [input: ElementType, output: ElementType];

const alike = (...types: readonly ElementType[]): readonly TypePair[] => types.map((type) => [type, type]);

const INT8 = alike('int8');
const QUANTIZED = alike('int8', 'int16');
const REAL = alike('int8', 'float32');
const ANY = alike('int8', 'int16', 'float32');
const PADDED = alike('int8', 'uint8', 'int16', 'float32');

const INTEGERS = ['int8', 'uint8', 'int16'] as const;
const NUMBERS = ['int8', 'int16', 'int32', 'float32'] as const;

const CAST: readonly TypePair[] = NUMBERS.flatMap((from) =>
  NUMBERS.filter((to) => to !== from).map((to): TypePair => [from, to]),
);

const CONVERTED: readonly TypePair[] = [
  ...(['int8', 'uint8', 'int16', 'int32'] as const).map((to): TypePair => ['int8', to]),
  ...(['int8', 'uint8'] as const).map((to): TypePair => ['uint8', to]),
  ...(['int8', 'int16', 'int32'] as const).map((to): TypePair => ['int16', to]),
  ...(['int8', 'int16'] as const).map((to): TypePair => ['int32', to]),
  ...INTEGERS.map((to): TypePair => ['float32', to]),
];

/** Kinds that compute; the others move elements of any type. */
export const OPERATOR_TYPES: Readonly<Partial<Record<OperatorKind, readonly TypePair[]>>> = {
  conv2d: ANY,
  depthwiseConv2d: ANY,
  transposeConv: ANY,
  fullyConnected: ANY,
  maxPool2d: ANY,
  averagePool2d: ANY,
  add: ANY,
  sub: ANY,
  mul: ANY,
  div: REAL,
  maximum: ANY,
  minimum: ANY,
  prelu: REAL,
  pad: PADDED,
  padV2: PADDED,
  mirrorPad: PADDED,
  softmax: ANY,
  relu: ANY,
  relu6: ANY,
  reluN1To1: REAL,
  leakyRelu: ANY,
  logistic: ANY,
  tanh: ANY,
  hardSwish: REAL,
  elu: REAL,
  dequantize: INTEGERS.map((from): TypePair => [from, 'float32']),
  cast: CAST,
  argMax: [
    ['int8', 'int32'],
    ['float32', 'int32'],
  ],
  l2Normalization: REAL,
  logSoftmax: REAL,
  quantize: CONVERTED,
  mean: QUANTIZED,
  sum: QUANTIZED,
  reduceMax: INT8,
  resizeBilinear: QUANTIZED,
  resizeNearest: ANY,
};

/** How the types of an operator's tensors are none that its kernels take; undefined when they are. */
export function typeTrouble(
  { kind }: Operator,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
): string | undefined {
  const pairs = OPERATOR_TYPES[kind];
  if (pairs === undefined) return undefined;
  const fitting = pairs.filter(([input]) => inputs.every(({ type }) => type === input));
  if (fitting.length === 0) return firstOf(inputs, ({ type }) => `is ${type}`);
  if (fitting.some(([, output]) => outputs.every(({ type }) => type === output))) return undefined;
  return firstOf(outputs, ({ type }) => `is ${type}`);
}

/** One constraint for each set of types, so that the page says of each operator what it takes. */
export const TYPE_CONSTRAINTS: readonly Constraint[] = groups().map(([sentence, kinds]) => ({
  code: 'UNSUPPORTED_TYPE',
  sentence,
  kinds,
  check: (operator, graph) => {
    const outputs = outputTensors(operator, graph);
    const moving = movingTensors(operator, graph);
    return typeTrouble(operator, moving.slice(0, moving.length - outputs.length), outputs);
  },
}));

function groups(): readonly (readonly [string, readonly OperatorKind[]])[] {
  const bySentence = new Map<string, OperatorKind[]>();
  for (const [kind, pairs] of Object.entries(OPERATOR_TYPES)) {
    const sentence = sentenceOf(pairs);
    bySentence.set(sentence, [...(bySentence.get(sentence) ?? []), kind as OperatorKind]);
  }
  return [...bySentence];
}

function sentenceOf(pairs: readonly TypePair[]): string {
  if (pairs.every(([input, output]) => input === output)) {
    const types = listed(pairs.map(([type]) => type));
    return `Inputs and outputs are ${types}${pairs.length > 1 ? ', all of one type' : ''}.`;
  }
  return `Inputs become outputs as ${listed(pairs.map(([input, output]) => `${input} to ${output}`))}.`;
}

function listed(words: readonly string[]): string {
  const last = words[words.length - 1] ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}
