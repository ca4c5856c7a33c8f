// SPDX-License-Identifier: Apache-2.0
/**
 * Puts a plan together: the draft's buffers at their offsets, operators with packed parameters and
 * constants, and the program with its loops rolled. Index order is that of first use, so equal inputs give
 * equal bytes.
 */
import { compilerError } from '../../error-codes.js';
import {
  rowShape,
  tensorOf,
  type ElementType,
  type Graph,
  type OperatorId,
  type TensorId,
} from '../../ir/index.js';
import {
  Direction,
  encodeParams,
  Memory,
  PLACE_UNIT_BYTES,
  PLAN_LIMITS,
  PLAN_NONE,
  PlanType,
  PortDirection,
  type Plan,
  type PlanBuffer,
  type PlanOperand,
  type PlanOperator,
  type PlanSegment,
  type PlanStream,
  type PlanTensor,
} from '../../plan-format/index.js';
import type { Decisions, Draft, DraftOperand } from '../../planning/decisions.js';
import { lowerOperator, rowBytesOf, rowCountOf } from '../../planning/lowering.js';
import { rollLoops } from '../../planning/schedule/roll-loops.js';
import { weightLayoutOf } from '../../planning/variants.js';
import { ConstantPool } from './constant-pool.js';
import { packOperator } from './operator-params.js';

/**
 * Makes the plan of a placed draft.
 *
 * @param offsets arena offset of each of `draft.items`, in bytes
 * @throws TinysegError PLAN_UNSUPPORTED_OPERATOR for quantization or types that no kernel runs,
 *   PLAN_BAD_DECISIONS when an offset is missing
 */
export function assemblePlan(
  graph: Graph,
  decisions: Decisions,
  draft: Draft,
  offsets: readonly number[],
): Plan {
  return new Assembler(graph, decisions, draft, offsets).plan();
}

class Assembler {
  private readonly pool = new ConstantPool();
  private readonly tensors: PlanTensor[] = [];
  private readonly tensorIndex = new Map<TensorId, number>();
  private readonly roots = new Map<TensorId, TensorId>();
  private readonly buffers: PlanBuffer[] = [];
  private readonly bufferIndex = new Map<string, number>();
  private readonly places: number[] = [];
  private readonly placeIndex = new Map<number, number>();
  private readonly segments: PlanSegment[] = [];
  private readonly operands: PlanOperand[] = [];

  constructor(
    private readonly graph: Graph,
    private readonly decisions: Decisions,
    private readonly draft: Draft,
    private readonly offsets: readonly number[],
  ) {
    for (const { tensor, views } of draft.buffers) for (const view of views) this.roots.set(view, tensor);
    draft.items.forEach((item, index) => {
      const offset = offsets[index];
      if (offset === undefined || offset % item.alignment !== 0) {
        throw compilerError('PLAN_BAD_DECISIONS', `Arena item ${String(index)} has no aligned offset.`);
      }
    });
  }

  plan(): Plan {
    const { draft } = this;
    const ports = draft.ports.map((port) => ({
      direction: port.direction === 'input' ? PortDirection.input : PortDirection.output,
      buffer: this.buffer(port.buffer, port.tensor),
      rowsPerStep: port.rowsPerStep,
      index: port.index,
    }));
    const { operators, params } = this.operators();
    const storeIndex = usedStores(draft);
    const streams = draft.streams.map((stream) => ({
      store: storeIndex.get(stream.store) ?? 0,
      tensor: this.tensor(stream.tensor),
      rowsPerBlock: stream.rowsPerBlock,
      blockCount: stream.blockCount,
      codecs: stream.codecs,
      period: stream.period ?? 1,
      carried: stream.carried ?? 1,
    }));
    const transfers = draft.transfers.map((transfer) => ({
      stream: transfer.stream,
      direction: transfer.direction === 'spill' ? Direction.spill : Direction.fetch,
      buffer: this.buffer(transfer.buffer, draft.buffers[transfer.buffer]?.tensor ?? -1),
      inFlight: transfer.inFlight,
    }));
    return {
      arenaBytes: draft.items.reduce((end, item, i) => Math.max(end, this.offset(i) + item.sizeBytes), 0),
      tickTotal: draft.steps.length,
      tensors: this.tensors,
      buffers: this.buffers,
      segments: this.segments,
      operands: this.operands,
      operators,
      params,
      stores: this.stores(storeIndex, streams),
      streams,
      transfers,
      ports,
      places: this.places,
      program: rollLoops(draft.steps),
      constants: this.pool.bytes(),
    };
  }

