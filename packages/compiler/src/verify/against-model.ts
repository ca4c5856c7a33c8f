// SPDX-License-Identifier: Apache-2.0
/**
 * Does the plan run the model, the whole model, and nothing else? Compares tensors, operators and
 * ports of a plan with the graph that it was made from (the model after passes).
 */
import { elementCount, rowShape, type Graph, type Operator, type TensorId } from '../ir/index.js';
import {
  Memory,
  PlanKind,
  PlanType,
  PortDirection,
  type Plan,
  type PlanOperand,
  type PlanOperator,
} from '../plan-format/index.js';
import type { Findings } from './violation.js';

const TYPE_NAMES = new Map<number, string>(Object.entries(PlanType).map(([name, value]) => [value, name]));

/** The plan kind that runs each kind of graph operator, and which of its inputs are data. */
const RUN_BY: Partial<Record<Operator['kind'], { kind: number; data: (op: Operator) => readonly number[] }>> =
  {
    conv2d: { kind: PlanKind.conv2d, data: () => [0] },
    depthwiseConv2d: { kind: PlanKind.depthwiseConv2d, data: () => [0] },
    transposeConv: { kind: PlanKind.transposeConv, data: () => [2] },
    fullyConnected: { kind: PlanKind.fullyConnected, data: () => [0] },
    maxPool2d: { kind: PlanKind.maxPool2d, data: () => [0] },
    averagePool2d: { kind: PlanKind.averagePool2d, data: () => [0] },
    add: { kind: PlanKind.add, data: () => [0, 1] },
    sub: { kind: PlanKind.sub, data: () => [0, 1] },
    mul: { kind: PlanKind.mul, data: () => [0, 1] },
    div: { kind: PlanKind.div, data: () => [0, 1] },
    maximum: { kind: PlanKind.maximum, data: () => [0, 1] },
    minimum: { kind: PlanKind.minimum, data: () => [0, 1] },
    prelu: { kind: PlanKind.prelu, data: () => [0, 1] },
    concatenation: { kind: PlanKind.concatenation, data: (op) => op.inputs.map((_, i) => i) },
    pad: { kind: PlanKind.pad, data: () => [0] },
    padV2: { kind: PlanKind.pad, data: () => [0] },
    mirrorPad: { kind: PlanKind.mirrorPad, data: () => [0] },
    softmax: { kind: PlanKind.softmax, data: () => [0] },
    relu: { kind: PlanKind.lookup, data: () => [0] },
    relu6: { kind: PlanKind.lookup, data: () => [0] },
    reluN1To1: { kind: PlanKind.lookup, data: () => [0] },
    leakyRelu: { kind: PlanKind.lookup, data: () => [0] },
    logistic: { kind: PlanKind.lookup, data: () => [0] },
    tanh: { kind: PlanKind.lookup, data: () => [0] },
    hardSwish: { kind: PlanKind.lookup, data: () => [0] },
    elu: { kind: PlanKind.lookup, data: () => [0] },
    dequantize: { kind: PlanKind.convert, data: () => [0] },
    cast: { kind: PlanKind.cast, data: () => [0] },
    argMax: { kind: PlanKind.argMax, data: () => [0] },
    l2Normalization: { kind: PlanKind.l2Normalization, data: () => [0] },
    logSoftmax: { kind: PlanKind.logSoftmax, data: () => [0] },
    quantize: { kind: PlanKind.requantize, data: () => [0] },
    resizeBilinear: { kind: PlanKind.resizeBilinear, data: () => [0] },
    resizeNearest: { kind: PlanKind.resizeNearest, data: () => [0] },
    split: { kind: PlanKind.split, data: () => [1] },
    splitV: { kind: PlanKind.split, data: () => [0] },
    mean: { kind: PlanKind.mean, data: () => [0] },
    sum: { kind: PlanKind.sum, data: () => [0] },
    reduceMax: { kind: PlanKind.reduceMax, data: () => [0] },
    slice: { kind: PlanKind.rearrange, data: () => [0] },
    stridedSlice: { kind: PlanKind.rearrange, data: () => [0] },
    transpose: { kind: PlanKind.rearrange, data: () => [0] },
    depthToSpace: { kind: PlanKind.rearrange, data: () => [0] },
    spaceToDepth: { kind: PlanKind.rearrange, data: () => [0] },
    spaceToBatch: { kind: PlanKind.rearrange, data: () => [0] },
    batchToSpace: { kind: PlanKind.rearrange, data: () => [0] },
    reshape: { kind: PlanKind.copy, data: () => [0] },
    squeeze: { kind: PlanKind.copy, data: () => [0] },
    expandDims: { kind: PlanKind.copy, data: () => [0] },
  };

function isReshape(operator: Operator): boolean {
  return operator.kind === 'reshape' || operator.kind === 'squeeze' || operator.kind === 'expandDims';
}

class Comparison {
  private readonly producers = new Map<TensorId, Operator>();

