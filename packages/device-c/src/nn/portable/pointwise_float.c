/* SPDX-License-Identifier: Apache-2.0 */
/* ADD, AVERAGE_POOL_2D and SOFTMAX, float32. */
#include <math.h>

#include "../check.h"
#include "../kernels.h"
#include "../reals.h"
#include "../window.h"

#define WINDOW_ELEMENTS_MAX (1u << 22)

static bool real(const tseg_plan_tensor *t) {
  return t->type == TSEG_TYPE_FLOAT32 && tseg_nn_dimensions_ok(t);
}

static bool broadcasts(const tseg_plan_tensor *in, const tseg_plan_tensor *out) {
  return real(in) && (in->n == out->n || in->n == 1u) && (in->h == out->h || in->h == 1u) &&
         (in->w == out->w || in->w == 1u) && (in->c == out->c || in->c == 1u);
}

static tseg_status check_add(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 2, 1, sizeof(tseg_params_elementwise))) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_elementwise *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  const bool ok = real(out) && tseg_nn_single_segments(plan, op) &&
                  broadcasts(tseg_nn_tensor(plan, op, 0), out) &&
                  broadcasts(tseg_nn_tensor(plan, op, 1), out) &&
                  tseg_nn_real_range_ok(p->activation_min, p->activation_max);
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

/* Row of a broadcast input under output row `row`. */
static const float *row_of(const tseg_nn_operand *in, const tseg_plan_tensor *out, uint32_t row) {
  const uint32_t n = in->tensor->n == 1u ? 0u : row / out->h;
  const uint32_t y = in->tensor->h == 1u ? 0u : row % out->h;
  return (const float *)(const void *)tseg_nn_row(&in->segments[0], n * in->tensor->h + y);
}

static float element(const tseg_plan_tensor *t, const float *row, uint32_t x, uint32_t c) {
  return row[(size_t)(t->w == 1u ? 0u : x) * t->c + (t->c == 1u ? 0u : c)];
}

static void run_add(const tseg_nn_call *call) {
  const tseg_params_elementwise *p = call->params;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  const float low = tseg_nn_real(p->activation_min);
  const float high = tseg_nn_real(p->activation_max);
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    const float *a = row_of(call->inputs[0], out, r);
    const float *b = row_of(call->inputs[1], out, r);
    float *to = (float *)(void *)tseg_nn_row(&call->outputs[0]->segments[0], r);
    for (uint32_t x = 0; x < out->w; x++) {
      for (uint32_t c = 0; c < out->c; c++, to++) {
        *to = tseg_nn_real_clamp(element(call->inputs[0]->tensor, a, x, c) +
                                     element(call->inputs[1]->tensor, b, x, c),
                                 low, high);
      }
    }
  }
}

static tseg_status check_pool(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 1, 1, sizeof(tseg_params_pool))) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_pool *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  const bool ok = real(in) && real(out) && in->n == out->n && in->c == out->c &&
                  tseg_nn_single_segments(plan, op) &&
                  tseg_nn_window_ok(p->kernel_h, p->stride_h, 1, p->pad_top) &&
                  tseg_nn_window_ok(p->kernel_w, p->stride_w, 1, p->pad_left) &&
                  p->kernel_h * p->kernel_w <= WINDOW_ELEMENTS_MAX &&
                  tseg_nn_real_range_ok(p->activation_min, p->activation_max);
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

/* Mean of channel c under the window of output (row, x0), padding left out; 0 where all is padding. */
static float average(const tseg_nn_call *call, uint32_t out_row, int32_t x0, uint32_t c) {
  const tseg_params_pool *p = call->params;
  const tseg_plan_tensor *in = call->inputs[0]->tensor;
  float sum = 0.0f;
  uint32_t count = 0;
  for (uint32_t ky = 0; ky < p->kernel_h; ky++) {
    const uint32_t row =
        tseg_nn_window_row(in, call->outputs[0]->tensor, out_row, p->stride_h, 1, p->pad_top, ky);
    if (row == TSEG_NN_ROW_ABSENT) continue;
    const float *pixels =
        (const float *)(const void *)tseg_nn_row(&call->inputs[0]->segments[0], row);
    const int32_t end = x0 + (int32_t)p->kernel_w;
    const int32_t until = end < (int32_t)in->w ? end : (int32_t)in->w;
    for (int32_t x = x0 > 0 ? x0 : 0; x < until; x++) {
      sum += pixels[(size_t)(uint32_t)x * in->c + c];
      count++;
    }
  }
  return count > 0u ? sum / (float)count : 0.0f;
}

