// SPDX-License-Identifier: Apache-2.0
// contracts/kernels: operators as a kernel of the runtime gets them, with the outputs of the reference interpreter.
import { TinysegError } from '@tinyseg/errors';
import { assemblePlan } from '../emit/plan/index.js';
import type { Graph, Operator } from '../ir/index.js';
import { divideBySlices } from '../passes/divide-by-slices.js';
import { partMargins } from '../passes/part-margins.js';
import { showAxes } from '../passes/show-axes.js';
import { place } from '../planning/placement/index.js';
import { scheduleProgram } from '../planning/schedule/index.js';
import { structureOf } from '../planning/structure.js';
import type { Plan } from '../plan-format/index.js';
import { interpret } from '../reference/index.js';
import type { OperatorCase } from './operator-cases/index.js';

/** The plan of a graph, one operator after the other, everything in RAM. */
function plainPlan(graph: Graph): Plan {
  const isView = ({ id }: Operator): boolean =>
    graph.operators.length > 1 && structureOf(graph).views.has(id);
  const decisions = {
    stages: graph.operators.filter((op) => !isView(op)).map(({ id }) => [id]),
    views: new Set(graph.operators.filter(isView).map(({ id }) => id)),
    ...{ dissolved: new Set<number>(), spills: new Map(), stores: [] },
    ...{ streamInputs: false, streamOutputs: false },
  };
  const draft = scheduleProgram(graph, decisions);
  const problem = draft.items.map(({ start, end, sizeBytes, alignment }, id) => ({
    ...{ id, lower: start, upper: end, size: sizeBytes, align: alignment },
  }));
  return assemblePlan(graph, decisions, draft, place(problem).offsets);
}

const hex = (bytes: Uint8Array): string => (bytes.length === 0 ? '-' : Buffer.from(bytes).toString('hex'));

/** The plan of a case and the graph that it is of; undefined when no kernel runs it. */
export function planOfCase(model: Graph): { readonly plan: Plan; readonly graph: Graph } | undefined {
  const graph = showAxes.run(partMargins.run(divideBySlices.run(model)));
  try {
    return { plan: plainPlan(graph), graph };
  } catch (error) {
    if (error instanceof TinysegError && error.code === 'PLAN_UNSUPPORTED_OPERATOR') return undefined;
    throw error;
  }
}

export interface KernelVector {
  readonly kind: number;
  /** Lines as contracts/kernels/README.md describes them. */
  readonly text: string;
}

/** The case as a vector; undefined when no kernel of the runtime runs it, or several. */
export function kernelVector({ name, graph, inputs }: OperatorCase): KernelVector | undefined {
  const made = planOfCase(graph);
  if (made === undefined) return undefined;
  const { plan } = made;
  const [operator] = plan.operators;
  if (operator === undefined) throw new Error(`${name} runs nothing`);
  // Passes made slices of it, of which there are vectors.
  if (plan.operators.length > 1) return undefined;
  const { kind, variant, firstOperand, inputCount, outputCount, paramsOffset, paramsSize } = operator;
  const operands = plan.operands.slice(firstOperand, firstOperand + inputCount + outputCount);
  // A case's inputs are the operator's, in order, but for those that are constants.
  const given = [...inputs];
  const results = interpret(graph, inputs);
  const tensors = operands.map(({ tensor }, index) => {
    const { type, n, h, w, c, source } = plan.tensors[tensor] ?? {};
    const isInput = index < inputCount;
    const content = isInput ? (made.graph.tensors.get(source ?? -1)?.data ?? given.shift()) : results.shift();
    return `${isInput ? 'input' : 'output'} ${type} ${n} ${h} ${w} ${c} ${hex(content ?? new Uint8Array())}`;
  });
  const lines = [
    `case ${name} ${kind} ${variant}`,
    `params ${hex(plan.params.subarray(paramsOffset, paramsOffset + paramsSize))}`,
    `constants ${hex(plan.constants)}`,
    ...tensors,
    'end',
  ];
  return { kind, text: `${lines.join('\n')}\n` };
}
