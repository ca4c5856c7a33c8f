// SPDX-License-Identifier: Apache-2.0
/**
 * The flat schedule: a simulation that produces every row once, demand-driven. The last operator of a
 * stage asks for its output rows one by one; each call first asks, depth first, for exactly the rows of
 * its window; operators that the last one does not need run as soon as their rows are there. So every row
 * is made as late, and released as early, as the order of the stage allows, and rings stay small.
 */
import { inputWindowOf, type RowRange } from '../../analysis/row-windows.js';
import { Opcode } from '../../plan-format/index.js';
import { reaches } from '../lowering.js';
import type { Fetch, Job, Operand, Port, Problem, Segment, Spill } from './problem.js';
import { contradiction } from './problem.js';
import type { Ring } from './ring.js';

/** What the simulation leaves: the steps, one word a tick, and the first tick of each stage. */
export interface Trace {
  readonly steps: Uint32Array;
  /** Also filled: first and last RUN tick of each job, by index; -1 when it never ran. */
  readonly firstRun: Int32Array;
  readonly lastRun: Int32Array;
  readonly stageTicks: readonly number[];
}

export function interleave(problem: Problem): Trace {
  return new Interleaver(problem).run();
}

class Interleaver {
  private steps = new Uint32Array(1024);
  private tick = 0;
  private readonly firstRun: Int32Array;
  private readonly lastRun: Int32Array;
  private readonly spillOf = new Map<Ring, Spill>();
  private readonly fetchOf = new Map<Ring, Fetch>();
  private readonly outputsOf = new Map<Ring, Port[]>();
  /** Jobs of the running stage that its last job does not depend on, by the rings they read. */
  private eager: readonly Job[] = [];
  private runningEager = false;

  constructor(private readonly problem: Problem) {
    this.firstRun = new Int32Array(problem.jobs.length).fill(-1);
    this.lastRun = new Int32Array(problem.jobs.length).fill(-1);
    for (const spill of problem.spills) this.spillOf.set(spill.home, spill);
    for (const fetch of problem.fetches) this.fetchOf.set(fetch.ring, fetch);
    for (const port of problem.ports) {
      if (port.direction !== 'output' || port.rowsPerStep === port.rowCount) continue;
      const { ring } = port.segment;
      this.outputsOf.set(ring, [...(this.outputsOf.get(ring) ?? []), port]);
    }
  }

  run(): Trace {
    const stageTicks: number[] = [];
    const { ports, stages } = this.problem;
    for (const port of ports) {
      const resident = port.direction === 'input' && port.rowsPerStep === port.rowCount;
      const unread = port.direction === 'input' && port.lastStage < 0;
      while ((resident || unread) && port.movedRows < port.rowCount) this.input(port);
    }
    stages.forEach((stage, index) => {
      stageTicks.push(this.tick);
      this.runStage(stage, index);
    });
    for (const port of ports) if (port.direction === 'output') this.giveOutput(port);
    stageTicks.push(this.tick);
    const { firstRun, lastRun } = this;
    return { steps: this.steps.slice(0, this.tick), firstRun, lastRun, stageTicks };
  }

  private runStage(stage: readonly Job[], index: number): void {
    for (const fetch of this.problem.fetches) {
      const ready = fetch.spill.waitedBlocks === fetch.spill.carried.blockCount;
      if (fetch.decision.mode === 'whole' && fetch.firstStage === index && ready) this.fetchWhole(fetch);
    }
    const last = stage[stage.length - 1];
    if (last === undefined) contradiction(`stage ${String(index)} is empty`);
    const needed = this.ancestorsOf(last, index);
    this.eager = stage.filter((job) => job !== last && !needed.has(job));
    while (last.nextCall < last.callCount) this.call(last);
    for (const job of stage) while (job.nextCall < job.callCount) this.call(job);
    this.eager = [];
    this.finishRows(index);
    for (const spill of this.problem.spills) {
      while (spill.waitedBlocks < spill.startedBlocks) this.spillWait(spill);
    }
  }

