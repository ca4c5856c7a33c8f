/* SPDX-License-Identifier: Apache-2.0 */
/* CONCATENATION along any axis, and SPLIT along channels: rows moved whole or pixel by pixel. */
#include <string.h>

#include "../check.h"
#include "../kernels.h"

enum { AXIS_N = 0, AXIS_H = 1, AXIS_W = 2, AXIS_C = 3 };

static uint32_t size_along(const tseg_plan_tensor *t, uint32_t axis) {
  return axis == AXIS_N ? t->n : axis == AXIS_H ? t->h : axis == AXIS_W ? t->w : t->c;
}

/* `part` has the type of `whole` and agrees with it on every axis but one. */
static bool part_of(const tseg_plan_tensor *part, const tseg_plan_tensor *whole, uint32_t axis) {
  return part->type == whole->type && tseg_nn_dimensions_ok(part) &&
         (axis == AXIS_N || part->n == whole->n) && (axis == AXIS_H || part->h == whole->h) &&
         (axis == AXIS_W || part->w == whole->w) && (axis == AXIS_C || part->c == whole->c);
}

static TSEG_NN_ONCE tseg_status check_parts(const tseg_plan *plan, const tseg_plan_operator *op,
                                            uint32_t first, uint32_t count,
                                            const tseg_plan_tensor *whole, uint32_t axis) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < count; i++) {
    const tseg_plan_tensor *part = tseg_nn_tensor(plan, op, first + i);
    if (!part_of(part, whole, axis)) return TSEG_ERR_PLAN_RECORD;
    sum += size_along(part, axis);
  }
  return sum == size_along(whole, axis) ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

static TSEG_NN_ONCE tseg_status check_concatenation(const tseg_plan *plan,
                                                    const tseg_plan_operator *op) {
  if (op->input_count == 0u || op->output_count != 1u ||
      op->params_size < sizeof(tseg_params_axis) || !tseg_nn_single_segments(plan, op)) {
    return TSEG_ERR_PLAN_RECORD;
  }
  const tseg_params_axis *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  if (p->axis > AXIS_C || !tseg_nn_dimensions_ok(out)) return TSEG_ERR_PLAN_RECORD;
  return check_parts(plan, op, 0, op->input_count, out, p->axis);
}

/* Copies `pixels` runs of `bytes` between places whose pixels are `to_step`, `from_step` apart. */
static void copy_pixels(uint8_t *to, uint32_t to_step, const uint8_t *from, uint32_t from_step,
                        uint32_t bytes, uint32_t pixels) {
  for (uint32_t x = 0; x < pixels; x++) {
    memmove(to, from, bytes);
    to += to_step;
    from += from_step;
  }
}

/* Axes w and c: row r of every input, side by side. */
static void join_row(const tseg_nn_call *call, uint32_t axis, uint32_t row, uint8_t *to) {
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  const uint32_t pixel = out->row_bytes / out->w;
  for (uint32_t i = 0; i < call->op->input_count; i++) {
    const tseg_nn_operand *in = call->inputs[i];
    const uint8_t *from = tseg_nn_row(&in->segments[0], row);
    if (axis == AXIS_W) {
      memmove(to, from, in->tensor->row_bytes);
      to += in->tensor->row_bytes;
    } else {
      const uint32_t part = in->tensor->row_bytes / in->tensor->w;
      copy_pixels(to, pixel, from, part, part, out->w);
      to += part;
    }
  }
}

/* Axes n and h: the one input that holds this row. */
static void pick_row(const tseg_nn_call *call, uint32_t axis, uint32_t row, uint8_t *to) {
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  uint32_t image = row / out->h;
  uint32_t y = row % out->h;
  uint32_t *along = axis == AXIS_N ? &image : &y;
  for (uint32_t i = 0; i < call->op->input_count; i++) {
    const tseg_nn_operand *in = call->inputs[i];
    const uint32_t size = size_along(in->tensor, axis);
    if (*along < size) {
      memmove(to, tseg_nn_row(&in->segments[0], image * in->tensor->h + y), out->row_bytes);
      return;
    }
    *along -= size;
  }
}

static void run_concatenation(const tseg_nn_call *call) {
  const tseg_params_axis *p = call->params;
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    uint8_t *to = tseg_nn_row(&call->outputs[0]->segments[0], r);
    if (p->axis >= AXIS_W) {
      join_row(call, p->axis, r, to);
    } else {
      pick_row(call, p->axis, r, to);
    }
  }
}

static TSEG_NN_ONCE tseg_status check_split(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (op->input_count != 1u || op->output_count == 0u || !tseg_nn_single_segments(plan, op)) {
    return TSEG_ERR_PLAN_RECORD;
  }
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  if (!tseg_nn_dimensions_ok(in)) return TSEG_ERR_PLAN_RECORD;
  return check_parts(plan, op, 1, op->output_count, in, AXIS_C);
}

static void run_split(const tseg_nn_call *call) {
  const tseg_nn_operand *in = call->inputs[0];
  const uint32_t pixel = in->tensor->row_bytes / in->tensor->w;
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    const uint8_t *from = tseg_nn_row(&in->segments[0], r);
    for (uint32_t i = 0; i < call->op->output_count; i++) {
      const tseg_nn_operand *out = call->outputs[i];
      const uint32_t part = out->tensor->row_bytes / out->tensor->w;
      copy_pixels(tseg_nn_row(&out->segments[0], r), part, from, pixel, part, in->tensor->w);
      from += part;
    }
  }
}

/* CONCATENATION moves its output's elements, SPLIT its input's. */
static TSEG_NN_ONCE uint64_t work(const tseg_plan *plan, const tseg_plan_operator *op) {
  return tseg_nn_work(
      op->kind == TSEG_KIND_SPLIT ? tseg_nn_tensor(plan, op, 0) : tseg_nn_output(plan, op), 1);
}

const tseg_nn_variant tseg_nn_concatenation_row = {
    .kind = TSEG_KIND_CONCATENATION,
    .id = TSEG_VARIANT(TSEG_KIND_CONCATENATION, 1),
    .check = check_concatenation,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run_concatenation,
};

const tseg_nn_variant tseg_nn_split_row = {
    .kind = TSEG_KIND_SPLIT,
    .id = TSEG_VARIANT(TSEG_KIND_SPLIT, 1),
    .check = check_split,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run_split,
};
