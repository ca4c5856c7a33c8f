/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requantization in four instructions, for output channels whose multiplication is simple enough.
 *
 * For a sum `acc` the reference computes h = round(acc * m / 2^31) with ties upwards, then h / 2^s with
 * ties away from zero, adds the zero point and clamps to -128..127. With
 *     c = 2^(s-1) + zero_point * 2^s
 *     t = c + (acc >> 31)                      subtracts one where acc is negative
 *     t = t + ((2 * acc * m + 2^31) >> 32)     SMMLAR: this is h
 *     t = t >> s, saturated to eight bits
 * the result is the same: rounding half away from zero is adding 2^(s-1) and rounding down, with one
 * less for negative h; the sign of acc is that of h but where h = 0, and there both give the same for
 * s >= 1. It needs |acc| < 2^30, so that 2 * acc does not wrap, and s <= 22, so that t does not.
 *
 * A channel whose factor is smaller, s >= 23, gives what its bias alone gives: either all its weights are
 * zero, or its scaled sums stay below a half. Such channels, which training left without use, are common.
 * So are multipliers of 0. Their records multiply by 0. Bounds of sums are the compiler's business (the
 * verifier checks them).
 *
 * A clamp narrower than int8 is applied to the rows afterwards, four bytes at a time.
 */
#ifndef TSEG_NN_SCALING_H
#define TSEG_NN_SCALING_H

#include <stdint.h>

#include "dsp/dsp.h"
#include "requantize.h"
#include "tseg/nn.h"

/* What an output channel needs, in the order in which the kernels load it. */
typedef struct tseg_nn_scaling {
  int32_t bias;
  int32_t multiplier;
  int32_t offset; /* c above */
  int32_t shift;  /* s above, 1..22 */
} tseg_nn_scaling;

#define TSEG_NN_SCALING_SHIFT_MAX 22

/* The record of one channel; `shift` as in the plan, negative to the right. */
static inline tseg_nn_scaling tseg_nn_scaling_of(int32_t bias, int32_t multiplier, int32_t shift,
                                                 int32_t zero_point) {
  if (shift >= 0 || shift < -TSEG_NN_SCALING_SHIFT_MAX) {
    const int32_t result =
        tseg_nn_wrap_add(tseg_nn_requantize(bias, multiplier, shift), zero_point);
    const tseg_nn_scaling constant = {0, 0, 2 * tseg_nn_clamp(result, -128, 127) + 1, 1};
    return constant;
  }
  const uint32_t right = (uint32_t)-shift;
  const uint32_t offset = ((uint32_t)(2 * zero_point + 1)) << (right - 1u);
  const tseg_nn_scaling scaling = {bias, multiplier, (int32_t)offset, (int32_t)right};
  return scaling;
}

/* The four instructions: bias and products are in `sum` already; |sum| < 2^30. */
static inline int32_t tseg_nn_scale(int32_t sum, const tseg_nn_scaling *scaling) {
  const int32_t nudge = scaling->offset + (sum >> 31);
#if TSEG_NN_DSP
  int32_t result;
  __asm__("smmlar %0, %1, %2, %3"
          : "=r"(result)
          : "r"((uint32_t)sum << 1), "r"(scaling->multiplier), "r"(nudge));
  result >>= scaling->shift;
  __asm__("ssat %0, #8, %1" : "=r"(result) : "r"(result));
  return result;
#else
  const int64_t product = 2 * (int64_t)sum * scaling->multiplier;
  const int32_t high = (int32_t)((product + (INT64_C(1) << 31)) >> 32);
  const int32_t result = (high + nudge) >> scaling->shift;
  return result < -128 ? -128 : (result > 127 ? 127 : result);
#endif
}

#endif
