/* SPDX-License-Identifier: Apache-2.0 */
/* SOFTMAX and LOG_SOFTMAX over the last axis, float32; of their parameters only beta counts, as the bits of
 * a number, and only for SOFTMAX. */
#include <math.h>

#include "../kernels.h"
#include "../reals.h"

static TSEG_NN_ONCE tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  const uint32_t size = op->kind == TSEG_KIND_SOFTMAX ? (uint32_t)sizeof(tseg_params_softmax)
                                                      : (uint32_t)sizeof(tseg_params_log_softmax);
  if (!tseg_nn_has(op, 1, 1, size)) return TSEG_ERR_PLAN_RECORD;
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const bool ok = tseg_nn_real_tensor_ok(in) && tseg_nn_same_shape(in, tseg_nn_output(plan, op)) &&
                  tseg_nn_single_segments(plan, op);
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

static float greatest(const float *x, uint32_t count) {
  float most = x[0];
  for (uint32_t c = 1; c < count; c++) most = x[c] > most ? x[c] : most;
  return most;
}

static void shares(const float *x, uint32_t count, float beta, float *to) {
  const float most = greatest(x, count);
  float sum = 0.0f;
  for (uint32_t c = 0; c < count; c++) {
    to[c] = expf((x[c] - most) * beta);
    sum += to[c];
  }
  for (uint32_t c = 0; c < count; c++) to[c] /= sum;
}

static void logarithms(const float *x, uint32_t count, float *to) {
  const float most = greatest(x, count);
  float sum = 0.0f;
  for (uint32_t c = 0; c < count; c++) sum += expf(x[c] - most);
  const float log_sum = logf(sum);
  for (uint32_t c = 0; c < count; c++) to[c] = x[c] - most - log_sum;
}

static void run(const tseg_nn_call *call) {
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    const float *x = tseg_nn_real_row(call->inputs[0], r);
    float *to = tseg_nn_real_row(call->outputs[0], r);
    for (uint32_t pixel = 0; pixel < out->w; pixel++, x += out->c, to += out->c) {
      if (call->op->kind == TSEG_KIND_SOFTMAX) {
        const tseg_params_softmax *p = call->params;
        shares(x, out->c, tseg_nn_real(p->input_beta_multiplier), to);
      } else {
        logarithms(x, out->c, to);
      }
    }
  }
}

/* An exponential an element, of some thirty operations. */
static TSEG_NN_ONCE uint64_t work(const tseg_plan *plan, const tseg_plan_operator *op) {
  return tseg_nn_work(tseg_nn_output(plan, op), 32);
}

const tseg_nn_variant tseg_nn_softmax_float = {
    .kind = TSEG_KIND_SOFTMAX,
    .id = TSEG_VARIANT(TSEG_KIND_SOFTMAX, 32),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run,
};

const tseg_nn_variant tseg_nn_log_softmax_float = {
    .kind = TSEG_KIND_LOG_SOFTMAX,
    .id = TSEG_VARIANT(TSEG_KIND_LOG_SOFTMAX, 32),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run,
};
