/* SPDX-License-Identifier: Apache-2.0 */
/* FULLY_CONNECTED with int16 activations: weights int8 [out][in], an int64 bias, sums of 64 bits. All outputs
 * in one call, from input rows of any shape. */
#include "../check.h"
#include "../elements.h"
#include "../kernels.h"
#include "../requantize.h"
#include "../wide.h"

static uint64_t elements(const tseg_plan_tensor *t) {
  return (uint64_t)t->n * t->h * t->w * t->c;
}

static TSEG_NN_ONCE tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  const uint32_t size = sizeof(tseg_params_fully_connected);
  if (!tseg_nn_has(op, 1, 1, size)) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_fully_connected *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  const bool ok =
      in->type == TSEG_TYPE_INT16 && out->type == TSEG_TYPE_INT16 && tseg_nn_dimensions_ok(in) &&
      tseg_nn_dimensions_ok(out) && tseg_nn_single_segments(plan, op) && out->n * out->h == 1u &&
      p->batches > 0u && p->in_features > 0u &&
      (uint64_t)p->batches * p->in_features == elements(in) &&
      (uint64_t)p->batches * p->out_features == elements(out) &&
      (p->channel_count == 1u || p->channel_count == p->out_features) &&
      p->output_zero_point == 0 &&
      tseg_nn_element_range_ok(TSEG_TYPE_INT16, p->activation_min, p->activation_max) &&
      tseg_nn_range_ok(plan, p->weights, (uint64_t)p->in_features * p->out_features, 1) &&
      tseg_nn_range_ok(plan, p->bias, UINT64_C(8) * p->out_features, 4) &&
      tseg_nn_wide_shifts_ok(plan, op, size, p->channel_count);
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

/* Sum of the products of `count` features, from element `at` of the input on. */
static int64_t dot(const tseg_nn_operand *input, uint32_t at, const int8_t *w, uint32_t count) {
  const uint32_t row_elements = input->tensor->w * input->tensor->c;
  int64_t sum = 0;
  for (uint32_t i = 0; i < count;) {
    const int16_t *x =
        (const int16_t *)(const void *)tseg_nn_row(&input->segments[0], (at + i) / row_elements);
    for (uint32_t e = (at + i) % row_elements; e < row_elements && i < count; e++, i++) {
      sum += (int32_t)x[e] * w[i];
    }
  }
  return sum;
}

static void run(const tseg_nn_call *call) {
  const tseg_params_fully_connected *p = call->params;
  const int32_t *multipliers = (const int32_t *)(const void *)(p + 1);
  const int32_t *shifts = multipliers + p->channel_count;
  int16_t *to = (int16_t *)(void *)tseg_nn_row(&call->outputs[0]->segments[0], 0);
  for (uint32_t b = 0; b < p->batches; b++) {
    const int8_t *w = (const int8_t *)call->constants + p->weights.offset;
    for (uint32_t o = 0; o < p->out_features; o++, to++, w += p->in_features) {
      const uint32_t q = p->channel_count == 1u ? 0u : o;
      const int64_t products = dot(call->inputs[0], b * p->in_features, w, p->in_features);
      const int64_t sum = tseg_nn_wide_sum(call, p->bias, o, products);
      *to = (int16_t)tseg_nn_clamp(tseg_nn_wide_scale(sum, multipliers[q], shifts[q]),
                                   p->activation_min, p->activation_max);
    }
  }
}

static TSEG_NN_ONCE uint64_t work(const tseg_plan *plan, const tseg_plan_operator *op) {
  const tseg_params_fully_connected *p = tseg_nn_params(plan, op);
  return tseg_nn_work(tseg_nn_output(plan, op), p->in_features);
}

const tseg_nn_variant tseg_nn_fully_connected_16 = {
    .kind = TSEG_KIND_FULLY_CONNECTED,
    .id = TSEG_VARIANT(TSEG_KIND_FULLY_CONNECTED, 16),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run,
};
