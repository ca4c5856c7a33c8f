/* SPDX-License-Identifier: Apache-2.0 */
/* MAXIMUM and MINIMUM of stored elements (int8, int16, float32) and PRELU (int8), with broadcasting:
 * dimensions of 1 repeat. */
#include "../broadcast.h"
#include "../check.h"
#include "../elements.h"
#include "../kernels.h"
#include "../requantize.h"

static bool operands_ok(const tseg_plan *plan, const tseg_plan_operator *op, uint32_t params_size) {
  if (!tseg_nn_has(op, 2, 1, params_size)) return false;
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  return tseg_nn_dimensions_ok(out) && tseg_nn_single_segments(plan, op) &&
         tseg_nn_broadcasts(tseg_nn_tensor(plan, op, 0), out) &&
         tseg_nn_broadcasts(tseg_nn_tensor(plan, op, 1), out);
}

static TSEG_NN_ONCE tseg_status check_extreme(const tseg_plan *plan, const tseg_plan_operator *op) {
  const bool ok = operands_ok(plan, op, 0) && (tseg_nn_quantized(tseg_nn_output(plan, op)->type) ||
                                               tseg_nn_output(plan, op)->type == TSEG_TYPE_FLOAT32);
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

static TSEG_NN_ONCE tseg_status check_prelu(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!operands_ok(plan, op, sizeof(tseg_params_elementwise))) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_elementwise *p = tseg_nn_params(plan, op);
  const bool ok = tseg_nn_output(plan, op)->type == TSEG_TYPE_INT8 &&
                  tseg_nn_shift_ok(p->input1_shift) && tseg_nn_shift_ok(p->output_shift) &&
                  tseg_nn_int8_range_ok(p->activation_min, p->activation_max);
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

static bool is_greater(uint32_t type, const uint8_t *a, size_t i, const uint8_t *b, size_t k) {
  if (type == TSEG_TYPE_FLOAT32) {
    return ((const float *)(const void *)a)[i] > ((const float *)(const void *)b)[k];
  }
  return tseg_nn_element(type, a, i) > tseg_nn_element(type, b, k);
}

static void move(uint32_t type, const uint8_t *from, size_t i, uint8_t *to, size_t k) {
  if (type == TSEG_TYPE_FLOAT32) {
    ((float *)(void *)to)[k] = ((const float *)(const void *)from)[i];
  } else {
    tseg_nn_set_element(type, to, k, tseg_nn_element(type, from, i));
  }
}

static void run_extreme(const tseg_nn_call *call) {
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  const bool maximum = call->op->kind == TSEG_KIND_MAXIMUM;
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    const uint8_t *a = tseg_nn_broadcast_row(call->inputs[0], out, r);
    const uint8_t *b = tseg_nn_broadcast_row(call->inputs[1], out, r);
    uint8_t *to = tseg_nn_row(&call->outputs[0]->segments[0], r);
    for (uint32_t i = 0; i < out->w * out->c; i++) {
      const size_t ia = tseg_nn_broadcast_at(call->inputs[0]->tensor, i / out->c, i % out->c);
      const size_t ib = tseg_nn_broadcast_at(call->inputs[1]->tensor, i / out->c, i % out->c);
      if (is_greater(out->type, a, ia, b, ib) == maximum) {
        move(out->type, a, ia, to, i);
      } else {
        move(out->type, b, ib, to, i);
      }
    }
  }
}

static int32_t sloped(const tseg_params_elementwise *p, int32_t stored, int32_t slope) {
  const int32_t x = tseg_nn_wrap_add(stored, p->input1_offset);
  const int32_t scaled =
      x >= 0 ? tseg_nn_requantize(x, p->input1_multiplier, p->input1_shift)
             : tseg_nn_requantize(tseg_nn_wrap_mul(x, tseg_nn_wrap_add(slope, p->input2_offset)),
                                  p->output_multiplier, p->output_shift);
  return tseg_nn_clamp(tseg_nn_wrap_add(scaled, p->output_offset), p->activation_min,
                       p->activation_max);
}

static void run_prelu(const tseg_nn_call *call) {
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    const int8_t *x = (const int8_t *)tseg_nn_broadcast_row(call->inputs[0], out, r);
    const int8_t *slopes = (const int8_t *)tseg_nn_broadcast_row(call->inputs[1], out, r);
    int8_t *to = (int8_t *)tseg_nn_row(&call->outputs[0]->segments[0], r);
    for (uint32_t i = 0; i < out->w * out->c; i++) {
      const size_t ix = tseg_nn_broadcast_at(call->inputs[0]->tensor, i / out->c, i % out->c);
      const size_t is = tseg_nn_broadcast_at(call->inputs[1]->tensor, i / out->c, i % out->c);
      to[i] = (int8_t)sloped(call->params, x[ix], slopes[is]);
    }
  }
}

static TSEG_NN_ONCE uint64_t work(const tseg_plan *plan, const tseg_plan_operator *op) {
  return tseg_nn_work(tseg_nn_output(plan, op), 1);
}

const tseg_nn_variant tseg_nn_maximum_row = {
    .kind = TSEG_KIND_MAXIMUM,
    .id = TSEG_VARIANT(TSEG_KIND_MAXIMUM, 1),
    .check = check_extreme,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run_extreme,
};

const tseg_nn_variant tseg_nn_minimum_row = {
    .kind = TSEG_KIND_MINIMUM,
    .id = TSEG_VARIANT(TSEG_KIND_MINIMUM, 1),
    .check = check_extreme,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run_extreme,
};

const tseg_nn_variant tseg_nn_prelu_row = {
    .kind = TSEG_KIND_PRELU,
    .id = TSEG_VARIANT(TSEG_KIND_PRELU, 1),
    .check = check_prelu,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run_prelu,
};
