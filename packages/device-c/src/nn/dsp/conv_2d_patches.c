/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CONV_2D, variant conv_2d.patches: the patches of four output pixels are widened to 16 bits and
 * interleaved once, then multiplied with all pairs of filters. Pixels are counted over all rows of the
 * call, so that narrow images waste little when a call has several rows.
 */
#include "../gather.h"
#include "../window.h"
#include "kernels.h"
#include "multiply.h"
#include "scaling.h"

#if TSEG_NN_DSP

#define SHORT_FILTER 44u /* bytes of a filter whose patches fit on the stack */
#define PATCH_SLACK  4u  /* bytes behind a patch that copying may touch */

/* What the call works with; the arrays lie in its scratch. */
typedef struct work {
  const tseg_nn_call *call;
  const tseg_params_conv *params;
  const tseg_nn_operand *in;
  const tseg_nn_operand *out;
  uint32_t filter;   /* bytes of a flattened filter, a multiple of 4 */
  uint32_t *patches; /* four, widened and interleaved */
  tseg_nn_scaling *scalings;
  uint32_t *offsets;    /* of the input rows under the window */
  uint32_t offsets_row; /* the output row that they are of */
  int8_t *patch;        /* one, as bytes */
  bool by_runs;         /* a row of the window is one run of bytes, in words */
  bool by_taps;         /* the channels of each segment are whole words */
  int8_t *unread;       /* where pixels go that don't exist */
} work;

/* The place of an output pixel. */
typedef struct pixel {
  uint32_t row;
  uint32_t x;
} pixel;

static work lay_out(const tseg_nn_call *call) {
  const tseg_params_conv *p = call->params;
  const tseg_nn_operand *in = call->inputs[0];
  const uint32_t filter = (p->kernel_h * p->kernel_w * in->tensor->c + 3u) & ~3u;
  const uint32_t channels = (call->outputs[0]->tensor->c + 1u) & ~1u;
  work w = {.call = call, .params = p, .in = in, .out = call->outputs[0], .filter = filter};
  w.by_runs =
      in->segment_count == 1u && p->dilation_w == 1u && p->kernel_w * in->tensor->c % 4u == 0u;
  w.by_taps = !w.by_runs;
  for (uint32_t s = 0; s < in->segment_count; s++) {
    if (in->segments[s].channel_count % 4u != 0u) w.by_taps = false;
  }
  w.patches = call->scratch;
  w.scalings = (tseg_nn_scaling *)(void *)(w.patches + (size_t)2u * filter);
  w.offsets = (uint32_t *)(void *)(w.scalings + channels);
  w.offsets_row = TSEG_NN_ROW_ABSENT;
  w.patch = (int8_t *)(w.offsets + (size_t)p->kernel_h * in->segment_count);
  w.unread = w.patch + filter + PATCH_SLACK;
  return w;
}

static void find_rows(work *w, uint32_t row) {
  if (w->offsets_row == row) return;
  tseg_nn_gather_rows(w->in, w->out->tensor, w->params, row, w->offsets);
  w->offsets_row = row;
}

/* The taps of a row of the window, one by one and segment by segment. */
static uint32_t *gather_taps(const work *w, const uint32_t *offsets, uint32_t x0, uint32_t *to) {
  const tseg_params_conv *p = w->params;
  for (uint32_t kx = 0; kx < p->kernel_w; kx++) {
    for (uint32_t s = 0; s < w->in->segment_count; s++) {
      const tseg_nn_segment *segment = &w->in->segments[s];
      const uint32_t channels = segment->channel_count;
      const int8_t *first =
          (const int8_t *)segment->base + offsets[s] + (size_t)(x0 + kx * p->dilation_w) * channels;
      const uint32_t step = p->stride_w * channels;
      const int8_t *const from[4] = {first, first + step, first + 2u * step, first + 3u * step};
      to = tseg_dsp_widen_4(from, channels, to);
    }
  }
  return to;
}

/* Four pixels side by side whose windows lie inside the image: whole rows of the window at a time, or
 * its taps. */
static bool gather_inside(work *w, const pixel *pixels) {
  const tseg_params_conv *p = w->params;
  const uint32_t channels = w->in->tensor->c;
  const uint32_t run = p->kernel_w * channels;
  const int32_t x0 = (int32_t)(pixels[0].x * p->stride_w) - p->pad_left;
  const int32_t end = x0 + (int32_t)(3u * p->stride_w + (p->kernel_w - 1u) * p->dilation_w);
  if (!w->by_runs && !w->by_taps) return false;
  if (pixels[3].row != pixels[0].row || pixels[3].x != pixels[0].x + 3u || x0 < 0 ||
      end >= (int32_t)w->in->tensor->w) {
    return false;
  }
  find_rows(w, pixels[0].row);
  const uint32_t step = p->stride_w * channels;
  const uint32_t zero = (uint32_t)(uint16_t)p->input_zero_point * 0x10001u;
  uint32_t *to = w->patches;
  for (uint32_t ky = 0; ky < p->kernel_h; ky++) {
    const uint32_t *offsets = &w->offsets[ky * w->in->segment_count];
    if (offsets[0] == TSEG_NN_ROW_ABSENT) {
      for (uint32_t *stop = to + (size_t)2u * run; to != stop; to++) *to = zero;
    } else if (w->by_taps) {
      to = gather_taps(w, offsets, (uint32_t)x0, to);
    } else {
      const int8_t *first = (const int8_t *)w->in->segments[0].base + w->offsets[ky] +
                            (size_t)(uint32_t)x0 * channels;
      const int8_t *const from[4] = {first, first + step, first + 2u * step, first + 3u * step};
      to = tseg_dsp_widen_4(from, run, to);
    }
  }
  return true;
}

