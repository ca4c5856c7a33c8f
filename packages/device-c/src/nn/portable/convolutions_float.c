/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CONV_2D, DEPTHWISE_CONV_2D and TRANSPOSE_CONV, float32: weights as in the model (OHWI, 1HWC, OHWI), a bias
 * of float32, activation bounds as the bits of numbers. Products are added in the order of the model's
 * weights, each rounded.
 */
#include "../kernels.h"
#include "../reals.h"
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

static TSEG_NN_ONCE tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 1, 1, sizeof(tseg_params_conv))) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_conv *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  if (!tseg_nn_real_tensor_ok(in) || !tseg_nn_real_tensor_ok(out) || in->n != out->n ||
      !tseg_nn_single_segments(plan, op) || !channels_ok(op, in->c, out->c, p->depth_multiplier) ||
      !tseg_nn_window_ok(p->kernel_h, p->stride_h, p->dilation_h, p->pad_top) ||
      !tseg_nn_window_ok(p->kernel_w, p->stride_w, p->dilation_w, p->pad_left) ||
      !tseg_nn_real_range_ok(p->activation_min, p->activation_max)) {
    return TSEG_ERR_PLAN_RECORD;
  }
  const uint64_t filter = (uint64_t)p->kernel_h * p->kernel_w * group(op->kind, p, in->c);
  const bool ok = filter <= (UINT64_C(1) << 28) &&
                  tseg_nn_range_ok(plan, p->weights, UINT64_C(4) * filter * out->c, 4) &&
                  tseg_nn_range_ok(plan, p->bias, UINT64_C(4) * out->c, 4);
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

/* How the weights of an output channel lie, and the input channels that it sees. */
typedef struct filter {
  const float *weights; /* of its first tap */
  uint32_t tap;         /* elements from one tap to the next */
  uint32_t first;       /* input channel */
  uint32_t count;       /* input channels */
} filter;

static filter filter_of(const tseg_nn_call *call, uint32_t o) {
  const tseg_params_conv *p = call->params;
  const uint32_t in = call->inputs[0]->tensor->c;
  const uint32_t out = call->outputs[0]->tensor->c;
  const float *weights = tseg_nn_reals(call, p->weights);
  if (call->op->kind == TSEG_KIND_DEPTHWISE_CONV_2D) {
    const filter f = {weights + o, out, o / p->depth_multiplier, 1};
    return f;
  }
  const uint32_t count = in / p->depth_multiplier;
  const filter f = {weights + (size_t)o * p->kernel_h * p->kernel_w * count, count,
                    o / (out / p->depth_multiplier) * count, count};
  return f;
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

/* Sum over the taps of an output channel at column x of a row. */
static float sum_taps(const tseg_nn_call *call, const filter *f, uint32_t row, uint32_t x) {
  const tseg_params_conv *p = call->params;
  const tseg_plan_tensor *in = call->inputs[0]->tensor;
  const uint32_t height = call->outputs[0]->tensor->h;
  const bool transposed = call->op->kind == TSEG_KIND_TRANSPOSE_CONV;
  float sum = 0.0f;
  for (uint32_t ky = 0; ky < p->kernel_h; ky++) {
    const int32_t iy =
        position(transposed, row % height, p->stride_h, p->dilation_h, p->pad_top, ky, in->h);
    if (iy < 0) continue;
    const float *from = tseg_nn_real_row(call->inputs[0], row / height * in->h + (uint32_t)iy);
    for (uint32_t kx = 0; kx < p->kernel_w; kx++) {
      const int32_t ix =
          position(transposed, x, p->stride_w, p->dilation_w, p->pad_left, kx, in->w);
      if (ix < 0) continue;
      const float *pixel = from + (size_t)(uint32_t)ix * in->c + f->first;
      const float *weights = f->weights + ((size_t)ky * p->kernel_w + kx) * f->tap;
      for (uint32_t c = 0; c < f->count; c++) sum += pixel[c] * weights[c];
    }
  }
  return sum;
}

static void run(const tseg_nn_call *call) {
  const tseg_params_conv *p = call->params;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  const float *bias = tseg_nn_reals(call, p->bias);
  const float low = tseg_nn_real(p->activation_min);
  const float high = tseg_nn_real(p->activation_max);
  for (uint32_t o = 0; o < out->c; o++) {
    const filter f = filter_of(call, o);
    for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
      float *to = tseg_nn_real_row(call->outputs[0], r) + o;
      for (uint32_t x = 0; x < out->w; x++, to += out->c) {
        *to = tseg_nn_real_clamp(sum_taps(call, &f, r, x) + bias[o], low, high);
      }
    }
  }
}

static TSEG_NN_ONCE uint64_t work(const tseg_plan *plan, const tseg_plan_operator *op) {
  const tseg_params_conv *p = tseg_nn_params(plan, op);
  const uint32_t channels = group(op->kind, p, tseg_nn_tensor(plan, op, 0)->c);
  return tseg_nn_work(tseg_nn_output(plan, op), (uint64_t)p->kernel_h * p->kernel_w * channels);
}

const tseg_nn_variant tseg_nn_conv_2d_float = {
    .kind = TSEG_KIND_CONV_2D,
    .id = TSEG_VARIANT(TSEG_KIND_CONV_2D, 32),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run,
};

const tseg_nn_variant tseg_nn_depthwise_conv_2d_float = {
    .kind = TSEG_KIND_DEPTHWISE_CONV_2D,
    .id = TSEG_VARIANT(TSEG_KIND_DEPTHWISE_CONV_2D, 32),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run,
};

const tseg_nn_variant tseg_nn_transpose_conv_float = {
    .kind = TSEG_KIND_TRANSPOSE_CONV,
    .id = TSEG_VARIANT(TSEG_KIND_TRANSPOSE_CONV, 32),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run,
};