  /** Moves rows that no window reached: every transfer moves all its blocks, every port all its rows. */
  private finishRows(stage: number): void {
    for (const fetch of this.problem.fetches) {
      while (fetch.lastStage === stage && fetch.waitedBlocks < fetch.spill.carried.blockCount)
        this.fetchMore(fetch);
    }
    for (const port of this.problem.ports) {
      const last = port.direction === 'input' && port.lastStage === stage;
      while (last && port.movedRows < port.rowCount) this.input(port);
    }
  }

  /** Jobs of the stage that `job` needs, itself included; through spills and fetches too. */
  private ancestorsOf(job: Job, stage: number): ReadonlySet<Job> {
    const found = new Set<Job>([job]);
    for (const user of found) {
      for (const segment of user.inputs.flatMap(({ segments }) => segments)) {
        const home = this.fetchOf.get(segment.ring)?.spill.home ?? segment.ring;
        const maker = this.problem.sources.get(home);
        if (isJob(maker) && maker.stage === stage) found.add(maker);
      }
    }
    return found;
  }

  private emit(opcode: number, argument: number): number {
    if (this.tick === this.steps.length) {
      const longer = new Uint32Array(2 * this.steps.length);
      longer.set(this.steps);
      this.steps = longer;
    }
    this.steps[this.tick] = (opcode | (argument << 8)) >>> 0;
    return this.tick++;
  }

  /** Makes rows [.., end) of the ring readable. */
  private ensure(ring: Ring, end: number): void {
    while (ring.readyRows < end) {
      const source = this.problem.sources.get(ring);
      if (source === undefined) contradiction(`nothing produces tensor ${String(ring.tensor)}`);
      if (isJob(source)) this.call(source);
      else if ('spill' in source) this.fetchMore(source);
      else this.input(source);
    }
  }

  /** Runs the job's next call, after everything it needs. */
  private call(job: Job): void {
    const first = job.nextCall * job.rowsPerCall;
    const end = Math.min(first + job.rowsPerCall, job.rowCount);
    const reads = readsOf(job, first, end);
    for (const { ring, range } of reads) if (ring.role !== 'fetch') this.ensure(ring, range.end);
    for (const { ring, range } of reads) if (ring.role === 'fetch') this.ensure(ring, range.end);
    // Branches that ran meanwhile may have run this very call.
    if (job.nextCall * job.rowsPerCall !== first) return;
    this.startAhead(job, true);
    const made = madeBy(job, first, end);
    for (const { ring } of job.outputs) if (made.end > made.first) this.makeRoom(ring, made.first);
    const tick = this.emit(Opcode.run, job.index);
    if (this.firstRun[job.index] === -1) this.firstRun[job.index] = tick;
    this.lastRun[job.index] = tick;
    job.nextCall++;
    for (const { ring, range } of reads) ring.use(range.first, range.end, tick);
    for (const { ring } of job.outputs) {
      ring.write(made.end, tick);
      ring.readyRows = made.end;
    }
    for (const { ring } of job.outputs) this.afterRows(ring);
    this.startAhead(job, false);
    this.runEager();
  }

  /** Takes the next rows of a model input. */
  private input(port: Port): void {
    const { ring } = port.segment;
    const end = Math.min(port.movedRows + port.rowsPerStep, port.rowCount);
    this.makeRoom(ring, port.movedRows);
    ring.write(end, this.emit(Opcode.input, port.index));
    port.movedRows = end;
    ring.readyRows = end;
    this.afterRows(ring);
    this.runEager();
  }

  /** New rows are in the ring: spill full blocks, give rows to streamed outputs. */
  private afterRows(ring: Ring): void {
    const spill = this.spillOf.get(ring);
    if (spill !== undefined) this.spillFull(spill);
    for (const port of this.outputsOf.get(ring) ?? []) this.giveOutput(port);
  }

