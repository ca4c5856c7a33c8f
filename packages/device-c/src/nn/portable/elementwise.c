/* SPDX-License-Identifier: Apache-2.0 */
/* ADD, SUB and MUL, int8 and int16, with broadcasting: dimensions of 1 repeat. */
#include "elementwise.h"

#include "../broadcast.h"
#include "../check.h"
#include "../elements.h"
#include "../dsp/kernels.h"
#include "../kernels.h"
#include "../requantize.h"

static bool right_shift_ok(int32_t shift) {
  return shift <= 0 && tseg_nn_shift_ok(shift);
}

static TSEG_NN_ONCE tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 2, 1, sizeof(tseg_params_elementwise))) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_elementwise *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  if (!tseg_nn_quantized(out->type) || !tseg_nn_dimensions_ok(out) ||
      !tseg_nn_single_segments(plan, op) || !tseg_nn_broadcasts(tseg_nn_tensor(plan, op, 0), out) ||
      !tseg_nn_broadcasts(tseg_nn_tensor(plan, op, 1), out) || p->left_shift < 0 ||
      p->left_shift > 30 || !right_shift_ok(p->input1_shift) || !right_shift_ok(p->input2_shift) ||
      !tseg_nn_shift_ok(p->output_shift) ||
      !tseg_nn_element_range_ok(out->type, p->activation_min, p->activation_max)) {
    return TSEG_ERR_PLAN_RECORD;
  }
  return TSEG_OK;
}

static int32_t scale_input(int32_t x, int32_t offset, int32_t left_shift, int32_t multiplier,
                           int32_t shift) {
  const int32_t shifted = tseg_nn_wrap_shl(tseg_nn_wrap_add(x, offset), (uint32_t)left_shift);
  return tseg_nn_requantize(shifted, multiplier, shift);
}

static int32_t combine(const tseg_params_elementwise *p, uint16_t kind, int32_t a, int32_t b) {
  int32_t raw;
  if (kind == TSEG_KIND_MUL) {
    raw = tseg_nn_wrap_mul(tseg_nn_wrap_add(a, p->input1_offset),
                           tseg_nn_wrap_add(b, p->input2_offset));
  } else {
    const int32_t x =
        scale_input(a, p->input1_offset, p->left_shift, p->input1_multiplier, p->input1_shift);
    const int32_t y =
        scale_input(b, p->input2_offset, p->left_shift, p->input2_multiplier, p->input2_shift);
    raw = kind == TSEG_KIND_ADD ? tseg_nn_wrap_add(x, y) : (int32_t)((uint32_t)x - (uint32_t)y);
  }
  const int32_t scaled = tseg_nn_requantize(raw, p->output_multiplier, p->output_shift);
  return tseg_nn_clamp(tseg_nn_wrap_add(scaled, p->output_offset), p->activation_min,
                       p->activation_max);
}

void tseg_nn_elementwise_portable(const tseg_nn_call *call) {
  const tseg_params_elementwise *p = call->params;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  const tseg_plan_tensor *t1 = call->inputs[0]->tensor;
  const tseg_plan_tensor *t2 = call->inputs[1]->tensor;
  const uint32_t w1 = t1->w == 1u ? 0u : t1->c;
  const uint32_t w2 = t2->w == 1u ? 0u : t2->c;
  const uint32_t c1 = t1->c == 1u ? 0u : 1u;
  const uint32_t c2 = t2->c == 1u ? 0u : 1u;
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    const uint8_t *a = tseg_nn_broadcast_row(call->inputs[0], out, r);
    const uint8_t *b = tseg_nn_broadcast_row(call->inputs[1], out, r);
    uint8_t *to = tseg_nn_row(&call->outputs[0]->segments[0], r);
    for (uint32_t x = 0; x < out->w; x++) {
      for (uint32_t c = 0; c < out->c; c++) {
        const int32_t first = tseg_nn_element(out->type, a, (size_t)x * w1 + (size_t)c * c1);
        const int32_t second = tseg_nn_element(out->type, b, (size_t)x * w2 + (size_t)c * c2);
        tseg_nn_set_element(out->type, to, (size_t)x * out->c + c,
                            combine(p, call->op->kind, first, second));
      }
    }
  }
}

static TSEG_NN_ONCE uint64_t work(const tseg_plan *plan, const tseg_plan_operator *op) {
  return tseg_nn_work(tseg_nn_output(plan, op), 1);
}

const tseg_nn_variant tseg_nn_add_row = {
    .kind = TSEG_KIND_ADD,
    .id = TSEG_VARIANT(TSEG_KIND_ADD, 1),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
#if TSEG_NN_DSP
    .run = tseg_dsp_add,
#else
    .run = tseg_nn_elementwise_portable,
#endif
};

const tseg_nn_variant tseg_nn_sub_row = {
    .kind = TSEG_KIND_SUB,
    .id = TSEG_VARIANT(TSEG_KIND_SUB, 1),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = tseg_nn_elementwise_portable,
};

const tseg_nn_variant tseg_nn_mul_row = {
    .kind = TSEG_KIND_MUL,
    .id = TSEG_VARIANT(TSEG_KIND_MUL, 1),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = tseg_nn_elementwise_portable,
};
