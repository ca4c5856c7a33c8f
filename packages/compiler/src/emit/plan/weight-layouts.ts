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
  const filters = shape[0] ?? 1;
  return inPairs(
    filters,
    data.length / filters,
    (filter, index) => data[filter * (data.length / filters) + index] ?? 0,
  );
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