  private offset(item: number): number {
    return item < 0 ? 0 : (this.offsets[item] ?? 0);
  }

  private tensor(id: TensorId): number {
    const known = this.tensorIndex.get(id);
    if (known !== undefined) return known;
    const root = this.roots.get(id) ?? id;
    const rootIndex = root === id ? this.tensors.length : this.tensor(root);
    const index = this.tensors.length;
    const info = tensorOf(this.graph, id);
    this.tensorIndex.set(id, index);
    this.tensors.push({
      type: planType(info.type),
      ...rowShape(info.shape),
      rowBytes: rowBytesOf(info),
      root: rootIndex,
      zeroPoint: info.quantization?.zeroPoints.length === 1 ? (info.quantization.zeroPoints[0] ?? 0) : 0,
      scale: info.quantization?.scales.length === 1 ? (info.quantization.scales[0] ?? 0) : 0,
      source: id,
    });
    return index;
  }

  /** The record of a draft buffer seen as `tensor`: its own, or one of its views. */
  private buffer(index: number, tensor: TensorId): number {
    const key = `${String(index)}:${String(tensor)}`;
    const known = this.bufferIndex.get(key);
    if (known !== undefined) return known;
    const draft = this.draft.buffers[index];
    if (draft === undefined)
      throw compilerError('PLAN_BAD_DECISIONS', `There is no buffer ${String(index)}.`);
    const info = tensorOf(this.graph, tensor);
    const sameRows = rowBytesOf(info) === draft.rowStride;
    const constant = draft.role === 'constant';
    const plan: PlanBuffer = {
      tensor: this.tensor(tensor),
      memory: constant ? Memory.constants : Memory.arena,
      offset: constant
        ? this.pool.add(constantBytes(this.graph, draft.tensor)).offset
        : this.offset(draft.item),
      rowStride: rowBytesOf(info),
      ringRows: sameRows ? draft.ringRows : rowCountOf(info),
      firstPlace: this.firstPlace(index, tensor),
    };
    this.bufferIndex.set(key, this.buffers.length);
    this.buffers.push(plan);
    return this.buffers.length - 1;
  }

  /** Where the places of a draft buffer's rows begin, for it and its views alike; PLAN_NONE for a ring. */
  private firstPlace(index: number, tensor: TensorId): number {
    const { rowItems, tensor: own } = this.draft.buffers[index] ?? {};
    if (rowItems === undefined || own === undefined) return PLAN_NONE;
    const [seen, rows] = [
      rowShape(tensorOf(this.graph, tensor).shape),
      rowShape(tensorOf(this.graph, own).shape),
    ];
    const sameRows = seen.n === rows.n && seen.h === rows.h && rowItems.length === rows.n * rows.h;
    if (!sameRows) {
      throw compilerError(
        'PLAN_BAD_DECISIONS',
        `Buffer ${String(index)} has not a place for each row of its tensor, or is seen with other rows.`,
      );
    }
    const known = this.placeIndex.get(index);
    if (known !== undefined) return known;
    const first = this.places.length;
    this.placeIndex.set(index, first);
    for (const item of rowItems) this.places.push(item < 0 ? 0 : this.place(item));
    if (this.places.length > PLAN_LIMITS.places) {
      throw compilerError('PLAN_BAD_DECISIONS', `More than ${String(PLAN_LIMITS.places)} rows have places.`);
    }
    return first;
  }

