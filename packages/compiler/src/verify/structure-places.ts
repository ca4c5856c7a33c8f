// SPDX-License-Identifier: Apache-2.0
/** The verifier's first look: buffers whose rows have places of their own, and the places. */
import {
  Memory,
  PLACE_UNIT_BYTES,
  PLAN_LIMITS,
  PLAN_NONE,
  type Plan,
  type PlanBuffer,
} from '../plan-format/index.js';
import type { Findings } from './violation.js';

const PLACE_MAX = 0xffff;

/** Arena bytes of each row of a buffer with places; its places are known to be there. */
export function placedExtents(
  plan: Plan,
  buffer: PlanBuffer,
): readonly { readonly begin: number; readonly end: number }[] {
  const rowBytes = plan.tensors[buffer.tensor]?.rowBytes ?? 0;
  return plan.places.slice(buffer.firstPlace, buffer.firstPlace + buffer.ringRows).map((place) => {
    const begin = place * PLACE_UNIT_BYTES;
    return { begin, end: begin + rowBytes };
  });
}

/** Rows are placed in the arena, one by one; the fields that describe a ring say what holds for any row. */
function checkPlaced(plan: Plan, buffer: PlanBuffer, index: number, findings: Findings): void {
  const where = { buffer: index, tensor: buffer.tensor };
  const tensor = plan.tensors[buffer.tensor];
  const root = plan.tensors[tensor?.root ?? -1];
  if (tensor === undefined || root === undefined) return;
  const rows = tensor.n * tensor.h;
  const isWhole =
    buffer.memory === Memory.arena &&
    buffer.offset === 0 &&
    buffer.ringRows === rows &&
    buffer.rowStride === tensor.rowBytes;
  if (!isWhole) {
    findings.add('STRUCTURE', `buffer ${index} has places, and is a ring or a constant as well`, where);
  }
  const sameRows = tensor.n === root.n && tensor.h === root.h && tensor.rowBytes === root.rowBytes;
  if (!sameRows) {
    findings.add('STRUCTURE', `buffer ${index} has places for rows that are not those of its root`, where);
  }
  if (buffer.firstPlace < 0 || buffer.firstPlace + rows > plan.places.length) {
    findings.add('STRUCTURE', `buffer ${index} has not a place for each of its ${rows} rows`, where);
    return;
  }
  if (!isWhole) return;
  const outside = placedExtents(plan, buffer).findIndex(({ end }) => end > plan.arenaBytes);
  if (outside >= 0) {
    findings.add('EXTENT', `buffer ${index}: row ${outside} ends after the arena`, {
      ...where,
      row: outside,
    });
  }
}

/** Rows of all buffers with places, those of a buffer counted as often as buffers share them. */
function placedRows(plan: Plan, buffers: readonly (PlanBuffer | undefined)[]): number {
  return buffers
    .filter((buffer) => buffer !== undefined && buffer.firstPlace !== PLAN_NONE)
    .map((buffer) => plan.tensors[buffer?.tensor ?? -1])
    .reduce((sum, tensor) => sum + (tensor === undefined ? 0 : tensor.n * tensor.h), 0);
}

/** The buffers that operators write, one for each output. */
function outputBuffers(plan: Plan): readonly (PlanBuffer | undefined)[] {
  return plan.operators.flatMap(({ firstOperand, inputCount, outputCount }) =>
    plan.operands
      .slice(firstOperand + inputCount, firstOperand + inputCount + outputCount)
      .map(({ firstSegment }) => plan.buffers[plan.segments[firstSegment]?.buffer ?? -1]),
  );
}

/** Finds places that are none, and buffers that use them wrongly. */
export function checkPlaces(plan: Plan, findings: Findings): void {
  if (plan.places.some((place) => !Number.isInteger(place) || place < 0 || place > PLACE_MAX)) {
    findings.add('STRUCTURE', 'a place is no number of 16 bits');
  }
  const most = Math.max(placedRows(plan, plan.buffers), placedRows(plan, outputBuffers(plan)));
  if (most > PLAN_LIMITS.places) {
    findings.add(
      'STRUCTURE',
      `${most} rows of buffers with places, at most ${PLAN_LIMITS.places} are allowed`,
    );
    return;
  }
  plan.buffers.forEach((buffer, index) => {
    if (buffer.firstPlace !== PLAN_NONE) checkPlaced(plan, buffer, index, findings);
  });
}
