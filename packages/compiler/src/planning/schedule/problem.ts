// SPDX-License-Identifier: Apache-2.0
/**
 * A graph and the decisions about it, resolved for the scheduler: which ring each operator reads and
 * writes, which transfers and ports move rows into and out of rings, and which of them runs in which stage.
 */
import type { RowMap } from '../../analysis/row-windows.js';
import { compilerError } from '../../error-codes.js';
import {
  rowShape,
  tensorOf,
  type Graph,
  type Operator,
  type OperatorId,
  type RowShape,
  type TensorId,
} from '../../ir/index.js';
import type { Decisions, FetchDecision, SpillDecision } from '../decisions.js';
import { lowerOperator, rowBytesOf, rowCountOf, type LoweredOperator } from '../lowering.js';
import { keptVariantShape } from '../variant-shape.js';
import {
  callRows,
  defaultVariant,
  SEGMENTS_MAX,
  variantByKey,
  type KernelVariant,
  type VariantShape,
} from '../variants.js';
import { CarriedRows } from './carried-rows.js';
import { Ring } from './ring.js';

/** One segment of an operand: rows of `ring`, read as `tensor` (its own, or a view of it). */
export interface Segment {
  readonly ring: Ring;
  readonly tensor: TensorId;
  readonly channelBegin: number;
  readonly channelCount: number;
  /** Bytes of a row of `tensor`; differs from the ring's when a view cuts the bytes into other rows. */
  readonly rowBytes: number;
}

export interface Operand {
  readonly tensor: TensorId;
  readonly map: RowMap;
  readonly segments: readonly Segment[];
}

export interface Job {
  readonly index: number;
  readonly lowered: LoweredOperator;
  readonly variant: KernelVariant;
  readonly shape: VariantShape;
  readonly stage: number;
  /** Rows that calls are counted in: of the outputs, or of the input when the variant accumulates. */
  readonly rowCount: number;
  readonly rowsPerCall: number;
  readonly callCount: number;
  readonly inputs: readonly Operand[];
  readonly outputs: readonly {
    readonly tensor: TensorId;
    readonly ring: Ring;
    readonly channelCount: number;
  }[];
  nextCall: number;
}

/** A spilled tensor and the state of its spill transfer. */
export interface Spill {
  readonly transfer: number;
  readonly stream: number;
  readonly home: Ring;
  readonly decision: SpillDecision;
  readonly carried: CarriedRows;
  /** Rows of the next block that may be produced before the program waits for the one in flight. */
  spareRows: number;
  startedBlocks: number;
  waitedBlocks: number;
}

export interface Fetch {
  readonly transfer: number;
  readonly spill: Spill;
  readonly ring: Ring;
  readonly decision: FetchDecision;
  readonly firstStage: number;
  readonly lastStage: number;
  readonly inFlight: number;
  startedBlocks: number;
  waitedBlocks: number;
}

export interface Port {
  readonly index: number;
  readonly direction: 'input' | 'output';
  readonly position: number;
  readonly segment: Segment;
  readonly rowCount: number;
  readonly rowsPerStep: number;
  /** Last stage that reads an input, through its own buffer; -1 when none does. */
  lastStage: number;
  movedRows: number;
}

export interface Problem {
  readonly jobs: readonly Job[];
  readonly stages: readonly (readonly Job[])[];
  readonly rings: readonly Ring[];
  readonly spills: readonly Spill[];
  readonly fetches: readonly Fetch[];
  readonly ports: readonly Port[];
  /** How rows of a ring come to be; constants have no source. */
  readonly sources: ReadonlyMap<Ring, Job | Fetch | Port>;
}

/** What is collected while a problem is built. */
class Builder {
  readonly rings: Ring[] = [];
  readonly homes = new Map<TensorId, Ring>();
  readonly sources = new Map<Ring, Job | Fetch | Port>();
  readonly spills: Spill[] = [];
  readonly fetches: Fetch[] = [];
  private readonly parent = new Map<TensorId, TensorId>();
  private readonly dissolved = new Map<TensorId, readonly TensorId[]>();
  private readonly stageOf = new Map<OperatorId, number>();

