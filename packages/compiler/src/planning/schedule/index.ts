// SPDX-License-Identifier: Apache-2.0
/** Turns decisions into a schedule without addresses: the flat program, ring sizes, and who lives when. */
import type { Graph } from '../../ir/index.js';
import { StoreKind } from '../../plan-format/index.js';
import type {
  ArenaItem,
  Decisions,
  Draft,
  DraftBuffer,
  DraftOperand,
  DraftOperator,
  StoreDecision,
} from '../decisions.js';
import { interleave, type Trace } from './interleave.js';
import { scheduleProblem, type Job, type Operand, type Problem, type Segment } from './problem.js';
import { inPlacePairs } from './in-place.js';
import type { Ring } from './ring.js';

/** Offsets of everything in the arena are multiples of this. */
export const ARENA_ALIGNMENT = 16;

/** Codecs: raw and the most-frequent-byte mask; raw. */
const ALL_CODECS = 3;
const RAW = 1;

/** Codecs a spill may use unless it says otherwise. Encoding takes longer than the copy to RAM that it may shorten. */
export function codecsOf(store: StoreDecision | undefined): number {
  return store?.kind === StoreKind.ram ? RAW : ALL_CODECS;
}

export interface ScheduleOptions {
  /** Looks for tensors that may grow into others (`Draft.inPlace`). Default false: then there are none. */
  readonly inPlace?: boolean;
}

/**
 * Schedules the graph as decided. A pure function: equal arguments give equal drafts.
 *
 * @throws TinysegError PLAN_UNSUPPORTED_OPERATOR for what no kernel runs, PLAN_BAD_DECISIONS for
 *   decisions that contradict the graph
 */
export function scheduleProgram(graph: Graph, decisions: Decisions, options: ScheduleOptions = {}): Draft {
  const problem = scheduleProblem(graph, decisions);
  const trace = interleave(problem);
  const rings = problem.rings;
  const items: ArenaItem[] = [];
  const rowItems = new Map(
    rings.filter(({ byRow }) => byRow).map((ring) => [ring, addRows(ring, items)] as const),
  );
  const buffers = rings.map((ring) => buffer(ring, rowItems, items));
  const indexOf = new Map(rings.map((ring, index) => [ring, index]));
  const apartOf = (jobs: readonly Job[]): Pick<ArenaItem, 'apart'> => {
    const touched = jobs.flatMap(ringsOf).map((ring) => buffers[indexOf.get(ring) ?? -1]?.item ?? -1);
    const apart = [...new Set(touched)].filter((item) => items[item]?.spans !== undefined);
    return apart.length === 0 ? {} : { apart };
  };
  const scratch = addScratch(problem, trace, apartOf, items);
  return {
    steps: trace.steps,
    buffers,
    items,
    operators: problem.jobs.map((job) => operator(job, trace, scratch, apartOf([job]), items, indexOf)),
    streams: problem.spills.map(({ decision, home, carried }) => ({
      store: decision.store,
      tensor: home.tensor,
      rowsPerBlock: carried.rowsPerBlock,
      blockCount: carried.blockCount,
      codecs: (decision.codecs ?? codecsOf(decisions.stores[decision.store])) | 1,
      period: carried.period,
      carried: carried.carried,
    })),
    transfers: transfersOf(problem, indexOf),
    ports: problem.ports.map(({ direction, segment, rowsPerStep, position }) => ({
      direction,
      buffer: indexOf.get(segment.ring) ?? -1,
      tensor: segment.tensor,
      rowsPerStep,
      index: position,
    })),
    inPlace:
      options.inPlace === true && rowItems.size === 0
        ? inPlacePairs(rings, (ring) => buffers[indexOf.get(ring) ?? -1]?.item ?? -1, ARENA_ALIGNMENT)
        : [],
    stageTicks: trace.stageTicks,
  };
}

/** An item for each row that is ever written to the ring; -1 for the others. */
function addRows(ring: Ring, items: ArenaItem[]): number[] {
  const { tensor, rowBytes: sizeBytes } = ring;
  const [kind, alignment, operators] = ['buffer', ARENA_ALIGNMENT, []] as const;
  return Array.from({ length: ring.rowCount }, (_, row) => {
    const { start, end } = ring.rowInterval(row);
    if (start === end) return -1;
    items.push({ kind, sizeBytes, alignment, start, end, tensor, row, operators });
    return items.length - 1;
  });
}

