/* SPDX-License-Identifier: Apache-2.0 */
/* FULLY_CONNECTED, float32: weights [out][in], all outputs in one call, from input rows of any shape. */
#include "../kernels.h"
#include "../reals.h"

static uint64_t elements(const tseg_plan_tensor *t) {
  return (uint64_t)t->n * t->h * t->w * t->c;
}

static TSEG_NN_ONCE tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 1, 1, sizeof(tseg_params_fully_connected))) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_fully_connected *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  const bool ok =
      tseg_nn_real_tensor_ok(in) && tseg_nn_real_tensor_ok(out) &&
      tseg_nn_single_segments(plan, op) && out->n * out->h == 1u && p->batches > 0u &&
      p->in_features > 0u && (uint64_t)p->batches * p->in_features == elements(in) &&
      (uint64_t)p->batches * p->out_features == elements(out) &&
      tseg_nn_real_range_ok(p->activation_min, p->activation_max) &&
      tseg_nn_range_ok(plan, p->weights, UINT64_C(4) * p->in_features * p->out_features, 4) &&
      tseg_nn_range_ok(plan, p->bias, UINT64_C(4) * p->out_features, 4);
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

/* Sum of the products of `count` features, from element `at` of the input on. */
static float dot(const tseg_nn_operand *input, uint32_t at, const float *w, uint32_t count) {
  const uint32_t row_elements = input->tensor->w * input->tensor->c;
  float sum = 0.0f;
  for (uint32_t i = 0; i < count;) {
    const uint32_t first = (at + i) % row_elements;
    const float *x = tseg_nn_real_row(input, (at + i) / row_elements);
    for (uint32_t e = first; e < row_elements && i < count; e++, i++) sum += x[e] * w[i];
  }
  return sum;
}

static void run(const tseg_nn_call *call) {
  const tseg_params_fully_connected *p = call->params;
  const float low = tseg_nn_real(p->activation_min);
  const float high = tseg_nn_real(p->activation_max);
  float *to = tseg_nn_real_row(call->outputs[0], 0);
  for (uint32_t b = 0; b < p->batches; b++) {
    const float *w = tseg_nn_reals(call, p->weights);
    const float *bias = tseg_nn_reals(call, p->bias);
    for (uint32_t o = 0; o < p->out_features; o++, to++, w += p->in_features) {
      const float sum = dot(call->inputs[0], b * p->in_features, w, p->in_features);
      *to = tseg_nn_real_clamp(sum + bias[o], low, high);
    }
  }
}

static TSEG_NN_ONCE uint64_t work(const tseg_plan *plan, const tseg_plan_operator *op) {
  const tseg_params_fully_connected *p = tseg_nn_params(plan, op);
  return tseg_nn_work(tseg_nn_output(plan, op), p->in_features);
}

const tseg_nn_variant tseg_nn_fully_connected_float = {
    .kind = TSEG_KIND_FULLY_CONNECTED,
    .id = TSEG_VARIANT(TSEG_KIND_FULLY_CONNECTED, 32),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run,
};
