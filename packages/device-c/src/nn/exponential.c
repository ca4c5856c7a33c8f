/* SPDX-License-Identifier: Apache-2.0 */
/* Exponentials and reciprocals in fixed point; see exponential.h. */
#include "exponential.h"

#include "requantize.h"

/* The two below are called, twenty times: inlined, they would take three times the flash and save little. */
__attribute__((noinline)) int32_t tseg_nn_times(int32_t a, int32_t b) {
  return tseg_nn_high_mul(a, b);
}

__attribute__((noinline)) int32_t tseg_nn_shl_saturating(int32_t x, uint32_t n) {
  const int64_t wide = (int64_t)x * (INT64_C(1) << n);
  return wide > INT32_MAX ? INT32_MAX : wide < INT32_MIN ? INT32_MIN : (int32_t)wide;
}

/* exp(a) for a Q0 in [-1/4, 0): Q0. A polynomial around -1/8. */
static int32_t exp_quarter(int32_t a) {
  const int32_t exp_minus_eighth = 1895147668;
  const int32_t third = 715827883;
  const int32_t x = tseg_nn_wrap_add(a, INT32_C(1) << 28);
  const int32_t x2 = tseg_nn_times(x, x);
  const int32_t x3 = tseg_nn_times(x2, x);
  const int32_t x4_quarter = tseg_nn_divide_by_pot(tseg_nn_times(x2, x2), 2);
  const int32_t tail = tseg_nn_divide_by_pot(
      tseg_nn_wrap_add(tseg_nn_times(tseg_nn_wrap_add(x4_quarter, x3), third), x2), 1);
  return tseg_nn_wrap_add(exp_minus_eighth,
                          tseg_nn_times(exp_minus_eighth, tseg_nn_wrap_add(x, tail)));
}

/* exp(a) for a Q5 <= 0: Q0. The quarters of a select factors exp(-2^k). */
int32_t tseg_nn_exp_negative(int32_t a) {
  static const int32_t factors[7] = {1672461947, 1302514674, 790015084, 290630308,
                                     39332535,   720401,     242};
  const int32_t quarter = INT32_C(1) << 24;
  if (a == 0) return INT32_MAX;
  const int32_t rest = (a & (quarter - 1)) - quarter;
  int32_t result = exp_quarter(tseg_nn_shl_saturating(rest, 5));
  const int32_t quarters = (int32_t)((uint32_t)rest - (uint32_t)a);
  for (uint32_t k = 0; k < 7u; k++) {
    if ((quarters & (int32_t)(UINT32_C(1) << (24u + k))) != 0) {
      result = tseg_nn_times(result, factors[k]);
    }
  }
  return result;
}

/* 1 / (1 + x) for x Q0 in [0, 1]: Q0. Three Newton steps. */
int32_t tseg_nn_one_over_one_plus(int32_t x) {
  const int32_t half = (int32_t)(((int64_t)x + INT32_MAX + 1) / 2);
  int32_t estimate = tseg_nn_wrap_add(1515870810, tseg_nn_times(half, -1010580540));
  for (int step = 0; step < 3; step++) {
    const int32_t error = (int32_t)((UINT32_C(1) << 29) - (uint32_t)tseg_nn_times(half, estimate));
    estimate =
        tseg_nn_wrap_add(estimate, tseg_nn_shl_saturating(tseg_nn_times(estimate, error), 2));
  }
  return tseg_nn_shl_saturating(estimate, 1);
}

uint32_t tseg_nn_leading_zeros(uint32_t x) {
  uint32_t count = 0;
  while (count < 32u && (x & UINT32_C(0x80000000)) == 0u) {
    x <<= 1;
    count++;
  }
  return count;
}
