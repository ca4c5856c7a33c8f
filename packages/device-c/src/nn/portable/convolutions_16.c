/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CONV_2D and TRANSPOSE_CONV with int16 activations, int8 weights (OHWI) and an int64 bias, which follows
 * the model's: sums have 64 bits and are multiplied by the upper 16 bits of the multiplier, rounded once.
 * int16 has no zero point, so nothing is folded, and taps in the padding add nothing. No scratch.
 */
#include <string.h>

#include "../check.h"
#include "../kernels.h"
#include "../requantize.h"
#include "../window.h"

/* Sums of 64 bits are shifted to the right by 15 - shift, which must be a shift to the right. */
#define SHIFT_MAX 7

static bool shifts_ok(const tseg_plan *plan, const tseg_plan_operator *op, uint32_t channels) {
  if (!tseg_nn_quantization_ok(plan, op, sizeof(tseg_params_conv), channels)) return false;
  const tseg_params_conv *p = tseg_nn_params(plan, op);
  const int32_t *shifts = (const int32_t *)(const void *)(p + 1) + channels;
  for (uint32_t i = 0; i < channels; i++) {
    if (shifts[i] > SHIFT_MAX) return false;
  }
  return true;
}

static bool range_ok(int32_t low, int32_t high) {
  return low >= INT16_MIN && low <= high && high <= INT16_MAX;
}

static TSEG_NN_ONCE tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 1, 1, sizeof(tseg_params_conv))) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_conv *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  const uint32_t groups = p->depth_multiplier;
  if (in->type != TSEG_TYPE_INT16 || out->type != TSEG_TYPE_INT16 || in->n != out->n ||
      !tseg_nn_single_segments(plan, op) || !tseg_nn_dimensions_ok(in) ||
      !tseg_nn_dimensions_ok(out) || groups == 0u || in->c % groups != 0u ||
      out->c % groups != 0u || (op->kind == TSEG_KIND_TRANSPOSE_CONV && groups != 1u) ||
      !tseg_nn_window_ok(p->kernel_h, p->stride_h, p->dilation_h, p->pad_top) ||
      !tseg_nn_window_ok(p->kernel_w, p->stride_w, p->dilation_w, p->pad_left) ||
      p->input_zero_point != 0 || p->output_zero_point != 0 ||
      !range_ok(p->activation_min, p->activation_max)) {
    return TSEG_ERR_PLAN_RECORD;
  }
  const uint64_t filter = (uint64_t)p->kernel_h * p->kernel_w * (in->c / groups);
  if (filter > (UINT64_C(1) << 28) || !tseg_nn_range_ok(plan, p->weights, filter * out->c, 1) ||
      !tseg_nn_range_ok(plan, p->bias, UINT64_C(8) * out->c, 4) || !shifts_ok(plan, op, out->c)) {
    return TSEG_ERR_PLAN_RECORD;
  }
  return TSEG_OK;
}

static int64_t dot(const int16_t *x, const int8_t *w, uint32_t count) {
  int64_t sum = 0;
  for (uint32_t i = 0; i < count; i++) sum += (int32_t)x[i] * w[i];
  return sum;
}

/* Input position under tap k of output position `at`, or -1 when there is none. */
static int32_t position(bool transposed, uint32_t at, uint32_t stride, uint32_t dilation,
                        int32_t pad, uint32_t k, uint32_t limit) {
  if (!transposed) {
    const int32_t x = (int32_t)(at * stride + k * dilation) - pad;
    return x >= 0 && x < (int32_t)limit ? x : -1;
  }
  const int32_t reach = (int32_t)at + pad - (int32_t)k;
  if (reach < 0 || (uint32_t)reach % stride != 0u) return -1;
  const uint32_t x = (uint32_t)reach / stride;
  return x < limit ? (int32_t)x : -1;
}

