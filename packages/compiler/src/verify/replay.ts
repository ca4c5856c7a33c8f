// SPDX-License-Identifier: Apache-2.0
/**
 * The verifier's replay: runs the program of a plan on named bytes and finds every step that reads
 * bytes other than those it wants, or touches bytes that are not its own. Written from
 * docs/specs/plan-format.md; knows nothing of how plans are made.
 */
import {
  decodeParams,
  Direction,
  Opcode,
  Memory,
  PortDirection,
  type Plan,
  type PlanBuffer,
  type PlanOperator,
  type PlanParams,
  type PlanTensor,
} from '../plan-format/index.js';
import { ReplayArena, type Touch } from './arena.js';
import { rowNeeds } from './row-needs.js';
import { accumulates } from './scratch-needs.js';
import type { Findings, Where, ViolationCode } from './violation.js';

/** Arena bytes [begin, end). */
interface Extent {
  readonly begin: number;
  readonly end: number;
}

interface Operand {
  readonly tensor: PlanTensor;
  /** What is read or written: the buffers of the segments, with their tensors. */
  readonly parts: readonly { readonly buffer: PlanBuffer; readonly tensor: PlanTensor }[];
}

interface Operator {
  readonly record: PlanOperator;
  readonly params: PlanParams;
  readonly inputs: readonly Operand[];
  readonly outputs: readonly Operand[];
}

const TOUCH_CODE: Record<Exclude<Touch, 'ok'>, ViolationCode> = {
  wrong: 'WRONG_BYTES',
  held: 'IN_FLIGHT',
  outside: 'EXTENT',
};

const TOUCH_TEXT: Record<Exclude<Touch, 'ok'>, string> = {
  wrong: 'the bytes there are not those of this row',
  held: 'a transfer owns bytes of it',
  outside: 'it lies outside the arena',
};

function rowCount(tensor: PlanTensor): number {
  return tensor.n * tensor.h;
}

class Replay {
  private readonly arena: ReplayArena;
  private readonly operators: readonly Operator[];
  private readonly calls: number[];
  private readonly started: number[];
  private readonly finished: number[];
  private readonly blocksWritten: number[];
  /** Of each stream: the rows that it carries, in order. */
  private readonly carriedRows: readonly (readonly number[])[];
  private readonly portSteps: number[];
  private tick = 0;
  private position = 0;

  constructor(
    private readonly plan: Plan,
    private readonly findings: Findings,
  ) {
    this.arena = new ReplayArena(plan);
    this.operators = plan.operators.map((record) => this.resolve(record));
    this.calls = plan.operators.map(() => 0);
    this.started = plan.transfers.map(() => 0);
    this.finished = plan.transfers.map(() => 0);
    this.blocksWritten = plan.streams.map(() => 0);
    this.carriedRows = plan.streams.map(({ tensor, period, carried }) => {
      const rows = Array.from({ length: rowCount(plan.tensors[tensor]!) }, (_, row) => row);
      return rows.filter((row) => row % period < carried);
    });
    this.portSteps = plan.ports.map(() => 0);
  }

  /** Runs the whole program, or until enough is found. */
  run(): void {
    const loops: { body: number; left: number }[] = [];
    for (;;) {
      const step = this.plan.program[this.position];
      if (step === undefined || step.opcode === Opcode.end || this.findings.full) break;
      if (step.opcode === Opcode.loop) {
        loops.push({ body: this.position + 1, left: step.argument });
      } else if (step.opcode === Opcode.endLoop) {
        const loop = loops[loops.length - 1];
        if (loop !== undefined && --loop.left > 0) {
          this.position = loop.body;
          continue;
        }
        loops.pop();
      } else {
        if (this.tick >= this.plan.tickTotal) {
          this.report('PROGRAM', `the program goes on after ${this.plan.tickTotal} ticks`);
          return;
        }
        this.execute(step.opcode, step.argument);
        this.tick++;
      }
      this.position++;
    }
    if (!this.findings.full) this.finish();
  }

