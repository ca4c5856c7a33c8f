// SPDX-License-Identifier: Apache-2.0
/**
 * One stage scheduled by itself: during which of its calls each row lives. The calls of a stage come in the same
 * order whatever is spilled, so calls are the time in which several schedules are laid over one another.
 */
import type { TensorId } from '../../ir/index.js';
import { Opcode } from '../../plan-format/index.js';
import { interleave, type Trace } from '../schedule/interleave.js';
import { scheduleProblem, type Problem } from '../schedule/problem.js';
import type { Ring } from '../schedule/ring.js';
import type { StageGraph } from './stage-graph.js';

/** By row: it lives from call `first` to call `last`, both included; during no call where `last` is less. */
export interface RowLives {
  readonly first: Int32Array;
  readonly last: Int32Array;
  /** The last call that reads the row; -1 when none does. */
  readonly lastRead: Int32Array;
  readonly ringRows: number;
}

export interface StageTrace {
  readonly calls: number;
  /** Where tensors are made, or taken from a port. */
  readonly homes: ReadonlyMap<TensorId, RowLives>;
  readonly fetches: ReadonlyMap<TensorId, RowLives>;
  /** Bytes of state at each call, and of scratch. */
  readonly internal: Float64Array;
  readonly scratch: Float64Array;
}

export function traceStage({ graph, decisions }: StageGraph): StageTrace {
  const problem = scheduleProblem(graph, decisions);
  const trace = interleave(problem);
  const clock = callClock(trace);
  const homes = new Map<TensorId, RowLives>();
  const fetches = new Map<TensorId, RowLives>();
  for (const ring of problem.rings) {
    if (ring.role === 'constant') continue;
    const lives = livesOf(ring, clock);
    // A tensor made in the stage is fetched by its far readers first, then by the reader that stands for later stages.
    if (ring.role === 'home') homes.set(ring.tensor, lives);
    else if (!fetches.has(ring.tensor)) fetches.set(ring.tensor, lives);
  }
  return { calls: clock.calls, homes, fetches, ...internalBytes(problem, trace, clock) };
}

interface CallClock {
  readonly calls: number;
  /** Calls before a tick. */
  readonly before: (tick: number) => number;
  readonly isCall: (tick: number) => boolean;
}

/** Ticks of the first stage as calls: what counts are the bytes held while a kernel runs. */
function callClock({ steps, stageTicks }: Trace): CallClock {
  const [begin = 0, until = 0] = stageTicks;
  const before = new Int32Array(until - begin + 1);
  const isCall = (tick: number): boolean => ((steps[tick] ?? 0) & 0xff) === Opcode.run;
  for (let tick = begin; tick < until; tick++) {
    before[tick - begin + 1] = (before[tick - begin] ?? 0) + Number(isCall(tick));
  }
  const callsBefore = (tick: number): number => before[Math.min(Math.max(tick, begin), until) - begin] ?? 0;
  return { calls: callsBefore(until), before: callsBefore, isCall };
}

function livesOf(ring: Ring, { before, isCall, calls }: CallClock): RowLives {
  const first = new Int32Array(ring.rowCount);
  const last = new Int32Array(ring.rowCount);
  const lastRead = new Int32Array(ring.rowCount);
  for (let row = 0; row < ring.rowCount; row++) {
    const [written, used] = [ring.writtenTick(row), ring.lastTick(row)];
    first[row] = written < 0 ? calls : before(written);
    last[row] = written < 0 ? -1 : before(used + 1) - 1;
    lastRead[row] = used > written && isCall(used) ? before(used) : -1;
  }
  return { first, last, lastRead, ringRows: ring.ringRows() };
}

/** One scratch for the stage, as large as its hungriest call; the state of each operator while it runs. */
function internalBytes(
  problem: Problem,
  trace: Trace,
  clock: CallClock,
): Pick<StageTrace, 'internal' | 'scratch'> {
  const [internal, scratch] = [new Float64Array(clock.calls), new Float64Array(clock.calls)];
  const add = (held: Float64Array, bytes: number, begin: number, end: number): void => {
    if (bytes > 0) for (let call = begin; call <= end; call++) held[call] = (held[call] ?? 0) + bytes;
  };
  const runs = (problem.stages[0] ?? []).map(({ index, variant, shape }) => ({
    scratchBytes: variant.scratchBytes(shape),
    stateBytes: variant.stateBytes(shape),
    begin: clock.before(trace.firstRun[index] ?? 0),
    end: clock.before(trace.lastRun[index] ?? 0),
  }));
  const users = runs.filter(({ scratchBytes }) => scratchBytes > 0);
  const scratchBytes = users.reduce((most, user) => Math.max(most, user.scratchBytes), 0);
  const begin = users.reduce((least, user) => Math.min(least, user.begin), clock.calls);
  add(
    scratch,
    scratchBytes,
    begin,
    users.reduce((most, user) => Math.max(most, user.end), -1),
  );
  for (const run of runs) add(internal, run.stateBytes, run.begin, run.end);
  return { internal, scratch };
}
