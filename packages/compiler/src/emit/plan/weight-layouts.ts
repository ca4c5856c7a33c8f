// SPDX-License-Identifier: Apache-2.0
/** Weights of convolutions in the orders that kernels want: docs/specs/plan-format.md, "Weight layouts". */
import type { Tensor } from '../../ir/index.js';
import type { WeightLayout } from '../../planning/variants.js';

/** Where each of four weights of a filter lies in the eight bytes of its pair; that of the second filter is next. */
const PLACES = [0, 4, 2, 6] as const;

/** The bytes of int8 weights [filters, ...] in a layout. */
export function inLayout(
  layout: WeightLayout,
  { data, shape }: Tensor & { readonly data: Uint8Array },
): Uint8Array {
  if (layout === 'model') return data;
  const [filters = 1, height = 1, width = 1] = shape;
  const each = data.length / filters;
  const taps = layout === 'pairsByTap' ? height * width : 1;
  const count = each / taps;
  const parts = Array.from({ length: taps }, (_, tap) =>
    inPairs(filters, count, (filter, index) => data[filter * each + tap * count + index] ?? 0),
  );
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** `weightOf` gives weight `index` of `count` of a filter. */
function inPairs(
  filters: number,
  count: number,
  weightOf: (filter: number, index: number) => number,
): Uint8Array {
  const filled = Math.ceil(count / 4) * 4;
  const packed = new Uint8Array(Math.ceil(filters / 2) * 2 * filled);
  for (let filter = 0; filter < filters; filter++) {
    const pair = Math.floor(filter / 2) * 2 * filled + (filter % 2);
    for (let index = 0; index < count; index++) {
      const place = PLACES[index % 4] ?? 0;
      packed[pair + Math.floor(index / 4) * 8 + place] = weightOf(filter, index);
    }
  }
  return packed;
}