  constructor(
    readonly graph: Graph,
    readonly decisions: Decisions,
  ) {
    decisions.stages.forEach((stage, index) => stage.forEach((id) => this.stageOf.set(id, index)));
    for (const op of graph.operators) {
      const roles = [this.stageOf.has(op.id), decisions.views.has(op.id), decisions.dissolved.has(op.id)];
      if (roles.filter(Boolean).length !== 1) {
        contradiction(
          `operator ${String(op.id)} (${op.kind}) is not in exactly one of stages, views, dissolved`,
        );
      }
      if (decisions.views.has(op.id)) this.parent.set(op.outputs[0] as TensorId, op.inputs[0] as TensorId);
      if (decisions.dissolved.has(op.id)) {
        this.dissolved.set(
          op.outputs[0] as TensorId,
          op.inputs.filter((id) => id !== null),
        );
      }
    }
  }

  rootOf(tensor: TensorId): TensorId {
    let root = tensor;
    for (let up = this.parent.get(root); up !== undefined; up = this.parent.get(root)) root = up;
    return root;
  }

  stage(operator: OperatorId): number {
    return this.stageOf.get(operator) ?? contradiction(`operator ${String(operator)} is in no stage`);
  }

  ring(tensor: TensorId, role: Ring['role']): Ring {
    const info = tensorOf(this.graph, tensor);
    const ring = new Ring(tensor, role, rowCountOf(info), rowBytesOf(info));
    this.rings.push(ring);
    return ring;
  }

  /** The ring a tensor is produced in, taken from a port, or the constant's place. */
  home(root: TensorId): Ring {
    let ring = this.homes.get(root);
    if (ring === undefined) {
      const constant = tensorOf(this.graph, root).data !== undefined;
      ring = this.ring(root, constant ? 'constant' : 'home');
      this.homes.set(root, ring);
    }
    return ring;
  }

  /** The segment through which `reader` sees `tensor`; undefined reader: a port. */
  segment(tensor: TensorId, reader: OperatorId | undefined, channelBegin: number): Segment {
    const root = this.rootOf(tensor);
    const fetch = this.fetches.find(
      ({ ring, decision }) =>
        ring.tensor === root && reader !== undefined && decision.readers.includes(reader),
    );
    const ring = fetch?.ring ?? this.home(root);
    const info = tensorOf(this.graph, tensor);
    const rowBytes = rowBytesOf(info);
    if (tensor !== root) {
      ring.views.add(tensor);
      if (!sameShape(rowShape(info.shape), rowShape(tensorOf(this.graph, root).shape))) ring.resident = true;
    }
    return { ring, tensor, channelBegin, channelCount: rowShape(info.shape).c, rowBytes };
  }

  operand(tensor: TensorId, map: RowMap, reader: OperatorId): Operand {
    const parts = this.dissolved.get(tensor);
    if (parts === undefined) return { tensor, map, segments: [this.segment(tensor, reader, 0)] };
    let begin = 0;
    const segments = parts.map((part) => {
      const segment = this.segment(part, reader, begin);
      begin += segment.channelCount;
      return segment;
    });
    return { tensor, map, segments };
  }

