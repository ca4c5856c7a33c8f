// SPDX-License-Identifier: Apache-2.0
/** Sizes that kernels take, whatever the variant: the verifier's copy of the limits in docs/specs/plan-format.md. */
import {
  AxisBit,
  decodeParams,
  PlanKind,
  type Plan,
  type PlanOperator,
  type PlanTensor,
} from '../plan-format/index.js';

const DIMENSION_MAX = 32_768;

/** Elements of the input that one element of the output takes. */
const REDUCED_MAX = 2 ** 23;

/** They go element by element, whatever the shape. */
const SHAPELESS: readonly number[] = [
  PlanKind.lookup,
  PlanKind.piecewise,
  PlanKind.realFunction,
  PlanKind.requantize,
  PlanKind.squash,
  PlanKind.convert,
  PlanKind.cast,
  PlanKind.copy,
];

const REDUCTIONS: readonly number[] = [PlanKind.mean, PlanKind.sum, PlanKind.reduceMax];

function isLarge({ n, h, w, c }: PlanTensor): boolean {
  return Math.max(n, h, w, c) > DIMENSION_MAX;
}

/** Why no kernel takes an operator of this size; undefined when one does. Its operands and params can be read. */
export function exceedsKernels(plan: Plan, record: PlanOperator): string | undefined {
  const { firstOperand, inputCount, outputCount, kind } = record;
  const tensors = plan.operands
    .slice(firstOperand, firstOperand + inputCount + outputCount)
    .flatMap(({ tensor }) => plan.tensors[tensor] ?? []);
  if (!SHAPELESS.includes(kind) && tensors.some(isLarge)) return `a dimension is above ${DIMENSION_MAX}`;
  if (!REDUCTIONS.includes(kind)) return undefined;
  const bytes = plan.params.slice(record.paramsOffset, record.paramsOffset + record.paramsSize);
  const params = decodeParams(kind, bytes);
  const [input] = tensors;
  if (params.shape !== 'reduce' || input === undefined) return undefined;
  const { axes } = params.values;
  const lengths = [
    [AxisBit.n, input.n],
    [AxisBit.h, input.h],
    [AxisBit.w, input.w],
    [AxisBit.c, input.c],
  ] as const;
  const count = lengths.reduce((product, [bit, size]) => ((axes & bit) === 0 ? product : product * size), 1);
  if (count > REDUCED_MAX) return `${count} elements are reduced to one`;
  const isRowwise = (record.variant & 0xff) === 3;
  return isRowwise && (axes & (AxisBit.n | AxisBit.h)) !== 0 ? 'this reduction keeps n and h' : undefined;
}
