/* SPDX-License-Identifier: Apache-2.0 */
/* Requantization records; see scaling.h. */
#include "scaling.h"

bool tseg_nn_scaling_ok(const int32_t *multipliers, uint32_t count) {
  const int32_t *shifts = multipliers + count;
  for (uint32_t i = 0; i < count; i++) {
    if (shifts[i] >= 0 && multipliers[i] != 0) return false;
  }
  return true;
}
