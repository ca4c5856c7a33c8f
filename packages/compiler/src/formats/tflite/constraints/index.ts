// SPDX-License-Identifier: Apache-2.0
/** All support constraints, the question whether a graph meets them, and the page that lists them. */
import type { Graph, Operator, OperatorId } from '../../../ir/index.js';
import { operatorName } from '../operator-table.js';
import type { Constraint } from './constraint.js';
import { ELEMENT_CONSTRAINTS } from './elements.js';
import { GENERAL_CONSTRAINTS } from './general.js';
import { WEIGHT_CONSTRAINTS } from './weights.js';

export type { Constraint } from './constraint.js';
export { typeTrouble } from './types.js';

export const CONSTRAINTS: readonly Constraint[] = [
  ...GENERAL_CONSTRAINTS,
  ...WEIGHT_CONSTRAINTS,
  ...ELEMENT_CONSTRAINTS,
];

/** One constraint that one operator does not meet. */
export interface Unsupported {
  /** The constraint's code. */
  readonly code: string;
  readonly operator: OperatorId;
  /** TFLite's name of the operator. */
  readonly name: string;
  /** The constraint's sentence and how the operator breaks it. */
  readonly reason: string;
}

/**
 * Everything that keeps the runtime from running this graph; empty when it can.
 *
 * @param graph after the passes: shape arithmetic and other operators on constants are gone then
 */
export function checkSupported(graph: Graph): readonly Unsupported[] {
  return graph.operators.flatMap((operator) => checkOperator(operator, graph));
}

/** Broken, they leave nothing more worth saying: a float operator has neither int8 weights nor scales. */
const DECIDING_CODES: readonly string[] = ['UNSUPPORTED_OPERATOR', 'UNSUPPORTED_TYPE'];

function checkOperator(operator: Operator, graph: Graph): readonly Unsupported[] {
  const broken: Unsupported[] = [];
  for (const { code, sentence, kinds, check } of CONSTRAINTS) {
    if (kinds !== 'all' && !kinds.includes(operator.kind)) continue;
    const clause = check(operator, graph);
    if (clause === undefined) continue;
    broken.push({
      code,
      operator: operator.id,
      name: operatorName(operator),
      reason: `${sentence.replace(/\.$/, '')}; here, ${clause}.`,
    });
    if (DECIDING_CODES.includes(code)) break;
  }
  return broken;
}
