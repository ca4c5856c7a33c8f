/* SPDX-License-Identifier: Apache-2.0 */
/* Row windows: see tseg/row_window.h. All positions are 64-bit, so that no parameter of a loaded plan
 * can overflow them. */
#include <math.h>

#include "tseg/row_window.h"

#include "check.h"

enum { AXIS_N = 0, AXIS_H = 1 };

static const tseg_row_range none = {0, 0};

static tseg_row_range range(int64_t first, int64_t end) {
  const tseg_row_range r = {(uint32_t)first, (uint32_t)end};
  return r;
}

static tseg_row_range one(int64_t row) {
  return range(row, row + 1);
}

static int64_t clamp64(int64_t x, int64_t low, int64_t high) {
  return x < low ? low : (x > high ? high : x);
}

/* Where in the output: image and line, and the two heights. */
typedef struct row_position {
  int64_t image, line;
  int64_t height_in, height_out;
} row_position;

static tseg_row_range sliding(const row_position *at, int64_t kernel, int64_t stride,
                              int64_t dilation, int64_t pad) {
  const int64_t top = at->line * stride - pad;
  const int64_t skipped = top < 0 ? (-top + dilation - 1) / dilation : 0;
  if (top >= at->height_in) return none;
  const int64_t fitting = (at->height_in - 1 - top) / dilation;
  const int64_t last = fitting < kernel - 1 ? fitting : kernel - 1;
  if (skipped > last) return none;
  const int64_t base = at->image * at->height_in + top;
  return range(base + skipped * dilation, base + last * dilation + 1);
}

static tseg_row_range transposed(const row_position *at, int64_t kernel, int64_t stride,
                                 int64_t pad) {
  const int64_t reach = at->line + pad;
  if (reach < 0) return none;
  const int64_t behind = reach - kernel + 1;
  const int64_t first = behind > 0 ? (behind + stride - 1) / stride : 0;
  const int64_t end = clamp64(reach / stride + 1, 0, at->height_in);
  if (first >= end) return none;
  return range(at->image * at->height_in + first, at->image * at->height_in + end);
}

/* PAD and CONCATENATION: the input fills part of the output. */
static tseg_row_range placed(const row_position *at, int64_t begin_n, int64_t begin_h,
                             const tseg_plan_tensor *in) {
  const int64_t image = at->image - begin_n;
  const int64_t line = at->line - begin_h;
  if (image < 0 || image >= in->n || line < 0 || line >= in->h) return none;
  return one(image * in->h + line);
}

/* MIRROR_PAD: beyond an end the lines come again, backwards. */
static int64_t mirrored(int64_t at, int64_t size, int64_t edge) {
  if (at < 0) return -at - edge;
  return at < size ? at : 2 * (size - 1) + edge - at;
}

static tseg_row_range mirrored_row(const row_position *at, const tseg_params_mirror_pad *p,
                                   const tseg_plan_tensor *in) {
  const int64_t image = mirrored(at->image - p->before_n, in->n, p->edge);
  return one(image * in->h + mirrored(at->line - p->before_h, in->h, p->edge));
}

static tseg_row_range joined(const tseg_plan *plan, const tseg_plan_operator *op, uint32_t input,
                             const row_position *at, uint32_t row) {
  const tseg_params_axis *p = tseg_nn_params(plan, op);
  if (p->axis > AXIS_H) return one(row);
  int64_t begin = 0;
  for (uint32_t i = 0; i < input; i++) {
    const tseg_plan_tensor *earlier = tseg_nn_tensor(plan, op, i);
    begin += p->axis == AXIS_N ? earlier->n : earlier->h;
  }
  return placed(at, p->axis == AXIS_N ? begin : 0, p->axis == AXIS_H ? begin : 0,
                tseg_nn_tensor(plan, op, input));
}

/* The two lines that are blended, in 1/1024ths of a line. */
static tseg_row_range bilinear(const row_position *at, const tseg_params_resize *p) {
  const int64_t in = at->height_in;
  const int64_t out = at->height_out;
  const bool corners = p->align_corners != 0u && out > 1;
  const int64_t scale =
      corners ? (1024 * (in - 1) + (out - 1) / 2) / (out - 1) : (1024 * in + out / 2) / out;
  const int64_t position = at->line * scale + (p->half_pixel_centers != 0u ? scale / 2 - 512 : 0);
  const int64_t a = clamp64(position / 1024, 0, in - 1);
  const int64_t b = clamp64((position + 1023) / 1024, 0, in - 1);
  return range(at->image * in + (a < b ? a : b), at->image * in + (a < b ? b : a) + 1);
}

/* The nearest line, in single precision as the reference. */
static tseg_row_range nearest(const row_position *at, const tseg_params_resize *p) {
  const bool corners = p->align_corners != 0u;
  const float scale = corners && at->height_out > 1
                          ? (float)(at->height_in - 1) / (float)(at->height_out - 1)
                          : (float)at->height_in / (float)at->height_out;
  const float middle = (float)at->line + (p->half_pixel_centers != 0u ? 0.5f : 0.0f);
  const float position = middle * scale;
  const int64_t line = (int64_t)(corners ? roundf(position) : floorf(position));
  return one(at->image * at->height_in + clamp64(line, 0, at->height_in - 1));
}

