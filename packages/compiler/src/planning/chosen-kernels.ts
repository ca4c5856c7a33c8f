// SPDX-License-Identifier: Apache-2.0
/** The cost model of a plan whose kernels are chosen: what each operator takes with its own one. */
import { rowShape, tensorOf, type Graph, type OperatorId, type TensorId } from '../ir/index.js';
import type { CostModel } from './cost/cost-model.js';
import type { Decisions } from './decisions.js';
import { segmentsOf } from './fast-variants.js';
import { lowerOperator } from './lowering.js';
import { variantShape } from './variant-shape.js';
import { callRows, variantByKey } from './variants.js';

export interface KernelCosts {
  /** Operators without a figure count as with their default kernels. */
  readonly model: CostModel;
  /** Names of chosen kernels that nobody has measured on such a core. */
  readonly unmeasured: readonly string[];
}

/**
 * Kernels that are chosen for speed take what they were measured to take with DSP instructions; on a core without these
 * there is no figure.
 */
export function withKernels(
  graph: Graph,
  model: CostModel,
  { variants = new Map(), dissolved }: Pick<Decisions, 'variants' | 'dissolved'>,
): KernelCosts {
  const { dspNanosecondsPerInstruction: nanoseconds } = model;
  const unmeasured = new Set<string>();
  const operatorUs = new Map<OperatorId, number>();
  for (const op of graph.operators) {
    const variant = variantByKey(variants.get(op.id) ?? -1);
    if (variant?.fast === undefined) continue;
    if (nanoseconds === undefined) {
      unmeasured.add(variant.name);
      continue;
    }
    const shape = variantShape(graph, lowerOperator(graph, op), segmentsOf(graph, op, dissolved));
    const { n, h } = rowShape(tensorOf(graph, op.outputs[0] as TensorId).shape);
    const instructions = variant.fast.instructions(shape, n * h, callRows(variant, shape, n * h));
    operatorUs.set(op.id, (instructions * nanoseconds) / 1000);
  }
  return { model: { ...model, operatorUs }, unmeasured: [...unmeasured] };
}
