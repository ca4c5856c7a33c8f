/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MEAN, SUM and REDUCE_MAX, int8 and int16, over any of n, h, w and c.
 *
 * `rows` accumulates: it takes the input row by row, keeps an int32 for each element of the output in its
 * state, and makes the whole output in the last call. `row` is for reductions inside a row (of w and c):
 * it makes an output row of an input row and keeps nothing.
 *
 * As the reference does it, MEAN's division goes into the multiplier, shifted up first so that it keeps
 * its bits: floor(multiplier * 2^k / count), k = floor(log2(count)), at most 31 + shift.
 */
#include "../check.h"
#include "../elements.h"
#include "../kernels.h"
#include "../requantize.h"

/* Most elements that are added up. Sums of int8 stay inside 32 bits; those of int16 wrap, as the reference's. */
#define COUNT_MAX (UINT32_C(1) << 23)

#define AXES_ALL (TSEG_AXIS_N | TSEG_AXIS_H | TSEG_AXIS_W | TSEG_AXIS_C)

static bool is_reduced(const tseg_params_reduce *p, uint32_t axis) {
  return (p->axes & axis) != 0u;
}

/* Elements of the input that one element of the output takes. */
static uint64_t count_of(const tseg_plan_tensor *in, const tseg_params_reduce *p) {
  return (uint64_t)(is_reduced(p, TSEG_AXIS_N) ? in->n : 1u) *
         (is_reduced(p, TSEG_AXIS_H) ? in->h : 1u) * (is_reduced(p, TSEG_AXIS_W) ? in->w : 1u) *
         (is_reduced(p, TSEG_AXIS_C) ? in->c : 1u);
}

static bool length_ok(const tseg_params_reduce *p, uint32_t axis, uint32_t in, uint32_t out) {
  return out == (is_reduced(p, axis) ? 1u : in);
}

static TSEG_NN_ONCE tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 1, 1, sizeof(tseg_params_reduce))) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_reduce *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  const bool ok =
      tseg_nn_quantized(in->type) && in->type == out->type && tseg_nn_single_segments(plan, op) &&
      tseg_nn_dimensions_ok(in) && tseg_nn_dimensions_ok(out) && p->axes <= AXES_ALL &&
      length_ok(p, TSEG_AXIS_N, in->n, out->n) && length_ok(p, TSEG_AXIS_H, in->h, out->h) &&
      length_ok(p, TSEG_AXIS_W, in->w, out->w) && length_ok(p, TSEG_AXIS_C, in->c, out->c) &&
      count_of(in, p) <= COUNT_MAX && tseg_nn_element_zero_ok(in->type, p->input_zero_point) &&
      tseg_nn_shift_ok(p->shift);
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

