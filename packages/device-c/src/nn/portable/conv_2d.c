/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CONV_2D, int8, one output pixel at a time: the input elements under the window are gathered into
 * a contiguous patch, padding included, and each output channel is one dot product with it.
 *
 * This kernel defines the weight layout OHWI with folded zero point: since every missing element is
 * gathered as the input zero point, sum(x * w) + bias' equals the reference's
 * sum((x - zero_point) * w) + bias modulo 2^32.
 */
#include "../convolution.h"
#include "../gather.h"
#include "../kernels.h"
#include "../requantize.h"

/* Scratch: kernel_h * segments offsets of input rows, then the patch. */
static uint32_t offsets_bytes(const tseg_params_conv *p, uint32_t segments) {
  return 4u * p->kernel_h * segments;
}

static TSEG_NN_ONCE uint32_t scratch_bytes(const tseg_plan *plan, const tseg_plan_operator *op) {
  const tseg_params_conv *p = tseg_nn_params(plan, op);
  const uint32_t channels = tseg_nn_tensor(plan, op, 0)->c / p->depth_multiplier;
  const uint32_t patch = p->kernel_h * p->kernel_w * channels;
  return (offsets_bytes(p, tseg_nn_segment_count(plan, op, 0)) + patch + 15u) & ~15u;
}

static TSEG_NN_ONCE tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  return tseg_nn_conv_2d_ok(plan, op, TSEG_NN_FACTORS_ANY) ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

static int32_t dot(const int8_t *restrict x, const int8_t *restrict w, uint32_t count) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < count; i++) sum += (uint32_t)((int32_t)x[i] * w[i]);
  return (int32_t)sum;
}

/* Output channels [begin, begin + count) of one pixel from a gathered patch. */
static void multiply(const tseg_nn_call *call, const tseg_params_conv *p, const int8_t *patch,
                     uint32_t patch_bytes, uint32_t begin, uint32_t count, int8_t *to) {
  const uint32_t channels = call->outputs[0]->tensor->c;
  const int32_t *multipliers = (const int32_t *)(const void *)(p + 1);
  const int32_t *shifts = multipliers + channels;
  const int8_t *weights = (const int8_t *)call->constants + p->weights.offset;
  const int32_t *bias = (const int32_t *)(const void *)(call->constants + p->bias.offset);
  for (uint32_t o = begin; o < begin + count; o++) {
    const int8_t *filter = weights + (size_t)o * patch_bytes;
    const int32_t sum = tseg_nn_wrap_add(dot(patch, filter, patch_bytes), bias[o]);
    const int32_t scaled = tseg_nn_requantize(sum, multipliers[o], shifts[o]);
    to[o] = (int8_t)tseg_nn_clamp(tseg_nn_wrap_add(scaled, p->output_zero_point), p->activation_min,
                                  p->activation_max);
  }
}

static void run(const tseg_nn_call *call) {
  const tseg_params_conv *p = call->params;
  const tseg_nn_operand *in = call->inputs[0];
  const tseg_nn_operand *out = call->outputs[0];
  const uint32_t groups = p->depth_multiplier;
  const uint32_t group_in = in->tensor->c / groups;
  const uint32_t group_out = out->tensor->c / groups;
  const uint32_t patch_bytes = p->kernel_h * p->kernel_w * group_in;
  uint32_t *offsets = call->scratch;
  uint8_t *patch = (uint8_t *)call->scratch + offsets_bytes(p, in->segment_count);
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    int8_t *to = (int8_t *)tseg_nn_row(&out->segments[0], r);
    tseg_nn_gather_rows(in, out->tensor, p, r, offsets);
    for (uint32_t x = 0; x < out->tensor->w; x++, to += out->tensor->c) {
      const int32_t x0 = (int32_t)(x * p->stride_w) - p->pad_left;
      for (uint32_t g = 0; g < groups; g++) {
        tseg_nn_gather(in, p, offsets, x0, g * group_in, group_in, patch);
        multiply(call, p, (const int8_t *)patch, patch_bytes, g * group_out, group_out, to);
      }
    }
  }
}

const tseg_nn_variant tseg_nn_conv_2d_pixel = {
    .kind = TSEG_KIND_CONV_2D,
    .id = TSEG_VARIANT(TSEG_KIND_CONV_2D, 1),
    .check = check,
    .work = TSEG_NN_WORK(tseg_nn_convolution_work),
    .scratch_bytes = scratch_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run,
};
