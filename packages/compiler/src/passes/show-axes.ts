// SPDX-License-Identifier: Apache-2.0
/**
 * Pass: puts RESHAPEs around operators whose axes rows do not show. A tensor whose rank is not 4 is one row, in which
 * only the last dimension can be told from the others; as an image with leading dimensions of 1 it has the same bytes
 * and all its axes. A RESHAPE is a view: it costs nothing.
 */
import {
  constantIntegers,
  elementCount,
  type Operator,
  type OperatorOf,
  resolveStridedSlice,
  rowShape,
} from '../ir/index.js';
import { IMAGE_RANK, ImageEdit, imageShape } from './image-edit.js';
import type { Pass } from './pass.js';

export const showAxes: Pass = {
  name: 'show-axes',
  summary: 'sees tensors of fewer than 4 dimensions as images where an operator works along inner axes',
  run: (graph) => {
    const edit = new ImageEdit(graph);
    const operators = graph.operators.flatMap((operator) => shown(edit, operator) ?? [operator]);
    return edit.isEmpty ? graph : { ...graph, tensors: edit.tensors, operators };
  },
};

/** What takes the operator's place; undefined when it can stay. */
function shown(edit: ImageEdit, operator: Operator): readonly Operator[] | undefined {
  switch (operator.kind) {
    case 'mean':
    case 'sum':
    case 'reduceMax':
      return reduction(edit, operator);
    case 'argMax':
      return placeOfGreatest(edit, operator);
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'maximum':
    case 'minimum':
    case 'prelu':
      return isBroadcastShown(edit, operator) ? undefined : edit.asImages(operator, [0, 1]);
    case 'concatenation':
      return concatenation(edit, operator);
    case 'pad':
    case 'padV2':
    case 'mirrorPad':
      return padding(edit, operator);
    case 'slice':
      return slice(edit, operator);
    case 'stridedSlice':
      return stridedSlice(edit, operator);
    case 'transpose':
      return transposition(edit, operator);
    default:
      return undefined;
  }
}

/** Whether each input, as rows, has the output's lengths or 1s. */
function isBroadcastShown(edit: ImageEdit, operator: Operator): boolean {
  const whole = rowShape(edit.tensor(operator.outputs[0]).shape);
  return operator.inputs.every((id) => {
    const part = rowShape(edit.tensor(id).shape);
    return (['n', 'h', 'w', 'c'] as const).every((axis) => part[axis] === whole[axis] || part[axis] === 1);
  });
}

/** A reduction keeps its dimensions, so that its output's rows are those of its input. */
function reduction(
  edit: ImageEdit,
  operator: OperatorOf<'mean' | 'sum' | 'reduceMax'>,
): readonly Operator[] | undefined {
  const [x, y] = [edit.tensor(operator.inputs[0]), edit.tensor(operator.outputs[0])];
  const given = constantIntegers(edit.tensor(operator.inputs[1]));
  const rank = x.shape.length;
  if (given === undefined || rank > IMAGE_RANK || rank === 0) return undefined;
  const axes = [...new Set(given.map((axis) => (axis < 0 ? axis + rank : axis) + IMAGE_RANK - rank))];
  const kept = imageShape(x.shape).map((size, axis) => (axes.includes(axis) ? 1 : size));
  const isShown = rank === IMAGE_RANK && sameRows(y.shape, kept);
  if (isShown || elementCount(kept) !== elementCount(y.shape)) return undefined;
  const image = edit.image(x.id);
  const result = edit.reshaped(y, kept).id;
  const inputs = [image.id, edit.integers(axes)];
  return [
    ...image.made,
    { ...operator, keepDims: true, inputs, outputs: [result] },
    edit.reshape(result, y.id),
  ];
}

/** ARG_MAX goes along the last axis of an image and keeps it: a TRANSPOSE brings another axis there. */
function placeOfGreatest(edit: ImageEdit, operator: OperatorOf<'argMax'>): readonly Operator[] | undefined {
  const [x, y] = [edit.tensor(operator.inputs[0]), edit.tensor(operator.outputs[0])];
  const [given] = constantIntegers(edit.tensor(operator.inputs[1])) ?? [];
  const rank = x.shape.length;
  if (operator.keepsAxis === true || given === undefined || rank > IMAGE_RANK || rank === 0) return undefined;
  const axis = (given < 0 ? given + rank : given) + IMAGE_RANK - rank;
  const image = edit.image(x.id);
  const shape = imageShape(x.shape);
  const others = [0, 1, 2, 3].filter((other) => other !== axis);
  const turned = [...others, axis];
  const last = IMAGE_RANK - 1;
  const made = [...image.made];
  let from = image.id;
  if (axis !== last) {
    from = edit.reshaped(
      x,
      turned.map((other) => shape[other] ?? 1),
    ).id;
    const inputs = [image.id, edit.integers(turned)];
    made.push({ kind: 'transpose', id: edit.operatorId(), version: 1, inputs, outputs: [from] });
  }
  const result = edit.reshaped(y, [...others.map((other) => shape[other] ?? 1), 1]).id;
  const inputs = [from, edit.integers([last])];
  return [...made, { ...operator, keepsAxis: true, inputs, outputs: [result] }, edit.reshape(result, y.id)];
}

