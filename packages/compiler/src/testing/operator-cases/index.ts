// SPDX-License-Identifier: Apache-2.0
// Graphs of one operator with their inputs: what the interpreter is compared with its oracles on, and kernels with it.
import { ELEMENTWISE_CASES } from './elementwise.js';
import { MOVING_CASES } from './moving.js';
import { MIRROR_CASES } from './mirroring.js';
import type { OperatorCase } from './operator-case.js';
import { RANDOM_CASES } from './random.js';
import { SELECTING_CASES } from './selecting.js';
import { WEIGHTED_CASES } from './weighted.js';

export { UNANSWERED_CASES } from './elementwise.js';
export type { OperatorCase, Oracle } from './operator-case.js';

export const OPERATOR_CASES: readonly OperatorCase[] = [
  ...WEIGHTED_CASES,
  ...ELEMENTWISE_CASES,
  ...MOVING_CASES,
  ...MIRROR_CASES,
  ...SELECTING_CASES,
  ...RANDOM_CASES,
];
