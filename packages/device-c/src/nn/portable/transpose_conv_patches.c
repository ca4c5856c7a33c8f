/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TRANSPOSE_CONV, int8, whose stride is its kernel: each output pixel takes one tap of one input pixel, a
 * 1x1 convolution for each tap. Weights lie in the layout "pairs" (conv_2d_patches.c) for each tap by
 * itself, taps in the order of the model. Bias as in the model; factors as in scaling.h. The input has a
 * multiple of four channels.
 */
#include "../convolution.h"
#include "../dsp/kernels.h"
#include "../kernels.h"
#include "../requantize.h"
#include "../scaling.h"

/* Four widened pixels, scalings, and a pixel that nobody reads. */
static TSEG_NN_ONCE uint32_t scratch_bytes(const tseg_plan *plan, const tseg_plan_operator *op) {
  const uint32_t channels = (tseg_nn_output(plan, op)->c + 1u) & ~1u;
  return (8u * tseg_nn_tensor(plan, op, 0)->c + 17u * channels + 15u) & ~15u;
}

static TSEG_NN_ONCE tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_convolution_ok(plan, op, TSEG_NN_FACTORS_RIGHT) ||
      !tseg_nn_single_segments(plan, op)) {
    return TSEG_ERR_PLAN_RECORD;
  }
  const tseg_params_conv *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  const uint64_t taps = (uint64_t)p->kernel_h * p->kernel_w;
  const uint64_t weights = taps * in->c * ((out->c + 1u) & ~1u);
  if (p->kernel_h != p->stride_h || p->kernel_w != p->stride_w || p->pad_top != 0 ||
      p->pad_left != 0 || out->h != in->h * p->stride_h || out->w != in->w * p->stride_w ||
      in->c % 4u != 0u || !tseg_nn_range_ok(plan, p->weights, weights, 4)) {
    return TSEG_ERR_PLAN_RECORD;
  }
  return TSEG_OK;
}

#if !TSEG_NN_DSP

static uint32_t dot(const int8_t *x, int32_t zero_point, const int8_t *pair, uint32_t o,
                    uint32_t count) {
  static const uint8_t place[4] = {0, 4, 2, 6};
  uint32_t sum = 0;
  for (uint32_t i = 0; i < count; i++) {
    const int8_t weight = pair[(i / 4u) * 8u + place[i % 4u] + o % 2u];
    sum += (uint32_t)(((int32_t)x[i] - zero_point) * weight);
  }
  return sum;
}

/* One output pixel from the input pixel and the weights of its tap. */
static void pixel(const tseg_nn_call *call, const int8_t *x, const int8_t *weights, int8_t *to) {
  const tseg_params_conv *p = call->params;
  const uint32_t in_channels = call->inputs[0]->tensor->c;
  const uint32_t channels = call->outputs[0]->tensor->c;
  const int32_t *multipliers = (const int32_t *)(const void *)(p + 1);
  const int32_t *shifts = multipliers + channels;
  const int32_t *bias = (const int32_t *)(const void *)(call->constants + p->bias.offset);
  for (uint32_t o = 0; o < channels; o++) {
    const int8_t *pair = weights + (size_t)(o / 2u) * 2u * in_channels;
    const uint32_t sum = dot(x, p->input_zero_point, pair, o, in_channels) + (uint32_t)bias[o];
    const int32_t scaled = tseg_nn_requantize((int32_t)sum, multipliers[o], shifts[o]);
    to[o] = (int8_t)tseg_nn_clamp(tseg_nn_wrap_add(scaled, p->output_zero_point), p->activation_min,
                                  p->activation_max);
  }
}

static void run(const tseg_nn_call *call) {
  const tseg_params_conv *p = call->params;
  const tseg_plan_tensor *in = call->inputs[0]->tensor;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  const size_t tap_bytes = (size_t)in->c * ((out->c + 1u) & ~1u);
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    const int8_t *from =
        (const int8_t *)tseg_nn_row(&call->inputs[0]->segments[0], r / p->stride_h);
    const int8_t *weights = (const int8_t *)call->constants + p->weights.offset +
                            r % p->stride_h * p->kernel_w * tap_bytes;
    int8_t *to = (int8_t *)tseg_nn_row(&call->outputs[0]->segments[0], r);
    for (uint32_t x = 0; x < out->w; x++, to += out->c) {
      pixel(call, from + (size_t)(x / p->stride_w) * in->c, weights + x % p->stride_w * tap_bytes,
            to);
    }
  }
}

#endif

const tseg_nn_variant tseg_nn_transpose_conv_patches = {
    .kind = TSEG_KIND_TRANSPOSE_CONV,
    .id = TSEG_VARIANT(TSEG_KIND_TRANSPOSE_CONV, 2),
    .check = check,
    .work = TSEG_NN_WORK(tseg_nn_convolution_work),
    .scratch_bytes = scratch_bytes,
    .state_bytes = tseg_nn_no_bytes,
#if TSEG_NN_DSP
    .run = tseg_dsp_transpose_conv_patches,
#else
    .run = run,
#endif
};