function sameRows(a: readonly number[], b: readonly number[]): boolean {
  const [x, y] = [rowShape(a), rowShape(b)];
  return x.n === y.n && x.h === y.h && x.w === y.w && x.c === y.c;
}

/** Only the last axis of a tensor of low rank can be told, and the others together. */
function concatenation(
  edit: ImageEdit,
  operator: OperatorOf<'concatenation'>,
): readonly Operator[] | undefined {
  const { shape } = edit.tensor(operator.outputs[0]);
  const axis = operator.axis < 0 ? operator.axis + shape.length : operator.axis;
  const isShown = axis === shape.length - 1 || shape.slice(0, axis).every((size) => size === 1);
  if (shape.length >= IMAGE_RANK || isShown) return undefined;
  return edit.asImages(
    operator,
    operator.inputs.map((_, index) => index),
    { axis: axis + IMAGE_RANK - shape.length } as Partial<Operator>,
  );
}

function padding(
  edit: ImageEdit,
  operator: OperatorOf<'pad' | 'padV2' | 'mirrorPad'>,
): readonly Operator[] | undefined {
  const rank = edit.tensor(operator.inputs[0]).shape.length;
  const paddings = constantIntegers(edit.tensor(operator.inputs[1]));
  const isShown = paddings?.slice(0, -2).every((amount) => amount === 0) === true;
  if (paddings === undefined || rank >= IMAGE_RANK || rank === 0 || isShown) return undefined;
  const amounts = [...Array.from({ length: 2 * (IMAGE_RANK - rank) }, () => 0), ...paddings];
  const [image, table, ...value] = operator.inputs.with(1, edit.integers(amounts, [IMAGE_RANK, 2]));
  return edit.asImages({ ...operator, inputs: [image ?? null, table ?? null, ...value] }, [0]);
}

function slice(edit: ImageEdit, operator: OperatorOf<'slice'>): readonly Operator[] | undefined {
  const { shape } = edit.tensor(operator.inputs[0]);
  const begin = constantIntegers(edit.tensor(operator.inputs[1]));
  if (begin === undefined || shape.length >= IMAGE_RANK || shape.length === 0) return undefined;
  const taken = imageShape(edit.tensor(operator.outputs[0]).shape);
  const starts = [...taken.map(() => 0).slice(begin.length), ...begin];
  const inputs = [operator.inputs[0] ?? null, edit.integers(starts), edit.integers(taken)];
  return edit.asImages({ ...operator, inputs }, [0]);
}

/** Without masks, on an image, all axes kept; a RESHAPE drops those that are not in the output. */
function stridedSlice(
  edit: ImageEdit,
  operator: OperatorOf<'stridedSlice'>,
): readonly Operator[] | undefined {
  const [x, y] = [edit.tensor(operator.inputs[0]), edit.tensor(operator.outputs[0])];
  const [begin, end, strides] = [1, 2, 3].map((index) =>
    constantIntegers(edit.tensor(operator.inputs[index])),
  );
  if (begin === undefined || end === undefined || strides === undefined) return undefined;
  const axes = resolveStridedSlice(operator, x.shape, begin, end, strides);
  const isShown = x.shape.length === IMAGE_RANK && y.shape.length === IMAGE_RANK;
  if (axes === undefined || isShown || x.shape.length > IMAGE_RANK || x.shape.length === 0) return undefined;
  const all = [
    ...Array.from({ length: IMAGE_RANK - axes.length }, () => ({ start: 0, stride: 1, length: 1 })),
    ...axes,
  ];
  if (all.some(({ length }) => length === 0)) return undefined;
  const stops = all.map(({ start, stride, length }) => start + stride * length);
  // Before the first element there is no index: a mask says it.
  const endMask = stops.reduce((mask, stop, axis) => (stop < 0 ? mask | (1 << axis) : mask), 0);
  const image = edit.image(x.id);
  const taken = edit.reshaped(
    y,
    all.map(({ length }) => length),
  ).id;
  const inputs = [
    image.id,
    edit.integers(all.map(({ start }) => start)),
    edit.integers(stops),
    edit.integers(all.map(({ stride }) => stride)),
  ];
  const masks = { beginMask: 0, endMask, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0, offset: false };
  return [...image.made, { ...operator, ...masks, inputs, outputs: [taken] }, edit.reshape(taken, y.id)];
}

function transposition(edit: ImageEdit, operator: OperatorOf<'transpose'>): readonly Operator[] | undefined {
  const rank = edit.tensor(operator.inputs[0]).shape.length;
  const order = constantIntegers(edit.tensor(operator.inputs[1]));
  if (order === undefined || rank >= IMAGE_RANK || rank === 0) return undefined;
  const idle = IMAGE_RANK - rank;
  const whole = [
    ...Array.from({ length: idle }, (_, axis) => axis),
    ...order.map((axis) => (axis < 0 ? axis + rank : axis) + idle),
  ];
  return edit.asImages({ ...operator, inputs: [operator.inputs[0] ?? null, edit.integers(whole)] }, [0]);
}