  job(op: Operator, index: number): Job {
    const lowered = lowerOperator(this.graph, op);
    const operands = lowered.inputs.map(({ tensor, map }) => this.operand(tensor, map, op.id));
    const shape = keptVariantShape(this.graph, lowered, operands[0]?.segments.length ?? 1);
    const chosen = this.decisions.variants?.get(op.id);
    const variant = chosen === undefined ? defaultVariant(lowered.planKind, shape) : variantByKey(chosen);
    if (variant?.planKind !== lowered.planKind || !variant.suits(shape))
      contradiction(`operator ${String(op.id)} has no such variant`);
    // Calls of a variant that accumulates are counted in input rows, and read just these.
    const inputs = variant.accumulates
      ? operands.map((operand): Operand => ({ ...operand, map: { kind: 'same' } }))
      : operands;
    if (inputs.some(({ segments }) => segments.length > (variant.acceptsSegments ? SEGMENTS_MAX : 1))) {
      contradiction(`operator ${String(op.id)} (${variant.name}) can not read its input in segments`);
    }
    const counted = variant.accumulates ? inputs[0]?.tensor : op.outputs[0];
    const rowCount = rowCountOf(tensorOf(this.graph, counted as TensorId));
    const rowsPerCall = callRows(variant, shape, rowCount);
    const job: Job = {
      index,
      lowered,
      variant,
      shape,
      stage: this.stage(op.id),
      rowCount,
      rowsPerCall,
      callCount: Math.ceil(rowCount / rowsPerCall),
      inputs,
      outputs: op.outputs.map((tensor) => {
        const channelCount = rowShape(tensorOf(this.graph, tensor).shape).c;
        return { tensor, ring: this.home(tensor), channelCount };
      }),
      nextCall: 0,
    };
    for (const { ring } of job.outputs) this.sources.set(ring, job);
    return job;
  }

  /** Rings and cursors of the spilled tensors, in the order of the decisions. */
  transfers(): void {
    let transfer = 0;
    for (const [tensor, decision] of this.decisions.spills) {
      const store = this.decisions.stores[decision.store];
      if (store === undefined || decision.fetches.length === 0 || decision.rowsPerBlock < 1) {
        contradiction(`the spill of tensor ${String(tensor)} has no store, no fetch, or empty blocks`);
      }
      const home = this.home(tensor);
      const carried = carriedRows(decision, home.rowCount);
      const progress = { startedBlocks: 0, waitedBlocks: 0 };
      const spareRows = Math.max(0, decision.spareRows ?? 1);
      const spill: Spill = {
        transfer: transfer++,
        stream: this.spills.length,
        home,
        decision,
        carried,
        spareRows,
        ...progress,
      };
      this.spills.push(spill);
      for (const fetch of decision.fetches) {
        const stages = fetch.readers.map((reader) => this.stage(reader));
        const [firstStage, lastStage] = [Math.min(...stages), Math.max(...stages)];
        const inFlight = fetch.mode === 'whole' ? Math.min(2, store.slotCount, carried.blockCount) : 1;
        const ring = this.ring(tensor, 'fetch');
        if (!carried.isAll) ring.rest = { ring: home, carried };
        const entry: Fetch = {
          transfer: transfer++,
          spill,
          ring,
          decision: fetch,
          firstStage,
          lastStage,
          inFlight,
          ...progress,
        };
        this.fetches.push(entry);
        this.sources.set(ring, entry);
      }
    }
  }

  ports(): Port[] {
    const { graph, decisions } = this;
    const make = (direction: Port['direction'], tensor: TensorId, position: number, index: number): Port => {
      const segment = this.segment(tensor, undefined, 0);
      if (segment.ring.role === 'constant') constantOutput(position);
      const rowCount = rowCountOf(tensorOf(graph, tensor));
      const streamed = direction === 'input' ? decisions.streamInputs : decisions.streamOutputs;
      if (!streamed) segment.ring.resident = true;
      const port = {
        index,
        direction,
        position,
        segment,
        rowCount,
        rowsPerStep: streamed ? 1 : rowCount,
        lastStage: -1,
        movedRows: 0,
      };
      if (direction === 'input') this.sources.set(segment.ring, port);
      return port;
    };
    const inputs = graph.inputs.map((tensor, position) => make('input', tensor, position, position));
    const outputs = graph.outputs.map((tensor, position) =>
      make('output', tensor, position, inputs.length + position),
    );
    return [...inputs, ...outputs];
  }
}