/* The bytes of one window in one copy a row, four bytes at a time, where no byte beyond the input row
 * is touched. What is copied too much is overwritten by the next row or meets weights of zero. */
static bool copy_inside(const work *w, int32_t x0, int8_t *to) {
  const tseg_params_conv *p = w->params;
  const tseg_plan_tensor *in = w->in->tensor;
  const uint32_t run = p->kernel_w * in->c;
  const uint32_t words = (run + 3u) & ~3u;
  if (w->in->segment_count != 1u || p->dilation_w != 1u || x0 < 0 || run > 64u ||
      (uint32_t)x0 * in->c + words > in->row_bytes || x0 + (int32_t)p->kernel_w > (int32_t)in->w) {
    return false;
  }
  for (uint32_t ky = 0; ky < p->kernel_h; ky++, to += run) {
    if (w->offsets[ky] == TSEG_NN_ROW_ABSENT) {
      memset(to, p->input_zero_point, run);
      continue;
    }
    const int8_t *from =
        (const int8_t *)w->in->segments[0].base + w->offsets[ky] + (size_t)(uint32_t)x0 * in->c;
    for (uint32_t i = 0; i < words; i += 4u) {
      const uint32_t word = tseg_dsp_load(from + i);
      memcpy(to + i, &word, sizeof word);
    }
  }
  return true;
}

/* The bytes of one window, wherever it lies. */
static void gather_bytes(work *w, pixel at, int8_t *to) {
  const tseg_params_conv *p = w->params;
  const int32_t x0 = (int32_t)(at.x * p->stride_w) - p->pad_left;
  find_rows(w, at.row);
  if (!copy_inside(w, x0, to)) {
    tseg_nn_gather(w->in, p, w->offsets, x0, 0, w->in->tensor->c, (uint8_t *)to);
  }
}

/* copy_inside for four pixels side by side, to patches SHORT_FILTER + PATCH_SLACK bytes apart. */
static bool copy_4_inside(work *w, const pixel *pixels, int8_t *to) {
  const tseg_params_conv *p = w->params;
  const tseg_plan_tensor *in = w->in->tensor;
  const uint32_t run = p->kernel_w * in->c;
  const uint32_t words = (run + 3u) & ~3u;
  const uint32_t step = p->stride_w * in->c;
  const uint32_t apart = SHORT_FILTER + PATCH_SLACK;
  const int32_t x0 = (int32_t)(pixels[0].x * p->stride_w) - p->pad_left;
  const int32_t last = x0 + (int32_t)(3u * p->stride_w);
  if (w->in->segment_count != 1u || p->dilation_w != 1u || x0 < 0 ||
      pixels[3].row != pixels[0].row || pixels[3].x != pixels[0].x + 3u ||
      (uint32_t)last * in->c + words > in->row_bytes ||
      last + (int32_t)p->kernel_w > (int32_t)in->w) {
    return false;
  }
  find_rows(w, pixels[0].row);
  for (uint32_t ky = 0; ky < p->kernel_h; ky++, to += run) {
    if (w->offsets[ky] == TSEG_NN_ROW_ABSENT) {
      for (uint32_t i = 0; i < 4u; i++) memset(to + i * apart, p->input_zero_point, run);
      continue;
    }
    const int8_t *from =
        (const int8_t *)w->in->segments[0].base + w->offsets[ky] + (size_t)(uint32_t)x0 * in->c;
    for (uint32_t i = 0; i < words; i += 4u) {
      const int8_t *at = from + i;
      for (uint32_t k = 0; k < 4u; k++, at += step) {
        const uint32_t word = tseg_dsp_load(at);
        memcpy(to + i + k * apart, &word, sizeof word);
      }
    }
  }
  return true;
}

/* Pixels of any windows, one after the other; short ones are widened together. */
static void gather_pixels(work *w, const pixel *pixels, uint32_t count) {
  if (w->filter > SHORT_FILTER) {
    for (uint32_t i = 0; i < count; i++) {
      gather_bytes(w, pixels[i], w->patch);
      tseg_dsp_widen_1(w->patch, w->filter, w->patches + i);
    }
    return;
  }
  int8_t bytes[4][SHORT_FILTER + PATCH_SLACK];
  if (count < 4u || !copy_4_inside(w, pixels, bytes[0])) {
    for (uint32_t i = 0; i < count; i++) gather_bytes(w, pixels[i], bytes[i]);
  }
  const int8_t *const from[4] = {bytes[0], count > 1u ? bytes[1] : bytes[0],
                                 count > 2u ? bytes[2] : bytes[0],
                                 count > 3u ? bytes[3] : bytes[0]};
  (void)tseg_dsp_widen_4(from, w->filter, w->patches);
}

