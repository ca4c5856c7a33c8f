// SPDX-License-Identifier: Apache-2.0
/**
 * The verifier's first look: every index, size and count of a plan is what the format allows. The
 * replay and the comparison with the model rely on it, so they run only on plans that pass.
 */
import {
  decodeParams,
  Memory,
  PLAN_ALIGNMENT,
  PLAN_LIMITS,
  PLAN_NONE,
  PlanType,
  type Plan,
  type PlanBuffer,
  type PlanOperator,
} from '../plan-format/index.js';
import { exceedsKernels } from './kernel-limits.js';
import { checkMovement } from './structure-movement.js';
import { checkPlaces, placedExtents } from './structure-places.js';
import { accumulates, isKnownVariant, misfit, scratchNeeds, stateNeeds } from './scratch-needs.js';
import type { Findings } from './violation.js';

const ELEMENT_BYTES = new Map<number, number>([
  [PlanType.float32, 4],
  [PlanType.int32, 4],
  [PlanType.uint8, 1],
  [PlanType.int64, 8],
  [PlanType.bool, 1],
  [PlanType.int16, 2],
  [PlanType.int8, 1],
]);

function isIndex(value: number, length: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < length;
}

function isRun(first: number, count: number, length: number): boolean {
  return (
    Number.isInteger(first) && Number.isInteger(count) && first >= 0 && count >= 0 && first + count <= length
  );
}

function checkTensors(plan: Plan, findings: Findings): void {
  plan.tensors.forEach((tensor, index) => {
    const element = ELEMENT_BYTES.get(tensor.type);
    const dimensions = [tensor.n, tensor.h, tensor.w, tensor.c];
    if (element === undefined || dimensions.some((d) => !Number.isInteger(d) || d < 1)) {
      findings.add('STRUCTURE', `tensor ${index} has an unknown type or an empty dimension`, {
        tensor: index,
      });
      return;
    }
    if (tensor.rowBytes !== tensor.w * tensor.c * element) {
      findings.add('STRUCTURE', `tensor ${index}: row_bytes is not w * c * element size`, { tensor: index });
    }
    if (tensor.n * tensor.h * tensor.rowBytes > PLAN_LIMITS.tensorBytes) {
      findings.add('STRUCTURE', `tensor ${index} has 2^31 bytes or more`, { tensor: index });
    }
    const root = plan.tensors[tensor.root];
    if (root === undefined || root.root !== tensor.root || root.type !== tensor.type) {
      findings.add('STRUCTURE', `tensor ${index}: its root is not a root of its type`, { tensor: index });
    } else if (root.n * root.h * root.rowBytes !== tensor.n * tensor.h * tensor.rowBytes) {
      findings.add('STRUCTURE', `tensor ${index} and its root differ in size`, { tensor: index });
    }
  });
}

function checkBuffers(plan: Plan, findings: Findings): void {
  checkPlaces(plan, findings);
  plan.buffers.forEach((buffer, index) => {
    const where = { buffer: index };
    const tensor = plan.tensors[buffer.tensor];
    if (tensor === undefined || (buffer.memory !== Memory.arena && buffer.memory !== Memory.constants)) {
      findings.add('STRUCTURE', `buffer ${index} names no tensor or no memory`, where);
      return;
    }
    const rows = tensor.n * tensor.h;
    if (buffer.ringRows < 1 || buffer.ringRows > rows || buffer.rowStride < tensor.rowBytes) {
      findings.add(
        'STRUCTURE',
        `buffer ${index}: ring of ${buffer.ringRows} rows, stride ${buffer.rowStride}`,
        where,
      );
      return;
    }
    if (buffer.firstPlace !== PLAN_NONE) return;
    const element = ELEMENT_BYTES.get(tensor.type) ?? 1;
    if (buffer.offset % element !== 0 || buffer.rowStride % element !== 0) {
      findings.add('STRUCTURE', `buffer ${index} is not aligned to its elements`, where);
    }
    const end = buffer.offset + (buffer.ringRows - 1) * buffer.rowStride + tensor.rowBytes;
    const limit = buffer.memory === Memory.arena ? plan.arenaBytes : plan.constants.length;
    if (buffer.offset < 0 || end > limit) {
      findings.add('EXTENT', `buffer ${index} ends at ${end}, after the ${limit} bytes of its memory`, where);
    }
    if (buffer.memory === Memory.constants && buffer.ringRows !== rows) {
      findings.add('STRUCTURE', `buffer ${index}: a constant must be whole`, where);
    }
  });
}

