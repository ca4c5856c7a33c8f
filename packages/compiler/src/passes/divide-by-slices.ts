// SPDX-License-Identifier: Apache-2.0
/**
 * Pass: a SPLIT along another axis than the last, and an UNPACK, become one SLICE for each part; a PACK becomes a
 * CONCATENATION. So each part has rows of its own, as many as it likes, and a part that nobody reads is never made.
 */
import { constantIntegers, type Operator, type OperatorOf, type TensorId } from '../ir/index.js';
import { IMAGE_RANK, ImageEdit } from './image-edit.js';
import type { Pass } from './pass.js';

export const divideBySlices: Pass = {
  name: 'divide-by-slices',
  summary: 'makes slices of SPLIT along rows or columns and of UNPACK, and a concatenation of PACK',
  run: (graph) => {
    const edit = new ImageEdit(graph);
    const operators = graph.operators.flatMap((operator) => divided(edit, operator) ?? [operator]);
    return edit.isEmpty ? graph : { ...graph, tensors: edit.tensors, operators };
  },
};

function divided(edit: ImageEdit, operator: Operator): readonly Operator[] | undefined {
  switch (operator.kind) {
    case 'split':
      return parts(edit, operator, 1, constantIntegers(edit.tensor(operator.inputs[0]))?.[0]);
    case 'splitV':
      return parts(edit, operator, 0, constantIntegers(edit.tensor(operator.inputs[2]))?.[0]);
    case 'unpack':
      return unpacked(edit, operator);
    case 'pack':
      return packed(edit, operator);
    default:
      return undefined;
  }
}

function slice(
  edit: ImageEdit,
  from: TensorId,
  axis: number,
  begin: number,
  to: TensorId,
  shape: readonly number[],
): Operator {
  const starts = shape.map((_, at) => (at === axis ? begin : 0));
  const inputs = [from, edit.integers(starts), edit.integers(shape)];
  return { kind: 'slice', id: edit.operatorId(), version: 1, inputs, outputs: [to] };
}

function parts(
  edit: ImageEdit,
  operator: OperatorOf<'split' | 'splitV'>,
  data: number,
  given: number | undefined,
): readonly Operator[] | undefined {
  const x = edit.tensor(operator.inputs[data]);
  const rank = x.shape.length;
  const axis = given !== undefined && given < 0 ? given + rank : given;
  if (axis === undefined || axis === rank - 1 || rank > IMAGE_RANK) return undefined;
  let begin = 0;
  return operator.outputs.map((id) => {
    const { shape } = edit.tensor(id);
    const part = slice(edit, x.id, axis, begin, id, shape);
    begin += shape[axis] ?? 0;
    return part;
  });
}

function unpacked(edit: ImageEdit, operator: OperatorOf<'unpack'>): readonly Operator[] | undefined {
  const x = edit.tensor(operator.inputs[0]);
  const rank = x.shape.length;
  if (rank > IMAGE_RANK) return undefined;
  const axis = operator.axis < 0 ? operator.axis + rank : operator.axis;
  const shape = x.shape.with(axis, 1);
  return operator.outputs.flatMap((id, index) => {
    const part = edit.reshaped(edit.tensor(id), shape).id;
    return [slice(edit, x.id, axis, index, part, shape), edit.reshape(part, id)];
  });
}

function packed(edit: ImageEdit, operator: OperatorOf<'pack'>): readonly Operator[] | undefined {
  const rank = edit.tensor(operator.outputs[0]).shape.length;
  // Of scalars and of more than images, shape arithmetic is made; it is computed while compiling.
  if (rank > IMAGE_RANK || rank < 2) return undefined;
  const axis = operator.axis < 0 ? operator.axis + rank : operator.axis;
  const made: Operator[] = [];
  const inputs = operator.inputs.map((id) => {
    const tensor = edit.tensor(id);
    const part = edit.reshaped(tensor, tensor.shape.toSpliced(axis, 0, 1)).id;
    if (tensor.data === undefined) made.push(edit.reshape(tensor.id, part));
    return part;
  });
  const { id, outputs } = operator;
  return [...made, { kind: 'concatenation', id, version: 1, inputs, outputs, axis, activation: 'none' }];
}
