/* SPDX-License-Identifier: Apache-2.0 */
/* Fixed-point arithmetic of the kernels: exactly what TFLite's reference kernels compute (gemmlowp's
 * rounding, twice), with no undefined behaviour for any input. */
#ifndef TSEG_NN_REQUANTIZE_H
#define TSEG_NN_REQUANTIZE_H

#include <stdint.h>

/* x + y, x * y and x << n modulo 2^32. */
static inline int32_t tseg_nn_wrap_add(int32_t x, int32_t y) {
  return (int32_t)((uint32_t)x + (uint32_t)y);
}
static inline int32_t tseg_nn_wrap_mul(int32_t x, int32_t y) {
  return (int32_t)((uint32_t)x * (uint32_t)y);
}
static inline int32_t tseg_nn_wrap_shl(int32_t x, uint32_t n) {
  return (int32_t)((uint32_t)x << n);
}

/* round(a * b / 2^31), ties upwards; saturates INT32_MIN * INT32_MIN. gemmlowp adds less to negative products
 * and divides towards zero, which is the same. */
static inline int32_t tseg_nn_high_mul(int32_t a, int32_t b) {
  if (a == INT32_MIN && b == INT32_MIN) return INT32_MAX;
  return (int32_t)(((int64_t)a * b + (INT64_C(1) << 30)) >> 31);
}

/* round(x / 2^exponent), ties away from zero; exponent 0..31. */
static inline int32_t tseg_nn_divide_by_pot(int32_t x, uint32_t exponent) {
  const int32_t mask = (int32_t)((UINT32_C(1) << exponent) - 1u);
  const int32_t remainder = x & mask;
  const int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

/* x * multiplier * 2^(shift - 31) as the reference rounds it; shift -31..30. */
static inline int32_t tseg_nn_requantize(int32_t x, int32_t multiplier, int32_t shift) {
  const uint32_t left = shift > 0 ? (uint32_t)shift : 0u;
  const uint32_t right = shift > 0 ? 0u : (uint32_t)-shift;
  return tseg_nn_divide_by_pot(tseg_nn_high_mul(tseg_nn_wrap_shl(x, left), multiplier), right);
}

static inline int32_t tseg_nn_clamp(int32_t x, int32_t low, int32_t high) {
  return x < low ? low : (x > high ? high : x);
}

/* Ranges of shifts and multipliers that the checks allow. */
static inline int tseg_nn_shift_ok(int32_t shift) {
  return shift >= -31 && shift <= 30;
}

#endif
