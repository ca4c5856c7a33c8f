/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DEPTHWISE_CONV_2D, int8: up to 16 output channels of a pixel at a time, straight from the input
 * rows, without scratch. Weights 1HWC, zero point folded into the bias: a missing element counts as
 * the input zero point.
 */
#include "depthwise_conv_2d.h"

#include "../convolution.h"
#include "../dsp/kernels.h"
#include "../kernels.h"
#include "../requantize.h"
#include "../window.h"

#define BLOCK 16u

static TSEG_NN_ONCE tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_convolution_ok(plan, op, TSEG_NN_FACTORS_ANY)) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_conv *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  const bool ok =
      tseg_nn_single_segments(plan, op) && p->depth_multiplier - 1u < TSEG_NN_DIMENSION_MAX &&
      out->c == tseg_nn_tensor(plan, op, 0)->c * p->depth_multiplier &&
      tseg_nn_range_ok(plan, p->weights, (uint64_t)p->kernel_h * p->kernel_w * out->c, 1);
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

/* sums[i] += x[channel of i] * w[i]; `x` is null in the padding. */
static void accumulate(uint32_t *sums, uint32_t count, const int8_t *x, const int8_t *w,
                       uint32_t first, uint32_t multiplier, int32_t zero_point) {
  if (x == NULL) {
    for (uint32_t i = 0; i < count; i++) sums[i] += (uint32_t)(zero_point * w[i]);
  } else if (multiplier == 1u) {
    for (uint32_t i = 0; i < count; i++) sums[i] += (uint32_t)((int32_t)x[first + i] * w[i]);
  } else {
    for (uint32_t i = 0; i < count; i++) {
      sums[i] += (uint32_t)((int32_t)x[(first + i) / multiplier] * w[i]);
    }
  }
}

/* Output channels [first, first + count) of the pixel whose window's left column is x0. */
static void pixel_block(const tseg_nn_call *call, const tseg_params_conv *p, uint32_t out_row,
                        int32_t x0, uint32_t first, uint32_t count, int8_t *to) {
  const tseg_plan_tensor *in = call->inputs[0]->tensor;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  const int32_t *multipliers = (const int32_t *)(const void *)(p + 1);
  const int32_t *shifts = multipliers + out->c;
  const int32_t *bias = (const int32_t *)(const void *)(call->constants + p->bias.offset);
  const int8_t *weights = (const int8_t *)call->constants + p->weights.offset + first;
  uint32_t sums[BLOCK];
  for (uint32_t i = 0; i < count; i++) sums[i] = (uint32_t)bias[first + i];
  for (uint32_t ky = 0; ky < p->kernel_h; ky++) {
    const uint32_t row =
        tseg_nn_window_row(in, out, out_row, p->stride_h, p->dilation_h, p->pad_top, ky);
    const int8_t *pixels = row == TSEG_NN_ROW_ABSENT
                               ? NULL
                               : (const int8_t *)tseg_nn_row(&call->inputs[0]->segments[0], row);
    for (uint32_t kx = 0; kx < p->kernel_w; kx++, weights += out->c) {
      const int32_t x = x0 + (int32_t)(kx * p->dilation_w);
      const bool inside = pixels != NULL && x >= 0 && x < (int32_t)in->w;
      accumulate(sums, count, inside ? pixels + (size_t)x * in->c : NULL, weights, first,
                 p->depth_multiplier, p->input_zero_point);
    }
  }
  for (uint32_t i = 0; i < count; i++) {
    const int32_t scaled =
        tseg_nn_requantize((int32_t)sums[i], multipliers[first + i], shifts[first + i]);
    to[first + i] = (int8_t)tseg_nn_clamp(tseg_nn_wrap_add(scaled, p->output_zero_point),
                                          p->activation_min, p->activation_max);
  }
}

void tseg_nn_depthwise_conv_2d_channels(const tseg_nn_call *call, uint32_t row, uint32_t first,
                                        uint32_t count) {
  const tseg_params_conv *p = call->params;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  int8_t *to = (int8_t *)tseg_nn_row(&call->outputs[0]->segments[0], row);
  for (uint32_t x = 0; x < out->w; x++, to += out->c) {
    const int32_t x0 = (int32_t)(x * p->stride_w) - p->pad_left;
    for (uint32_t done = 0; done < count; done += BLOCK) {
      const uint32_t left = count - done;
      pixel_block(call, p, row, x0, first + done, left < BLOCK ? left : BLOCK, to);
    }
  }
}

#if !TSEG_NN_DSP
static void run(const tseg_nn_call *call) {
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    tseg_nn_depthwise_conv_2d_channels(call, r, 0, call->outputs[0]->tensor->c);
  }
}
#endif

const tseg_nn_variant tseg_nn_depthwise_conv_2d_block = {
    .kind = TSEG_KIND_DEPTHWISE_CONV_2D,
    .id = TSEG_VARIANT(TSEG_KIND_DEPTHWISE_CONV_2D, 1),
    .check = check,
    .work = TSEG_NN_WORK(tseg_nn_convolution_work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
#if TSEG_NN_DSP
    .run = tseg_dsp_depthwise_conv_2d,
#else
    .run = run,
#endif
};