function sameShape(a: RowShape, b: RowShape): boolean {
  return a.n === b.n && a.h === b.h && a.w === b.w && a.c === b.c;
}

/** Resolves the decisions against the graph. */
export function scheduleProblem(graph: Graph, decisions: Decisions): Problem {
  const builder = new Builder(graph, decisions);
  builder.transfers();
  const operators = new Map(graph.operators.map((op) => [op.id, op]));
  const jobs = decisions.stages.flat().map((id, index) => {
    const op = operators.get(id) ?? contradiction(`there is no operator ${String(id)}`);
    return builder.job(op, index);
  });
  const ports = builder.ports();
  keepWholeHomes(builder.spills, jobs);
  placeRows(builder);
  for (const job of jobs) {
    for (const { ring } of job.inputs.flatMap(({ segments }) => segments)) {
      for (const port of ports)
        if (port.segment.ring === ring) port.lastStage = Math.max(port.lastStage, job.stage);
    }
  }
  const stages = decisions.stages.map((_, stage) => jobs.filter((job) => job.stage === stage));
  const { rings, spills, fetches, sources } = builder;
  return { jobs, stages, rings, spills, fetches, ports, sources };
}

/** A home that a later stage reads is whole anyway: then nothing has to wait for its blocks early. */
function keepWholeHomes(spills: readonly Spill[], jobs: readonly Job[]): void {
  for (const spill of spills) {
    const made = jobs.find(({ outputs }) => outputs.some(({ ring }) => ring === spill.home))?.stage ?? -1;
    const later = jobs.some(
      (job) =>
        job.stage > made &&
        job.inputs.some(({ segments }) => segments.some(({ ring }) => ring === spill.home)),
    );
    if (later || spill.home.resident) spill.spareRows = spill.home.rowCount;
  }
}

/** The rows that a spill carries; blocks at most as long as the tensor. */
function carriedRows({ rowsPerBlock, rows }: SpillDecision, rowCount: number): CarriedRows {
  if (rows === undefined) return new CarriedRows(rowCount, Math.min(rowsPerBlock, rowCount), 1, 1);
  const { period, carried } = rows;
  if (!Number.isInteger(period) || !Number.isInteger(carried) || carried < 1 || period < carried) {
    contradiction(`a spill carries ${String(carried)} rows of each ${String(period)}`);
  }
  // A period beyond the last row is as good as one that ends there.
  const most = Math.min(period, rowCount);
  if (carried >= most) return new CarriedRows(rowCount, Math.min(rowsPerBlock, rowCount), 1, 1);
  if (rowsPerBlock !== 1) contradiction('a spill of some of the rows has blocks of several');
  return new CarriedRows(rowCount, 1, most, carried);
}

/** Finds the rings whose rows are placed one by one. */
function placeRows({ rings, spills, decisions: { rowPlaced = new Set() } }: Builder): void {
  const spillOf = new Map(spills.map((spill) => [spill.home.tensor, spill]));
  for (const ring of rings) {
    const spill = spillOf.get(ring.tensor);
    const partly = spill?.carried.isAll === false;
    const can =
      ring.role !== 'constant' &&
      !ring.resident &&
      ring.rowCount > 1 &&
      (spill === undefined || spill.carried.rowsPerBlock === 1);
    if (partly && !can) {
      contradiction(
        `tensor ${String(ring.tensor)} is partly spilled, but its rows can not be placed one by one`,
      );
    }
    ring.byRow = can && (partly || rowPlaced === 'all' || rowPlaced.has(ring.tensor));
  }
}

function constantOutput(position: number): never {
  throw compilerError(
    'PLAN_UNSUPPORTED_OPERATOR',
    `Output ${String(position)} of the model is a constant, which no plan computes. Remove it from the model's outputs.`,
    { output: position },
  );
}

/** Refuses decisions that contradict the graph or themselves. */
export function contradiction(why: string): never {
  throw compilerError('PLAN_BAD_DECISIONS', `The planner's decisions contradict themselves: ${why}.`);
}
