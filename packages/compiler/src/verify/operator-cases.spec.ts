// SPDX-License-Identifier: Apache-2.0
// The verifier derives the parameters of every operator that kernels run, of every type, as the planner packs them.
import { checkSupported } from '../formats/tflite/index.js';
import { divideBySlices } from '../passes/divide-by-slices.js';
import { partMargins } from '../passes/part-margins.js';
import { showAxes } from '../passes/show-axes.js';
import { planOfCase } from '../testing/kernel-vectors.js';
import { OPERATOR_CASES } from '../testing/operator-cases/index.js';
import { verifyPlan } from './index.js';

const planned = OPERATOR_CASES.flatMap(({ name, graph }) => {
  const made = planOfCase(graph);
  return made === undefined ? [] : [{ name, ...made }];
});

const refused = OPERATOR_CASES.filter(({ graph }) => planOfCase(graph) === undefined);

describe('plans of one operator', () => {
  it('are most of the cases', () => {
    expect(planned.length).toBeGreaterThan(300);
  });

  it.each(refused)('are not made of $name: a constraint says why', ({ graph }) => {
    expect(checkSupported(showAxes.run(partMargins.run(divideBySlices.run(graph)))).length).toBeGreaterThan(
      0,
    );
  });

  it.each(planned)('$name passes the verifier and is supported', ({ plan, graph }) => {
    expect(verifyPlan(plan, graph)).toEqual([]);
    expect(checkSupported(graph)).toEqual([]);
  });
});
