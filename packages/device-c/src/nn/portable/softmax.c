/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SOFTMAX over the last axis, int8 to int8, in the fixed-point arithmetic of TFLite's reference
 * (gemmlowp): numbers written Qm are int32 with m integer bits and 31 - m fractional ones.
 */
#include "../check.h"
#include "../exponential.h"
#include "../kernels.h"
#include "../requantize.h"

#define SUM_INTEGER_BITS 12u /* the sum of exponentials is a Q12 */

static TSEG_NN_ONCE tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 1, 1, sizeof(tseg_params_softmax))) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_softmax *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  /* diff_min may be below every difference (-255), never above 0; more than 4096 channels would
   * overflow the sum. */
  const bool ok = in->type == TSEG_TYPE_INT8 && tseg_nn_same_shape(in, out) &&
                  tseg_nn_single_segments(plan, op) && tseg_nn_dimensions_ok(in) &&
                  in->c <= 4096u && p->input_beta_left_shift >= 0 &&
                  p->input_beta_left_shift <= 30 && p->diff_min <= 0;
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

static int32_t scaled_exp(const tseg_params_softmax *p, int32_t difference) {
  const int32_t shifted = tseg_nn_wrap_shl(difference, (uint32_t)p->input_beta_left_shift);
  return tseg_nn_exp_negative(tseg_nn_times(shifted, p->input_beta_multiplier));
}

static void softmax(const tseg_params_softmax *p, const int8_t *x, uint32_t count, int8_t *to) {
  int32_t max = -128;
  for (uint32_t i = 0; i < count; i++) max = x[i] > max ? x[i] : max;
  int32_t sum = 0;
  for (uint32_t i = 0; i < count; i++) {
    if (x[i] - max >= p->diff_min) {
      const int32_t e = tseg_nn_divide_by_pot(scaled_exp(p, x[i] - max), SUM_INTEGER_BITS);
      sum = tseg_nn_wrap_add(sum, e);
    }
  }
  const uint32_t headroom = tseg_nn_leading_zeros((uint32_t)sum);
  const uint32_t normal = headroom < 32u ? (uint32_t)sum << headroom : 0u;
  const int32_t scale = tseg_nn_one_over_one_plus((int32_t)(normal - (UINT32_C(1) << 31)));
  const int32_t over_unit = (int32_t)SUM_INTEGER_BITS - (int32_t)headroom;
  const int32_t exponent = over_unit + 31 - 8;
  for (uint32_t i = 0; i < count; i++) {
    int32_t value = -128;
    /* From a sum of 512 on, where the reference gives up, every share is less than 1/2 of 1/256. */
    if (x[i] - max >= p->diff_min && exponent <= 31) {
      const int32_t product = tseg_nn_times(scale, scaled_exp(p, x[i] - max));
      const int32_t share = tseg_nn_divide_by_pot(product, (uint32_t)exponent);
      value = tseg_nn_clamp(share - 128, -128, 127);
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
      softmax(call->params, from, out->c, to);
    }
  }
}

/* Two exponentials an element, of some thirty multiplications each. */
static TSEG_NN_ONCE uint64_t work(const tseg_plan *plan, const tseg_plan_operator *op) {
  return tseg_nn_work(tseg_nn_output(plan, op), 64);
}

const tseg_nn_variant tseg_nn_softmax_row = {
    .kind = TSEG_KIND_SOFTMAX,
    .id = TSEG_VARIANT(TSEG_KIND_SOFTMAX, 1),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run,
};