function checkOperands(plan: Plan, findings: Findings): void {
  plan.segments.forEach((segment, index) => {
    if (!isIndex(segment.buffer, plan.buffers.length)) {
      findings.add('STRUCTURE', `segment ${index} names no buffer`);
    }
  });
  plan.operands.forEach((operand, index) => {
    const tensor = plan.tensors[operand.tensor];
    const found = isRun(operand.firstSegment, operand.segmentCount, plan.segments.length);
    const isCounted = operand.segmentCount >= 1 && operand.segmentCount <= PLAN_LIMITS.segments;
    if (tensor === undefined || !found || !isCounted) {
      findings.add('STRUCTURE', `operand ${index} names no tensor or no segments`);
      return;
    }
    let channels = 0;
    for (let s = 0; s < operand.segmentCount; s++) {
      const segment = plan.segments[operand.firstSegment + s];
      const part = plan.tensors[plan.buffers[segment?.buffer ?? -1]?.tensor ?? -1];
      if (segment === undefined || part === undefined) return;
      const fits =
        part.n === tensor.n && part.h === tensor.h && part.w === tensor.w && part.type === tensor.type;
      if (!fits || segment.channelBegin !== channels || segment.channelCount !== part.c) {
        findings.add('STRUCTURE', `operand ${index}: segment ${s} does not continue it`, {
          tensor: operand.tensor,
        });
        return;
      }
      channels += segment.channelCount;
    }
    if (channels !== tensor.c) {
      findings.add('STRUCTURE', `operand ${index}: ${channels} of ${tensor.c} channels`, {
        tensor: operand.tensor,
      });
    }
  });
}

function checkArea(
  plan: Plan,
  index: number,
  what: string,
  offset: number,
  size: number,
  findings: Findings,
): void {
  if (offset < 0 || offset % PLAN_ALIGNMENT !== 0 || offset + size > plan.arenaBytes) {
    findings.add('EXTENT', `operator ${index}: ${what} at ${offset}, ${size} bytes`, { operator: index });
  }
}

interface Extent {
  readonly begin: number;
  readonly end: number;
}

function meet(a: Extent, b: Extent): boolean {
  return a.begin < b.end && b.begin < a.end;
}

/** Where the rows of a buffer may lie that must keep off scratch and state; the replay looks at placed input rows. */
function extentsOf(plan: Plan, buffer: PlanBuffer, written: boolean): readonly Extent[] {
  if (buffer.memory !== Memory.arena) return [];
  if (buffer.firstPlace !== PLAN_NONE) return written ? placedExtents(plan, buffer) : [];
  const rowBytes = plan.tensors[buffer.tensor]?.rowBytes ?? 0;
  return [{ begin: buffer.offset, end: buffer.offset + (buffer.ringRows - 1) * buffer.rowStride + rowBytes }];
}

/**
 * Scratch is large enough, and neither it nor the state shares a byte with a ring that the operator touches or with a
 * row that it writes.
 */
function checkWorkAreas(plan: Plan, operator: PlanOperator, index: number, findings: Findings): void {
  const where = { operator: index };
  const needed = scratchNeeds(plan, operator);
  if (operator.scratchSize < needed) {
    findings.add(
      'EXTENT',
      `operator ${index}: ${operator.scratchSize} bytes of scratch, not ${needed}`,
      where,
    );
  }
  const kept = stateNeeds(plan, operator);
  if (operator.stateSize < kept) {
    findings.add('EXTENT', `operator ${index}: ${operator.stateSize} bytes of state, not ${kept}`, where);
  }
  const scratch = { begin: operator.scratchOffset, end: operator.scratchOffset + operator.scratchSize };
  const state = { begin: operator.stateOffset, end: operator.stateOffset + operator.stateSize };
  const rows = plan.operands
    .slice(operator.firstOperand, operator.firstOperand + operator.inputCount + operator.outputCount)
    .flatMap(({ firstSegment, segmentCount }, i) =>
      plan.segments
        .slice(firstSegment, firstSegment + segmentCount)
        .flatMap(({ buffer }) => plan.buffers[buffer] ?? [])
        .flatMap((buffer) => extentsOf(plan, buffer, i >= operator.inputCount)),
    );
  const touches = rows.some((row) => meet(row, scratch) || meet(row, state));
  if (touches || meet(scratch, state)) {
    findings.add('ALIAS', `operator ${index}: its scratch or state overlaps its rows or each other`, where);
  }
}

