// SPDX-License-Identifier: Apache-2.0
/**
 * Pass: what SPACE_TO_BATCH_ND pads becomes a PAD before it, and what BATCH_TO_SPACE_ND crops a SLICE behind it. Without
 * margins both only move pixels.
 */
import { constantIntegers, type Operator, type OperatorOf } from '../ir/index.js';
import { IMAGE_RANK, ImageEdit } from './image-edit.js';
import type { Pass } from './pass.js';

export const partMargins: Pass = {
  name: 'part-margins',
  summary: 'makes a PAD of what SPACE_TO_BATCH_ND pads and a SLICE of what BATCH_TO_SPACE_ND crops',
  run: (graph) => {
    const edit = new ImageEdit(graph);
    const operators = graph.operators.flatMap((operator) => parted(edit, operator) ?? [operator]);
    return edit.isEmpty ? graph : { ...graph, tensors: edit.tensors, operators };
  },
};

const BLOCK_AXES = 2;

function parted(edit: ImageEdit, operator: Operator): readonly Operator[] | undefined {
  if (operator.kind !== 'spaceToBatch' && operator.kind !== 'batchToSpace') return undefined;
  const blocks = constantIntegers(edit.tensor(operator.inputs[1]));
  const margins = constantIntegers(edit.tensor(operator.inputs[2]));
  const isImage = edit.tensor(operator.inputs[0]).shape.length === IMAGE_RANK;
  if (!isImage || blocks?.length !== BLOCK_AXES || margins === undefined) return undefined;
  if (margins.every((margin) => margin === 0)) return undefined;
  // Interpreters disagree whether they pad with zeros or with zero points.
  const isAgreed = (edit.tensor(operator.inputs[0]).quantization?.zeroPoints[0] ?? 0) === 0;
  if (operator.kind === 'spaceToBatch' && !isAgreed) return undefined;
  return operator.kind === 'spaceToBatch'
    ? padded(edit, operator, margins)
    : cropped(edit, operator, margins, blocks);
}

function padded(
  edit: ImageEdit,
  operator: OperatorOf<'spaceToBatch' | 'batchToSpace'>,
  [top = 0, bottom = 0, left = 0, right = 0]: readonly number[],
): readonly Operator[] {
  const x = edit.tensor(operator.inputs[0]);
  const [n = 1, h = 1, w = 1, c = 1] = x.shape;
  const whole = edit.reshaped(x, [n, h + top + bottom, w + left + right, c]).id;
  const amounts = edit.integers([0, 0, top, bottom, left, right, 0, 0], [IMAGE_RANK, 2]);
  const inputs = [whole, operator.inputs[1] ?? null, edit.integers([0, 0, 0, 0], [BLOCK_AXES, 2])];
  return [
    { kind: 'pad', id: edit.operatorId(), version: 1, inputs: [x.id, amounts], outputs: [whole] },
    { ...operator, inputs },
  ];
}

function cropped(
  edit: ImageEdit,
  operator: OperatorOf<'spaceToBatch' | 'batchToSpace'>,
  [top = 0, , left = 0]: readonly number[],
  [blockH = 1, blockW = 1]: readonly number[],
): readonly Operator[] {
  const [x, y] = [edit.tensor(operator.inputs[0]), edit.tensor(operator.outputs[0])];
  const [, h = 1, w = 1, c = 1] = x.shape;
  const whole = edit.reshaped(y, [y.shape[0] ?? 1, h * blockH, w * blockW, c]).id;
  const inputs = operator.inputs.with(2, edit.integers([0, 0, 0, 0], [BLOCK_AXES, 2]));
  const taken = [whole, edit.integers([0, top, left, 0]), edit.integers(y.shape)];
  return [
    { ...operator, inputs, outputs: [whole] },
    { kind: 'slice', id: edit.operatorId(), version: 1, inputs: taken, outputs: [y.id] },
  ];
}
