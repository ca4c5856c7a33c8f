/* SPDX-License-Identifier: Apache-2.0 */
/* L2_NORMALIZATION over the last axis (c): int8 to int8 of scale 1/128, in the fixed-point arithmetic of
 * TFLite's reference, and float32. */
#include <math.h>

#include "../check.h"
#include "../exponential.h"
#include "../kernels.h"
#include "../reals.h"
#include "../requantize.h"

/* The output's scale is 2^-7. */
#define OUTPUT_SHIFT 7

static TSEG_NN_ONCE tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 1, 1, sizeof(tseg_params_l2_normalization))) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_l2_normalization *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const bool ok = (in->type == TSEG_TYPE_INT8 || in->type == TSEG_TYPE_FLOAT32) &&
                  tseg_nn_same_shape(in, tseg_nn_output(plan, op)) && tseg_nn_dimensions_ok(in) &&
                  tseg_nn_single_segments(plan, op) && tseg_nn_int8_ok(p->input_zero_point);
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

typedef struct factor {
  int32_t multiplier;
  int32_t shift; /* to the left */
} factor;

/* 1 / sqrt(sum): five steps of Newton's method on a Q3; products of Q3s are Q6s and Q9s. */
static factor inverse_root(int32_t sum) {
  factor result = {INT32_MAX, 0};
  if (sum <= 1) return result;
  int32_t right = 11;
  for (; sum >= 1 << 29; right++) sum /= 4;
  const uint32_t pairs = (tseg_nn_leading_zeros((uint32_t)sum) - 1u) / 2u - 1u;
  right -= (int32_t)pairs;
  const int32_t half = tseg_nn_divide_by_pot((int32_t)((uint32_t)sum << (2u * pairs)) >> 1, 1);
  const int32_t three_halves = (1 << 28) + (1 << 27);
  int32_t x = 1 << 28;
  for (int step = 0; step < 5; step++) {
    const int32_t cube = tseg_nn_shl_saturating(tseg_nn_high_mul(tseg_nn_high_mul(x, x), x), 6);
    x = tseg_nn_shl_saturating(tseg_nn_wrap_add(tseg_nn_high_mul(three_halves, x),
                                                tseg_nn_wrap_mul(-1, tseg_nn_high_mul(half, cube))),
                               3);
  }
  result.multiplier = tseg_nn_high_mul(x, 1518500250); /* sqrt(1/2) as a Q0 */
  if (right < 0) {
    result.multiplier = tseg_nn_wrap_shl(result.multiplier, (uint32_t)-right);
  } else {
    result.shift = -right;
  }
  return result;
}

static void normalise(const int8_t *x, int32_t zero_point, uint32_t count, int8_t *to) {
  int32_t sum = 0;
  for (uint32_t i = 0; i < count; i++) {
    const int32_t value = x[i] - zero_point;
    sum = tseg_nn_wrap_add(sum, value * value);
  }
  const factor f = inverse_root(sum);
  for (uint32_t i = 0; i < count; i++) {
    const int32_t scaled =
        tseg_nn_requantize(x[i] - zero_point, f.multiplier, f.shift + OUTPUT_SHIFT);
    to[i] = (int8_t)tseg_nn_clamp(scaled, -128, 127);
  }
}

static void normalise_reals(const float *x, uint32_t count, float *to) {
  float sum = 0.0f;
  for (uint32_t i = 0; i < count; i++) sum += x[i] * x[i];
  const float root = sqrtf(sum);
  const float length = root > 1e-6f ? root : 1e-6f;
  for (uint32_t i = 0; i < count; i++) to[i] = x[i] / length;
}

static void run(const tseg_nn_call *call) {
  const tseg_params_l2_normalization *p = call->params;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    const uint8_t *from = tseg_nn_row(&call->inputs[0]->segments[0], r);
    uint8_t *to = tseg_nn_row(&call->outputs[0]->segments[0], r);
    for (uint32_t x = 0; x < out->w; x++) {
      const size_t at = (size_t)x * out->c;
      if (out->type == TSEG_TYPE_INT8) {
        normalise((const int8_t *)from + at, p->input_zero_point, out->c, (int8_t *)to + at);
      } else {
        normalise_reals((const float *)(const void *)from + at, out->c, (float *)(void *)to + at);
      }
    }
  }
}

static TSEG_NN_ONCE uint64_t work(const tseg_plan *plan, const tseg_plan_operator *op) {
  return tseg_nn_work(tseg_nn_output(plan, op), 4);
}

const tseg_nn_variant tseg_nn_l2_normalization_row = {
    .kind = TSEG_KIND_L2_NORMALIZATION,
    .id = TSEG_VARIANT(TSEG_KIND_L2_NORMALIZATION, 1),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run,
};
