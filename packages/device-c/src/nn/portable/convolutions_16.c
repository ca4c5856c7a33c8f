/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CONV_2D, DEPTHWISE_CONV_2D and TRANSPOSE_CONV with int16 activations, int8 weights (OHWI, 1HWC, OHWI) and
 * an int64 bias, as the model has them: sums have 64 bits (../wide.h).
 * int16 has no zero point, so nothing is folded, and taps in the padding add nothing. No scratch.
 */
#include "../check.h"
#include "../kernels.h"
#include "../requantize.h"
#include "../wide.h"
#include "../window.h"

static bool channels_ok(const tseg_plan_operator *op, uint32_t in, uint32_t out, uint32_t number) {
  if (number == 0u) return false;
  if (op->kind == TSEG_KIND_DEPTHWISE_CONV_2D) return (uint64_t)in * number == out;
  return op->kind == TSEG_KIND_TRANSPOSE_CONV ? number == 1u
                                              : in % number == 0u && out % number == 0u;
}

/* Input channels that one output channel sees. */
static uint32_t group(uint16_t kind, const tseg_params_conv *p, uint32_t in) {
  return kind == TSEG_KIND_DEPTHWISE_CONV_2D ? 1u : in / p->depth_multiplier;
}

static bool range_ok(int32_t low, int32_t high) {
  return low >= INT16_MIN && low <= high && high <= INT16_MAX;
}

static TSEG_NN_ONCE tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 1, 1, sizeof(tseg_params_conv))) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_conv *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  if (in->type != TSEG_TYPE_INT16 || out->type != TSEG_TYPE_INT16 || in->n != out->n ||
      !tseg_nn_single_segments(plan, op) || !tseg_nn_dimensions_ok(in) ||
      !tseg_nn_dimensions_ok(out) || !channels_ok(op, in->c, out->c, p->depth_multiplier) ||
      !tseg_nn_window_ok(p->kernel_h, p->stride_h, p->dilation_h, p->pad_top) ||
      !tseg_nn_window_ok(p->kernel_w, p->stride_w, p->dilation_w, p->pad_left) ||
      p->input_zero_point != 0 || p->output_zero_point != 0 ||
      !range_ok(p->activation_min, p->activation_max)) {
    return TSEG_ERR_PLAN_RECORD;
  }
  const uint64_t filter = (uint64_t)p->kernel_h * p->kernel_w * group(op->kind, p, in->c);
  if (filter > (UINT64_C(1) << 28) || !tseg_nn_range_ok(plan, p->weights, filter * out->c, 1) ||
      !tseg_nn_range_ok(plan, p->bias, UINT64_C(8) * out->c, 4) ||
      !tseg_nn_wide_shifts_ok(plan, op, sizeof(tseg_params_conv), out->c)) {
    return TSEG_ERR_PLAN_RECORD;
  }
  return TSEG_OK;
}

/* How the weights of an output channel lie, and the input channels that it sees. */
typedef struct filter {
  const int8_t *weights; /* of its first tap */
  uint32_t tap;          /* elements from one tap to the next */
  uint32_t first;        /* input channel */
  uint32_t count;        /* input channels */
} filter;

static filter filter_of(const tseg_nn_call *call, uint32_t o) {
  const tseg_params_conv *p = call->params;
  const uint32_t out = call->outputs[0]->tensor->c;
  const uint32_t count = group(call->op->kind, p, call->inputs[0]->tensor->c);
  const int8_t *weights = (const int8_t *)call->constants + p->weights.offset;
  if (call->op->kind == TSEG_KIND_DEPTHWISE_CONV_2D) {
    const filter f = {weights + o, out, o / p->depth_multiplier, 1};
    return f;
  }
  const filter f = {weights + (size_t)o * p->kernel_h * p->kernel_w * count, count,
                    o / (out / p->depth_multiplier) * count, count};
  return f;
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
  const filter f = filter_of(call, o);
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
      sum += dot(pixel + f.first, f.weights + ((size_t)ky * p->kernel_w + kx) * f.tap, f.count);
    }
  }
  return sum;
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
        const int64_t sum = tseg_nn_wide_sum(call, p->bias, o, sum_taps(call, r, x, o));
        *to = (int16_t)tseg_nn_clamp(tseg_nn_wide_scale(sum, multipliers[o], shifts[o]),
                                     p->activation_min, p->activation_max);
      }
    }
  }
}

static TSEG_NN_ONCE uint64_t work(const tseg_plan *plan, const tseg_plan_operator *op) {
  const tseg_params_conv *p = tseg_nn_params(plan, op);
  const uint32_t channels = group(op->kind, p, tseg_nn_tensor(plan, op, 0)->c);
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

const tseg_nn_variant tseg_nn_depthwise_conv_2d_16 = {
    .kind = TSEG_KIND_DEPTHWISE_CONV_2D,
    .id = TSEG_VARIANT(TSEG_KIND_DEPTHWISE_CONV_2D, 16),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run,
};
