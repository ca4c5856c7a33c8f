// SPDX-License-Identifier: Apache-2.0
/** What passes share that see tensors as images: new tensors of other shapes, and the RESHAPEs between. */
import {
  encodeElements,
  freshIds,
  type Graph,
  type Operator,
  type Tensor,
  tensorOf,
  type TensorId,
} from '../ir/index.js';

export const IMAGE_RANK = 4;

/** New tensors and operators of one run of a pass. */
export class ImageEdit {
  readonly tensors: Map<TensorId, Tensor>;
  private readonly ids: ReturnType<typeof freshIds>;

  constructor(readonly graph: Graph) {
    this.tensors = new Map(graph.tensors);
    this.ids = freshIds(graph);
  }

  get isEmpty(): boolean {
    return this.tensors.size === this.graph.tensors.size;
  }

  operatorId(): number {
    return this.ids.operator();
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

/** The shape with dimensions of 1 in front, to four. */
export function imageShape(shape: readonly number[]): readonly number[] {
  return [...Array.from({ length: Math.max(0, IMAGE_RANK - shape.length) }, () => 1), ...shape];
}