  private resolve(record: PlanOperator): Operator {
    const operand = (index: number): Operand => {
      const { tensor, firstSegment, segmentCount } = this.plan.operands[record.firstOperand + index]!;
      const parts = this.plan.segments.slice(firstSegment, firstSegment + segmentCount).map((segment) => {
        const buffer = this.plan.buffers[segment.buffer]!;
        return { buffer, tensor: this.plan.tensors[buffer.tensor]! };
      });
      return { tensor: this.plan.tensors[tensor]!, parts };
    };
    const { paramsOffset, paramsSize, inputCount, outputCount } = record;
    return {
      record,
      params: decodeParams(record.kind, this.plan.params.slice(paramsOffset, paramsOffset + paramsSize)),
      inputs: Array.from({ length: inputCount }, (_, i) => operand(i)),
      outputs: Array.from({ length: outputCount }, (_, i) => operand(inputCount + i)),
    };
  }

  private report(code: ViolationCode, message: string, where: Where = {}): void {
    this.findings.add(code, message, { tick: this.tick, position: this.position, ...where });
  }

  private expect(touch: Touch, what: string, where: Where): void {
    if (touch !== 'ok') this.report(TOUCH_CODE[touch], `${what}: ${TOUCH_TEXT[touch]}`, where);
  }

  private execute(opcode: number, argument: number): void {
    switch (opcode) {
      case Opcode.run:
        this.call(argument);
        break;
      case Opcode.spillStart:
      case Opcode.fetchStart:
        this.startTransfer(argument, opcode === Opcode.spillStart ? Direction.spill : Direction.fetch);
        break;
      case Opcode.spillWait:
      case Opcode.fetchWait:
        this.waitTransfer(argument, opcode === Opcode.spillWait ? Direction.spill : Direction.fetch);
        break;
      default:
        this.movePort(argument, opcode === Opcode.input ? PortDirection.input : PortDirection.output);
    }
  }

  /** RUN: reads its windows, works in scratch and state, writes its rows; none of these may meet. */
  private call(index: number): void {
    const operator = this.operators[index]!;
    const { record } = operator;
    const call = this.calls[index]!;
    if (call >= record.callCount) {
      this.report('PROGRAM', `operator ${index} runs more than ${record.callCount} times`, {
        operator: index,
      });
      return;
    }
    this.calls[index] = call + 1;
    const isAccumulation = accumulates(record.variant);
    const outputRows = rowCount(operator.outputs[0]!.tensor);
    const counted = isAccumulation ? rowCount(operator.inputs[0]!.tensor) : outputRows;
    const begin = call * record.rowsPerCall;
    const until = Math.min(begin + record.rowsPerCall, counted);
    // An accumulation reads the rows that it counts, and writes everything in its last call.
    const [first, end] = isAccumulation ? [0, until === counted ? outputRows : 0] : [begin, until];

    const read = isAccumulation
      ? this.readRows(operator.inputs[0]!, index, begin, until)
      : this.readInputs(operator, index, first, end);
    const written = this.outputExtents(operator, first, end);
    const scratch = { begin: record.scratchOffset, end: record.scratchOffset + record.scratchSize };
    const state = { begin: record.stateOffset, end: record.stateOffset + record.stateSize };
    this.expectApart(index, [[...read], [...written], [scratch], [state]]);
    this.expectApart(
      index,
      written.map((extent) => [extent]),
    );

    const where = { operator: index };
    if (record.scratchSize > 0) {
      this.expect(this.arena.scribble(scratch.begin, record.scratchSize), 'scratch', where);
    }
    if (record.stateSize > 0) {
      const touch = this.arena.useState(index, state.begin, record.stateSize, call === 0);
      this.expect(touch, 'state', where);
    }
    for (const output of operator.outputs) {
      const part = output.parts[0]!;
      for (let row = first; row < end; row++) {
        const touch = this.arena.writeRow(part.buffer, part.tensor, row);
        this.expect(touch, `output row ${row}`, { ...where, tensor: part.buffer.tensor, row });
      }
    }
  }

