/* SPDX-License-Identifier: Apache-2.0 */
/* ADD, SUB and MUL, float32, with broadcasting: dimensions of 1 repeat. Of the parameters only the
 * activation's bounds count, which are the bits of numbers. */
#include "../kernels.h"
#include "../reals.h"

static bool broadcasts(const tseg_plan_tensor *in, const tseg_plan_tensor *out) {
  return tseg_nn_real_tensor_ok(in) && (in->n == out->n || in->n == 1u) &&
         (in->h == out->h || in->h == 1u) && (in->w == out->w || in->w == 1u) &&
         (in->c == out->c || in->c == 1u);
}

static TSEG_NN_ONCE tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 2, 1, sizeof(tseg_params_elementwise))) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_elementwise *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  const bool ok = tseg_nn_real_tensor_ok(out) && tseg_nn_single_segments(plan, op) &&
                  broadcasts(tseg_nn_tensor(plan, op, 0), out) &&
                  broadcasts(tseg_nn_tensor(plan, op, 1), out) &&
                  tseg_nn_real_range_ok(p->activation_min, p->activation_max);
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

/* Row of a broadcast input under output row `row`. */
static const float *row_of(const tseg_nn_operand *in, const tseg_plan_tensor *out, uint32_t row) {
  const uint32_t n = in->tensor->n == 1u ? 0u : row / out->h;
  const uint32_t y = in->tensor->h == 1u ? 0u : row % out->h;
  return tseg_nn_real_row(in, n * in->tensor->h + y);
}

static float element(const tseg_plan_tensor *t, const float *row, uint32_t x, uint32_t c) {
  return row[(size_t)(t->w == 1u ? 0u : x) * t->c + (t->c == 1u ? 0u : c)];
}

static float combine(uint16_t kind, float a, float b) {
  return kind == TSEG_KIND_ADD ? a + b : kind == TSEG_KIND_SUB ? a - b : a * b;
}

static void run(const tseg_nn_call *call) {
  const tseg_params_elementwise *p = call->params;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  const float low = tseg_nn_real(p->activation_min);
  const float high = tseg_nn_real(p->activation_max);
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    const float *a = row_of(call->inputs[0], out, r);
    const float *b = row_of(call->inputs[1], out, r);
    float *to = tseg_nn_real_row(call->outputs[0], r);
    for (uint32_t x = 0; x < out->w; x++) {
      for (uint32_t c = 0; c < out->c; c++, to++) {
        const float first = element(call->inputs[0]->tensor, a, x, c);
        const float second = element(call->inputs[1]->tensor, b, x, c);
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
