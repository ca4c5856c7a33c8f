/* SPDX-License-Identifier: Apache-2.0 */
/* ADD, SUB, MUL, DIV and PRELU, float32, with broadcasting: dimensions of 1 repeat. Of the parameters only the
 * activation's bounds count, which are the bits of numbers. */
#include "../broadcast.h"
#include "../kernels.h"
#include "../reals.h"

static TSEG_NN_ONCE tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 2, 1, sizeof(tseg_params_elementwise))) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_elementwise *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  const bool ok = tseg_nn_real_tensor_ok(out) && tseg_nn_single_segments(plan, op) &&
                  tseg_nn_broadcasts(tseg_nn_tensor(plan, op, 0), out) &&
                  tseg_nn_broadcasts(tseg_nn_tensor(plan, op, 1), out) &&
                  tseg_nn_real_range_ok(p->activation_min, p->activation_max);
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

static float combine(uint16_t kind, float a, float b) {
  switch (kind) {
  case TSEG_KIND_ADD:
    return a + b;
  case TSEG_KIND_SUB:
    return a - b;
  case TSEG_KIND_MUL:
    return a * b;
  case TSEG_KIND_DIV:
    return a / b;
  default: /* PRELU */
    return a >= 0.0f ? a : a * b;
  }
}

static void run(const tseg_nn_call *call) {
  const tseg_params_elementwise *p = call->params;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  const float low = tseg_nn_real(p->activation_min);
  const float high = tseg_nn_real(p->activation_max);
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    const float *a = (const float *)(const void *)tseg_nn_broadcast_row(call->inputs[0], out, r);
    const float *b = (const float *)(const void *)tseg_nn_broadcast_row(call->inputs[1], out, r);
    float *to = tseg_nn_real_row(call->outputs[0], r);
    for (uint32_t x = 0; x < out->w; x++) {
      for (uint32_t c = 0; c < out->c; c++, to++) {
        const float first = a[tseg_nn_broadcast_at(call->inputs[0]->tensor, x, c)];
        const float second = b[tseg_nn_broadcast_at(call->inputs[1]->tensor, x, c)];
        *to = tseg_nn_real_clamp(combine(call->op->kind, first, second), low, high);
      }
    }
  }
}

static TSEG_NN_ONCE uint64_t work(const tseg_plan *plan, const tseg_plan_operator *op) {
  return tseg_nn_work(tseg_nn_output(plan, op), 1);
}

const tseg_nn_variant tseg_nn_add_float = {
    .kind = TSEG_KIND_ADD,
    .id = TSEG_VARIANT(TSEG_KIND_ADD, 32),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run,
};

const tseg_nn_variant tseg_nn_sub_float = {
    .kind = TSEG_KIND_SUB,
    .id = TSEG_VARIANT(TSEG_KIND_SUB, 32),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run,
};

const tseg_nn_variant tseg_nn_mul_float = {
    .kind = TSEG_KIND_MUL,
    .id = TSEG_VARIANT(TSEG_KIND_MUL, 32),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run,
};

const tseg_nn_variant tseg_nn_div_float = {
    .kind = TSEG_KIND_DIV,
    .id = TSEG_VARIANT(TSEG_KIND_DIV, 32),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run,
};

const tseg_nn_variant tseg_nn_prelu_float = {
    .kind = TSEG_KIND_PRELU,
    .id = TSEG_VARIANT(TSEG_KIND_PRELU, 32),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run,
};
