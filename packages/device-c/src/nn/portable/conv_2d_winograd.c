/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CONV_2D, int8, 3x3 with stride 1 of one image, by Winograd's minimal filtering: the output is made in
 * tiles of 4x4, with a quarter of the multiplications. Weights and bias are those of conv_2d.pixel, which is
 * what computes the same bytes here; the DSP kernel transforms the weights as they go, in the scratch.
 *
 * Scratch beyond what is asked for is used: for the transformed filters of all output channels where
 * these fit, otherwise for more of the transformed input, so that filters are transformed less often.
 */
#include "../convolution.h"
#include "../dsp/dsp.h"
#include "../dsp/kernels.h"
#include "../kernels.h"
#include "../scaling.h"
#include "../winograd.h"

#define CHANNELS_MAX 4096u /* keeps all sizes inside 32 bits */

static TSEG_NN_ONCE uint32_t scratch_bytes(const tseg_plan *plan, const tseg_plan_operator *op) {
  const tseg_nn_winograd_sizes sizes =
      tseg_nn_winograd_sizes_of(tseg_nn_tensor(plan, op, 0)->c, tseg_nn_output(plan, op)->c,
                                tseg_nn_segment_count(plan, op, 0));
  const uint32_t needed = tseg_nn_winograd_fixed(&sizes) + sizes.filters + sizes.block;
  return (needed + 15u) & ~15u;
}

static TSEG_NN_ONCE tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_conv_2d_ok(plan, op, TSEG_NN_FACTORS_RIGHT)) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_conv *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  const bool window = p->kernel_h == 3u && p->kernel_w == 3u && p->stride_h == 1u &&
                      p->stride_w == 1u && p->dilation_h == 1u && p->dilation_w == 1u;
  if (!window || p->depth_multiplier != 1u || in->n != 1u || in->c > CHANNELS_MAX ||
      out->c > CHANNELS_MAX) {
    return TSEG_ERR_PLAN_RECORD;
  }
  return TSEG_OK;
}

#if !TSEG_NN_DSP

static void run(const tseg_nn_call *call) {
  tseg_nn_conv_2d_pixel.run(call);
}

#endif

const tseg_nn_variant tseg_nn_conv_2d_winograd = {
    .kind = TSEG_KIND_CONV_2D,
    .id = TSEG_VARIANT(TSEG_KIND_CONV_2D, 4),
    .check = check,
    .work = TSEG_NN_WORK(tseg_nn_convolution_work),
    .scratch_bytes = scratch_bytes,
    .state_bytes = tseg_nn_no_bytes,
#if TSEG_NN_DSP
    .run = tseg_dsp_conv_2d_winograd,
#else
    .run = run,
#endif
};
