/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TRANSPOSE_CONV, variant transpose_conv.patches: four input pixels are widened once and multiplied with
 * the filters of each tap of the row; the outputs of a tap lie stride pixels apart.
 */
#include "kernels.h"
#include "multiply.h"
#include "scaling.h"

#if TSEG_NN_DSP

/* Multiplies the patches with the filters of one tap; to[i] are its output pixels. */
static const int8_t *multiply_tap(tseg_dsp_block *block, const tseg_nn_scaling *scalings,
                                  uint32_t channels) {
  const uint32_t paired = channels & ~1u;
  block->scalings = scalings;
  block->begin = 0;
  block->end = paired;
  if (paired > 0u) block->weights = tseg_dsp_multiply_4x2(block);
  if (paired == channels) return block->weights;
  int8_t pairs[4][2];
  tseg_dsp_block last = *block;
  last.scalings = scalings + paired;
  last.end = 2;
  for (uint32_t i = 0; i < 4u; i++) last.to[i] = pairs[i];
  const int8_t *next = tseg_dsp_multiply_4x2(&last);
  for (uint32_t i = 0; i < 4u; i++) block->to[i][paired] = pairs[i][0];
  return next;
}

static void run_row(const tseg_nn_call *call, uint32_t row, tseg_dsp_block *block,
                    const tseg_nn_scaling *scalings, int8_t *unread) {
  const tseg_params_conv *p = call->params;
  const tseg_plan_tensor *in = call->inputs[0]->tensor;
  const uint32_t channels = call->outputs[0]->tensor->c;
  const size_t row_taps = (size_t)p->kernel_w * in->c * ((channels + 1u) & ~1u);
  const int8_t *weights =
      (const int8_t *)call->constants + p->weights.offset + row % p->stride_h * row_taps;
  const int8_t *from =
      (const int8_t *)tseg_nn_row(&call->inputs[0]->segments[0], row / p->stride_h);
  int8_t *to = (int8_t *)tseg_nn_row(&call->outputs[0]->segments[0], row);
  uint32_t *patches = (uint32_t *)call->scratch;
  for (uint32_t x = 0; x < in->w; x += 4u) {
    const uint32_t count = in->w - x < 4u ? in->w - x : 4u;
    const int8_t *pixels[4];
    for (uint32_t i = 0; i < 4u; i++) pixels[i] = from + (size_t)(i < count ? i : 0u) * in->c;
    (void)tseg_dsp_widen_centred_4(pixels, in->c, p->input_zero_point, patches);
    from += (size_t)count * in->c;
    block->weights = weights;
    for (uint32_t kx = 0; kx < p->kernel_w; kx++) {
      for (uint32_t i = 0; i < 4u; i++) {
        const size_t at = ((size_t)(x + i) * p->stride_w + kx) * channels;
        block->to[i] = i < count ? to + at : unread;
      }
      block->weights = multiply_tap(block, scalings, channels);
    }
  }
}

void tseg_dsp_transpose_conv_patches(const tseg_nn_call *call) {
  const uint32_t in_channels = call->inputs[0]->tensor->c;
  const uint32_t channels = (call->outputs[0]->tensor->c + 1u) & ~1u;
  uint32_t *patches = call->scratch;
  tseg_nn_scaling *scalings = (tseg_nn_scaling *)(void *)(patches + (size_t)2u * in_channels);
  tseg_dsp_block block = {.patches = patches};
  tseg_dsp_block_steps(&block, in_channels / 2u);
  tseg_dsp_scalings(call, scalings);
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    run_row(call, r, &block, scalings, (int8_t *)(scalings + channels));
  }
  tseg_dsp_clamp_rows(call);
}

#endif
