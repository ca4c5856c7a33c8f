/* SPDX-License-Identifier: Apache-2.0 */
/* Gathering windows: see gather.h. */
#include "gather.h"

#include <string.h>

#include "window.h"

void tseg_nn_gather_rows(const tseg_nn_operand *in, const tseg_plan_tensor *out,
                         const tseg_params_conv *p, uint32_t out_row, uint32_t *offsets) {
  for (uint32_t ky = 0; ky < p->kernel_h; ky++) {
    const uint32_t row =
        tseg_nn_window_row(in->tensor, out, out_row, p->stride_h, p->dilation_h, p->pad_top, ky);
    for (uint32_t s = 0; s < in->segment_count; s++) {
      const tseg_nn_segment *segment = &in->segments[s];
      offsets[ky * in->segment_count + s] =
          row == TSEG_NN_ROW_ABSENT ? TSEG_NN_ROW_ABSENT : tseg_nn_row_offset(segment, row);
    }
  }
}

/* Channels [begin, begin + count) of one pixel, gathered over the segments. */
static void gather_pixel(const tseg_nn_operand *in, const uint32_t *offsets, uint32_t x,
                         uint32_t begin, uint32_t count, uint8_t *to) {
  for (uint32_t s = 0; s < in->segment_count; s++) {
    const tseg_nn_segment *segment = &in->segments[s];
    const uint32_t first = begin > segment->channel_begin ? begin : segment->channel_begin;
    const uint32_t segment_end = segment->channel_begin + segment->channel_count;
    const uint32_t end = begin + count < segment_end ? begin + count : segment_end;
    if (first >= end) continue;
    const uint8_t *pixel = segment->base + offsets[s] + (size_t)x * segment->channel_count;
    memmove(to + (first - begin), pixel + (first - segment->channel_begin), end - first);
  }
}

/* The taps of one kernel row, all inside one unsegmented input row without dilation: one copy. */
static void gather_run(const uint8_t *row, int32_t x0, uint32_t width, uint32_t kernel_w,
                       uint32_t channels, uint8_t zero, uint8_t *to) {
  const int32_t end = x0 + (int32_t)kernel_w;
  const int32_t from = x0 > 0 ? x0 : 0;
  const int32_t until = end < (int32_t)width ? end : (int32_t)width;
  if (from >= until) {
    memset(to, zero, (size_t)kernel_w * channels);
    return;
  }
  const size_t before = (size_t)(from - x0) * channels;
  const size_t inside = (size_t)(until - from) * channels;
  if (before > 0u) memset(to, zero, before);
  memmove(to + before, row + (size_t)from * channels, inside);
  if (end > until) memset(to + before + inside, zero, (size_t)(end - until) * channels);
}

void tseg_nn_gather(const tseg_nn_operand *in, const tseg_params_conv *p, const uint32_t *offsets,
                    int32_t x0, uint32_t begin, uint32_t count, uint8_t *patch) {
  const uint8_t zero = (uint8_t)p->input_zero_point;
  const uint32_t row_bytes = p->kernel_w * count;
  const bool whole = in->segment_count == 1u && p->dilation_w == 1u && count == in->tensor->c;
  for (uint32_t ky = 0; ky < p->kernel_h; ky++, patch += row_bytes) {
    const uint32_t *row = &offsets[ky * in->segment_count];
    if (row[0] == TSEG_NN_ROW_ABSENT) {
      memset(patch, zero, row_bytes);
    } else if (whole) {
      gather_run(in->segments[0].base + row[0], x0, in->tensor->w, p->kernel_w, count, zero, patch);
    } else {
      for (uint32_t kx = 0; kx < p->kernel_w; kx++) {
        const int32_t x = x0 + (int32_t)(kx * p->dilation_w);
        uint8_t *to = patch + kx * count;
        if (x < 0 || x >= (int32_t)in->tensor->w) {
          memset(to, zero, count);
        } else {
          gather_pixel(in, row, (uint32_t)x, begin, count, to);
        }
      }
    }
  }
}