function buffer(ring: Ring, rowItems: ReadonlyMap<Ring, readonly number[]>, items: ArenaItem[]): DraftBuffer {
  const ringRows = ring.byRow ? ring.rowCount : ring.ringRows();
  const sizeBytes = ringRows * ring.rowBytes;
  const constant = ring.role === 'constant';
  const own = rowItems.get(ring);
  if (!constant && own === undefined) {
    const { start, end } = ring.interval();
    const { tensor } = ring;
    const spans = rowItems.size > 0 && ringRows === ring.rowCount ? { spans: ring.rowSpans() } : {};
    const [kind, alignment, operators] = ['buffer', ARENA_ALIGNMENT, []] as const;
    items.push({ kind, sizeBytes, alignment, start, end, tensor, operators, ...spans });
  }
  return {
    tensor: ring.tensor,
    role: ring.role,
    views: [...ring.views].sort((a, b) => a - b),
    ringRows,
    rowStride: ring.rowBytes,
    sizeBytes,
    ...(own === undefined
      ? { item: constant ? -1 : items.length - 1 }
      : { item: -1, rowItems: own.map((item, row) => (item < 0 ? restItem(ring, rowItems, row) : item)) }),
  };
}

/** The item of a row that a fetched copy does not have: that of the row where it was made. */
function restItem({ rest }: Ring, rowItems: ReadonlyMap<Ring, readonly number[]>, row: number): number {
  return (rest === undefined ? undefined : rowItems.get(rest.ring)?.[row]) ?? -1;
}

/** One scratch for each stage, as large as its hungriest call: no two calls run at once. Gives item by stage. */
function addScratch(
  problem: Problem,
  trace: Trace,
  apartOf: (jobs: readonly Job[]) => Pick<ArenaItem, 'apart'>,
  items: ArenaItem[],
): ReadonlyMap<number, number> {
  const byStage = new Map<number, number>();
  problem.stages.forEach((stage, index) => {
    const users = stage.filter((job) => job.variant.scratchBytes(job.shape) > 0);
    if (users.length === 0) return;
    items.push({
      kind: 'scratch',
      sizeBytes: Math.max(...users.map((job) => job.variant.scratchBytes(job.shape))),
      alignment: ARENA_ALIGNMENT,
      start: Math.min(...users.map((job) => trace.firstRun[job.index] ?? 0)),
      end: Math.max(...users.map((job) => trace.lastRun[job.index] ?? 0)) + 1,
      operators: users.map((job) => job.lowered.op.id),
      ...apartOf(users),
    });
    byStage.set(index, items.length - 1);
  });
  return byStage;
}

function operator(
  job: Job,
  trace: Trace,
  scratch: ReadonlyMap<number, number>,
  apart: Pick<ArenaItem, 'apart'>,
  items: ArenaItem[],
  indexOf: ReadonlyMap<Ring, number>,
): DraftOperator {
  const { id } = job.lowered.op;
  const scratchBytes = job.variant.scratchBytes(job.shape);
  const stateBytes = job.variant.stateBytes(job.shape);
  if (stateBytes > 0) {
    const start = trace.firstRun[job.index] ?? 0;
    const end = (trace.lastRun[job.index] ?? 0) + 1;
    items.push({
      kind: 'state',
      sizeBytes: stateBytes,
      alignment: ARENA_ALIGNMENT,
      start,
      end,
      operators: [id],
      ...apart,
    });
  }
  const segment = (part: Omit<Segment, 'rowBytes'>): DraftOperand['segments'][number] => ({
    buffer: indexOf.get(part.ring) ?? -1,
    tensor: part.tensor,
    channelBegin: part.channelBegin,
    channelCount: part.channelCount,
  });
  const input = ({ tensor, segments }: Operand): DraftOperand => ({
    tensor,
    segments: segments.map(segment),
  });
  const outputs = job.outputs.map((output) => ({
    tensor: output.tensor,
    segments: [segment({ ...output, channelBegin: 0 })],
  }));
  return {
    id,
    variant: job.variant.id,
    callCount: job.callCount,
    rowsPerCall: job.rowsPerCall,
    inputs: job.inputs.map(input),
    outputs,
    scratchItem: scratchBytes > 0 ? (scratch.get(job.stage) ?? -1) : -1,
    scratchBytes,
    stateItem: stateBytes > 0 ? items.length - 1 : -1,
    stateBytes,
  };
}

/** Rings that a job's calls read or write. */
function ringsOf({ inputs, outputs }: Job): Ring[] {
  const read = inputs.flatMap(({ segments }) => segments.map(({ ring }) => ring));
  return [...read, ...outputs.map(({ ring }) => ring)];
}

function transfersOf(problem: Problem, indexOf: ReadonlyMap<Ring, number>): Draft['transfers'] {
  const spills = problem.spills.map((spill) => ({
    order: spill.transfer,
    transfer: {
      stream: spill.stream,
      direction: 'spill',
      buffer: indexOf.get(spill.home) ?? -1,
      inFlight: 1,
    } as const,
  }));
  const fetches = problem.fetches.map((fetch) => ({
    order: fetch.transfer,
    transfer: {
      stream: fetch.spill.stream,
      direction: 'fetch',
      buffer: indexOf.get(fetch.ring) ?? -1,
      inFlight: fetch.inFlight,
    } as const,
  }));
  return [...spills, ...fetches].sort((a, b) => a.order - b.order).map(({ transfer }) => transfer);
}
