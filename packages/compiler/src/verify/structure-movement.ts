// SPDX-License-Identifier: Apache-2.0
/** The verifier's first look, second half: what moves rows (stores, streams, transfers, ports) and the program's words. */
import {
  Direction,
  LOOP_DEPTH_MAX,
  Opcode,
  Memory,
  PLAN_NONE,
  PortDirection,
  StoreKind,
  type Plan,
  type PlanStream,
  type PlanTensor,
} from '../plan-format/index.js';
import type { Findings } from './violation.js';

const SLOTS_MAX = 4;
const UNIT_BYTES_MAX = 65_536;

function isRowCount(count: number, tensor: PlanTensor): boolean {
  return count >= 1 && count <= tensor.n * tensor.h;
}

/** Every store's slots have exactly the size of the largest block on it. */
function checkStores(plan: Plan, findings: Findings): void {
  plan.stores.forEach((store, index) => {
    const blocks = plan.streams
      .filter((stream) => stream.store === index)
      .map((stream) => stream.rowsPerBlock * (plan.tensors[stream.tensor]?.rowBytes ?? 0));
    const known = Object.values<number>(StoreKind).includes(store.kind);
    const isSlotted = store.slotCount >= 1 && store.slotCount <= SLOTS_MAX;
    const isUnit = store.unitBytes <= UNIT_BYTES_MAX && Number.isInteger(Math.log2(store.unitBytes));
    if (!known || !isSlotted || !isUnit || store.blockBytesMax !== Math.max(0, ...blocks)) {
      findings.add(
        'STRUCTURE',
        `store ${index}: an unknown kind, slots of the wrong number or size, or an impossible unit`,
      );
    }
  });
}

/** Which rows a stream carries, and that blocks hold consecutive ones. */
function checkCarried(stream: PlanStream, index: number, rows: number, findings: Findings): void {
  const { period, carried, rowsPerBlock } = stream;
  const where = { stream: index };
  if (carried < 1 || carried > period || period > rows) {
    findings.add('STRUCTURE', `stream ${index} carries ${carried} of each ${period} of ${rows} rows`, where);
    return;
  }
  if (carried !== period && period !== rows && carried % rowsPerBlock !== 0) {
    findings.add('STRUCTURE', `stream ${index}: a block reaches over rows that are not carried`, where);
  }
  const whole = Math.floor(rows / period) * carried;
  const count = whole + Math.min(rows % period, carried);
  if (rowsPerBlock > count || stream.blockCount !== Math.ceil(count / rowsPerBlock)) {
    findings.add(
      'STRUCTURE',
      `stream ${index}: ${stream.blockCount} blocks don't make its ${count} rows`,
      where,
    );
  }
}

function checkStreams(plan: Plan, findings: Findings): void {
  plan.streams.forEach((stream, index) => {
    const store = plan.stores[stream.store];
    const tensor = plan.tensors[stream.tensor];
    const where = { stream: index };
    if (store === undefined || tensor === undefined || !isRowCount(stream.rowsPerBlock, tensor)) {
      findings.add('STRUCTURE', `stream ${index} names no store, no tensor or no rows`, where);
      return;
    }
    checkCarried(stream, index, tensor.n * tensor.h, findings);
    if ((stream.codecs & 1) === 0) {
      findings.add('STRUCTURE', `stream ${index}: the raw codec is not allowed`, where);
    }
    const spills = plan.transfers.filter((t) => t.stream === index && t.direction === Direction.spill);
    if (spills.length !== 1) {
      findings.add(
        'STRUCTURE',
        `stream ${index} is written by ${spills.length} transfers, not by one`,
        where,
      );
    }
  });
}

