// SPDX-License-Identifier: Apache-2.0
/** Compares the parameters and packed constants of each operator of a plan with those derived anew from the model. */
import { constantIntegers, type Graph, type Operator, type Tensor } from '../ir/index.js';
import { decodeParams, type Plan, type PlanOperator } from '../plan-format/index.js';
import { expectedParams, type ExpectedParams } from './expected-params.js';
import { checkExactness, expectedWeights } from './fast-variants.js';
import type { Findings } from './violation.js';

interface Range {
  readonly offset: number;
  readonly size: number;
}

function isRange(value: unknown): value is Range {
  return typeof value === 'object' && value !== null && 'offset' in value && 'size' in value;
}

/** Says how a field differs; undefined when it does not. */
function difference(
  plan: Plan,
  found: unknown,
  wanted: ExpectedParams[string] | undefined,
): string | undefined {
  if (wanted instanceof Uint8Array) {
    if (!isRange(found) || found.size !== wanted.length) return `has not ${wanted.length} bytes`;
    for (let i = 0; i < wanted.length; i++) {
      if (plan.constants[found.offset + i] !== wanted[i]) return `differs from the model at byte ${i}`;
    }
    return undefined;
  }
  if (typeof wanted === 'number') {
    return found === wanted ? undefined : `is ${String(found)}, the model says ${wanted}`;
  }
  if (wanted === undefined) return 'is not a parameter of this operator';
  if (!Array.isArray(found) || found.length !== wanted.length) return `is not a list of ${wanted.length}`;
  const at = wanted.findIndex((value, index) => found[index] !== value);
  return at < 0 ? undefined : `[${at}] is ${String(found[at])}, the model says ${wanted[at]}`;
}

function compareOperator(
  plan: Plan,
  graph: Graph,
  record: PlanOperator,
  index: number,
  findings: Findings,
): void {
  const operator = graph.operators.find(({ id }) => id === record.source);
  if (operator === undefined) return;
  const tensorAt = (id: number | null): ReturnType<Graph['tensors']['get']> =>
    id === null ? undefined : graph.tensors.get(id);
  const inputs = operator.inputs.map(tensorAt);
  const modelled = expectedParams(operator, {
    inputs,
    outputs: operator.outputs.flatMap((id) => tensorAt(id) ?? []),
  });
  const wanted = modelled && inLayout(record, operator, inputs, modelled);
  const bytes = plan.params.slice(record.paramsOffset, record.paramsOffset + record.paramsSize);
  const decoded = decodeParams(record.kind, bytes);
  if (decoded.shape === 'none') return;
  const where = { operator: index };
  if (wanted === undefined) {
    findings.add('CONSTANTS', `operator ${index} has parameters that the model gives no reason for`, where);
    return;
  }
  checkVariant(plan, record, index, operator, inputs, findings);
  const found = decoded.values as unknown as Readonly<Record<string, unknown>>;
  for (const name of new Set([...Object.keys(wanted), ...Object.keys(found)])) {
    const why = difference(plan, found[name], wanted[name]);
    if (why !== undefined) findings.add('CONSTANTS', `operator ${index}: ${name} ${why}`, where);
  }
}

/** The same parameters with weights as the operator's kernel variant wants them. */
function inLayout(
  record: PlanOperator,
  operator: Operator,
  inputs: readonly (Tensor | undefined)[],
  wanted: ExpectedParams,
): ExpectedParams {
  const { weights } = wanted;
  const [filters = 1, height = 1, width = 1] = inputs[1]?.shape ?? [];
  const isLaidOut = operator.kind === 'conv2d' || operator.kind === 'transposeConv';
  if (!isLaidOut || !(weights instanceof Uint8Array)) return wanted;
  return { ...wanted, weights: expectedWeights(record.variant, weights, filters, height * width) };
}

/** Looks at what a kernel variant that multiplies in short needs to be exact. */
function checkVariant(
  plan: Plan,
  record: PlanOperator,
  index: number,
  operator: Operator,
  inputs: readonly (Tensor | undefined)[],
  findings: Findings,
): void {
  if (operator.kind !== 'conv2d' && operator.kind !== 'transposeConv') return;
  const [weights, bias] = [inputs[1], inputs[operator.kind === 'conv2d' ? 2 : 3]];
  const model = {
    weights: weights?.data ?? new Uint8Array(0),
    bias: (bias && constantIntegers(bias)) ?? [],
  };
  checkExactness(record, index, plan, model, findings);
}

/** Finds parameters and constants that are not the model's; the plan's structure and operators were checked before. */
export function comparePacking(plan: Plan, graph: Graph, findings: Findings): void {
  plan.operators.forEach((record, index) => {
    compareOperator(plan, graph, record, index, findings);
  });
}