/* Sum over the taps of output channel o at column x of a row. */
static int64_t sum_taps(const tseg_nn_call *call, uint32_t row, uint32_t x, uint32_t o) {
  const tseg_params_conv *p = call->params;
  const tseg_plan_tensor *in = call->inputs[0]->tensor;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  const bool transposed = call->op->kind == TSEG_KIND_TRANSPOSE_CONV;
  const uint32_t channels = in->c / p->depth_multiplier;
  const uint32_t first = o / (out->c / p->depth_multiplier) * channels;
  const int8_t *weights = (const int8_t *)call->constants + p->weights.offset +
                          (size_t)o * p->kernel_h * p->kernel_w * channels;
  int64_t sum = 0;
  for (uint32_t ky = 0; ky < p->kernel_h; ky++) {
    const int32_t iy =
        position(transposed, row % out->h, p->stride_h, p->dilation_h, p->pad_top, ky, in->h);
    if (iy < 0) continue;
    const uint8_t *from =
        tseg_nn_row(&call->inputs[0]->segments[0], row / out->h * in->h + (uint32_t)iy);
    for (uint32_t kx = 0; kx < p->kernel_w; kx++) {
      const int32_t ix =
          position(transposed, x, p->stride_w, p->dilation_w, p->pad_left, kx, in->w);
      if (ix < 0) continue;
      const int16_t *pixel = (const int16_t *)(const void *)from + (size_t)(uint32_t)ix * in->c;
      sum += dot(pixel + first, weights + ((size_t)ky * p->kernel_w + kx) * channels, channels);
    }
  }
  return sum;
}

/* A sum times multiplier * 2^(shift - 31); what does not fit wraps, as in the reference. */
static int32_t scale_wide(int64_t sum, int32_t multiplier, int32_t shift) {
  const int32_t upper =
      multiplier < 0x7FFF0000 ? (int32_t)(((int64_t)multiplier + (1 << 15)) >> 16) : 0x7FFF;
  const uint32_t right = (uint32_t)(15 - shift);
  const uint64_t product = (uint64_t)sum * (uint64_t)(int64_t)upper;
  return (int32_t)(uint32_t)(uint64_t)((int64_t)(product + (UINT64_C(1) << (right - 1u))) >> right);
}

static void run(const tseg_nn_call *call) {
  const tseg_params_conv *p = call->params;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  const int32_t *multipliers = (const int32_t *)(const void *)(p + 1);
  const int32_t *shifts = multipliers + out->c;
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    int16_t *to = (int16_t *)(void *)tseg_nn_row(&call->outputs[0]->segments[0], r);
    for (uint32_t x = 0; x < out->w; x++) {
      for (uint32_t o = 0; o < out->c; o++, to++) {
        uint64_t bias;
        memcpy(&bias, call->constants + p->bias.offset + 8u * (size_t)o, sizeof bias);
        const int64_t sum = (int64_t)((uint64_t)sum_taps(call, r, x, o) + bias);
        *to = (int16_t)tseg_nn_clamp(scale_wide(sum, multipliers[o], shifts[o]), p->activation_min,
                                     p->activation_max);
      }
    }
  }
}

static TSEG_NN_ONCE uint64_t work(const tseg_plan *plan, const tseg_plan_operator *op) {
  const tseg_params_conv *p = tseg_nn_params(plan, op);
  const uint32_t channels = tseg_nn_tensor(plan, op, 0)->c / p->depth_multiplier;
  return tseg_nn_work(tseg_nn_output(plan, op), (uint64_t)p->kernel_h * p->kernel_w * channels);
}

const tseg_nn_variant tseg_nn_conv_2d_16 = {
    .kind = TSEG_KIND_CONV_2D,
    .id = TSEG_VARIANT(TSEG_KIND_CONV_2D, 16),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run,
};

const tseg_nn_variant tseg_nn_transpose_conv_16 = {
    .kind = TSEG_KIND_TRANSPOSE_CONV,
    .id = TSEG_VARIANT(TSEG_KIND_TRANSPOSE_CONV, 16),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run,
};
