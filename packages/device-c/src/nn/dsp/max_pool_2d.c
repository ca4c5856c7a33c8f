/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MAX_POOL_2D, variant max_pool_2d.row: four channels at a time, compared by SSUB8 and chosen by SEL. A
 * window that reaches beyond the image is cut at its edge, as in the portable kernel, which does
 * operators whose number of channels is not a multiple of four.
 */
#include "../portable/pool_2d.h"
#include "../window.h"
#include "bytes.h"
#include "kernels.h"

#if TSEG_NN_DSP

/* The columns of a window inside the image. */
typedef struct span {
  uint32_t begin;
  uint32_t end;
} span;

/* A window of two rows and two columns, inside the image: the usual case, without inner loops. */
static void pool_2x2(const int8_t *upper, const int8_t *lower, uint32_t channels, uint32_t low,
                     uint32_t high, int8_t *to) {
  for (const int8_t *end = upper + channels; upper != end; upper += 4, lower += 4, to += 4) {
    const uint32_t a = tseg_dsp_larger_bytes(tseg_dsp_load(upper), tseg_dsp_load(upper + channels));
    const uint32_t b = tseg_dsp_larger_bytes(tseg_dsp_load(lower), tseg_dsp_load(lower + channels));
    const uint32_t most = tseg_dsp_larger_bytes(a, b);
    const uint32_t word = tseg_dsp_smaller_bytes(tseg_dsp_larger_bytes(most, low), high);
    memcpy(to, &word, sizeof word);
  }
}

static void pool_window(const tseg_nn_call *call, uint32_t row, span columns, uint32_t low,
                        uint32_t high, int8_t *to) {
  const tseg_params_pool *p = call->params;
  const tseg_plan_tensor *in = call->inputs[0]->tensor;
  for (uint32_t c = 0; c < in->c; c += 4u) {
    uint32_t most = 0x80808080u;
    for (uint32_t ky = 0; ky < p->kernel_h; ky++) {
      const uint32_t at =
          tseg_nn_window_row(in, call->outputs[0]->tensor, row, p->stride_h, 1, p->pad_top, ky);
      if (at == TSEG_NN_ROW_ABSENT) continue;
      const int8_t *pixels = (const int8_t *)tseg_nn_row(&call->inputs[0]->segments[0], at) + c;
      for (uint32_t x = columns.begin; x < columns.end; x++) {
        most = tseg_dsp_larger_bytes(most, tseg_dsp_load(pixels + (size_t)x * in->c));
      }
    }
    const uint32_t word = tseg_dsp_smaller_bytes(tseg_dsp_larger_bytes(most, low), high);
    memcpy(to + c, &word, sizeof word);
  }
}

static void pool_row(const tseg_nn_call *call, uint32_t row) {
  const tseg_params_pool *p = call->params;
  const tseg_plan_tensor *in = call->inputs[0]->tensor;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  const uint32_t low = (uint32_t)(uint8_t)p->activation_min * 0x01010101u;
  const uint32_t high = (uint32_t)(uint8_t)p->activation_max * 0x01010101u;
  const int8_t *rows[2] = {NULL, NULL};
  for (uint32_t ky = 0; ky < 2u && p->kernel_h == 2u && p->kernel_w == 2u; ky++) {
    const uint32_t at = tseg_nn_window_row(in, out, row, p->stride_h, 1, p->pad_top, ky);
    if (at == TSEG_NN_ROW_ABSENT) continue;
    rows[ky] = (const int8_t *)tseg_nn_row(&call->inputs[0]->segments[0], at);
  }
  int8_t *to = (int8_t *)tseg_nn_row(&call->outputs[0]->segments[0], row);
  for (uint32_t x = 0; x < out->w; x++, to += out->c) {
    const int32_t x0 = (int32_t)(x * p->stride_w) - p->pad_left;
    const int32_t end = x0 + (int32_t)p->kernel_w;
    if (rows[0] != NULL && rows[1] != NULL && x0 >= 0 && end <= (int32_t)in->w) {
      const size_t at = (size_t)(uint32_t)x0 * in->c;
      pool_2x2(rows[0] + at, rows[1] + at, in->c, low, high, to);
      continue;
    }
    const span columns = {x0 < 0 ? 0u : (uint32_t)x0,
                          end < 0 ? 0u : (end < (int32_t)in->w ? (uint32_t)end : in->w)};
    pool_window(call, row, columns, low, high, to);
  }
}

void tseg_dsp_max_pool_2d(const tseg_nn_call *call) {
  if (call->inputs[0]->tensor->c % 4u != 0u) {
    tseg_nn_max_pool_2d_portable(call);
    return;
  }
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    pool_row(call, r);
  }
}

#endif
