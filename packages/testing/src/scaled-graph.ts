// SPDX-License-Identifier: Apache-2.0
// A fully convolutional graph for larger images than its file is for: the same weights, more rows and columns.
// The benchmarks in tools/bench take it from here too.

/** What of a tensor decides its size; the compiler's tensors have it. */
interface SizedTensor {
  readonly id: number;
  readonly shape: readonly number[];
  /** Of constants. */
  readonly data?: Uint8Array | undefined;
}

/** The same of a graph. */
interface SizedGraph<T extends SizedTensor> {
  readonly tensors: ReadonlyMap<number, T>;
  readonly operators: readonly { readonly kind: string; readonly inputs: readonly (number | null)[] }[];
}

/** Height and width of every image times `factor`; output shapes that transposed convolutions read follow. */
export function scaledGraph<T extends SizedTensor, G extends SizedGraph<T>>(
  graph: G & SizedGraph<T>,
  factor: number,
): G {
  const shapes = new Set(
    graph.operators.flatMap(({ kind, inputs }) => (kind === 'transposeConv' ? [inputs[0]] : [])),
  );
  const scaled = (tensor: T): T => {
    if (shapes.has(tensor.id)) return { ...tensor, data: scaledShape(tensor, factor) };
    const [n = 1, h = 1, w = 1, c = 1] = tensor.shape;
    if (tensor.data !== undefined || tensor.shape.length !== 4) return tensor;
    return { ...tensor, shape: [n, h * factor, w * factor, c] };
  };
  return { ...graph, tensors: new Map([...graph.tensors].map(([id, tensor]) => [id, scaled(tensor)])) };
}

/** n, h, w, c as int32 values. */
function scaledShape({ data }: SizedTensor, factor: number): Uint8Array {
  const bytes = Uint8Array.from(data ?? []);
  const view = new DataView(bytes.buffer);
  for (const at of [4, 8]) view.setInt32(at, view.getInt32(at, true) * factor, true);
  return bytes;
}
