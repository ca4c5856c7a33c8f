/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of 64 bits of int16 activations with int8 weights, and how they are scaled. */
#ifndef TSEG_NN_WIDE_H
#define TSEG_NN_WIDE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "check.h"
#include "tseg/nn.h"

/* Sums are shifted to the right by 15 - shift, which must be a shift to the right. */
#define TSEG_NN_WIDE_SHIFT_MAX 7

/* `count` multipliers and then as many shifts follow the first params_size bytes; shifts are legal. */
static inline bool tseg_nn_wide_shifts_ok(const tseg_plan *plan, const tseg_plan_operator *op,
                                          uint32_t params_size, uint32_t count) {
  if (!tseg_nn_quantization_ok(plan, op, params_size, count)) return false;
  const uint8_t *params = tseg_nn_params(plan, op);
  const int32_t *shifts = (const int32_t *)(const void *)(params + params_size) + count;
  for (uint32_t i = 0; i < count; i++) {
    if (shifts[i] > TSEG_NN_WIDE_SHIFT_MAX) return false;
  }
  return true;
}

/* The sum with bias `o` of the constants, which begin at multiples of 4. */
static inline int64_t tseg_nn_wide_sum(const tseg_nn_call *call, tseg_plan_range bias, uint32_t o,
                                       int64_t sum) {
  uint64_t own;
  memcpy(&own, call->constants + bias.offset + 8u * (size_t)o, sizeof own);
  return (int64_t)((uint64_t)sum + own);
}

/* A sum times multiplier * 2^(shift - 31), by the upper 16 bits of the multiplier; rounded once. What does
 * not fit wraps, as in the reference. */
static inline int32_t tseg_nn_wide_scale(int64_t sum, int32_t multiplier, int32_t shift) {
  const int32_t upper =
      multiplier < 0x7FFF0000 ? (int32_t)(((int64_t)multiplier + (1 << 15)) >> 16) : 0x7FFF;
  const uint32_t right = (uint32_t)(15 - shift);
  const uint64_t product = (uint64_t)sum * (uint64_t)(int64_t)upper;
  return (int32_t)(uint32_t)(uint64_t)((int64_t)(product + (UINT64_C(1) << (right - 1u))) >> right);
}

#endif