/* Four pixels and all pairs of filters; and the last filter, when it has no partner: its pairs go elsewhere. */
typedef struct blocks {
  tseg_dsp_block paired;
  tseg_dsp_block last;
  bool one_more;
  int8_t pairs[4][2];
} blocks;

/* `b` points into itself. */
static void prepare_blocks(const work *w, blocks *b) {
  const uint32_t channels = w->out->tensor->c;
  b->paired = (tseg_dsp_block){.patches = w->patches, .scalings = w->scalings};
  tseg_dsp_block_steps(&b->paired, w->filter / 2u);
  b->paired.weights = (const int8_t *)w->call->constants + w->params->weights.offset;
  b->paired.end = channels & ~1u;
  b->one_more = channels % 2u != 0u;
  b->last = b->paired;
  b->last.weights += (size_t)b->paired.end * w->filter;
  b->last.scalings += b->paired.end;
  b->last.end = 2;
  for (uint32_t i = 0; i < 4u; i++) b->last.to[i] = b->pairs[i];
}

/* Multiplies the four patches with all filters. */
static void multiply(const blocks *b) {
  if (b->paired.end > 0u) (void)tseg_dsp_multiply_4x2(&b->paired);
  if (!b->one_more) return;
  (void)tseg_dsp_multiply_4x2(&b->last);
  for (uint32_t i = 0; i < 4u; i++) b->paired.to[i][b->paired.end] = b->pairs[i][0];
}

/* A window of one pixel: the patches are the pixels themselves. */
static bool is_pointwise(const work *w) {
  const tseg_params_conv *p = w->params;
  const tseg_plan_tensor *in = w->in->tensor;
  const tseg_plan_tensor *out = w->out->tensor;
  return w->by_runs && p->kernel_h == 1u && p->kernel_w == 1u && p->stride_h == 1u &&
         p->stride_w == 1u && p->pad_top == 0 && p->pad_left == 0 && in->h == out->h &&
         in->w == out->w;
}

static void convolve_points(const work *w, blocks *b) {
  const tseg_plan_tensor *in = w->in->tensor;
  const tseg_plan_tensor *out = w->out->tensor;
  uint32_t row = w->call->first_row;
  uint32_t x = 0;
  const int8_t *from = (const int8_t *)tseg_nn_row(&w->in->segments[0], row);
  int8_t *to = (int8_t *)tseg_nn_row(&w->out->segments[0], row);
  for (uint32_t left = out->w * w->call->row_count; left > 0u;) {
    const int8_t *pixels[4];
    for (uint32_t i = 0; i < 4u; i++) {
      if (left == 0u) { /* i > 0: there is none, any will do */
        pixels[i] = pixels[0];
        b->paired.to[i] = w->unread;
        continue;
      }
      if (x == out->w) {
        x = 0;
        row++;
        from = (const int8_t *)tseg_nn_row(&w->in->segments[0], row);
        to = (int8_t *)tseg_nn_row(&w->out->segments[0], row);
      }
      pixels[i] = from;
      b->paired.to[i] = to;
      from += in->c;
      to += out->c;
      x++;
      left--;
    }
    (void)tseg_dsp_widen_4(pixels, in->c, w->patches);
    multiply(b);
  }
}

static void convolve_windows(work *w, blocks *b) {
  const tseg_plan_tensor *out = w->out->tensor;
  const uint32_t pixel_count = out->w * w->call->row_count;
  pixel next = {w->call->first_row, 0};
  int8_t *to = (int8_t *)tseg_nn_row(&w->out->segments[0], next.row);
  for (uint32_t done = 0; done < pixel_count; done += 4u) {
    pixel pixels[4];
    const uint32_t count = pixel_count - done < 4u ? pixel_count - done : 4u;
    for (uint32_t i = 0; i < 4u; i++) {
      b->paired.to[i] = w->unread;
      pixels[i] = next;
      if (i >= count) continue;
      if (next.x == out->w) {
        next.row++;
        next.x = 0;
        to = (int8_t *)tseg_nn_row(&w->out->segments[0], next.row);
        pixels[i] = next;
      }
      b->paired.to[i] = to;
      to += out->c;
      next.x++;
    }
    if (count < 4u || !gather_inside(w, pixels)) gather_pixels(w, pixels, count);
    multiply(b);
  }
}

void tseg_dsp_conv_2d_patches(const tseg_nn_call *call) {
  work w = lay_out(call);
  blocks b;
  prepare_blocks(&w, &b);
  tseg_dsp_scalings(call, w.scalings);
  if (is_pointwise(&w)) {
    convolve_points(&w, &b);
  } else {
    convolve_windows(&w, &b);
  }
  tseg_dsp_clamp_rows(call);
}

#endif
