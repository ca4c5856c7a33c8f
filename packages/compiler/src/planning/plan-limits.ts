// SPDX-License-Identifier: Apache-2.0
/** Refuses models of which no plan can be written because it would exceed the format's limits. */
import { tensorSizeBytes } from '../analysis/tensor-size.js';
import { compilerError } from '../error-codes.js';
import { tensorOf, type Graph } from '../ir/index.js';
import { PLAN_LIMITS } from '../plan-format/index.js';
import type { Draft } from './decisions.js';

/** A place is 16 bits that count 16 bytes. */
const PLACE_OFFSET_MAX = 0xffff * 16;

/** @throws TinysegError PLAN_TOO_LARGE for what no decision changes: operators, tensors */
export function checkModelLimits(graph: Graph, operatorCount: number): void {
  check('operators', operatorCount, 'Merge operators, or divide the model.');
  for (const tensor of graph.tensors.values()) {
    const bytes = tensorSizeBytes(tensor);
    if (tensor.data === undefined && bytes > PLAN_LIMITS.tensorBytes) {
      check(
        'tensorBytes',
        bytes,
        `Tensor "${tensor.name}" is that large; convert the model for smaller inputs.`,
      );
    }
  }
}

/** @throws TinysegError PLAN_TOO_LARGE */
export function checkPlanLimits(graph: Graph, draft: Draft, arenaBytes: number): void {
  check(
    'arenaBytes',
    arenaBytes,
    'Give a budget (--ram) below that, or convert the model for smaller inputs.',
  );
  check('streams', draft.streams.length, 'Allow more RAM (--ram), so that less is spilled.');
  check('transfers', draft.transfers.length, 'Allow more RAM (--ram), so that less is spilled.');
  check('ports', draft.ports.length, 'The model has too many inputs and outputs.');
  for (const { id, inputs, outputs } of draft.operators) {
    check('operands', inputs.length + outputs.length, `Operator ${String(id)} has that many.`);
    for (const { tensor, segments } of [...inputs, ...outputs]) {
      check('segments', segments.length, `Tensor "${tensorOf(graph, tensor).name}" is made of that many.`);
    }
  }
}

/** Whether the offsets of rows placed one by one can be written as the plan format does, and their number. */
export function rowPlacesReach({ buffers, items }: Draft, offsets: readonly number[]): boolean {
  const entries = buffers.reduce(
    (sum, { rowItems = [], views }) => sum + rowItems.length * (1 + views.length),
    0,
  );
  const highest = items.reduce(
    (most, { row }, i) => (row === undefined ? most : Math.max(most, offsets[i] ?? 0)),
    0,
  );
  return entries <= PLAN_LIMITS.places && highest <= PLACE_OFFSET_MAX;
}

const WHAT: Readonly<Record<keyof typeof PLAN_LIMITS, string>> = {
  operators: 'operators',
  stores: 'stores',
  streams: 'spilled tensors',
  transfers: 'transfers',
  ports: 'inputs and outputs',
  places: 'rows with a place of their own',
  operands: 'inputs and outputs of one operator',
  segments: 'channel segments of one tensor',
  tensorBytes: 'bytes in one tensor',
  arenaBytes: 'bytes of arena',
};

function check(limit: keyof typeof PLAN_LIMITS, found: number, next: string): void {
  const most = PLAN_LIMITS[limit];
  if (found <= most) return;
  throw compilerError(
    'PLAN_TOO_LARGE',
    `The plan would have ${String(found)} ${WHAT[limit]}; at most ${String(most)} are possible. ${next}`,
    { limit, found, most },
  );
}
