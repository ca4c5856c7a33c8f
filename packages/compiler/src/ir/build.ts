// SPDX-License-Identifier: Apache-2.0
/** Builds graphs in code: for tests, generators, and passes that start from nothing. */
import { compilerError } from '../error-codes.js';
import { encodeElements } from './constants.js';
import type { Graph } from './graph.js';
import { inferShapes, type Dimensions } from './infer-shapes.js';
import type { Activation, Operator, OperatorKind, OperatorOf, Padding } from './operator.js';
import { elementCount, type ElementType, type Quantization, type Tensor, type TensorId } from './tensor.js';
import { assertGraph } from './verify.js';

export interface TensorOptions {
  readonly name?: string;
  readonly type?: ElementType;
  /** Scale and zero point for the whole tensor. */
  readonly scale?: number;
  readonly zeroPoint?: number;
  readonly quantization?: Quantization;
}

type OwnFields<K extends OperatorKind> = Omit<
  OperatorOf<K>,
  'kind' | 'id' | 'inputs' | 'outputs' | 'version'
>;

export interface ConvOptions {
  readonly filters: number;
  /** Side of the square window, or [height, width]. */
  readonly kernel?: number | readonly [number, number];
  readonly stride?: number;
  readonly padding?: Padding;
  readonly activation?: Activation;
  readonly output?: TensorOptions;
  readonly seed?: number;
}

/**
 * Collects tensors and operators; `build` gives the verified graph. Activations are int8 with scale 0.05 and zero
 * point 0 unless told otherwise; weights are seeded pseudo-random int8. Ids count from 0 in order of creation.
 */
export class GraphBuilder {
  private readonly tensors = new Map<TensorId, Tensor>();
  private readonly operators: Operator[] = [];
  private readonly inputIds: TensorId[] = [];
  private readonly outputIds: TensorId[] = [];

  constructor(private readonly name = 'built') {}

  input(shape: Dimensions, options: TensorOptions = {}): TensorId {
    const id = this.tensor(shape, options);
    this.inputIds.push(id);
    return id;
  }

  /** A tensor without a maker yet: give it to `operator` as an output. */
  tensor(shape: Dimensions, options: TensorOptions = {}): TensorId {
    const id = this.tensors.size;
    const type = options.type ?? 'int8';
    const quantization = options.quantization ?? defaultQuantization(type, options);
    this.tensors.set(id, {
      id,
      name: options.name ?? `t${id}`,
      type,
      shape: [...shape],
      ...(quantization === undefined ? {} : { quantization }),
    });
    return id;
  }

  /** A constant; int32 without quantization unless told otherwise. */
  constant(shape: Dimensions, values: readonly number[], options: TensorOptions = {}): TensorId {
    const type = options.type ?? 'int32';
    const id = this.tensor(shape, { ...options, type });
    const tensor = this.tensors.get(id) as Tensor;
    this.tensors.set(id, { ...tensor, data: encodeElements(type, values) });
    return id;
  }

  /**
   * Adds an operator whose outputs follow from its inputs.
   *
   * @param output options of its outputs; without, they take type and quantization of the first input
   * @returns the id of its first output
   * @throws TinysegError GRAPH_INVARIANT when its shapes are wrong or can not be inferred (then use `operatorInto`)
   */
  operator<K extends OperatorKind>(
    kind: K,
    inputs: readonly (TensorId | null)[],
    fields: OwnFields<K>,
    output?: TensorOptions,
  ): TensorId {
    const operator = { kind, id: this.operators.length, inputs, outputs: [], version: 1, ...fields };
    const inferred = inferShapes(this.graph(), operator as unknown as Operator);
    if (inferred.status !== 'known') {
      const why = inferred.status === 'wrong' ? inferred.why : 'its output shapes can not be inferred';
      throw compilerError('GRAPH_INVARIANT', `builder, operator ${operator.id} (${kind}): ${why}`);
    }
    const outputs = inferred.shapes.map((shape) => this.tensor(shape, output ?? this.like(inputs)));
    this.operators.push({ ...operator, outputs } as unknown as Operator);
    return outputs[0] ?? -1;
  }

  /** Adds an operator with outputs made before by `tensor`. */
  operatorInto<K extends OperatorKind>(
    kind: K,
    inputs: readonly (TensorId | null)[],
    outputs: readonly TensorId[],
    fields: OwnFields<K>,
  ): void {
    const operator = { kind, id: this.operators.length, inputs, outputs, version: 1, ...fields };
    this.operators.push(operator as unknown as Operator);
  }

  conv2d(x: TensorId, options: ConvOptions): TensorId {
    const [kernelH, kernelW] = sides(options.kernel);
    const channels = this.channels(x);
    const { filters, stride = 1 } = options;
    return this.operator(
      'conv2d',
      [
        x,
        this.seededWeights([filters, kernelH, kernelW, channels], options.seed, 0),
        this.seededBias(x, filters, options.seed),
      ],
      { ...windowFields(options), strideH: stride, strideW: stride, dilationH: 1, dilationW: 1 },
      options.output ?? {},
    );
  }

