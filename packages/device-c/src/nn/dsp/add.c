/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ADD, variant add.row, on int8 operands of equal shape (the rest is left to the portable kernel): the
 * reference's three scalings by SMMLAR, which rounds as its high multiplication does, and an arithmetic
 * shift.
 *
 * An input is shifted left by left_shift and one more, for SMMLAR; |input + offset| <= 255 and
 * left_shift <= 20, so nothing wraps. Rounding half away from zero is adding half and, for negative
 * values, taking one away (see scaling.h); a shift of none has neither. The sum is below 2^30.
 */
#include "../portable/elementwise.h"
#include "../requantize.h"
#include "../scaling.h"
#include "kernels.h"

#if TSEG_NN_DSP

/* One input's scaling. */
typedef struct side {
  int32_t offset;
  uint32_t left;
  int32_t multiplier;
  int32_t half; /* added before the shift to the right, */
  int32_t sign; /* less one for negative values: a mask */
  uint32_t right;
} side;

static side side_of(int32_t offset, int32_t left, int32_t multiplier, int32_t shift) {
  const side s = {.offset = offset,
                  .left = (uint32_t)left + 1u,
                  .multiplier = multiplier,
                  .half = shift < 0 ? (int32_t)(UINT32_C(1) << (uint32_t)(-shift - 1)) : 0,
                  .sign = shift < 0 ? -1 : 0,
                  .right = (uint32_t)-shift};
  return s;
}

static inline int32_t scale(int32_t x, const side *s) {
  const int32_t twice = (int32_t)((uint32_t)(x + s->offset) << s->left);
  int32_t result;
  __asm__("smmlar %0, %1, %2, %3"
          : "=r"(result)
          : "r"(twice), "r"(s->multiplier), "r"(s->half + ((twice >> 31) & s->sign)));
  return result >> s->right;
}

static bool same(const tseg_plan_tensor *a, const tseg_plan_tensor *b) {
  return a->n == b->n && a->h == b->h && a->w == b->w && a->c == b->c;
}

static bool suits(const tseg_nn_call *call) {
  const tseg_params_elementwise *p = call->params;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  return out->type == TSEG_TYPE_INT8 && p->left_shift <= 20 && p->input1_offset >= -127 &&
         p->input1_offset <= 128 && p->input2_offset >= -127 && p->input2_offset <= 128 &&
         p->input1_multiplier >= 0 && p->input2_multiplier >= 0 && p->input1_shift > -30 &&
         p->input2_shift > -30 && p->output_offset >= -128 && p->output_offset <= 127 &&
         p->output_shift < 0 && p->output_shift >= -TSEG_NN_SCALING_SHIFT_MAX &&
         same(call->inputs[0]->tensor, out) && same(call->inputs[1]->tensor, out);
}

void tseg_dsp_add(const tseg_nn_call *call) {
  const tseg_params_elementwise *p = call->params;
  if (!suits(call)) {
    tseg_nn_elementwise_portable(call);
    return;
  }
  const side first =
      side_of(p->input1_offset, p->left_shift, p->input1_multiplier, p->input1_shift);
  const side second =
      side_of(p->input2_offset, p->left_shift, p->input2_multiplier, p->input2_shift);
  const tseg_nn_scaling output =
      tseg_nn_scaling_of(0, p->output_multiplier, p->output_shift, p->output_offset);
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  const uint32_t count = out->w * out->c;
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    const int8_t *a = (const int8_t *)tseg_nn_row(&call->inputs[0]->segments[0], r);
    const int8_t *b = (const int8_t *)tseg_nn_row(&call->inputs[1]->segments[0], r);
    int8_t *to = (int8_t *)tseg_nn_row(&call->outputs[0]->segments[0], r);
    for (uint32_t i = 0; i < count; i++) {
      const int32_t sum = scale(a[i], &first) + scale(b[i], &second);
      to[i] =
          (int8_t)tseg_nn_clamp(tseg_nn_scale(sum, &output), p->activation_min, p->activation_max);
    }
  }
}

#endif
