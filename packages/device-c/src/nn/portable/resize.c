/* SPDX-License-Identifier: Apache-2.0 */
/* RESIZE_BILINEAR (int8 and int16, in 1/1024ths as TFLite's integer reference) and RESIZE_NEAREST (elements of any size). */
#include <math.h>
#include <string.h>

#include "../check.h"
#include "../elements.h"
#include "../kernels.h"
#include "../requantize.h"

/* RESIZE_NEAREST moves elements of any type. */
static bool type_ok(uint16_t kind, uint32_t type) {
  return tseg_nn_quantized(type) || (kind == TSEG_KIND_RESIZE_NEAREST && type != TSEG_TYPE_BOOL);
}

static TSEG_NN_ONCE tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 1, 1, sizeof(tseg_params_resize))) return TSEG_ERR_PLAN_RECORD;
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  const bool ok = type_ok(op->kind, in->type) && out->type == in->type && in->n == out->n &&
                  in->c == out->c && tseg_nn_single_segments(plan, op) &&
                  tseg_nn_dimensions_ok(in) && tseg_nn_dimensions_ok(out);
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

/* Input units per output unit along one axis, in 1/1024ths, rounded. */
static int32_t scale_1024(uint32_t in, uint32_t out, bool align_corners) {
  if (align_corners && out > 1u) {
    return (int32_t)((1024u * (in - 1u) + (out - 1u) / 2u) / (out - 1u));
  }
  return (int32_t)((1024u * in + out / 2u) / out);
}

/* Where an output position falls: between input positions `low` and `high`, `weight`/1024 from low. */
typedef struct between {
  uint32_t low, high;
  int32_t weight;
} between;

static between locate(uint32_t at, int32_t scale, bool half_pixel, uint32_t limit) {
  int64_t position = (int64_t)at * scale;
  if (half_pixel) position += scale / 2 - 512;
  const int64_t low = position / 1024 > 0 ? position / 1024 : 0;
  const int64_t above = (position + 1023) / 1024;
  const int64_t last = (int64_t)limit - 1;
  const int64_t in_low = low < last ? low : last;
  const int64_t in_high = above < 0 ? 0 : above < last ? above : last;
  const between b = {(uint32_t)in_low, (uint32_t)in_high, (int32_t)(position - 1024 * in_low)};
  return b;
}

static int32_t blend(int32_t ll, int32_t lh, int32_t hl, int32_t hh, int32_t wy, int32_t wx) {
  const int64_t sum = (int64_t)ll * (1024 - wy) * (1024 - wx) + (int64_t)hl * wy * (1024 - wx) +
                      (int64_t)lh * (1024 - wy) * wx + (int64_t)hh * wy * wx;
  const int64_t half = sum > 0 ? INT64_C(1) << 19 : -(INT64_C(1) << 19);
  return (int32_t)((sum + half) / (INT64_C(1) << 20));
}

static void run_bilinear(const tseg_nn_call *call) {
  const tseg_params_resize *p = call->params;
  const tseg_nn_operand *in = call->inputs[0];
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  const uint32_t c = out->c;
  const bool half = p->half_pixel_centers != 0u;
  const int32_t scale_y = scale_1024(in->tensor->h, out->h, p->align_corners != 0u);
  const int32_t scale_x = scale_1024(in->tensor->w, out->w, p->align_corners != 0u);
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    const uint32_t first = r / out->h * in->tensor->h;
    const between y = locate(r % out->h, scale_y, half, in->tensor->h);
    const uint8_t *low = tseg_nn_row(&in->segments[0], first + y.low);
    const uint8_t *high = tseg_nn_row(&in->segments[0], first + y.high);
    uint8_t *to = tseg_nn_row(&call->outputs[0]->segments[0], r);
    for (uint32_t ox = 0; ox < out->w; ox++) {
      const between x = locate(ox, scale_x, half, in->tensor->w);
      const size_t left = (size_t)x.low * c;
      const size_t right = (size_t)x.high * c;
      for (uint32_t i = 0; i < c; i++) {
        const int32_t value = blend(
            tseg_nn_element(out->type, low, left + i), tseg_nn_element(out->type, low, right + i),
            tseg_nn_element(out->type, high, left + i), tseg_nn_element(out->type, high, right + i),
            y.weight, x.weight);
        tseg_nn_set_element(out->type, to, (size_t)ox * c + i, value);
      }
    }
  }
}

/* Nearest input position, in the reference's single-precision arithmetic. */
static uint32_t nearest(uint32_t at, uint32_t in, uint32_t out, const tseg_params_resize *p) {
  const bool align = p->align_corners != 0u;
  const float scale =
      align && out > 1u ? (float)(in - 1u) / (float)(out - 1u) : (float)in / (float)out;
  const float offset = p->half_pixel_centers != 0u ? 0.5f : 0.0f;
  const float place = ((float)at + offset) * scale;
  const int32_t rounded = (int32_t)(align ? roundf(place) : floorf(place));
  return (uint32_t)tseg_nn_clamp(rounded, 0, (int32_t)in - 1);
}

static void run_nearest(const tseg_nn_call *call) {
  const tseg_params_resize *p = call->params;
  const tseg_nn_operand *in = call->inputs[0];
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  const size_t pixel = out->row_bytes / out->w;
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    const uint32_t y = nearest(r % out->h, in->tensor->h, out->h, p);
    const uint8_t *from = tseg_nn_row(&in->segments[0], r / out->h * in->tensor->h + y);
    uint8_t *to = tseg_nn_row(&call->outputs[0]->segments[0], r);
    for (uint32_t x = 0; x < out->w; x++, to += pixel) {
      memmove(to, from + nearest(x, in->tensor->w, out->w, p) * pixel, pixel);
    }
  }
}

static TSEG_NN_ONCE uint64_t work(const tseg_plan *plan, const tseg_plan_operator *op) {
  return tseg_nn_work(tseg_nn_output(plan, op), 4);
}

const tseg_nn_variant tseg_nn_resize_bilinear_row = {
    .kind = TSEG_KIND_RESIZE_BILINEAR,
    .id = TSEG_VARIANT(TSEG_KIND_RESIZE_BILINEAR, 1),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run_bilinear,
};

const tseg_nn_variant tseg_nn_resize_nearest_row = {
    .kind = TSEG_KIND_RESIZE_NEAREST,
    .id = TSEG_VARIANT(TSEG_KIND_RESIZE_NEAREST, 1),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run_nearest,
};