/* Reductions: the row of the output, or all along n and h where these are reduced. */
static tseg_row_range reduced(const row_position *at, const tseg_params_reduce *p,
                              const tseg_plan_tensor *in) {
  const bool lines = (p->axes & TSEG_AXIS_H) != 0u;
  const int64_t first = at->image * at->height_in + (lines ? 0 : at->line);
  if ((p->axes & TSEG_AXIS_N) == 0u) return range(first, first + (lines ? at->height_in : 1));
  const int64_t last_image = ((int64_t)in->n - 1) * at->height_in;
  return range(first, last_image + first + (lines ? at->height_in : 1));
}

/* REARRANGE: from the row of the first element to that of the last. */
static tseg_row_range rearranged(const tseg_params_rearrange *p, const tseg_plan_tensor *in,
                                 uint32_t row) {
  int64_t low = p->base;
  for (uint32_t i = p->row_loops; i > 0u; i--) {
    low += (int64_t)(row % p->size[i - 1u]) * p->step[i - 1u];
    row /= p->size[i - 1u];
  }
  int64_t high = low;
  for (uint32_t i = p->row_loops; i < TSEG_NEST_DEPTH; i++) {
    const int64_t reach = (int64_t)(p->size[i] - 1u) * p->step[i];
    low += reach < 0 ? reach : 0;
    high += reach > 0 ? reach : 0;
  }
  const int64_t row_elements = (int64_t)in->w * in->c;
  return range(low / row_elements, high / row_elements + 1);
}

static tseg_row_range bytes(const tseg_plan_tensor *in, const tseg_plan_tensor *out, uint32_t row) {
  const uint64_t first = (uint64_t)row * out->row_bytes / in->row_bytes;
  const uint64_t end = ((uint64_t)row + 1u) * out->row_bytes + in->row_bytes - 1u;
  return range((int64_t)first, (int64_t)(end / in->row_bytes));
}

tseg_row_range tseg_nn_row_window(const tseg_plan *plan, const tseg_plan_operator *op,
                                  uint32_t input, uint32_t row) {
  const void *params = tseg_nn_params(plan, op);
  const tseg_params_conv *conv = params;
  const tseg_params_pool *pool = params;
  const tseg_params_pad *pad = params;
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, input);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  const row_position at = {row / out->h, row % out->h, in->h, out->h};
  switch (op->kind) {
  case TSEG_KIND_CONV_2D:
  case TSEG_KIND_DEPTHWISE_CONV_2D:
    return sliding(&at, conv->kernel_h, conv->stride_h, conv->dilation_h, conv->pad_top);
  case TSEG_KIND_MAX_POOL_2D:
  case TSEG_KIND_AVERAGE_POOL_2D:
    return sliding(&at, pool->kernel_h, pool->stride_h, 1, pool->pad_top);
  case TSEG_KIND_TRANSPOSE_CONV:
    return transposed(&at, conv->kernel_h, conv->stride_h, conv->pad_top);
  case TSEG_KIND_ADD:
  case TSEG_KIND_SUB:
  case TSEG_KIND_MUL:
  case TSEG_KIND_DIV:
  case TSEG_KIND_MAXIMUM:
  case TSEG_KIND_MINIMUM:
  case TSEG_KIND_PRELU:
    return one((in->n == 1u ? 0 : at.image) * in->h + (in->h == 1u ? 0 : at.line));
  case TSEG_KIND_CONCATENATION:
    return joined(plan, op, input, &at, row);
  case TSEG_KIND_PAD:
    return placed(&at, pad->before_n, pad->before_h, in);
  case TSEG_KIND_MIRROR_PAD:
    return mirrored_row(&at, params, in);
  case TSEG_KIND_RESIZE_BILINEAR:
    return bilinear(&at, params);
  case TSEG_KIND_RESIZE_NEAREST:
    return nearest(&at, params);
  case TSEG_KIND_FULLY_CONNECTED:
    return range(0, (int64_t)in->n * in->h);
  case TSEG_KIND_MEAN:
  case TSEG_KIND_SUM:
  case TSEG_KIND_REDUCE_MAX:
    return reduced(&at, params, in);
  case TSEG_KIND_COPY:
    return bytes(in, out, row);
  case TSEG_KIND_REARRANGE:
    return rearranged(params, in, row);
  case TSEG_KIND_LOOKUP:
  case TSEG_KIND_PIECEWISE:
  case TSEG_KIND_REAL_FUNCTION:
  case TSEG_KIND_CONVERT:
  case TSEG_KIND_CAST:
  case TSEG_KIND_ARG_MAX:
  case TSEG_KIND_L2_NORMALIZATION:
  case TSEG_KIND_LOG_SOFTMAX:
  case TSEG_KIND_SQUASH:
  case TSEG_KIND_SOFTMAX_16:
  case TSEG_KIND_REQUANTIZE:
  case TSEG_KIND_SOFTMAX:
  case TSEG_KIND_SPLIT:
    return one(row);
  default:
    return none;
  }
}