  /** Checks each input row that rows [first, end) need, once; returns where they lie. */
  private readInputs(operator: Operator, index: number, first: number, end: number): Extent[] {
    const extents: Extent[] = [];
    const tensors = operator.inputs.map((input) => input.tensor);
    operator.inputs.forEach((input, i) => {
      // Windows need not rise: where one image serves several, they begin again with each.
      const looked = new Set<number>();
      for (let row = first; row < end; row++) {
        const needs = rowNeeds(
          operator.record.kind,
          operator.params,
          tensors,
          operator.outputs[0]!.tensor,
          i,
          row,
        );
        if (needs === undefined) {
          this.report('STRUCTURE', `operator ${index} is of an unknown kind`, { operator: index });
          return;
        }
        for (let r = needs.first; r < needs.end; r++) {
          if (!looked.has(r)) this.readRow(input, index, r, extents);
          looked.add(r);
        }
      }
    });
    return extents;
  }

  private readRows(input: Operand, index: number, first: number, end: number): Extent[] {
    const extents: Extent[] = [];
    for (let row = first; row < end; row++) this.readRow(input, index, row, extents);
    return extents;
  }

  private readRow(input: Operand, index: number, row: number, extents: Extent[]): void {
    for (const { buffer, tensor } of input.parts) {
      if (buffer.memory === Memory.constants) continue;
      const touch = this.arena.readRow(buffer, tensor, row);
      this.expect(touch, `input row ${row}`, { operator: index, tensor: buffer.tensor, row });
      const begin = this.arena.address(buffer, row);
      extents.push({ begin, end: begin + tensor.rowBytes });
    }
  }

  private outputExtents(operator: Operator, first: number, end: number): Extent[] {
    const extents: Extent[] = [];
    for (const output of operator.outputs) {
      const { buffer, tensor } = output.parts[0]!;
      for (let row = first; row < end; row++) {
        const begin = this.arena.address(buffer, row);
        extents.push({ begin, end: begin + tensor.rowBytes });
      }
    }
    return extents;
  }

  /** No extent of one group meets an extent of another. */
  private expectApart(index: number, groups: readonly (readonly Extent[])[]): void {
    for (let a = 0; a < groups.length; a++) {
      for (let b = a + 1; b < groups.length; b++) {
        const meet = groups[a]!.some((x) => groups[b]!.some((y) => x.begin < y.end && y.begin < x.end));
        if (meet)
          this.report('ALIAS', `operator ${index}: what a call reads, writes and works in overlaps`, {
            operator: index,
          });
      }
    }
  }

  /** Rows of a block: `rowsPerBlock` of those that the stream carries, one block after the other. */
  private blockRows(transfer: number, block: number): readonly number[] {
    const { stream } = this.plan.transfers[transfer]!;
    const { rowsPerBlock } = this.plan.streams[stream]!;
    return this.carriedRows[stream]!.slice(block * rowsPerBlock, (block + 1) * rowsPerBlock);
  }

  private startTransfer(index: number, direction: number): void {
    const transfer = this.plan.transfers[index]!;
    const stream = this.plan.streams[transfer.stream]!;
    const block = this.started[index]!;
    const where = { transfer: index, stream: transfer.stream };
    if (transfer.direction !== direction || block >= stream.blockCount) {
      this.report('PROGRAM', `transfer ${index} is started the wrong way or once too often`, where);
      return;
    }
    if (block - this.finished[index]! >= transfer.inFlight) {
      this.report(
        'IN_FLIGHT',
        `transfer ${index} has more than ${transfer.inFlight} blocks under way`,
        where,
      );
    }
    if (direction === Direction.fetch && block >= this.blocksWritten[transfer.stream]!) {
      this.report('IN_FLIGHT', `transfer ${index} fetches block ${block} before it is written`, where);
    }
    this.started[index] = block + 1;
    const buffer = this.plan.buffers[transfer.buffer]!;
    const tensor = this.plan.tensors[buffer.tensor]!;
    for (const row of this.blockRows(index, block)) {
      if (direction === Direction.spill) {
        const touch = this.arena.readRow(buffer, tensor, row);
        this.expect(touch, `spilled row ${row}`, { ...where, tensor: buffer.tensor, row });
        if (touch !== 'outside') this.arena.holdSpill(buffer, tensor, row);
      } else {
        const touch = this.arena.holdFetch(buffer, tensor, row);
        this.expect(touch, `place of fetched row ${row}`, { ...where, tensor: buffer.tensor, row });
      }
    }
  }

