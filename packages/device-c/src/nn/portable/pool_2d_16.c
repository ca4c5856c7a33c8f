/* SPDX-License-Identifier: Apache-2.0 */
/* MAX_POOL_2D and AVERAGE_POOL_2D, int16: padding is left out. */
#include "../check.h"
#include "../elements.h"
#include "../kernels.h"
#include "../requantize.h"
#include "../window.h"

#define WINDOW_ELEMENTS_MAX (1u << 22)

static TSEG_NN_ONCE tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 1, 1, sizeof(tseg_params_pool))) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_pool *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  const bool ok = in->type == TSEG_TYPE_INT16 && out->type == TSEG_TYPE_INT16 && in->n == out->n &&
                  in->c == out->c && tseg_nn_single_segments(plan, op) &&
                  tseg_nn_dimensions_ok(in) && tseg_nn_dimensions_ok(out) &&
                  tseg_nn_window_ok(p->kernel_h, p->stride_h, 1, p->pad_top) &&
                  tseg_nn_window_ok(p->kernel_w, p->stride_w, 1, p->pad_left) &&
                  p->kernel_h * p->kernel_w <= WINDOW_ELEMENTS_MAX &&
                  tseg_nn_element_range_ok(TSEG_TYPE_INT16, p->activation_min, p->activation_max);
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

/* What the window of output (row, x0) holds of channel c: its greatest element, or the mean, rounded with
 * halves away from zero (0 of none). */
static int32_t pooled(const tseg_nn_call *call, uint32_t out_row, int32_t x0, uint32_t c) {
  const tseg_params_pool *p = call->params;
  const tseg_plan_tensor *in = call->inputs[0]->tensor;
  const int32_t end = x0 + (int32_t)p->kernel_w;
  const int32_t until = end < (int32_t)in->w ? end : (int32_t)in->w;
  int32_t most = INT16_MIN;
  int64_t sum = 0;
  int64_t count = 0;
  for (uint32_t ky = 0; ky < p->kernel_h; ky++) {
    const uint32_t row =
        tseg_nn_window_row(in, call->outputs[0]->tensor, out_row, p->stride_h, 1, p->pad_top, ky);
    if (row == TSEG_NN_ROW_ABSENT) continue;
    const int16_t *pixels =
        (const int16_t *)(const void *)tseg_nn_row(&call->inputs[0]->segments[0], row);
    for (int32_t x = x0 > 0 ? x0 : 0; x < until; x++, count++) {
      const int32_t value = pixels[(size_t)(uint32_t)x * in->c + c];
      most = value > most ? value : most;
      sum += value;
    }
  }
  if (call->op->kind == TSEG_KIND_MAX_POOL_2D) return most;
  if (count == 0) return 0;
  return (int32_t)((sum > 0 ? sum + count / 2 : sum - count / 2) / count);
}

static void run(const tseg_nn_call *call) {
  const tseg_params_pool *p = call->params;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    int16_t *to = (int16_t *)(void *)tseg_nn_row(&call->outputs[0]->segments[0], r);
    for (uint32_t x = 0; x < out->w; x++) {
      const int32_t x0 = (int32_t)(x * p->stride_w) - p->pad_left;
      for (uint32_t c = 0; c < out->c; c++, to++) {
        *to = (int16_t)tseg_nn_clamp(pooled(call, r, x0, c), p->activation_min, p->activation_max);
      }
    }
  }
}

static TSEG_NN_ONCE uint64_t work(const tseg_plan *plan, const tseg_plan_operator *op) {
  const tseg_params_pool *p = tseg_nn_params(plan, op);
  return tseg_nn_work(tseg_nn_output(plan, op), (uint64_t)p->kernel_h * p->kernel_w);
}

const tseg_nn_variant tseg_nn_max_pool_2d_16 = {
    .kind = TSEG_KIND_MAX_POOL_2D,
    .id = TSEG_VARIANT(TSEG_KIND_MAX_POOL_2D, 16),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run,
};

const tseg_nn_variant tseg_nn_average_pool_2d_16 = {
    .kind = TSEG_KIND_AVERAGE_POOL_2D,
    .id = TSEG_VARIANT(TSEG_KIND_AVERAGE_POOL_2D, 16),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run,
};
