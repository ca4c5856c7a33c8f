// SPDX-License-Identifier: Apache-2.0
/** How long stages may be where looking at all of them would take too long: a limit of counts, never of time. */
import { rowCount } from '../../analysis/tensor-size.js';
import { tensorOf, type Graph } from '../../ir/index.js';
import type { Flow } from './flow.js';

export interface StageLimit {
  /** Stages of more operators are not looked at, but for the one of all operators. */
  readonly operatorsMax: number;
  readonly isExhaustive: boolean;
}

/** Operators and tensors of a graph that take about as long to go through as one call takes to schedule. */
const ENTRIES_PER_CALL = 8;

/**
 * The longest stages for which scheduling all stages so long takes at most `calls` calls of kernels.
 * Going through the graph once for each stage counts too.
 */
export function stageLimit(graph: Graph, flow: Flow, calls: number): StageLimit {
  const count = flow.order.length;
  const operators = new Map(graph.operators.map((op) => [op.id, op]));
  // before[i]: calls of the first i operators; a call makes a row, or more.
  const before = [0];
  for (const id of flow.order) {
    const [output] = operators.get(id)?.outputs ?? [];
    const rows = output === undefined ? 1 : rowCount(tensorOf(graph, output));
    before.push((before[before.length - 1] ?? 0) + rows);
  }
  const perStage = (graph.operators.length + graph.tensors.size) / ENTRIES_PER_CALL;
  let spent = 0;
  for (let length = 1; length <= count; length++) {
    for (let first = 0; first + length <= count; first++) {
      spent += perStage + (before[first + length] ?? 0) - (before[first] ?? 0);
    }
    // Stages of one operator are always looked at: some plan must be found.
    if (spent > calls && length > 1) return { operatorsMax: length - 1, isExhaustive: false };
  }
  return { operatorsMax: count, isExhaustive: true };
}