  constructor(
    private readonly plan: Plan,
    private readonly graph: Graph,
    private readonly findings: Findings,
  ) {
    for (const operator of graph.operators) {
      for (const output of operator.outputs) this.producers.set(output, operator);
    }
  }

  run(): void {
    this.plan.tensors.forEach((_, index) => {
      this.checkTensor(index);
    });
    this.plan.operands.forEach((operand) => {
      this.checkOperand(operand);
    });
    this.plan.operators.forEach((operator, index) => {
      this.checkOperator(operator, index);
    });
    this.checkCoverage();
    this.checkPorts();
    this.checkConstantBuffers();
  }

  private checkTensor(index: number): void {
    const found = this.plan.tensors[index]!;
    const wanted = this.graph.tensors.get(found.source);
    const where = { tensor: index };
    if (wanted === undefined) {
      this.findings.add('MODEL', `tensor ${index}: the model has no tensor ${found.source}`, where);
      return;
    }
    const shape = rowShape(wanted.shape);
    const same = shape.n === found.n && shape.h === found.h && shape.w === found.w && shape.c === found.c;
    if (!same || TYPE_NAMES.get(found.type) !== wanted.type) {
      this.findings.add('MODEL', `tensor ${index} has not the type and shape of "${wanted.name}"`, where);
    }
    const perTensor = wanted.quantization?.scales.length === 1 ? wanted.quantization : undefined;
    const zeroPoint = perTensor?.zeroPoints[0] ?? 0;
    const scale = Math.fround(perTensor?.scales[0] ?? 0);
    if (found.zeroPoint !== zeroPoint || Math.fround(found.scale) !== scale) {
      this.findings.add('MODEL', `tensor ${index} has not the quantization of "${wanted.name}"`, where);
    }
    if (found.root !== index && !this.isViewOf(found.source, this.plan.tensors[found.root]!.source)) {
      this.findings.add('MODEL', `tensor ${index} is not a reshape of its root`, where);
    }
  }

  /** `id` comes from `root` through reshapes alone. */
  private isViewOf(id: TensorId, root: TensorId): boolean {
    let at = id;
    while (at !== root) {
      const producer = this.producers.get(at);
      const input = producer !== undefined && isReshape(producer) ? producer.inputs[0] : undefined;
      if (input === undefined || input === null) return false;
      at = input;
    }
    return true;
  }

  private buffersOf(operand: PlanOperand): readonly number[] {
    return this.plan.segments
      .slice(operand.firstSegment, operand.firstSegment + operand.segmentCount)
      .map((segment) => segment.buffer);
  }

  /** One segment: a buffer of the tensor itself. Several: a concatenation that is never built. */
  private checkOperand(operand: PlanOperand): void {
    const parts = this.buffersOf(operand).map((buffer) => this.plan.buffers[buffer]!.tensor);
    if (parts.length === 1 && parts[0] === operand.tensor) return;
    const whole = this.plan.tensors[operand.tensor]!;
    const producer = this.producers.get(whole.source);
    const sources = parts.map((part) => this.plan.tensors[part]!.source);
    const rank = this.graph.tensors.get(whole.source)?.shape.length ?? 0;
    const joined =
      producer?.kind === 'concatenation' &&
      (producer.axis === rank - 1 || producer.axis === -1) &&
      producer.activation === 'none' &&
      producer.inputs.length === sources.length &&
      producer.inputs.every((input, i) => input === sources[i]) &&
      producer.inputs.every((input) => this.sameQuantization(input, whole.source));
    if (!joined) {
      this.findings.add('MODEL', `an operand of tensor ${operand.tensor} is not the tensor`, {
        tensor: operand.tensor,
      });
    }
  }

  private sameQuantization(a: TensorId | null, b: TensorId): boolean {
    const first = a === null ? undefined : this.graph.tensors.get(a)?.quantization;
    const second = this.graph.tensors.get(b)?.quantization;
    if (first === undefined || second === undefined) return first === second;
    const same = (p: readonly number[], q: readonly number[]): boolean =>
      p.length === q.length && p.every((value, i) => value === q[i]);
    return same(first.scales, second.scales) && same(first.zeroPoints, second.zeroPoints);
  }

  private checkOperator(operator: PlanOperator, index: number): void {
    const wanted = this.graph.operators.find((candidate) => candidate.id === operator.source);
    const how = wanted === undefined ? undefined : RUN_BY[wanted.kind];
    const where = { operator: index };
    if (wanted === undefined || how === undefined || this.kindFor(wanted, how.kind) !== operator.kind) {
      this.findings.add(
        'MODEL',
        `operator ${index} does not run operator ${operator.source} of the model`,
        where,
      );
      return;
    }
    const operands = this.plan.operands
      .slice(operator.firstOperand, operator.firstOperand + operator.inputCount + operator.outputCount)
      .map((operand) => this.plan.tensors[operand.tensor]!.source);
    const expected = [...how.data(wanted).map((i) => wanted.inputs[i]), ...wanted.outputs];
    const counts =
      how.data(wanted).length === operator.inputCount && wanted.outputs.length === operator.outputCount;
    if (!counts || expected.some((id, i) => id !== operands[i])) {
      this.findings.add(
        'MODEL',
        `operator ${index} reads or writes other tensors than the model says`,
        where,
      );
    }
  }