static TSEG_NN_ONCE tseg_status check_row(const tseg_plan *plan, const tseg_plan_operator *op) {
  const tseg_status status = check(plan, op);
  if (status != TSEG_OK) return status;
  const tseg_params_reduce *p = tseg_nn_params(plan, op);
  const bool inside = !is_reduced(p, TSEG_AXIS_N) && !is_reduced(p, TSEG_AXIS_H);
  return inside ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

static TSEG_NN_ONCE uint32_t state_bytes(const tseg_plan *plan, const tseg_plan_operator *op) {
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  const uint64_t bytes = UINT64_C(4) * out->n * out->h * out->w * out->c;
  return bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes;
}

/* Takes row `row` of the input into the int32 of one row of the output. */
static void take(const tseg_nn_call *call, uint32_t row, bool first, int32_t *sums) {
  const tseg_params_reduce *p = call->params;
  const tseg_plan_tensor *in = call->inputs[0]->tensor;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  const uint8_t *from = tseg_nn_row(&call->inputs[0]->segments[0], row);
  const bool maximum = call->op->kind == TSEG_KIND_REDUCE_MAX;
  const uint32_t step_w = is_reduced(p, TSEG_AXIS_W) ? 0u : out->c;
  const uint32_t step_c = is_reduced(p, TSEG_AXIS_C) ? 0u : 1u;
  for (uint32_t i = 0; first && i < out->w * out->c; i++) sums[i] = maximum ? INT32_MIN : 0;
  for (uint32_t x = 0; x < in->w; x++) {
    for (uint32_t c = 0; c < in->c; c++) {
      int32_t *sum = &sums[x * step_w + c * step_c];
      const int32_t value = tseg_nn_element(in->type, from, x * in->c + c);
      if (maximum) {
        *sum = value > *sum ? value : *sum;
      } else {
        *sum = tseg_nn_wrap_add(*sum, value - p->input_zero_point);
      }
    }
  }
}

typedef struct factor {
  int32_t multiplier;
  int32_t shift;
} factor;

static factor factor_of(const tseg_nn_call *call) {
  const tseg_params_reduce *p = call->params;
  factor f = {p->multiplier, p->shift};
  if (call->op->kind != TSEG_KIND_MEAN) return f;
  const uint32_t count = (uint32_t)count_of(call->inputs[0]->tensor, p);
  int32_t up = 0;
  while (up < 31 + p->shift && count >> (up + 1) != 0u) up++;
  f.multiplier = (int32_t)((int64_t)p->multiplier * (INT64_C(1) << up) / count);
  f.shift -= up;
  return f;
}

/* Writes a row of the output from its int32. */
static void finish(const tseg_nn_call *call, uint32_t row, const int32_t *sums, factor f) {
  const tseg_params_reduce *p = call->params;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  uint8_t *to = tseg_nn_row(&call->outputs[0]->segments[0], row);
  const bool maximum = call->op->kind == TSEG_KIND_REDUCE_MAX;
  for (uint32_t i = 0; i < out->w * out->c; i++) {
    int32_t value = sums[i];
    if (!maximum) {
      value =
          tseg_nn_wrap_add(tseg_nn_requantize(value, f.multiplier, f.shift), p->output_zero_point);
      value = tseg_nn_clamp(value, tseg_nn_element_min(out->type), tseg_nn_element_max(out->type));
    }
    tseg_nn_set_element(out->type, to, i, value);
  }
}

static void run_rows(const tseg_nn_call *call) {
  const tseg_params_reduce *p = call->params;
  const tseg_plan_tensor *in = call->inputs[0]->tensor;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  const uint32_t width = out->w * out->c;
  int32_t *sums = call->state;
  const uint32_t end = call->first_row + call->row_count;
  for (uint32_t r = call->first_row; r < end; r++) {
    const uint32_t image = is_reduced(p, TSEG_AXIS_N) ? 0u : r / in->h;
    const uint32_t y = is_reduced(p, TSEG_AXIS_H) ? 0u : r % in->h;
    const bool first = (!is_reduced(p, TSEG_AXIS_N) || r < in->h) &&
                       (!is_reduced(p, TSEG_AXIS_H) || r % in->h == 0u);
    take(call, r, first, sums + (size_t)(image * out->h + y) * width);
  }
  if (end < in->n * in->h) return;
  const factor f = factor_of(call);
  for (uint32_t r = 0; r < out->n * out->h; r++) finish(call, r, sums + (size_t)r * width, f);
}

/* One output row a time, its int32 in scratch. */
static void run_row(const tseg_nn_call *call) {
  const factor f = factor_of(call);
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    take(call, r, true, call->scratch);
    finish(call, r, call->scratch, f);
  }
}

static TSEG_NN_ONCE uint32_t scratch_bytes(const tseg_plan *plan, const tseg_plan_operator *op) {
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  const uint64_t bytes = (UINT64_C(4) * out->w * out->c + 15u) & ~UINT64_C(15);
  return bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes;
}

static TSEG_NN_ONCE uint64_t work(const tseg_plan *plan, const tseg_plan_operator *op) {
  return tseg_nn_work(tseg_nn_tensor(plan, op, 0), 1);
}

#define ROWS_VARIANT(NAME, KIND)                                                                   \
  const tseg_nn_variant NAME = {                                                                   \
      .kind = (KIND),                                                                              \
      .id = TSEG_VARIANT(KIND, 2),                                                                 \
      .accumulates = true,                                                                         \
      .check = check,                                                                              \
      .work = TSEG_NN_WORK(work),                                                                  \
      .scratch_bytes = tseg_nn_no_bytes,                                                           \
      .state_bytes = state_bytes,                                                                  \
      .run = run_rows,                                                                             \
  }

#define ROW_VARIANT(NAME, KIND)                                                                    \
  const tseg_nn_variant NAME = {                                                                   \
      .kind = (KIND),                                                                              \
      .id = TSEG_VARIANT(KIND, 3),                                                                 \
      .check = check_row,                                                                          \
      .work = TSEG_NN_WORK(work),                                                                  \
      .scratch_bytes = scratch_bytes,                                                              \
      .state_bytes = tseg_nn_no_bytes,                                                             \
      .run = run_row,                                                                              \
  }

ROWS_VARIANT(tseg_nn_mean_rows, TSEG_KIND_MEAN);
ROWS_VARIANT(tseg_nn_sum_rows, TSEG_KIND_SUM);
ROWS_VARIANT(tseg_nn_reduce_max_rows, TSEG_KIND_REDUCE_MAX);
ROW_VARIANT(tseg_nn_mean_row, TSEG_KIND_MEAN);
ROW_VARIANT(tseg_nn_sum_row, TSEG_KIND_SUM);
ROW_VARIANT(tseg_nn_reduce_max_row, TSEG_KIND_REDUCE_MAX);
