/* SPDX-License-Identifier: Apache-2.0 */
/* REAL_FUNCTION: a function of each element, float32. Rows of any width. */
#include <math.h>

#include "../kernels.h"
#include "../reals.h"

static TSEG_NN_ONCE tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 1, 1, sizeof(tseg_params_real_function))) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_real_function *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const bool ok = in->type == TSEG_TYPE_FLOAT32 &&
                  tseg_nn_same_shape(in, tseg_nn_output(plan, op)) &&
                  tseg_nn_single_segments(plan, op) && p->function <= TSEG_FUNCTION_ELU;
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

static float apply(uint32_t function, float x, float alpha) {
  switch (function) {
  case TSEG_FUNCTION_RELU:
    return x < 0.0f ? 0.0f : x;
  case TSEG_FUNCTION_RELU6:
    return tseg_nn_real_clamp(x, 0.0f, 6.0f);
  case TSEG_FUNCTION_RELU_N1_TO_1:
    return tseg_nn_real_clamp(x, -1.0f, 1.0f);
  case TSEG_FUNCTION_LEAKY_RELU:
    return x > 0.0f ? x : x * alpha;
  case TSEG_FUNCTION_LOGISTIC:
    return 1.0f / (1.0f + expf(-x));
  case TSEG_FUNCTION_TANH:
    return tanhf(x);
  case TSEG_FUNCTION_HARD_SWISH:
    return x * tseg_nn_real_clamp(x + 3.0f, 0.0f, 6.0f) / 6.0f;
  default: /* ELU */
    return x < 0.0f ? expm1f(x) : x;
  }
}

static void run(const tseg_nn_call *call) {
  const tseg_params_real_function *p = call->params;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  const float alpha = tseg_nn_real(p->alpha);
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    const float *from = tseg_nn_real_row(call->inputs[0], r);
    float *to = tseg_nn_real_row(call->outputs[0], r);
    for (uint32_t i = 0; i < out->w * out->c; i++) to[i] = apply(p->function, from[i], alpha);
  }
}

/* Some thirty operations for the dearest of them. */
static TSEG_NN_ONCE uint64_t work(const tseg_plan *plan, const tseg_plan_operator *op) {
  return tseg_nn_work(tseg_nn_output(plan, op), 32);
}

const tseg_nn_variant tseg_nn_real_function_row = {
    .kind = TSEG_KIND_REAL_FUNCTION,
    .id = TSEG_VARIANT(TSEG_KIND_REAL_FUNCTION, 1),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run,
};