  /** Gives the rows of an output that are ready; all of them once its ring is whole. */
  private giveOutput(port: Port): void {
    const { segment } = port;
    if (port.rowsPerStep === port.rowCount) this.ensure(segment.ring, segment.ring.rowCount);
    while (port.movedRows < port.rowCount) {
      const end = Math.min(port.movedRows + port.rowsPerStep, port.rowCount);
      const range = ringRange(segment, { first: port.movedRows, end });
      if (range.end > segment.ring.readyRows) return;
      segment.ring.use(range.first, range.end, this.emit(Opcode.output, port.index));
      port.movedRows = end;
    }
  }

  private spillFull(spill: Spill): void {
    const { carried } = spill;
    while (spill.startedBlocks < carried.blockCount) {
      const { first, end } = carried.block(spill.startedBlocks);
      if (end > spill.home.readyRows) return;
      if (spill.waitedBlocks < spill.startedBlocks) this.spillWait(spill);
      spill.home.use(first, end, this.emit(Opcode.spillStart, spill.transfer));
      spill.startedBlocks++;
    }
  }

  private spillWait(spill: Spill): void {
    const { first, end } = spill.carried.block(spill.waitedBlocks);
    spill.home.use(first, end, this.emit(Opcode.spillWait, spill.transfer));
    spill.waitedBlocks++;
  }

  /** Before row `row` of the ring is produced: waits for a block in flight when the spare rows are full. */
  private makeRoom(ring: Ring, row: number): void {
    const spill = this.spillOf.get(ring);
    if (spill === undefined || spill.waitedBlocks === spill.startedBlocks) return;
    const spare = spill.carried.before(row) - spill.startedBlocks * spill.carried.rowsPerBlock;
    if (spare >= spill.spareRows) this.spillWait(spill);
  }

  private fetchMore(fetch: Fetch): void {
    if (fetch.decision.mode === 'whole') {
      this.fetchWhole(fetch);
      return;
    }
    const block = fetch.waitedBlocks;
    if (fetch.startedBlocks === block) {
      this.ensureSpilled(fetch, block);
      // Branches that ran meanwhile may have fetched it.
      if (fetch.startedBlocks !== block) return;
      this.fetchStart(fetch);
    }
    this.fetchWait(fetch);
  }

  /** Makes the rows of a block, so that it is being spilled. */
  private ensureSpilled(fetch: Fetch, block: number): void {
    const { home, carried } = fetch.spill;
    this.ensure(home, carried.block(block).end);
  }

  /** Fetches every block, as many at once as the transfer allows. */
  private fetchWhole(fetch: Fetch): void {
    const { blockCount } = fetch.spill.carried;
    this.ensureSpilled(fetch, blockCount - 1);
    while (fetch.waitedBlocks < blockCount) {
      const more = fetch.startedBlocks < blockCount;
      if (more && fetch.startedBlocks - fetch.waitedBlocks < fetch.inFlight) this.fetchStart(fetch);
      else this.fetchWait(fetch);
    }
  }

  /** Starts the next block of a fetch, whose spill has started, after it has been written. */
  private fetchStart(fetch: Fetch): void {
    const { spill } = fetch;
    const { first, end } = spill.carried.block(fetch.startedBlocks);
    while (spill.waitedBlocks <= fetch.startedBlocks) this.spillWait(spill);
    fetch.ring.writeRows(first, end, this.emit(Opcode.fetchStart, fetch.transfer));
    fetch.startedBlocks++;
  }

  private fetchWait(fetch: Fetch): void {
    const { carried } = fetch.spill;
    const { first, end } = carried.block(fetch.waitedBlocks);
    fetch.ring.use(first, end, this.emit(Opcode.fetchWait, fetch.transfer));
    fetch.waitedBlocks++;
    fetch.ring.readyRows = carried.readyBefore(fetch.waitedBlocks);
  }

