// SPDX-License-Identifier: Apache-2.0
/** What a support constraint is, and the questions about tensors that constraints share. */
import {
  constantIntegers,
  type Graph,
  type Operator,
  type OperatorKind,
  type Tensor,
} from '../../../ir/index.js';

/**
 * One condition for running an operator on a device. `sentence` is what the user reads, in messages and in
 * docs/reference/supported-operators.md; `check` says, as a clause about this operator, how it is broken.
 */
export interface Constraint {
  /** Stable: UNSUPPORTED_ and what it is about. */
  readonly code: `UNSUPPORTED_${string}`;
  readonly sentence: string;
  readonly kinds: 'all' | readonly OperatorKind[];
  readonly check: (operator: Operator, graph: Graph) => string | undefined;
}

/** Inputs that carry data at run time come first in this order; the rest are weights and parameters. */
export function dataTensors(operator: Operator, graph: Graph): readonly Tensor[] {
  return dataInputs(operator).flatMap((index) => inputAt(operator, graph, index) ?? []);
}

function dataInputs(operator: Operator): readonly number[] {
  switch (operator.kind) {
    case 'concatenation':
    case 'opaque':
    case 'pack':
      return operator.inputs.map((_, index) => index);
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'maximum':
    case 'minimum':
    case 'prelu':
      return [0, 1];
    case 'transposeConv':
      return [2];
    case 'split':
      return [1];
    default:
      return [0];
  }
}

export function inputAt(operator: Operator, graph: Graph, index: number): Tensor | undefined {
  return graph.tensors.get(operator.inputs[index] ?? -1);
}

export function outputTensors(operator: Operator, graph: Graph): readonly Tensor[] {
  return operator.outputs.flatMap((id) => graph.tensors.get(id) ?? []);
}

/** Data inputs, then outputs. */
export function movingTensors(operator: Operator, graph: Graph): readonly Tensor[] {
  return [...dataTensors(operator, graph), ...outputTensors(operator, graph)];
}

export function constantAt(operator: Operator, graph: Graph, index: number): readonly number[] | undefined {
  const tensor = inputAt(operator, graph, index);
  return tensor === undefined ? undefined : constantIntegers(tensor);
}

/** The first clause that `find` gives for one of the tensors. */
export function firstOf(
  tensors: readonly Tensor[],
  find: (tensor: Tensor) => string | undefined,
): string | undefined {
  for (const tensor of tensors) {
    const clause = find(tensor);
    if (clause !== undefined) return `"${tensor.name}" ${clause}`;
  }
  return undefined;
}

/** Scale and zero point as text, for clauses. */
export function quantizationText({ quantization }: Tensor): string {
  if (quantization === undefined) return 'no quantization';
  return `scale ${quantization.scales[0]} and zero point ${quantization.zeroPoints[0]}`;
}

/** Weight and bias inputs of the kinds that have them. */
export interface WeightPlaces {
  readonly weights: number;
  readonly bias: number;
  /** The axis of output channels in the weights. */
  readonly channelAxis: number;
}

export const WEIGHTED_KINDS = ['conv2d', 'depthwiseConv2d', 'transposeConv', 'fullyConnected'] as const;

export function weightPlaces(operator: Operator): WeightPlaces {
  switch (operator.kind) {
    case 'transposeConv':
      return { weights: 1, bias: 3, channelAxis: 0 };
    case 'depthwiseConv2d':
      return { weights: 1, bias: 2, channelAxis: 3 };
    default:
      return { weights: 1, bias: 2, channelAxis: 0 };
  }
}
