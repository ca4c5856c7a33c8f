/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CONV_2D, int8, by pairs of output channels. This kernel defines the weight layout "pairs":
 *
 *   A filter is flattened as in OHWI and filled with zeros to a multiple of four weights. Filters 2j and
 *   2j+1 (or zeros, when the last has no partner) lie together: of each four weights, eight bytes
 *     a0 b0 a2 b2 a1 b1 a3 b3
 *   with a from the first filter and b from the second. Pairs follow each other without a gap.
 *
 * Bias with the zero point folded in, as in conv_2d.pixel. Factors are those of scaling.h: all shifts to
 * the right, sums small enough. One group only.
 */
#include "../convolution.h"
#include "../dsp/dsp.h"
#include "../dsp/kernels.h"
#include "../gather.h"
#include "../kernels.h"
#include "../requantize.h"
#include "../scaling.h"

/* Bytes of a flattened filter. */
static uint32_t filter_bytes(const tseg_params_conv *p, uint32_t channels) {
  return (p->kernel_h * p->kernel_w * channels + 3u) & ~3u;
}

static TSEG_NN_ONCE uint32_t scratch_bytes(const tseg_plan *plan, const tseg_plan_operator *op) {
  const tseg_params_conv *p = tseg_nn_params(plan, op);
  const uint32_t filter = filter_bytes(p, tseg_nn_tensor(plan, op, 0)->c);
  const uint32_t channels = (tseg_nn_output(plan, op)->c + 1u) & ~1u;
  const uint32_t offsets = 4u * p->kernel_h * tseg_nn_segment_count(plan, op, 0);
  /* Four widened patches and one as it is (four bytes more), scalings, row offsets, a pixel that nobody
   * reads. */
  return (9u * filter + 4u + 17u * channels + offsets + 15u) & ~15u;
}

static TSEG_NN_ONCE tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_convolution_ok(plan, op, TSEG_NN_FACTORS_RIGHT)) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_conv *p = tseg_nn_params(plan, op);
  const uint32_t in_channels = tseg_nn_tensor(plan, op, 0)->c;
  const uint32_t channels = tseg_nn_output(plan, op)->c;
  const uint64_t patch = (uint64_t)p->kernel_h * p->kernel_w * in_channels;
  if (p->depth_multiplier != 1u || patch > (1u << 24)) return TSEG_ERR_PLAN_RECORD;
  const uint64_t weights = (uint64_t)filter_bytes(p, in_channels) * ((channels + 1u) & ~1u);
  if (!tseg_nn_range_ok(plan, p->weights, weights, 4)) {
    return TSEG_ERR_PLAN_RECORD;
  }
  return TSEG_OK;
}

#if !TSEG_NN_DSP

/* Sum of the products of a patch with filter `o`; `weights` is the pair that it belongs to. */
static int32_t dot(const int8_t *patch, const int8_t *weights, uint32_t o, uint32_t filter) {
  static const uint8_t place[4] = {0, 4, 2, 6};
  uint32_t sum = 0;
  for (uint32_t i = 0; i < filter; i++) {
    const int8_t weight = weights[(i / 4u) * 8u + place[i % 4u] + o % 2u];
    sum += (uint32_t)((int32_t)patch[i] * weight);
  }
  return (int32_t)sum;
}

static void pixel(const tseg_nn_call *call, const int8_t *patch, uint32_t filter, int8_t *to) {
  const tseg_params_conv *p = call->params;
  const uint32_t channels = call->outputs[0]->tensor->c;
  const int32_t *multipliers = (const int32_t *)(const void *)(p + 1);
  const int32_t *shifts = multipliers + channels;
  const int32_t *bias = (const int32_t *)(const void *)(call->constants + p->bias.offset);
  const int8_t *weights = (const int8_t *)call->constants + p->weights.offset;
  for (uint32_t o = 0; o < channels; o++) {
    const int8_t *pair = weights + (size_t)(o / 2u) * 2u * filter;
    const int32_t sum = tseg_nn_wrap_add(dot(patch, pair, o, filter), bias[o]);
    const int32_t scaled = tseg_nn_requantize(sum, multipliers[o], shifts[o]);
    to[o] = (int8_t)tseg_nn_clamp(tseg_nn_wrap_add(scaled, p->output_zero_point), p->activation_min,
                                  p->activation_max);
  }
}

static void run(const tseg_nn_call *call) {
  const tseg_params_conv *p = call->params;
  const tseg_nn_operand *in = call->inputs[0];
  const tseg_nn_operand *out = call->outputs[0];
  const uint32_t filter = filter_bytes(p, in->tensor->c);
  uint32_t *offsets = call->scratch;
  int8_t *patch = (int8_t *)(offsets + (size_t)p->kernel_h * in->segment_count);
  memset(patch, 0, filter);
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    int8_t *to = (int8_t *)tseg_nn_row(&out->segments[0], r);
    tseg_nn_gather_rows(in, out->tensor, p, r, offsets);
    for (uint32_t x = 0; x < out->tensor->w; x++, to += out->tensor->c) {
      const int32_t x0 = (int32_t)(x * p->stride_w) - p->pad_left;
      tseg_nn_gather(in, p, offsets, x0, 0, in->tensor->c, (uint8_t *)patch);
      pixel(call, patch, filter, to);
    }
  }
}

#endif

const tseg_nn_variant tseg_nn_conv_2d_patches = {
    .kind = TSEG_KIND_CONV_2D,
    .id = TSEG_VARIANT(TSEG_KIND_CONV_2D, 2),
    .check = check,
    .work = TSEG_NN_WORK(tseg_nn_convolution_work),
    .scratch_bytes = scratch_bytes,
    .state_bytes = tseg_nn_no_bytes,
#if TSEG_NN_DSP
    .run = tseg_dsp_conv_2d_patches,
#else
    .run = run,
#endif
};
