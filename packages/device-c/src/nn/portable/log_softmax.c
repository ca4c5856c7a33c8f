/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LOG_SOFTMAX over the last axis (c), int8 to int8 of scale 1/16 and zero point 127, in the fixed-point
 * arithmetic of TFLite's reference; Qm as in exponential.h.
 */
#include "../check.h"
#include "../exponential.h"
#include "../kernels.h"
#include "../requantize.h"

#define CHANNELS_MAX     4095u /* exponentials of more could overflow their sum */
#define SUM_INTEGER_BITS 12
#define SQRT_HALF        1518500250 /* 2^-1/2 as a Q0 */
#define FOURTH_ROOT_HALF 1805811301 /* 2^-1/4 */
#define LOG_2            1488522236

static TSEG_NN_ONCE tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 1, 1, sizeof(tseg_params_log_softmax))) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_log_softmax *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const bool ok = in->type == TSEG_TYPE_INT8 && tseg_nn_same_shape(in, tseg_nn_output(plan, op)) &&
                  tseg_nn_single_segments(plan, op) && tseg_nn_dimensions_ok(in) &&
                  in->c <= CHANNELS_MAX && p->input_left_shift >= 0 && p->input_left_shift <= 30 &&
                  p->reverse_shift <= 0 && tseg_nn_shift_ok(p->reverse_shift) && p->diff_min <= 0;
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

/* An int32 as a Q6, moved by a quarter; saturates. */
static int32_t power(int32_t integer, int32_t quarters) {
  const int64_t moved =
      (int64_t)tseg_nn_shl_saturating(integer, 25) + quarters * (INT64_C(1) << 23);
  return moved > INT32_MAX ? INT32_MAX : moved < INT32_MIN ? INT32_MIN : (int32_t)moved;
}

/* ln of a Q12 of at least 1, as Q5. With x = 2^k * r, r around 2^-1/4, ln x = k ln 2 + ln r, and ln r is a
 * quotient of polynomials; k counts in quarters. */
static int32_t log_of_sum(int32_t sum) {
  const uint32_t zeros = tseg_nn_leading_zeros((uint32_t)sum);
  const int32_t a =
      tseg_nn_shl_saturating(tseg_nn_times(tseg_nn_shl_saturating(sum, zeros - 1u), SQRT_HALF), 1);
  const uint32_t zeros_b = tseg_nn_leading_zeros((uint32_t)tseg_nn_times(sum, SQRT_HALF)) - 1u;
  const int32_t b = tseg_nn_shl_saturating(sum, zeros_b);
  const int32_t power_a = power(SUM_INTEGER_BITS - (int32_t)zeros, 1);
  const int32_t power_b = power(SUM_INTEGER_BITS - (int32_t)zeros_b, -1);
  const int32_t r = a < b ? a : b;
  const int64_t twice = (int64_t)r + FOURTH_ROOT_HALF;
  const int32_t p = (int32_t)((twice + (twice >= 0 ? 1 : -1)) / 2);
  const int32_t q = tseg_nn_wrap_mul(2, tseg_nn_wrap_add(r, -FOURTH_ROOT_HALF));
  const int32_t q2 = tseg_nn_times(q, q);
  const int32_t upper =
      tseg_nn_wrap_add(tseg_nn_times(q, r), tseg_nn_times(tseg_nn_times(q, q2), 117049297));
  const int32_t inner =
      tseg_nn_wrap_add(tseg_nn_wrap_add(1057819769, q), tseg_nn_times(127690142, q2));
  const int32_t lower = tseg_nn_wrap_add(tseg_nn_times(p, inner), tseg_nn_times(638450708, q));
  const int32_t fraction =
      tseg_nn_times(tseg_nn_divide_by_pot(upper, 6), tseg_nn_one_over_one_plus(lower));
  const int32_t whole = tseg_nn_times(power_a > power_b ? power_a : power_b, LOG_2);
  return tseg_nn_shl_saturating(tseg_nn_wrap_add(whole, fraction), 1);
}

/* A difference to the greatest element as Q5. */
static int32_t scaled(const tseg_params_log_softmax *p, int32_t difference) {
  return tseg_nn_requantize(difference, p->input_multiplier, p->input_left_shift);
}

static void log_softmax(const tseg_params_log_softmax *p, const int8_t *x, uint32_t count,
                        int8_t *to) {
  int32_t max = -128;
  for (uint32_t i = 0; i < count; i++) max = x[i] > max ? x[i] : max;
  int32_t sum = 0;
  for (uint32_t i = 0; i < count; i++) {
    if (x[i] - max < p->diff_min) continue;
    const int32_t e = tseg_nn_exp_negative(scaled(p, x[i] - max));
    sum = tseg_nn_wrap_add(sum, tseg_nn_divide_by_pot(e, SUM_INTEGER_BITS));
  }
  /* Only factors that no model has make it wrap. */
  const int32_t log_sum = log_of_sum(sum > 0 ? sum : 1);
  const int32_t reached = tseg_nn_requantize(tseg_nn_wrap_add(log_sum, INT32_MIN),
                                             p->reverse_multiplier, p->reverse_shift);
  const int32_t bound = reached > p->diff_min - 1 ? reached : p->diff_min - 1;
  for (uint32_t i = 0; i < count; i++) {
    int32_t value = -128;
    if (x[i] - max > bound) {
      const int32_t difference =
          tseg_nn_wrap_add(scaled(p, x[i] - max), tseg_nn_wrap_mul(-1, log_sum));
      value = tseg_nn_clamp(tseg_nn_divide_by_pot(difference, 22) + 127, -128, 127);
    }
    to[i] = (int8_t)value;
  }
}

static void run(const tseg_nn_call *call) {
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    const int8_t *from = (const int8_t *)tseg_nn_row(&call->inputs[0]->segments[0], r);
    int8_t *to = (int8_t *)tseg_nn_row(&call->outputs[0]->segments[0], r);
    for (uint32_t x = 0; x < out->w; x++, from += out->c, to += out->c) {
      log_softmax(call->params, from, out->c, to);
    }
  }
}

/* An exponential an element. */
static TSEG_NN_ONCE uint64_t work(const tseg_plan *plan, const tseg_plan_operator *op) {
  return tseg_nn_work(tseg_nn_output(plan, op), 32);
}

const tseg_nn_variant tseg_nn_log_softmax_row = {
    .kind = TSEG_KIND_LOG_SOFTMAX,
    .id = TSEG_VARIANT(TSEG_KIND_LOG_SOFTMAX, 1),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run,
};
