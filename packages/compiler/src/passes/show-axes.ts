// SPDX-License-Identifier: Apache-2.0
/**
 * Pass: puts RESHAPEs around operators whose axes rows do not show. A tensor whose rank is not 4 is one row, in which
 * only the last dimension can be told from the others; as an image with leading dimensions of 1 it has the same bytes
 * and all its axes. A RESHAPE is a view: it costs nothing.
 */
import {
  constantIntegers,
  elementCount,
  encodeElements,
  freshIds,
  type Graph,
  type Operator,
  type OperatorOf,
  rowShape,
  type Tensor,
  tensorOf,
  type TensorId,
} from '../ir/index.js';
import type { Pass } from './pass.js';

const IMAGE_RANK = 4;

export const showAxes: Pass = {
  name: 'show-axes',
  summary: 'sees tensors of fewer than 4 dimensions as images where an operator works along inner axes',
  run: (graph) => {
    const edit = new Edit(graph);
    const operators = graph.operators.flatMap((operator) => shown(edit, operator) ?? [operator]);
    return edit.isEmpty ? graph : { ...graph, tensors: edit.tensors, operators };
  },
};

/** What takes the operator's place; undefined when it can stay. */
function shown(edit: Edit, operator: Operator): readonly Operator[] | undefined {
  switch (operator.kind) {
    case 'mean':
    case 'sum':
    case 'reduceMax':
      return reduction(edit, operator);
    case 'add':
    case 'sub':
    case 'mul':
      return isBroadcastShown(edit, operator) ? undefined : edit.asImages(operator, [0, 1]);
    default:
      return undefined;
  }
}

/** New tensors and operators of one run of the pass. */
class Edit {
  readonly tensors: Map<TensorId, Tensor>;
  private readonly ids: ReturnType<typeof freshIds>;

  constructor(readonly graph: Graph) {
    this.tensors = new Map(graph.tensors);
    this.ids = freshIds(graph);
  }

  get isEmpty(): boolean {
    return this.tensors.size === this.graph.tensors.size;
  }

  tensor(id: TensorId | null | undefined): Tensor {
    return tensorOf(this.graph, id ?? -1);
  }

  integers(values: readonly number[], shape: readonly number[] = [values.length]): TensorId {
    const id = this.ids.tensor();
    const data = encodeElements('int32', values);
    this.tensors.set(id, { id, name: `integers_${id}`, type: 'int32', shape, data });
    return id;
  }

  /** A tensor with the same bytes and another shape; of a constant, a constant. */
  reshaped(tensor: Tensor, shape: readonly number[]): Tensor {
    const id = this.ids.tensor();
    const { shapeSignature: _, ...rest } = tensor;
    const made = { ...rest, id, name: `${tensor.name}_${id}`, shape };
    this.tensors.set(id, made);
    return made;
  }

  reshape(from: TensorId, to: TensorId): Operator {
    const newShape = tensorOf({ ...this.graph, tensors: this.tensors }, to).shape;
    return {
      kind: 'reshape',
      id: this.ids.operator(),
      version: 1,
      inputs: [from],
      outputs: [to],
      newShape,
    };
  }

  /** The tensor as an image, and the RESHAPE that makes it if one must. */
  image(id: TensorId): { readonly id: TensorId; readonly made: readonly Operator[] } {
    const tensor = this.tensor(id);
    if (tensor.shape.length >= IMAGE_RANK) return { id, made: [] };
    const image = this.reshaped(tensor, imageShape(tensor.shape));
    return { id: image.id, made: tensor.data === undefined ? [this.reshape(id, image.id)] : [] };
  }

  /**
   * The operator on images: the inputs at `data` and all outputs.
   *
   * @param more what else changes with the rank
   */
  asImages(
    operator: Operator,
    data: readonly number[],
    more: Partial<Operator> = {},
  ): readonly Operator[] | undefined {
    const ranks = [...data.map((index) => operator.inputs[index]), ...operator.outputs].map(
      (id) => this.tensor(id).shape.length,
    );
    if (ranks.some((rank) => rank > IMAGE_RANK)) return undefined;
    const before: Operator[] = [];
    const inputs = operator.inputs.map((id, index) => {
      if (id === null || !data.includes(index)) return id;
      const image = this.image(id);
      before.push(...image.made);
      return image.id;
    });
    const after: Operator[] = [];
    const outputs = operator.outputs.map((id) => {
      const tensor = this.tensor(id);
      if (tensor.shape.length === IMAGE_RANK) return id;
      const image = this.reshaped(tensor, imageShape(tensor.shape)).id;
      after.push(this.reshape(image, id));
      return image;
    });
    return [...before, { ...operator, inputs, outputs, ...more } as Operator, ...after];
  }
}

function imageShape(shape: readonly number[]): readonly number[] {
  return [...Array.from({ length: Math.max(0, IMAGE_RANK - shape.length) }, () => 1), ...shape];
}

/** Whether each input, as rows, has the output's lengths or 1s. */
function isBroadcastShown(edit: Edit, operator: Operator): boolean {
  const whole = rowShape(edit.tensor(operator.outputs[0]).shape);
  return operator.inputs.every((id) => {
    const part = rowShape(edit.tensor(id).shape);
    return (['n', 'h', 'w', 'c'] as const).every((axis) => part[axis] === whole[axis] || part[axis] === 1);
  });
}

/** A reduction keeps its dimensions, so that its output's rows are those of its input. */
function reduction(
  edit: Edit,
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

function sameRows(a: readonly number[], b: readonly number[]): boolean {
  const [x, y] = [rowShape(a), rowShape(b)];
  return x.n === y.n && x.h === y.h && x.w === y.w && x.c === y.c;
}
