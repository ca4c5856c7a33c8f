/* SPDX-License-Identifier: Apache-2.0 */
/* Scaling records of a whole convolution, and the clamp of its rows. */
#include "scaling.h"

#include "bytes.h"

#if TSEG_NN_DSP

void tseg_dsp_scalings(const tseg_nn_call *call, tseg_nn_scaling *to) {
  const tseg_params_conv *p = call->params;
  const uint32_t channels = call->outputs[0]->tensor->c;
  const int32_t *multipliers = (const int32_t *)(const void *)(p + 1);
  const int32_t *shifts = multipliers + channels;
  const int32_t *bias = (const int32_t *)(const void *)(call->constants + p->bias.offset);
  for (uint32_t o = 0; o < channels; o++) {
    to[o] = tseg_nn_scaling_of(bias[o], multipliers[o], shifts[o], p->output_zero_point);
  }
  if (channels % 2u != 0u) to[channels] = tseg_nn_scaling_of(0, 0, -1, p->output_zero_point);
}

void tseg_dsp_clamp_rows(const tseg_nn_call *call) {
  const tseg_params_conv *p = call->params;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  if (p->activation_min == -128 && p->activation_max == 127) return;
  const uint32_t low = (uint32_t)(uint8_t)p->activation_min * 0x01010101u;
  const uint32_t high = (uint32_t)(uint8_t)p->activation_max * 0x01010101u;
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    uint8_t *at = tseg_nn_row(&call->outputs[0]->segments[0], r);
    uint8_t *const end = at + (size_t)out->w * out->c;
    for (; end - at >= 4; at += 4) {
      const uint32_t word =
          tseg_dsp_smaller_bytes(tseg_dsp_larger_bytes(tseg_dsp_load(at), low), high);
      memcpy(at, &word, sizeof word);
    }
    for (; at != end; at++)
      *at = (uint8_t)tseg_dsp_smaller_bytes(tseg_dsp_larger_bytes(*at, low), high);
  }
}

#endif
