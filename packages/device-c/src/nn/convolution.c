/* SPDX-License-Identifier: Apache-2.0 */
/* Questions of the loader about int8 convolutions; see convolution.h. */
#include "convolution.h"

#include "window.h"

/* Bytes of a filter, so that sizes of weights stay far from 2^64. */
#define FILTER_MAX (UINT64_C(1) << 28)

TSEG_NN_ONCE bool tseg_nn_convolution_ok(const tseg_plan *plan, const tseg_plan_operator *op,
                                         tseg_nn_factors factors) {
  if (!tseg_nn_has(op, 1, 1, sizeof(tseg_params_conv))) return false;
  const tseg_params_conv *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  return in->type == TSEG_TYPE_INT8 && out->type == TSEG_TYPE_INT8 && in->n == out->n &&
         tseg_nn_dimensions_ok(in) && tseg_nn_dimensions_ok(out) &&
         tseg_nn_window_ok(p->kernel_h, p->stride_h, p->dilation_h, p->pad_top) &&
         tseg_nn_window_ok(p->kernel_w, p->stride_w, p->dilation_w, p->pad_left) &&
         tseg_nn_int8_ok(p->input_zero_point) &&
         tseg_nn_int8_range_ok(p->activation_min, p->activation_max) &&
         tseg_nn_range_ok(plan, p->bias, UINT64_C(4) * out->c, 4) &&
         tseg_nn_factors_ok(plan, op, sizeof(tseg_params_conv), out->c, factors);
}

/* The weights are there: `channels` of the input meet each output channel. */
static bool filters_ok(const tseg_plan *plan, const tseg_plan_operator *op, uint32_t channels) {
  const tseg_params_conv *p = tseg_nn_params(plan, op);
  const uint64_t filter = (uint64_t)p->kernel_h * p->kernel_w * channels;
  return filter <= FILTER_MAX &&
         tseg_nn_range_ok(plan, p->weights, filter * tseg_nn_output(plan, op)->c, 1);
}

TSEG_NN_ONCE bool tseg_nn_conv_2d_ok(const tseg_plan *plan, const tseg_plan_operator *op,
                                     tseg_nn_factors factors) {
  if (!tseg_nn_convolution_ok(plan, op, factors)) return false;
  const tseg_params_conv *p = tseg_nn_params(plan, op);
  const uint32_t groups = p->depth_multiplier;
  const uint32_t channels = tseg_nn_tensor(plan, op, 0)->c;
  return groups != 0u && channels % groups == 0u && tseg_nn_output(plan, op)->c % groups == 0u &&
         filters_ok(plan, op, channels / groups);
}

TSEG_NN_ONCE bool tseg_nn_transpose_conv_ok(const tseg_plan *plan, const tseg_plan_operator *op,
                                            tseg_nn_factors factors) {
  return tseg_nn_convolution_ok(plan, op, factors) && tseg_nn_single_segments(plan, op) &&
         filters_ok(plan, op, tseg_nn_tensor(plan, op, 0)->c);
}

TSEG_NN_ONCE uint64_t tseg_nn_convolution_work(const tseg_plan *plan,
                                               const tseg_plan_operator *op) {
  const tseg_params_conv *p = tseg_nn_params(plan, op);
  const uint32_t channels = tseg_nn_tensor(plan, op, 0)->c;
  uint32_t each = channels;
  if (op->kind == TSEG_KIND_DEPTHWISE_CONV_2D) each = 1;
  if (op->kind == TSEG_KIND_CONV_2D) each = channels / p->depth_multiplier;
  return tseg_nn_work(tseg_nn_output(plan, op), (uint64_t)p->kernel_h * p->kernel_w * each);
}
