/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CONV_2D, int8, 3x3 with stride 1, for kernels that transform weights and inputs (dsp/tiles.h). Weights
 * and bias are those of conv_2d.pixel, and the portable kernel is that one: the results are exact, so
 * there is no other. Factors as in scaling.h; sums below 2^29. 4 to 64 input channels, in fours. Calls of an
 * even number of rows waste nothing.
 */
#include "conv_2d_tiles.h"

#include "../convolution.h"
#include "../dsp/kernels.h"
#include "../kernels.h"
#include "../scaling.h"
#include "../window.h"

#define CHANNELS_MAX 64u
#define WIDTH_MAX    4096u /* with the rows of a call, keeps sizes inside 32 bits */

tseg_nn_tiles tseg_nn_tiles_of(const tseg_plan_tensor *in, const tseg_plan_tensor *out,
                               uint32_t rows_per_call) {
  const uint32_t pairs = (out->c + 1u) / 2u;
  const uint32_t blocks = (out->w + 7u) / 8u * ((rows_per_call + 1u) / 2u);
  (void)in;
  /* A pair takes 64 bytes for each channel, a block 128. */
  const tseg_nn_tiles by_block = {pairs, 1};
  const tseg_nn_tiles by_pair = {1, blocks};
  return pairs + 2u <= 1u + 2u * blocks ? by_block : by_pair;
}

/* Scalings, sums of one block, ten transformed columns, weights, inputs, and a pixel of padding. */
static TSEG_NN_ONCE uint32_t scratch_bytes(const tseg_plan *plan, const tseg_plan_operator *op) {
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  const tseg_nn_tiles tiles = tseg_nn_tiles_of(in, out, op->rows_per_call);
  const uint32_t each = 80u + 64u * tiles.pairs + 128u * tiles.blocks + 1u;
  return (16u * ((out->c + 1u) & ~1u) + 512u + each * in->c + 15u) & ~15u;
}

static TSEG_NN_ONCE tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_conv_2d_ok(plan, op, TSEG_NN_FACTORS_RIGHT)) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_conv *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  if (p->kernel_h != 3u || p->kernel_w != 3u || p->stride_h != 1u || p->stride_w != 1u ||
      p->dilation_h != 1u || p->dilation_w != 1u || p->depth_multiplier != 1u || in->c % 4u != 0u ||
      in->c > CHANNELS_MAX || out->c > TSEG_NN_WINDOW_MAX || out->w > WIDTH_MAX || in->n != 1u ||
      op->rows_per_call > 64u) {
    return TSEG_ERR_PLAN_RECORD;
  }
  return TSEG_OK;
}

void tseg_nn_conv_2d_tiles_portable(const tseg_nn_call *call) {
  tseg_nn_conv_2d_pixel.run(call);
}

const tseg_nn_variant tseg_nn_conv_2d_tiles = {
    .kind = TSEG_KIND_CONV_2D,
    .id = TSEG_VARIANT(TSEG_KIND_CONV_2D, 3),
    .check = check,
    .work = TSEG_NN_WORK(tseg_nn_convolution_work),
    .scratch_bytes = scratch_bytes,
    .state_bytes = tseg_nn_no_bytes,
#if TSEG_NN_DSP
    .run = tseg_dsp_conv_2d_tiles,
#else
    .run = tseg_nn_conv_2d_tiles_portable,
#endif
};
