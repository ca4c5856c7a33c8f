// SPDX-License-Identifier: Apache-2.0
/** Parameters of operators on float32: no quantization, numbers as their bits, weights and biases as the model has them. */
import { windowGeometry } from '../../analysis/window-geometry.js';
import {
  elementCount,
  rowShape,
  tensorOf,
  type Activation,
  type Graph,
  type Operator,
  type OperatorKind,
  type OperatorOf,
  type TensorId,
} from '../../ir/index.js';
import { unsupported } from '../../planning/lowering.js';
import { RealFunction, type PlanParams } from '../../plan-format/index.js';
import type { ConstantPool } from './constant-pool.js';

/** A float32 as the int32 of the same bits. */
export function floatBits(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return view.getInt32(0);
}

type RealPacker<K extends OperatorKind> = (op: OperatorOf<K>, graph: Graph, pool: ConstantPool) => PlanParams;

const BOUNDS: Partial<Record<Activation, readonly [low: number, high: number]>> = {
  none: [-Infinity, Infinity],
  relu: [0, Infinity],
  relu6: [0, 6],
  reluN1To1: [-1, 1],
};

function bounds(op: Operator & { readonly activation: Activation }): {
  readonly activationMin: number;
  readonly activationMax: number;
} {
  const range = BOUNDS[op.activation];
  if (range === undefined) return unsupported(op, `the fused activation ${op.activation} has no kernel`);
  return { activationMin: floatBits(range[0]), activationMax: floatBits(range[1]) };
}

/** The bytes of a constant float32 tensor. */
function reals(graph: Graph, op: Operator, id: TensorId | null | undefined): Uint8Array {
  const { data, type, name } = tensorOf(graph, id ?? -1);
  if (data === undefined || type !== 'float32') {
    return unsupported(op, `"${name}" is not a constant of float32`);
  }
  return data;
}

function biasOf(graph: Graph, op: Operator, id: TensorId | null | undefined, count: number): Uint8Array {
  return id == null ? new Uint8Array(4 * count) : reals(graph, op, id);
}

const convolution: RealPacker<'conv2d' | 'depthwiseConv2d' | 'transposeConv'> = (op, graph, pool) => {
  const isTransposed = op.kind === 'transposeConv';
  const input = tensorOf(graph, op.inputs[isTransposed ? 2 : 0] as TensorId);
  const { c } = rowShape(tensorOf(graph, op.outputs[0] as TensorId).shape);
  const { shape } = tensorOf(graph, op.inputs[1] as TensorId);
  const channels = rowShape(input.shape).c;
  const groups = op.kind === 'conv2d' ? channels / (shape[3] ?? channels) : 1;
  return {
    shape: 'conv',
    values: {
      ...windowGeometry(graph, op),
      depthMultiplier: op.kind === 'depthwiseConv2d' ? c / channels : groups,
      ...{ inputZeroPoint: 0, outputZeroPoint: 0, multipliers: [], shifts: [] },
      ...bounds(op),
      weights: pool.add(reals(graph, op, op.inputs[1])),
      bias: pool.add(biasOf(graph, op, op.inputs[isTransposed ? 3 : 2], c)),
    },
  };
};

const fullyConnected: RealPacker<'fullyConnected'> = (op, graph, pool) => {
  if (op.weightsFormat !== 'default') return unsupported(op, 'its weights are shuffled');
  const [outFeatures = 1, inFeatures = 1] = tensorOf(graph, op.inputs[1] as TensorId).shape;
  return {
    shape: 'fullyConnected',
    values: {
      batches: elementCount(tensorOf(graph, op.inputs[0] as TensorId).shape) / inFeatures,
      ...{ inFeatures, outFeatures, channelCount: 0, outputZeroPoint: 0, multipliers: [], shifts: [] },
      ...bounds(op),
      weights: pool.add(reals(graph, op, op.inputs[1])),
      bias: pool.add(biasOf(graph, op, op.inputs[2], outFeatures)),
    },
  };
};

const pooling: RealPacker<'maxPool2d' | 'averagePool2d'> = (op, graph) => {
  const { kernelH, kernelW, strideH, strideW, padTop, padLeft } = windowGeometry(graph, op);
  return { shape: 'pool', values: { kernelH, kernelW, strideH, strideW, padTop, padLeft, ...bounds(op) } };
};

const elementwise = (range: ReturnType<typeof bounds>): PlanParams => ({
  shape: 'elementwise',
  values: {
    ...{ leftShift: 0, input1Offset: 0, input1Multiplier: 0, input1Shift: 0 },
    ...{ input2Offset: 0, input2Multiplier: 0, input2Shift: 0 },
    ...{ outputOffset: 0, outputMultiplier: 0, outputShift: 0 },
    ...range,
  },
});

const binary: RealPacker<'add' | 'sub' | 'mul' | 'div'> = (op) => elementwise(bounds(op));

type FunctionKind = keyof typeof RealFunction;
const applied: RealPacker<FunctionKind> = (op) => ({
  shape: 'realFunction',
  values: {
    function: RealFunction[op.kind],
    alpha: op.kind === 'leakyRelu' ? floatBits(op.alpha) : 0,
  },
});

const PACKERS: { readonly [K in OperatorKind]?: RealPacker<K> } = {
  conv2d: convolution,
  depthwiseConv2d: convolution,
  transposeConv: convolution,
  fullyConnected,
  maxPool2d: pooling,
  averagePool2d: pooling,
  add: binary,
  sub: binary,
  mul: binary,
  div: binary,
  prelu: () => elementwise({ activationMin: floatBits(-Infinity), activationMax: floatBits(Infinity) }),
  softmax: (op) => ({
    shape: 'softmax',
    values: { inputBetaMultiplier: floatBits(op.beta), inputBetaLeftShift: 0, diffMin: 0 },
  }),
  relu: applied,
  relu6: applied,
  reluN1To1: applied,
  leakyRelu: applied,
  logistic: applied,
  tanh: applied,
  hardSwish: applied,
  elu: applied,
  l2Normalization: () => ({ shape: 'l2Normalization', values: { inputZeroPoint: 0 } }),
  logSoftmax: () => ({
    shape: 'logSoftmax',
    values: { inputMultiplier: 0, inputLeftShift: 0, reverseMultiplier: 0, reverseShift: 0, diffMin: 0 },
  }),
};

/** The parameters of an operator whose output is float32; undefined for kinds that are packed alike for all types. */
export function packReal(graph: Graph, op: Operator, pool: ConstantPool): PlanParams | undefined {
  const pack = PACKERS[op.kind] as RealPacker<OperatorKind> | undefined;
  return pack?.(op, graph, pool);
}