  private waitTransfer(index: number, direction: number): void {
    const transfer = this.plan.transfers[index]!;
    const block = this.finished[index]!;
    const where = { transfer: index, stream: transfer.stream };
    if (transfer.direction !== direction || block >= this.started[index]!) {
      this.report('PROGRAM', `transfer ${index}: a wait without a start`, where);
      return;
    }
    this.finished[index] = block + 1;
    const buffer = this.plan.buffers[transfer.buffer]!;
    const tensor = this.plan.tensors[buffer.tensor]!;
    for (const row of this.blockRows(index, block)) {
      if (direction === Direction.spill) this.arena.releaseSpill(buffer, tensor, row);
      else this.arena.finishFetch(buffer, tensor, row);
    }
    if (direction === Direction.spill) this.blocksWritten[transfer.stream] = block + 1;
  }

  private movePort(index: number, direction: number): void {
    const port = this.plan.ports[index]!;
    const buffer = this.plan.buffers[port.buffer]!;
    const tensor = this.plan.tensors[buffer.tensor]!;
    const first = this.portSteps[index]! * port.rowsPerStep;
    const rows = rowCount(tensor);
    if (port.direction !== direction || first >= rows) {
      this.report('PROGRAM', `port ${index} moves the wrong way or too many rows`, { port: index });
      return;
    }
    this.portSteps[index] = this.portSteps[index]! + 1;
    const end = Math.min(first + port.rowsPerStep, rows);
    for (let row = first; row < end; row++) {
      const touch =
        direction === PortDirection.input
          ? this.arena.writeRow(buffer, tensor, row)
          : this.arena.readRow(buffer, tensor, row);
      this.expect(touch, `row ${row} of port ${index}`, { port: index, tensor: buffer.tensor, row });
    }
  }

  /** After the last step: everything ran as often as it must, nothing is under way, the height is true. */
  private finish(): void {
    if (this.tick !== this.plan.tickTotal) {
      this.report('PROGRAM', `${this.tick} ticks were run, the plan says ${this.plan.tickTotal}`);
    }
    this.plan.operators.forEach((operator, index) => {
      if (this.calls[index] !== operator.callCount) {
        this.report('PROGRAM', `operator ${index} ran ${this.calls[index]} of ${operator.callCount} times`, {
          operator: index,
        });
      }
    });
    this.plan.transfers.forEach((transfer, index) => {
      const blocks = this.plan.streams[transfer.stream]!.blockCount;
      if (this.finished[index] !== blocks || this.started[index] !== blocks) {
        this.report('PROGRAM', `transfer ${index} finished ${this.finished[index]} of ${blocks} blocks`, {
          transfer: index,
        });
      }
    });
    this.plan.ports.forEach((port, index) => {
      const rows = rowCount(this.plan.tensors[this.plan.buffers[port.buffer]!.tensor]!);
      if (this.portSteps[index] !== Math.ceil(rows / port.rowsPerStep)) {
        this.report('PROGRAM', `port ${index} did not move all of its ${rows} rows`, { port: index });
      }
    });
    if (this.plan.arenaBytes !== this.arena.heightBytes) {
      this.report(
        'EXTENT',
        `the plan claims ${this.plan.arenaBytes} bytes and uses ${this.arena.heightBytes}`,
      );
    }
  }
}

/** Replays a plan whose structure was checked; see the file comment. */
export function replay(plan: Plan, findings: Findings): void {
  new Replay(plan, findings).run();
}