  /** Functions of one element are tables of int8, and arithmetic of other types. */
  private kindFor(operator: Operator, kind: number): number {
    const type = this.graph.tensors.get(operator.outputs[0] ?? -1)?.type;
    const from = this.graph.tensors.get(operator.inputs[0] ?? -1)?.type;
    if (operator.kind === 'quantize' && from === 'float32') return PlanKind.convert;
    if (operator.kind === 'softmax' && type === 'int16') return PlanKind.softmax16;
    if (kind !== PlanKind.lookup) return kind;
    const squashes = operator.kind === 'logistic' || operator.kind === 'tanh';
    if (squashes && type === 'int16') return PlanKind.squash;
    return type === 'float32' ? PlanKind.realFunction : type === 'int16' ? PlanKind.piecewise : kind;
  }

  /** Every operator of the model is run once, or is a view or a concatenation that needs no run. */
  private checkCoverage(): void {
    const runs = new Map<number, number>();
    for (const operator of this.plan.operators) {
      runs.set(operator.source, (runs.get(operator.source) ?? 0) + 1);
    }
    const placed = new Set(this.plan.buffers.map((buffer) => this.plan.tensors[buffer.tensor]!.source));
    for (const operator of this.graph.operators) {
      const count = runs.get(operator.id) ?? 0;
      if (count === 1) continue;
      // An operator that does not run must leave nothing to be read from a buffer of its own, but a view.
      const views = this.plan.tensors.filter(
        (tensor, i) => operator.outputs.includes(tensor.source) && tensor.root !== i,
      );
      const silent =
        count === 0 &&
        ((isReshape(operator) && (views.length > 0 || !operator.outputs.some((id) => placed.has(id)))) ||
          (operator.kind === 'concatenation' && !operator.outputs.some((id) => placed.has(id))));
      if (!silent) {
        this.findings.add(
          'MODEL',
          `operator ${operator.id} (${operator.kind}) of the model runs ${count} times`,
        );
      }
    }
  }

  private checkPorts(): void {
    const sides = [
      { direction: PortDirection.input, ids: this.graph.inputs, name: 'input' },
      { direction: PortDirection.output, ids: this.graph.outputs, name: 'output' },
    ];
    for (const side of sides) {
      const ports = this.plan.ports.filter((port) => port.direction === side.direction);
      const seen = new Set(ports.map((port) => port.index));
      if (ports.length !== side.ids.length || seen.size !== side.ids.length) {
        this.findings.add('MODEL', `the plan has ${ports.length} ports for ${side.ids.length} ${side.name}s`);
        continue;
      }
      for (const port of ports) {
        const tensor = this.plan.tensors[this.plan.buffers[port.buffer]!.tensor]!;
        if (tensor.source !== side.ids[port.index]) {
          this.findings.add('MODEL', `${side.name} ${port.index} is another tensor than the model says`);
        }
      }
    }
  }

  /** A tensor in the constants is a constant of the model, byte for byte. */
  private checkConstantBuffers(): void {
    this.plan.buffers.forEach((buffer, index) => {
      const tensor = this.plan.tensors[buffer.tensor]!;
      const wanted = this.graph.tensors.get(tensor.source);
      const where = { buffer: index, tensor: buffer.tensor };
      if (buffer.memory === Memory.arena) {
        if (wanted?.data !== undefined)
          this.findings.add('MODEL', `buffer ${index} holds a constant in the arena`, where);
        return;
      }
      const data = wanted?.data;
      const rowBytes = tensor.rowBytes;
      const rows = tensor.n * tensor.h;
      if (
        data === undefined ||
        wanted === undefined ||
        elementCount(wanted.shape) === 0 ||
        data.length !== rows * rowBytes
      ) {
        this.findings.add('CONSTANTS', `buffer ${index} is in the constants, its tensor is not one`, where);
        return;
      }
      for (let row = 0; row < rows; row++) {
        const at = buffer.offset + row * buffer.rowStride;
        const found = this.plan.constants.subarray(at, at + rowBytes);
        if (found.some((value, i) => value !== data[row * rowBytes + i])) {
          this.findings.add('CONSTANTS', `row ${row} of buffer ${index} differs from the model`, {
            ...where,
            row,
          });
          return;
        }
      }
    });
  }
}

/** Finds where the plan and the model part; the plan's structure was checked before. */
export function compareWithModel(plan: Plan, graph: Graph, findings: Findings): void {
  new Comparison(plan, graph, findings).run();
}