  /** `filters` must be a multiple of the input's channels. */
  depthwiseConv2d(x: TensorId, options: ConvOptions): TensorId {
    const [kernelH, kernelW] = sides(options.kernel);
    const { filters, stride = 1 } = options;
    const depthMultiplier = filters / this.channels(x);
    return this.operator(
      'depthwiseConv2d',
      [
        x,
        this.seededWeights([1, kernelH, kernelW, filters], options.seed, 3),
        this.seededBias(x, filters, options.seed),
      ],
      {
        ...windowFields(options),
        ...{ strideH: stride, strideW: stride, dilationH: 1, dilationW: 1, depthMultiplier },
      },
      options.output ?? {},
    );
  }

  /** Upsamples by `stride` (2 unless told otherwise) with a kernel of that side, as U-Nets do. */
  transposeConv(x: TensorId, options: ConvOptions): TensorId {
    const stride = options.stride ?? 2;
    const [kernelH, kernelW] = sides(options.kernel ?? stride);
    const [n = 1, h = 1, w = 1, channels = 1] = this.shapeOf(x);
    const shape = [n, h * stride, w * stride, options.filters];
    return this.operator(
      'transposeConv',
      [
        this.constant([4], shape),
        this.seededWeights([options.filters, kernelH, kernelW, channels], options.seed, 0),
        x,
        this.seededBias(x, options.filters, options.seed),
      ],
      { ...windowFields(options), strideH: stride, strideW: stride },
      options.output ?? {},
    );
  }

  maxPool2d(x: TensorId, size = 2, stride = size): TensorId {
    return this.operator('maxPool2d', [x], {
      ...{ filterH: size, filterW: size, strideH: stride, strideW: stride },
      ...{ padding: 'valid', activation: 'none' },
    });
  }

  concatenation(parts: readonly TensorId[], axis = -1): TensorId {
    return this.operator('concatenation', parts, { axis, activation: 'none' });
  }

  add(a: TensorId, b: TensorId, output: TensorOptions = {}): TensorId {
    return this.operator('add', [a, b], { activation: 'none', potScaleInt16: false }, output);
  }

  output(...ids: readonly TensorId[]): this {
    this.outputIds.push(...ids);
    return this;
  }

  /** @throws TinysegError GRAPH_INVARIANT when the graph breaks a rule */
  build(): Graph {
    const graph = this.graph();
    assertGraph(graph, 'building it');
    return graph;
  }

  /** Dimensions of a tensor made so far. */
  shapeOf(id: TensorId): Dimensions {
    return this.tensors.get(id)?.shape ?? [];
  }

  /** Element type and quantization of a tensor made so far, to make another like it. */
  typeOf(id: TensorId): TensorOptions {
    const { type, quantization } = this.tensors.get(id) ?? {};
    return {
      ...(type === undefined ? {} : { type }),
      ...(quantization === undefined ? {} : { quantization }),
    };
  }

  private channels(id: TensorId): number {
    return this.shapeOf(id).at(-1) ?? 1;
  }

  private like(inputs: readonly (TensorId | null)[]): TensorOptions {
    return this.typeOf(inputs.find((id) => this.tensors.get(id ?? -1)?.data === undefined) ?? -1);
  }

  private seededWeights(shape: Dimensions, seed = 1, axis = 0): TensorId {
    const next = pseudoRandom(seed + this.tensors.size);
    const values = Array.from({ length: elementCount(shape) }, () => (next() >> 24) % 128);
    const count = shape[axis] ?? 1;
    const scales = Array.from({ length: count }, (_, index) => Math.fround(0.002 + 0.0001 * (index % 7)));
    const quantization = { scales, zeroPoints: scales.map(() => 0), axis };
    return this.constant(shape, values, { type: 'int8', quantization });
  }

  private seededBias(x: TensorId, count: number, seed = 1): TensorId {
    const next = pseudoRandom(seed + 7 * this.tensors.size);
    const inputScale = this.tensors.get(x)?.quantization?.scales[0] ?? 1;
    const values = Array.from({ length: count }, () => (next() >> 20) % 1000);
    const scales = values.map((_, index) =>
      Math.fround(inputScale * Math.fround(0.002 + 0.0001 * (index % 7))),
    );
    return this.constant([count], values, {
      quantization: { scales, zeroPoints: scales.map(() => 0), axis: 0 },
    });
  }

  private graph(): Graph {
    return {
      name: this.name,
      tensors: new Map(this.tensors),
      operators: [...this.operators],
      inputs: [...this.inputIds],
      outputs: [...this.outputIds],
      info: { description: '', version: 3, metadata: [], signatures: [] },
    };
  }
}

function sides(kernel: ConvOptions['kernel'] = 3): readonly [number, number] {
  return typeof kernel === 'number' ? [kernel, kernel] : kernel;
}

function windowFields(options: ConvOptions): { readonly padding: Padding; readonly activation: Activation } {
  return { padding: options.padding ?? 'same', activation: options.activation ?? 'none' };
}

function defaultQuantization(type: ElementType, options: TensorOptions): Quantization | undefined {
  const isQuantized = type === 'int8' || type === 'uint8' || type === 'int16';
  if (!isQuantized && options.scale === undefined) return undefined;
  return { scales: [Math.fround(options.scale ?? 0.05)], zeroPoints: [options.zeroPoint ?? 0], axis: 0 };
}

/** xorshift32: signed 32-bit numbers. */
function pseudoRandom(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state;
  };
}