  /**
   * Starts the next block of the job's streamed fetches when its next call will need it: before the
   * running call (`overlap`) or after it, as each was decided. Only blocks that were already spilled.
   */
  private startAhead(job: Job, overlap: boolean): void {
    for (const operand of job.inputs) {
      for (const segment of operand.segments) {
        const fetch = this.fetchOf.get(segment.ring);
        if (fetch === undefined || fetch.decision.mode === 'whole') continue;
        if ((fetch.decision.ahead ?? true) !== overlap) continue;
        const { spill, startedBlocks, waitedBlocks } = fetch;
        const idle = startedBlocks === waitedBlocks && startedBlocks < spill.startedBlocks;
        const call = overlap ? job.nextCall + 1 : job.nextCall;
        if (idle && callReaches(job, operand, segment, call)) this.fetchStart(fetch);
      }
    }
  }

  /** Runs the jobs nobody in the stage waits for, as far as rows are there. */
  private runEager(): void {
    if (this.runningEager || this.eager.length === 0) return;
    this.runningEager = true;
    for (let progress = true; progress; ) {
      progress = false;
      for (const job of this.eager) {
        while (job.nextCall < job.callCount && this.isReady(job)) {
          this.call(job);
          progress = true;
        }
      }
    }
    this.runningEager = false;
  }

  /** Whether the job's next call needs no call of another job first. */
  private isReady(job: Job): boolean {
    const first = job.nextCall * job.rowsPerCall;
    const end = Math.min(first + job.rowsPerCall, job.rowCount);
    return readsOf(job, first, end).every(({ ring, range }) => {
      if (range.end <= ring.readyRows) return true;
      const fetch = this.fetchOf.get(ring);
      return fetch !== undefined && fetch.spill.home.isWhole;
    });
  }
}

/** Output rows of the call that counts rows [first, end): these, or all of them in the last call of an accumulation. */
function madeBy(job: Job, first: number, end: number): RowRange {
  if (!job.variant.accumulates) return { first, end };
  return { first: 0, end: end === job.rowCount ? (job.outputs[0]?.ring.rowCount ?? 0) : 0 };
}

interface Read {
  readonly ring: Ring;
  readonly range: RowRange;
}

/** Ring rows that the job reads to compute output rows [first, end). */
function readsOf(job: Job, first: number, end: number): readonly Read[] {
  const reads: Read[] = [];
  for (const { map, segments } of job.inputs) {
    const window = inputWindowOf(map, first, end);
    if (window.first === window.end) continue;
    for (const segment of segments) addReads(segment.ring, ringRange(segment, window), reads);
  }
  return reads;
}

/** A fetched copy has only the carried rows; the others are read where they were made. */
function addReads(ring: Ring, range: RowRange, reads: Read[]): void {
  const { rest } = ring;
  if (rest === undefined) {
    reads.push({ ring, range });
    return;
  }
  for (let row = range.first; row < range.end; row++) {
    const holder = rest.carried.carries(row) ? ring : rest.ring;
    reads.push({ ring: holder, range: { first: row, end: row + 1 } });
  }
}

/** Rows of the segment's tensor as rows of its ring: the same, or the rows that hold the same bytes. */
function ringRange(segment: Segment, range: RowRange): RowRange {
  const { rowBytes, ring } = segment;
  if (rowBytes === ring.rowBytes) return range;
  const first = Math.floor((range.first * rowBytes) / ring.rowBytes);
  return { first, end: Math.ceil((range.end * rowBytes) / ring.rowBytes) };
}

/** Whether call number `call` of the job reads a row of the segment that is not fetched yet. */
function callReaches(job: Job, operand: Operand, segment: Segment, call: number): boolean {
  if (call >= job.callCount) return false;
  const first = call * job.rowsPerCall;
  const ready = Math.floor((segment.ring.readyRows * segment.ring.rowBytes) / segment.rowBytes);
  return reaches(operand.map, first, Math.min(first + job.rowsPerCall, job.rowCount), ready);
}

function isJob(source: Job | Fetch | Port | undefined): source is Job {
  return source !== undefined && 'lowered' in source;
}