function checkTransfers(plan: Plan, findings: Findings): void {
  plan.transfers.forEach((transfer, index) => {
    const stream = plan.streams[transfer.stream];
    const buffer = plan.buffers[transfer.buffer];
    const spilled = plan.tensors[stream?.tensor ?? -1];
    const tensor = plan.tensors[buffer?.tensor ?? -1];
    const known = transfer.direction === Direction.spill || transfer.direction === Direction.fetch;
    const where = { transfer: index };
    if (
      !known ||
      stream === undefined ||
      buffer === undefined ||
      spilled === undefined ||
      tensor === undefined
    ) {
      findings.add('STRUCTURE', `transfer ${index} names no stream or no buffer`, where);
      return;
    }
    if (transfer.inFlight < 1 || transfer.inFlight > stream.blockCount) {
      findings.add('STRUCTURE', `transfer ${index}: ${transfer.inFlight} blocks may be under way`, where);
    }
    const sameRows = tensor.root === spilled.root && tensor.rowBytes === spilled.rowBytes;
    const oneByOne = buffer.firstPlace === PLAN_NONE || stream.rowsPerBlock === 1;
    if (!sameRows || buffer.memory !== Memory.arena || buffer.ringRows < stream.rowsPerBlock || !oneByOne) {
      findings.add('STRUCTURE', `transfer ${index}: its buffer can't hold a block`, where);
    }
  });
}

function checkPorts(plan: Plan, findings: Findings): void {
  const inputs = plan.ports.filter((port) => port.direction === PortDirection.input).length;
  if (
    plan.ports.some(
      ({ index, direction }, i) => index !== (direction === PortDirection.input ? i : i - inputs),
    )
  ) {
    findings.add('STRUCTURE', 'ports are not the inputs, then the outputs, in order');
  }
  plan.ports.forEach((port, index) => {
    const buffer = plan.buffers[port.buffer];
    const known = port.direction === PortDirection.input || port.direction === PortDirection.output;
    if (buffer === undefined || !known || port.rowsPerStep < 1 || buffer.ringRows < port.rowsPerStep) {
      findings.add('STRUCTURE', `port ${index}: its buffer can't hold a step's rows`, { port: index });
    } else if (buffer.firstPlace !== PLAN_NONE && port.rowsPerStep !== 1) {
      findings.add('STRUCTURE', `port ${index} moves several rows that have places of their own`, {
        port: index,
      });
    } else if (buffer.memory !== Memory.arena) {
      findings.add('STRUCTURE', `port ${index} is not in the arena`, { port: index });
    }
  });
}

function argumentLimit(plan: Plan, opcode: number): number {
  switch (opcode) {
    case Opcode.run:
      return plan.operators.length;
    case Opcode.spillStart:
    case Opcode.spillWait:
    case Opcode.fetchStart:
    case Opcode.fetchWait:
      return plan.transfers.length;
    case Opcode.input:
    case Opcode.output:
      return plan.ports.length;
    case Opcode.loop:
      return 1 << 24;
    case Opcode.end:
    case Opcode.endLoop:
      return 1;
    default:
      return -1;
  }
}

function checkProgram(plan: Plan, findings: Findings): void {
  let depth = 0;
  let isEmpty = false;
  plan.program.forEach((step, position) => {
    const last = position === plan.program.length - 1;
    const limit = argumentLimit(plan, step.opcode);
    const fits =
      step.argument >= 0 && step.argument < limit && !(step.opcode === Opcode.loop && step.argument === 0);
    if (!fits || (step.opcode === Opcode.end) !== last) {
      findings.add('PROGRAM', `step ${position}: opcode ${step.opcode}, argument ${step.argument}`, {
        position,
      });
    }
    if (step.opcode === Opcode.loop) depth++;
    if (step.opcode === Opcode.endLoop) depth--;
    if (step.opcode === Opcode.endLoop && isEmpty) {
      findings.add('PROGRAM', `step ${position}: a loop of no steps`, { position });
    }
    isEmpty = step.opcode === Opcode.loop;
    if (depth < 0 || depth > LOOP_DEPTH_MAX) {
      findings.add('PROGRAM', `step ${position}: loops nest ${depth} deep`, { position });
    }
  });
  if (depth !== 0 || plan.program.length === 0) {
    findings.add('PROGRAM', 'the program does not end, or a loop is left open');
  }
}

/** Finds what contradicts the format in the records that move rows, and in the program. */
export function checkMovement(plan: Plan, findings: Findings): void {
  checkStores(plan, findings);
  checkStreams(plan, findings);
  checkTransfers(plan, findings);
  checkPorts(plan, findings);
  checkProgram(plan, findings);
}
