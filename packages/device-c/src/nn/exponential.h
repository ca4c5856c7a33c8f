/* SPDX-License-Identifier: Apache-2.0 */
/* Exponentials and reciprocals in the fixed-point arithmetic of TFLite's reference (gemmlowp): numbers
 * written Qm are int32 with m integer bits and 31 - m fractional ones. */
#ifndef TSEG_NN_EXPONENTIAL_H
#define TSEG_NN_EXPONENTIAL_H

#include <stdint.h>

/* tseg_nn_high_mul. An exponential takes twenty products: calls are small, and it is long anyway. */
int32_t tseg_nn_times(int32_t a, int32_t b);

/* x * 2^n, saturating; n 0..31. */
int32_t tseg_nn_shl_saturating(int32_t x, uint32_t n);

/* exp(a) for a Q5 <= 0: Q0. */
int32_t tseg_nn_exp_negative(int32_t a);

/* 1 / (1 + x) for x Q0 in [0, 1]: Q0. */
int32_t tseg_nn_one_over_one_plus(int32_t x);

/* 32 for 0. */
uint32_t tseg_nn_leading_zeros(uint32_t x);

#endif
