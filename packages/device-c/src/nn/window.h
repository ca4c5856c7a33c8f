/* SPDX-License-Identifier: Apache-2.0 */
/* Where a sliding window stands: which input row or column a tap of the kernel falls on. */
#ifndef TSEG_NN_WINDOW_H
#define TSEG_NN_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "check.h"
#include "tseg/nn.h"

/* Largest kernel, stride, dilation and pad: with TSEG_NN_DIMENSION_MAX no position overflows. */
#define TSEG_NN_WINDOW_MAX 4096

#define TSEG_NN_ROW_ABSENT 0xFFFFFFFFu

static inline bool tseg_nn_window_ok(uint32_t kernel, uint32_t stride, uint32_t dilation,
                                     int32_t pad) {
  return ((kernel - 1u) | (stride - 1u) | (dilation - 1u)) < TSEG_NN_WINDOW_MAX &&
         pad >= -TSEG_NN_WINDOW_MAX && pad <= TSEG_NN_WINDOW_MAX;
}

/* Row of the input tensor (counted over all images) under tap `ky` of output row `row`, or
 * TSEG_NN_ROW_ABSENT in the padding. */
static inline uint32_t tseg_nn_window_row(const tseg_plan_tensor *input,
                                          const tseg_plan_tensor *output, uint32_t row,
                                          uint32_t stride, uint32_t dilation, int32_t pad,
                                          uint32_t ky) {
  const uint32_t image = row / output->h;
  const int32_t y = (int32_t)((row % output->h) * stride + ky * dilation) - pad;
  if (y < 0 || y >= (int32_t)input->h) return TSEG_NN_ROW_ABSENT;
  return image * input->h + (uint32_t)y;
}

#endif
