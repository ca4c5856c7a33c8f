// SPDX-License-Identifier: Apache-2.0
/** What the verifier knows of kernels that need other weights, or sums and factors of a certain size. */
import { decodeParams, type ConvParams, type Plan, type PlanOperator } from '../plan-format/index.js';
import type { Findings } from './violation.js';

export const CONV_2D_PATCHES = 0x0102;

/** Weights as the model has them: it transforms them itself, for sums of four times the size. */
export const CONV_2D_TILES = 0x0103;

/** The same for larger tiles, and sums of 64 times the size. */
export const CONV_2D_WINOGRAD = 0x0104;

export const TRANSPOSE_CONV_PATCHES = 0x0302;

/** Kernels beside the first of each kind. */
export const FAST_VARIANTS: readonly number[] = [
  CONV_2D_PATCHES,
  CONV_2D_TILES,
  CONV_2D_WINOGRAD,
  TRANSPOSE_CONV_PATCHES,
];

/** The largest sum, bias included, that these kernels requantize exactly: they double it in 32 bits, or take it 4 or 64 times. */
const SUM_LIMITS: ReadonlyMap<number, number> = new Map([
  [CONV_2D_PATCHES, 2 ** 30],
  [CONV_2D_TILES, 2 ** 29],
  [CONV_2D_WINOGRAD, 2 ** 25],
  [TRANSPOSE_CONV_PATCHES, 2 ** 30],
]);

/** An int8 input less its zero point is at most this. */
const INPUT_SPAN = 255;

/** Weights [filters][taps][channels] as the variant lays them out. */
export function expectedWeights(
  variant: number,
  weights: Uint8Array,
  filters: number,
  taps: number,
): Uint8Array {
  if (variant === CONV_2D_PATCHES)
    return pairs(weights, filters, { first: 0, count: weights.length / filters });
  if (variant !== TRANSPOSE_CONV_PATCHES) return weights;
  const count = weights.length / filters / taps;
  const list = Array.from({ length: taps }, (_, tap) =>
    pairs(weights, filters, { first: tap * count, count }),
  );
  return Uint8Array.from(list.flatMap((bytes) => [...bytes]));
}

/** Of each filter the weights [first, first + count), two filters at a time. */
function pairs(
  weights: Uint8Array,
  filters: number,
  part: { readonly first: number; readonly count: number },
): Uint8Array {
  const each = weights.length / filters;
  const byte = (filter: number, index: number): number =>
    filter < filters && index < part.count ? (weights[filter * each + part.first + index] ?? 0) : 0;
  const bytes: number[] = [];
  for (let pair = 0; pair < filters; pair += 2) {
    for (let group = 0; group < part.count; group += 4) {
      for (const index of [0, 2, 1, 3]) bytes.push(byte(pair, group + index), byte(pair + 1, group + index));
    }
  }
  return Uint8Array.from(bytes);
}

/**
 * Channels with a shift beyond 22 give what their bias alone gives: true where scaled sums stay below a half, and of
 * channels whose weights are all zero.
 */
const VANISHING_SHIFT = -22;
const VANISHING = 0.49;

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
    let varying = 0;
    for (const weight of weights.subarray(filter * each, (filter + 1) * each)) {
      varying += INPUT_SPAN * Math.abs((weight << 24) >> 24);
    }
    const sum = Math.abs(bias[filter] ?? 0) + varying;
    const scaled = ((sum * (multipliers[filter] ?? 0)) / 2 ** 31) * 2 ** shift;
    const fits = shift < VANISHING_SHIFT ? varying === 0 || scaled < VANISHING : sum < limit;
    if (!fits) return `the sums of channel ${filter} are too large`;
  }
  return undefined;
}