  private place(item: number): number {
    const offset = this.offset(item);
    const place = offset / PLACE_UNIT_BYTES;
    if (item >= 0 && Number.isInteger(place) && place <= 0xffff) return place;
    throw compilerError(
      'PLAN_BAD_DECISIONS',
      `Arena item ${String(item)} at ${String(offset)} is no place for a row: places are multiples of 16 below 1 MiB.`,
    );
  }

  private operand({ tensor, segments }: DraftOperand): void {
    this.operands.push({
      tensor: this.tensor(tensor),
      firstSegment: this.segments.length,
      segmentCount: segments.length,
    });
    for (const segment of segments) {
      this.segments.push({
        buffer: this.buffer(segment.buffer, segment.tensor),
        channelBegin: segment.channelBegin,
        channelCount: segment.channelCount,
      });
    }
  }

  private operators(): { readonly operators: PlanOperator[]; readonly params: Uint8Array } {
    const byId = new Map(this.graph.operators.map((op) => [op.id, op] as const));
    const packed: Uint8Array[] = [];
    let paramsOffset = 0;
    const operators = this.draft.operators.map((draft) => {
      const op = byId.get(draft.id as OperatorId);
      if (op === undefined)
        throw compilerError('PLAN_BAD_DECISIONS', `There is no operator ${String(draft.id)}.`);
      const lowered = lowerOperator(this.graph, op);
      const packing = { pool: this.pool, layout: weightLayoutOf(draft.variant) };
      const bytes = encodeParams(packOperator(this.graph, lowered, packing));
      const firstOperand = this.operands.length;
      for (const operand of [...draft.inputs, ...draft.outputs]) this.operand(operand);
      packed.push(bytes);
      const operator: PlanOperator = {
        kind: lowered.planKind,
        variant: draft.variant,
        inputCount: draft.inputs.length,
        outputCount: draft.outputs.length,
        firstOperand,
        callCount: draft.callCount,
        rowsPerCall: draft.rowsPerCall,
        paramsOffset,
        paramsSize: bytes.length,
        scratchOffset: this.offset(draft.scratchItem),
        scratchSize: draft.scratchBytes,
        stateOffset: this.offset(draft.stateItem),
        stateSize: draft.stateBytes,
        source: op.id,
      };
      paramsOffset += bytes.length;
      return operator;
    });
    const params = new Uint8Array(paramsOffset);
    let at = 0;
    for (const bytes of packed) {
      params.set(bytes, at);
      at += bytes.length;
    }
    return { operators, params };
  }

  private stores(index: ReadonlyMap<number, number>, streams: readonly PlanStream[]): Plan['stores'] {
    return [...index].map(([decided, used]) => {
      const { kind, slotCount, unitBytes = 1 } = this.decisions.stores[decided] ?? { kind: 0, slotCount: 1 };
      const blockBytesMax = Math.max(
        ...streams
          .filter(({ store }) => store === used)
          .map(({ tensor, rowsPerBlock }) => {
            const { n, h, rowBytes } = this.tensors[tensor] as PlanTensor;
            return Math.min(rowsPerBlock, n * h) * rowBytes;
          }),
      );
      return { kind, blockBytesMax, slotCount, unitBytes };
    });
  }
}

/** Decided stores that some stream uses, in order, and their index in the plan. */
function usedStores(draft: Draft): ReadonlyMap<number, number> {
  const used = [...new Set(draft.streams.map(({ store }) => store))].sort((a, b) => a - b);
  return new Map(used.map((store, index) => [store, index]));
}

function planType(type: ElementType): number {
  const types: Readonly<Record<string, number>> = PlanType;
  const value = types[type];
  if (value !== undefined) return value;
  throw compilerError('PLAN_UNSUPPORTED_OPERATOR', `Plans have no tensors of type ${type}.`, { type });
}

function constantBytes(graph: Graph, tensor: TensorId): Uint8Array {
  return tensorOf(graph, tensor).data ?? new Uint8Array(0);
}
