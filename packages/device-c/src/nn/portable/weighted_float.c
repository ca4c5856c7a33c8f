/* SPDX-License-Identifier: Apache-2.0 */
/* CONV_2D and FULLY_CONNECTED, float32: weights OHWI and [out][in], a bias of float32. Products are added
 * in the order of the reference; results may differ by its contractions (docs: 3e-5 relative). */
#include "../check.h"
#include "../kernels.h"
#include "../reals.h"
#include "../window.h"

static bool is_real(const tseg_plan *plan, const tseg_plan_operator *op) {
  return tseg_nn_tensor(plan, op, 0)->type == TSEG_TYPE_FLOAT32 &&
         tseg_nn_output(plan, op)->type == TSEG_TYPE_FLOAT32 && tseg_nn_single_segments(plan, op) &&
         tseg_nn_dimensions_ok(tseg_nn_tensor(plan, op, 0)) &&
         tseg_nn_dimensions_ok(tseg_nn_output(plan, op));
}

static tseg_status check_conv(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 1, 1, sizeof(tseg_params_conv))) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_conv *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  const uint32_t groups = p->depth_multiplier;
  if (!is_real(plan, op) || in->n != out->n || groups == 0u || in->c % groups != 0u ||
      out->c % groups != 0u ||
      !tseg_nn_window_ok(p->kernel_h, p->stride_h, p->dilation_h, p->pad_top) ||
      !tseg_nn_window_ok(p->kernel_w, p->stride_w, p->dilation_w, p->pad_left) ||
      !tseg_nn_real_range_ok(p->activation_min, p->activation_max)) {
    return TSEG_ERR_PLAN_RECORD;
  }
  const uint64_t filter = (uint64_t)p->kernel_h * p->kernel_w * (in->c / groups);
  const bool ok = filter <= (UINT64_C(1) << 28) &&
                  tseg_nn_range_ok(plan, p->weights, UINT64_C(4) * filter * out->c, 4) &&
                  tseg_nn_range_ok(plan, p->bias, UINT64_C(4) * out->c, 4);
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

static tseg_status check_dense(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 1, 1, sizeof(tseg_params_fully_connected))) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_fully_connected *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  const bool ok =
      is_real(plan, op) && in->n * in->h == 1u && out->n * out->h == 1u && p->batches > 0u &&
      p->in_features > 0u && (uint64_t)p->batches * p->in_features == (uint64_t)in->w * in->c &&
      (uint64_t)p->batches * p->out_features == (uint64_t)out->w * out->c &&
      tseg_nn_real_range_ok(p->activation_min, p->activation_max) &&
      tseg_nn_range_ok(plan, p->weights, UINT64_C(4) * p->in_features * p->out_features, 4) &&
      tseg_nn_range_ok(plan, p->bias, UINT64_C(4) * p->out_features, 4);
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

static const float *reals(const tseg_nn_call *call, tseg_plan_range range) {
  return (const float *)(const void *)(call->constants + range.offset);
}

static float add_products(float sum, const float *x, const float *w, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) sum += x[i] * w[i];
  return sum;
}

/* Output channel o of the pixel whose window's left column is x0. */
static float sum_taps(const tseg_nn_call *call, uint32_t row, int32_t x0, uint32_t o) {
  const tseg_params_conv *p = call->params;
  const tseg_plan_tensor *in = call->inputs[0]->tensor;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  const uint32_t channels = in->c / p->depth_multiplier;
  const uint32_t first = o / (out->c / p->depth_multiplier) * channels;
  const float *weights = reals(call, p->weights) + (size_t)o * p->kernel_h * p->kernel_w * channels;
  float sum = 0.0f;
  for (uint32_t ky = 0; ky < p->kernel_h; ky++) {
    const uint32_t iy =
        tseg_nn_window_row(in, out, row, p->stride_h, p->dilation_h, p->pad_top, ky);
    if (iy == TSEG_NN_ROW_ABSENT) continue;
    const float *from = (const float *)(const void *)tseg_nn_row(&call->inputs[0]->segments[0], iy);
    for (uint32_t kx = 0; kx < p->kernel_w; kx++) {
      const int32_t ix = x0 + (int32_t)(kx * p->dilation_w);
      if (ix < 0 || ix >= (int32_t)in->w) continue;
      sum = add_products(sum, from + (size_t)(uint32_t)ix * in->c + first,
                         weights + ((size_t)ky * p->kernel_w + kx) * channels, channels);
    }
  }
  return sum;
}

static void run_conv(const tseg_nn_call *call) {
  const tseg_params_conv *p = call->params;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  const float low = tseg_nn_real(p->activation_min);
  const float high = tseg_nn_real(p->activation_max);
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    float *to = (float *)(void *)tseg_nn_row(&call->outputs[0]->segments[0], r);
    for (uint32_t x = 0; x < out->w; x++) {
      const int32_t x0 = (int32_t)(x * p->stride_w) - p->pad_left;
      for (uint32_t o = 0; o < out->c; o++, to++) {
        *to = tseg_nn_real_clamp(sum_taps(call, r, x0, o) + reals(call, p->bias)[o], low, high);
      }
    }
  }
}

static void run_dense(const tseg_nn_call *call) {
  const tseg_params_fully_connected *p = call->params;
  const float low = tseg_nn_real(p->activation_min);
  const float high = tseg_nn_real(p->activation_max);
  const float *x = (const float *)(const void *)tseg_nn_row(&call->inputs[0]->segments[0], 0);
  float *to = (float *)(void *)tseg_nn_row(&call->outputs[0]->segments[0], 0);
  for (uint32_t b = 0; b < p->batches; b++, x += p->in_features) {
    const float *w = reals(call, p->weights);
    for (uint32_t o = 0; o < p->out_features; o++, to++, w += p->in_features) {
      const float sum = add_products(0.0f, x, w, p->in_features);
      *to = tseg_nn_real_clamp(sum + reals(call, p->bias)[o], low, high);
    }
  }
}

static uint64_t work_conv(const tseg_plan *plan, const tseg_plan_operator *op) {
  const tseg_params_conv *p = tseg_nn_params(plan, op);
  const uint32_t channels = tseg_nn_tensor(plan, op, 0)->c / p->depth_multiplier;
  return tseg_nn_work(tseg_nn_output(plan, op), (uint64_t)p->kernel_h * p->kernel_w * channels);
}

static uint64_t work_dense(const tseg_plan *plan, const tseg_plan_operator *op) {
  const tseg_params_fully_connected *p = tseg_nn_params(plan, op);
  return tseg_nn_work(tseg_nn_output(plan, op), p->in_features);
}

const tseg_nn_variant tseg_nn_conv_2d_float = {
    .kind = TSEG_KIND_CONV_2D,
    .id = TSEG_VARIANT(TSEG_KIND_CONV_2D, 32),
    .check = check_conv,
    .work = work_conv,
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run_conv,
};

const tseg_nn_variant tseg_nn_fully_connected_float = {
    .kind = TSEG_KIND_FULLY_CONNECTED,
    .id = TSEG_VARIANT(TSEG_KIND_FULLY_CONNECTED, 32),
    .check = check_dense,
    .work = work_dense,
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run_dense,
};