static void run_pool(const tseg_nn_call *call) {
  const tseg_params_pool *p = call->params;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  const float low = tseg_nn_real(p->activation_min);
  const float high = tseg_nn_real(p->activation_max);
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    float *to = (float *)(void *)tseg_nn_row(&call->outputs[0]->segments[0], r);
    for (uint32_t x = 0; x < out->w; x++) {
      const int32_t x0 = (int32_t)(x * p->stride_w) - p->pad_left;
      for (uint32_t c = 0; c < out->c; c++, to++) {
        *to = tseg_nn_real_clamp(average(call, r, x0, c), low, high);
      }
    }
  }
}

static tseg_status check_softmax(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 1, 1, sizeof(tseg_params_softmax))) return TSEG_ERR_PLAN_RECORD;
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const bool ok = real(in) && tseg_nn_same_shape(in, tseg_nn_output(plan, op)) &&
                  tseg_nn_single_segments(plan, op);
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

static void run_softmax(const tseg_nn_call *call) {
  const tseg_params_softmax *p = call->params;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  const float beta = tseg_nn_real(p->input_beta_multiplier);
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    const float *x = (const float *)(const void *)tseg_nn_row(&call->inputs[0]->segments[0], r);
    float *to = (float *)(void *)tseg_nn_row(&call->outputs[0]->segments[0], r);
    for (uint32_t pixel = 0; pixel < out->w; pixel++, x += out->c, to += out->c) {
      float most = x[0];
      for (uint32_t c = 1; c < out->c; c++) most = x[c] > most ? x[c] : most;
      float sum = 0.0f;
      for (uint32_t c = 0; c < out->c; c++) {
        to[c] = expf((x[c] - most) * beta);
        sum += to[c];
      }
      for (uint32_t c = 0; c < out->c; c++) to[c] /= sum;
    }
  }
}

static uint64_t work(const tseg_plan *plan, const tseg_plan_operator *op) {
  return tseg_nn_work(tseg_nn_output(plan, op), 1);
}

static uint64_t work_pool(const tseg_plan *plan, const tseg_plan_operator *op) {
  const tseg_params_pool *p = tseg_nn_params(plan, op);
  return tseg_nn_work(tseg_nn_output(plan, op), (uint64_t)p->kernel_h * p->kernel_w);
}

/* An exponential an element, of some thirty operations. */
static uint64_t work_softmax(const tseg_plan *plan, const tseg_plan_operator *op) {
  return tseg_nn_work(tseg_nn_output(plan, op), 32);
}

const tseg_nn_variant tseg_nn_add_float = {
    .kind = TSEG_KIND_ADD,
    .id = TSEG_VARIANT(TSEG_KIND_ADD, 32),
    .check = check_add,
    .work = work,
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run_add,
};

const tseg_nn_variant tseg_nn_average_pool_2d_float = {
    .kind = TSEG_KIND_AVERAGE_POOL_2D,
    .id = TSEG_VARIANT(TSEG_KIND_AVERAGE_POOL_2D, 32),
    .check = check_pool,
    .work = work_pool,
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run_pool,
};

const tseg_nn_variant tseg_nn_softmax_float = {
    .kind = TSEG_KIND_SOFTMAX,
    .id = TSEG_VARIANT(TSEG_KIND_SOFTMAX, 32),
    .check = check_softmax,
    .work = work_softmax,
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run_softmax,
};