function checkOutputs(plan: Plan, operator: PlanOperator, index: number, findings: Findings): void {
  const where = { operator: index };
  const isAccumulation = accumulates(operator.variant);
  let rows = -1;
  for (let i = 0; i < operator.outputCount; i++) {
    const operand = plan.operands[operator.firstOperand + operator.inputCount + i];
    const tensor = plan.tensors[operand?.tensor ?? -1];
    const buffer = plan.buffers[plan.segments[operand?.firstSegment ?? -1]?.buffer ?? -1];
    if (operand === undefined || tensor === undefined || buffer === undefined) return;
    if (rows < 0) rows = tensor.n * tensor.h;
    if (operand.segmentCount !== 1 || buffer.memory !== Memory.arena || buffer.tensor !== operand.tensor) {
      findings.add('STRUCTURE', `operator ${index}: output ${i} is not one buffer of the arena`, where);
    }
    const made = isAccumulation ? rows : operator.rowsPerCall;
    if (tensor.n * tensor.h !== rows || buffer.ringRows < made) {
      findings.add('STRUCTURE', `operator ${index}: output ${i} can't take the rows of a call`, where);
    }
  }
  const { rowsPerCall } = operator;
  const input = plan.tensors[plan.operands[operator.firstOperand]?.tensor ?? -1];
  const counted = isAccumulation && input !== undefined ? input.n * input.h : rows;
  const isDivided = rowsPerCall >= 1 && rowsPerCall <= counted;
  if (!isDivided || operator.callCount !== Math.ceil(counted / rowsPerCall)) {
    const what = `${operator.callCount} calls don't make or take ${counted} rows`;
    findings.add('STRUCTURE', `operator ${index}: ${what}`, where);
  }
  if (isAccumulation && operator.inputCount !== 1) {
    findings.add('STRUCTURE', `operator ${index}: an accumulation has one input`, where);
  }
  const why = misfit(plan, operator) ?? exceedsKernels(plan, operator);
  if (why !== undefined) findings.add('STRUCTURE', `operator ${index}: ${why}`, where);
}

function checkOperators(plan: Plan, findings: Findings): void {
  plan.operators.forEach((operator, index) => {
    const count = operator.inputCount + operator.outputCount;
    const valid =
      operator.outputCount >= 1 &&
      operator.inputCount >= 1 &&
      count <= PLAN_LIMITS.operands &&
      operator.variant >> 8 === operator.kind &&
      isKnownVariant(operator.variant) &&
      isRun(operator.firstOperand, count, plan.operands.length) &&
      isRun(operator.paramsOffset, operator.paramsSize, plan.params.length) &&
      operator.paramsOffset % 4 === 0;
    if (!valid) {
      findings.add('STRUCTURE', `operator ${index} names missing operands or params, or a foreign variant`, {
        operator: index,
      });
      return;
    }
    const bytes = plan.params.slice(operator.paramsOffset, operator.paramsOffset + operator.paramsSize);
    try {
      decodeParams(operator.kind, bytes);
    } catch {
      findings.add('STRUCTURE', `operator ${index}: params can't be read`, { operator: index });
      return;
    }
    checkOutputs(plan, operator, index, findings);
    checkArea(plan, index, 'scratch', operator.scratchOffset, operator.scratchSize, findings);
    checkArea(plan, index, 'state', operator.stateOffset, operator.stateSize, findings);
    checkWorkAreas(plan, operator, index, findings);
  });
}

function checkCounts(plan: Plan, findings: Findings): void {
  for (const section of ['operators', 'stores', 'streams', 'transfers', 'ports', 'places'] as const) {
    const { length } = plan[section];
    const most = PLAN_LIMITS[section];
    if (length > most) findings.add('STRUCTURE', `${length} ${section}, at most ${most} are allowed`);
  }
  // Kernels look through their parameters: the loader counts them for each operator, shared or not.
  const params = plan.operators.reduce((sum, { paramsSize }) => sum + paramsSize, 0);
  if (params > plan.params.length) findings.add('STRUCTURE', 'operators share parameters');
  if (plan.arenaBytes > PLAN_LIMITS.arenaBytes) {
    findings.add(
      'EXTENT',
      `an arena of ${plan.arenaBytes} bytes; the verifier takes up to ${PLAN_LIMITS.arenaBytes}`,
    );
  }
}

/** Finds what contradicts the format; see the file comment. */
export function checkStructure(plan: Plan, findings: Findings): void {
  checkCounts(plan, findings);
  checkTensors(plan, findings);
  checkBuffers(plan, findings);
  checkOperands(plan, findings);
  checkOperators(plan, findings);
  checkMovement(plan, findings);
}
