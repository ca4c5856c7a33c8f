/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TRANSPOSE_CONV, int8: each output pixel takes the taps of the input pixels that reach it, so that
 * nothing is accumulated across rows and no scratch is needed. Weights OHWI, bias as in the model.
 */
#include "../convolution.h"
#include "../kernels.h"
#include "../requantize.h"
#include "../window.h"

static TSEG_NN_ONCE tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  return tseg_nn_transpose_conv_ok(plan, op, TSEG_NN_FACTORS_ANY) ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

/* Input position that tap k brings to output position `at`, or -1: at + pad = position*stride + k. */
static int32_t source(uint32_t at, int32_t pad, uint32_t k, uint32_t stride, uint32_t limit) {
  const int32_t reach = (int32_t)at + pad - (int32_t)k;
  if (reach < 0 || (uint32_t)reach % stride != 0u) return -1;
  const uint32_t position = (uint32_t)reach / stride;
  return position < limit ? (int32_t)position : -1;
}

static uint32_t dot(const int8_t *restrict x, int32_t zero_point, const int8_t *restrict w,
                    uint32_t count) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < count; i++) sum += (uint32_t)(((int32_t)x[i] - zero_point) * w[i]);
  return sum;
}

/* Sum over the taps of output channel o at column x; taps come from the rows of `call`. */
static uint32_t sum_taps(const tseg_nn_call *call, const tseg_params_conv *p, uint32_t out_row,
                         uint32_t x, uint32_t o) {
  const tseg_plan_tensor *in = call->inputs[0]->tensor;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  const uint32_t image = out_row / out->h;
  const int8_t *weights = (const int8_t *)call->constants + p->weights.offset +
                          (size_t)o * p->kernel_h * p->kernel_w * in->c;
  uint32_t sum = 0;
  for (uint32_t ky = 0; ky < p->kernel_h; ky++) {
    const int32_t iy = source(out_row % out->h, p->pad_top, ky, p->stride_h, in->h);
    if (iy < 0) continue;
    const int8_t *row =
        (const int8_t *)tseg_nn_row(&call->inputs[0]->segments[0], image * in->h + (uint32_t)iy);
    for (uint32_t kx = 0; kx < p->kernel_w; kx++) {
      const int32_t ix = source(x, p->pad_left, kx, p->stride_w, in->w);
      if (ix < 0) continue;
      sum += dot(row + (size_t)(uint32_t)ix * in->c, p->input_zero_point,
                 weights + ((size_t)ky * p->kernel_w + kx) * in->c, in->c);
    }
  }
  return sum;
}

static void run(const tseg_nn_call *call) {
  const tseg_params_conv *p = call->params;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  const int32_t *multipliers = (const int32_t *)(const void *)(p + 1);
  const int32_t *shifts = multipliers + out->c;
  const int32_t *bias = (const int32_t *)(const void *)(call->constants + p->bias.offset);
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    int8_t *to = (int8_t *)tseg_nn_row(&call->outputs[0]->segments[0], r);
    for (uint32_t x = 0; x < out->w; x++) {
      for (uint32_t o = 0; o < out->c; o++, to++) {
        const uint32_t sum = sum_taps(call, p, r, x, o) + (uint32_t)bias[o];
        const int32_t scaled = tseg_nn_requantize((int32_t)sum, multipliers[o], shifts[o]);
        *to = (int8_t)tseg_nn_clamp(tseg_nn_wrap_add(scaled, p->output_zero_point),
                                    p->activation_min, p->activation_max);
      }
    }
  }
}

const tseg_nn_variant tseg_nn_transpose_conv_pixel = {
    .kind = TSEG_KIND_TRANSPOSE_CONV,
    .id = TSEG_VARIANT(TSEG_KIND_TRANSPOSE_CONV, 1),
    .check = check,
    .work = TSEG_NN_WORK(tseg_nn_convolution_work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run,
};
