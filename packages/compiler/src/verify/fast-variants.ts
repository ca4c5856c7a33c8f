// SPDX-License-Identifier: Apache-2.0
/** What the verifier knows of kernels that need other weights, or sums and factors of a certain size. */
import { decodeParams, type ConvParams, type Plan, type PlanOperator } from '../plan-format/index.js';
import type { Findings } from './violation.js';

export const CONV_2D_PATCHES = 0x0102;

/** Kernels beside the first of each kind. */
export const FAST_VARIANTS: readonly number[] = [CONV_2D_PATCHES];

/** The largest sum, bias included, that these kernels requantize exactly: they double it in 32 bits. */
const SUM_LIMITS: ReadonlyMap<number, number> = new Map([[CONV_2D_PATCHES, 2 ** 30]]);

/** An int8 input less its zero point is at most this. */
const INPUT_SPAN = 255;

/** Weights [filters][weights of a filter] as the variant lays them out. */
export function expectedWeights(variant: number, weights: Uint8Array, filters: number): Uint8Array {
  if (variant !== CONV_2D_PATCHES) return weights;
  const each = weights.length / filters;
  const groups = Math.ceil(each / 4);
  const byte = (filter: number, index: number): number =>
    filter < filters && index < each ? (weights[filter * each + index] ?? 0) : 0;
  const bytes: number[] = [];
  for (let pair = 0; pair < filters; pair += 2) {
    for (let group = 0; group < groups; group++) {
      for (const index of [0, 2, 1, 3])
        bytes.push(byte(pair, 4 * group + index), byte(pair + 1, 4 * group + index));
    }
  }
  return Uint8Array.from(bytes);
}

/** Channels with a shift beyond 22 give their zero point whatever the sum: true of sums below this. */
const VANISHING = { shift: -22, sum: 2 ** 22 };

/**
 * Whether a kernel that scales in four instructions is right for this operator: all factors to the right, one group, and
 * no sum too large.
 *
 * @param weights [filters][weights of a filter], as the model has them
 * @param bias of the model, one for each filter; empty for none
 */
export function checkExactness(
  record: PlanOperator,
  index: number,
  plan: Plan,
  { weights, bias }: { readonly weights: Uint8Array; readonly bias: readonly number[] },
  findings: Findings,
): void {
  const limit = SUM_LIMITS.get(record.variant);
  if (limit === undefined) return;
  const bytes = plan.params.slice(record.paramsOffset, record.paramsOffset + record.paramsSize);
  const params = decodeParams(record.kind, bytes);
  if (params.shape !== 'conv') return;
  const why = objection(params.values, limit, weights, bias);
  if (why === undefined) return;
  const what = `operator ${index}: its kernel variant would not be exact, ${why}`;
  findings.add('CONSTANTS', what, { operator: index });
}

function objection(
  { depthMultiplier, multipliers, shifts }: ConvParams,
  limit: number,
  weights: Uint8Array,
  bias: readonly number[],
): string | undefined {
  if (depthMultiplier !== 1) return 'it has groups';
  const each = weights.length / shifts.length;
  for (const [filter, shift] of shifts.entries()) {
    if (multipliers[filter] === 0) continue;
    if (shift >= 0) return `the factor of channel ${filter} is too large`;
    let sum = Math.abs(bias[filter] ?? 0);
    for (const weight of weights.subarray(filter * each, (filter + 1) * each)) {
      sum += INPUT_SPAN * Math.abs((weight << 24) >> 24);
    }
    if (sum >= (shift < VANISHING.shift ? VANISHING.sum : limit))
      return `the sums of channel ${filter} are too large`;
  }
  return undefined;
}
