/* SPDX-License-Identifier: Apache-2.0 */
/* MAX_POOL_2D and AVERAGE_POOL_2D, int8, one output row at a time from the rows under the window. */
#include "pool_2d.h"

#include "../check.h"
#include "../dsp/kernels.h"
#include "../kernels.h"
#include "../requantize.h"
#include "../window.h"

/* Keeps the sum over a window, half its count added, inside 32 bits. */
#define WINDOW_ELEMENTS_MAX (1u << 22)

/* AVERAGE_POOL_2D's padding is the reference's: as much before as behind, or one less. */
static bool average_fits(uint32_t kernel, uint32_t in, int32_t pad) {
  return pad >= 0 && kernel <= in + 2u * (uint32_t)pad + 1u;
}

static TSEG_NN_ONCE tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 1, 1, sizeof(tseg_params_pool))) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_pool *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  if (in->type != TSEG_TYPE_INT8 || out->type != TSEG_TYPE_INT8 || in->n != out->n ||
      in->c != out->c || !tseg_nn_single_segments(plan, op) || !tseg_nn_dimensions_ok(in) ||
      !tseg_nn_dimensions_ok(out) || !tseg_nn_window_ok(p->kernel_h, p->stride_h, 1, p->pad_top) ||
      !tseg_nn_window_ok(p->kernel_w, p->stride_w, 1, p->pad_left) ||
      p->kernel_h * p->kernel_w > WINDOW_ELEMENTS_MAX ||
      (op->kind == TSEG_KIND_AVERAGE_POOL_2D && (!average_fits(p->kernel_h, in->h, p->pad_top) ||
                                                 !average_fits(p->kernel_w, in->w, p->pad_left))) ||
      !tseg_nn_int8_range_ok(p->activation_min, p->activation_max)) {
    return TSEG_ERR_PLAN_RECORD;
  }
  return TSEG_OK;
}

#define BLOCK 8u /* channels that are looked at together */

static int32_t larger(int32_t a, int32_t b) {
  return a > b ? a : b;
}

/* Some channels under the window of an output, padding left out: their maxima or sums. Returns how many
 * elements of each there are. `first` channel of the input's rows, and `count` of them. */
static int32_t look(const tseg_nn_call *call, uint32_t out_row, int32_t x0, uint32_t first,
                    uint32_t count, int32_t values[BLOCK]) {
  const tseg_params_pool *p = call->params;
  const tseg_plan_tensor *in = call->inputs[0]->tensor;
  const bool maximum = call->op->kind == TSEG_KIND_MAX_POOL_2D;
  const int32_t begin = x0 > 0 ? x0 : 0;
  const int32_t end = x0 + (int32_t)p->kernel_w;
  const int32_t until = end < (int32_t)in->w ? end : (int32_t)in->w;
  int32_t elements = 0;
  for (uint32_t i = 0; i < count; i++) values[i] = maximum ? -128 : 0;
  for (uint32_t ky = 0; ky < p->kernel_h; ky++) {
    const uint32_t row =
        tseg_nn_window_row(in, call->outputs[0]->tensor, out_row, p->stride_h, 1, p->pad_top, ky);
    if (row == TSEG_NN_ROW_ABSENT || until <= begin) continue;
    const int8_t *pixel = (const int8_t *)tseg_nn_row(&call->inputs[0]->segments[0], row) +
                          (size_t)(uint32_t)begin * in->c + first;
    elements += until - begin;
    for (int32_t x = begin; x < until; x++, pixel += in->c) {
      if (maximum) {
        for (uint32_t i = 0; i < count; i++) values[i] = larger(values[i], pixel[i]);
      } else {
        for (uint32_t i = 0; i < count; i++) values[i] += pixel[i];
      }
    }
  }
  return elements;
}

/* Rounded to nearest, ties away from zero; a window wholly in the padding gives 0. */
static int32_t average(int32_t sum, int32_t count) {
  if (count == 0) return 0;
  const int32_t half = count / 2;
  return (sum > 0 ? sum + half : sum - half) / count;
}

static void run_pool(const tseg_nn_call *call) {
  const tseg_params_pool *p = call->params;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    int8_t *to = (int8_t *)tseg_nn_row(&call->outputs[0]->segments[0], r);
    for (uint32_t x = 0; x < out->w; x++) {
      const int32_t x0 = (int32_t)(x * p->stride_w) - p->pad_left;
      for (uint32_t c = 0; c < out->c; c += BLOCK) {
        const uint32_t count = out->c - c < BLOCK ? out->c - c : BLOCK;
        int32_t values[BLOCK];
        const int32_t elements = look(call, r, x0, c, count, values);
        for (uint32_t i = 0; i < count; i++, to++) {
          const int32_t value =
              call->op->kind == TSEG_KIND_MAX_POOL_2D ? values[i] : average(values[i], elements);
          *to = (int8_t)tseg_nn_clamp(value, p->activation_min, p->activation_max);
        }
      }
    }
  }
}

void tseg_nn_max_pool_2d_portable(const tseg_nn_call *call) {
  run_pool(call);
}

static TSEG_NN_ONCE uint64_t work(const tseg_plan *plan, const tseg_plan_operator *op) {
  const tseg_params_pool *p = tseg_nn_params(plan, op);
  return tseg_nn_work(tseg_nn_output(plan, op), (uint64_t)p->kernel_h * p->kernel_w);
}

const tseg_nn_variant tseg_nn_max_pool_2d_row = {
    .kind = TSEG_KIND_MAX_POOL_2D,
    .id = TSEG_VARIANT(TSEG_KIND_MAX_POOL_2D, 1),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
#if TSEG_NN_DSP
    .run = tseg_dsp_max_pool_2d,
#else
    .run = tseg_nn_max_pool_2d_portable,
#endif
};

const tseg_nn_variant tseg_nn_average_pool_2d_row = {
    .kind = TSEG_KIND_AVERAGE_POOL_2D,
    .id = TSEG_VARIANT(TSEG_KIND_AVERAGE_POOL_2D, 1),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run_pool,
};
