// SPDX-License-Identifier: Apache-2.0
/**
 * The plan verifier: an independent judge between `emit/plan` and the world. Every plan that leaves
 * the compiler has passed it. It shares no helper with `planning`.
 */
import type { Graph } from '../ir/index.js';
import type { Plan } from '../plan-format/index.js';
import { compilerError } from '../error-codes.js';
import { compareWithModel } from './against-model.js';
import { comparePacking } from './against-packing.js';
import { replay } from './replay.js';
import { checkStructure } from './structure.js';
import { Findings, type Violation } from './violation.js';

export type { Violation, ViolationCode, Where } from './violation.js';
export { VIOLATIONS_MAX } from './violation.js';

/**
 * Everything found wrong with the plan of this graph (the model after passes), at most 20 findings;
 * an empty list means that the plan computes the model's bytes.
 */
export function verifyPlan(plan: Plan, graph: Graph): readonly Violation[] {
  const findings = new Findings();
  // Each step relies on what the ones before have found in order: a hostile plan must not cost more than its model.
  const steps = [
    (): void => checkStructure(plan, findings),
    (): void => compareWithModel(plan, graph, findings),
    (): void => comparePacking(plan, graph, findings),
    (): void => replay(plan, findings),
  ];
  for (const step of steps) if (findings.list.length === 0) step();
  return findings.list;
}

/**
 * @throws TinysegError PLAN_INVALID with the violations as data
 */
export function assertPlan(plan: Plan, graph: Graph): void {
  const violations = verifyPlan(plan, graph);
  const first = violations[0];
  if (first === undefined) return;
  throw compilerError(
    'PLAN_INVALID',
    `The plan breaks a rule (${first.code}): ${first.message}. It was not written; please report this defect.`,
    { violations },
  );
}
