/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DEPTHWISE_CONV_2D, variant depthwise_conv_2d.block: 3x3 with stride 1 or 2 is swept along the row one
 * channel at a time, straight from the input rows, with pairs of taps of two rows in one multiplication.
 * Everything else, and channels whose factors or biases are too large to scale in four instructions, is
 * left to the portable kernel.
 */
#include "depthwise_sweep.h"
#include "../portable/depthwise_conv_2d.h"
#include "../window.h"
#include "kernels.h"

#if TSEG_NN_DSP

#define ROWS_MAX 8u /* output rows whose sweeps share a channel's weights */

/* What all sweeps of a call have in common. */
typedef struct layout {
  const tseg_nn_call *call;
  const tseg_params_conv *params;
  uint32_t channels;    /* of the output */
  uint32_t in_channels; /* each makes `channels / in_channels` of them */
  uint32_t multiplier;
  uint32_t stride;
  bool padded;    /* a column of padding before the first */
  uint32_t steps; /* outputs that a sweep makes; if there is one more, its last column is padding */
  uint32_t last;  /* bytes from the first output to that one */
  bool one_more;
} layout;

static bool lay_out(layout *w, const tseg_nn_call *call) {
  const tseg_params_conv *p = call->params;
  const tseg_plan_tensor *in = call->inputs[0]->tensor;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  if (p->kernel_h != 3u || p->kernel_w != 3u || p->dilation_h != 1u || p->dilation_w != 1u ||
      (p->depth_multiplier != 1u && p->stride_w == 1u) || p->stride_w > 2u || p->pad_left < 0 ||
      p->pad_left > 1 || p->activation_min != -128 || p->activation_max != 127) {
    return false;
  }
  const uint32_t pad = (uint32_t)p->pad_left;
  w->call = call;
  w->params = p;
  w->channels = out->c;
  w->in_channels = in->c;
  w->multiplier = p->depth_multiplier;
  w->stride = p->stride_w;
  w->padded = pad == 1u;
  /* Outputs whose third column lies inside; one more may lack just that. */
  if (in->w + pad < 3u) return false;
  w->steps = (in->w + pad - 3u) / w->stride + 1u;
  w->one_more = out->w == w->steps + 1u;
  w->last = w->steps * out->c;
  const uint32_t second = w->steps * w->stride + 1u - pad; /* column of the one more */
  return out->w == w->steps || (w->one_more && second == in->w - 1u);
}

static bool find_rows(const layout *w, uint32_t row, tseg_dsp_line *found) {
  const tseg_nn_operand *in = w->call->inputs[0];
  const tseg_params_conv *p = w->params;
  const int8_t *rows[3];
  const int8_t *any = NULL;
  found->present = 0;
  for (uint32_t ky = 0; ky < 3u; ky++) {
    const uint32_t at = tseg_nn_window_row(in->tensor, w->call->outputs[0]->tensor, row,
                                           p->stride_h, 1, p->pad_top, ky);
    if (at == TSEG_NN_ROW_ABSENT) continue;
    any = (const int8_t *)tseg_nn_row(&in->segments[0], at);
    rows[ky] = any;
    found->present |= 1u << ky;
  }
  for (uint32_t ky = 0; ky < 3u; ky++) {
    if ((found->present >> ky & 1u) == 0u) rows[ky] = any;
  }
  found->first = rows[0];
  found->second = (uint32_t)((uintptr_t)rows[1] - (uintptr_t)rows[0]);
  found->third = (uint32_t)((uintptr_t)rows[2] - (uintptr_t)rows[0]);
  found->to = (int8_t *)tseg_nn_row(&w->call->outputs[0]->segments[0], row);
  const uint32_t columns = w->padded ? 2u : 3u;
  found->to_at =
      (uint32_t)((uintptr_t)found->to - (uintptr_t)found->first) - columns * w->in_channels;
  return any != NULL;
}

/* Twice both, as halfwords. */
static inline uint32_t pair(int32_t low, int32_t high) {
  uint32_t both;
  __asm__("pkhbt %0, %1, %2, lsl #17" : "=r"(both) : "r"(2 * low), "r"(high));
  return both;
}

/* What a row under the window adds, times two: of padding all along it, before it and behind it. */
typedef struct padding {
  int32_t all, before, behind;
} padding;

/* A channel on the way: its weights as they are, and as the rows of a line want them. */
typedef struct channel {
  tseg_dsp_sweep sweep;
  uint32_t present; /* rows that the sweep's weights are for */
  int32_t behind;
  uint32_t taps[3];
  uint32_t third_row, third_step;
  int32_t bias;
  padding rows[3];
} channel;

/* The weights of a channel, for lines of three rows. */
static void prepare(const layout *w, uint32_t c, const tseg_nn_scaling *scaling, channel *ch) {
  const uint32_t step = w->channels;
  const int8_t *k = (const int8_t *)w->call->constants + w->params->weights.offset + c;
  const int32_t zero = 2 * w->params->input_zero_point;
  int32_t upper[3];
  for (uint32_t kx = 0; kx < 3u; kx++) {
    upper[kx] = k[kx * step];
    ch->taps[kx] = pair(upper[kx], k[(kx + 3u) * step]);
  }
  const int32_t a = k[3u * step], b = k[4u * step], d = k[5u * step];
  const int32_t e = k[6u * step], f = k[7u * step], g = k[8u * step];
  ch->third_row = pair(e, f);
  ch->third_step = (uint32_t)(uint16_t)(2 * g) | w->in_channels << 16;
  ch->bias = 2 * scaling->bias;
  ch->rows[0] =
      (padding){zero * (upper[0] + upper[1] + upper[2]), zero * upper[0], zero * upper[2]};
  ch->rows[1] = (padding){zero * (a + b + d), zero * a, zero * d};
  ch->rows[2] = (padding){zero * (e + f + g), zero * e, zero * g};
  ch->present = 0;
  tseg_dsp_sweep *s = &ch->sweep;
  s->multiplier = scaling->multiplier;
  s->offset = scaling->offset;
  s->shift = scaling->shift;
}

/* What a row adds before the sweep and behind it, and all along where it is absent. */
static inline void add_padding(channel *ch, uint32_t ky, int32_t *before) {
  const int32_t present = -(int32_t)(ch->present >> ky & 1u);
  ch->sweep.bias += ch->rows[ky].all & ~present;
  *before += ch->rows[ky].before & present;
  ch->behind += ch->rows[ky].behind & present;
}

/* A row that is absent is padding in every column: it goes into the bias, and its weights are zero. */
static void adapt(uint32_t present, channel *ch) {
  const uint32_t mask = ((present & 1u) * 0xFFFFu) | ((present >> 1 & 1u) * 0xFFFF0000u);
  const uint32_t third = 0u - (present >> 2 & 1u);
  tseg_dsp_sweep *s = &ch->sweep;
  s->taps[0] = ch->taps[0] & mask;
  s->taps[1] = ch->taps[1] & mask;
  s->taps[2] = ch->taps[2] & mask;
  s->third_row = ch->third_row & third;
  s->third_step = ch->third_step & (third | 0xFFFF0000u);
  s->bias = ch->bias;
  int32_t before = 0;
  ch->present = present;
  ch->behind = 0;
  add_padding(ch, 0, &before);
  add_padding(ch, 1, &before);
  add_padding(ch, 2, &before);
  s->nearer = s->bias + before;
}

/* Adds the first (tap 0) or second (tap 1) column of a window, at `at` in the first row. */
static inline int32_t add_column(const tseg_dsp_sweep *s, const tseg_dsp_line *row,
                                 const int8_t *at, uint32_t tap, int32_t sum) {
  uint32_t two;
  __asm__("pkhbt %0, %1, %2, lsl #16"
          : "=r"(two)
          : "r"((int32_t)at[0]), "r"((int32_t)at[row->second]));
  const int32_t weight = (int32_t)(s->third_row << (tap == 0u ? 16u : 0u)) >> 16;
  return tseg_dsp_multiply_add(two, s->taps[tap], sum) + at[row->third] * weight;
}

/* Output channel c along a row, from the input channel `from`. */
static void sweep(const layout *w, uint32_t c, uint32_t from, const tseg_dsp_line *row,
                  const tseg_nn_scaling *scaling, channel *ch) {
  if (ch->present != row->present) adapt(row->present, ch);
  tseg_dsp_sweep *s = &ch->sweep;
  int8_t *to = row->to + c;
  if (!w->padded) {
    s->nearer = add_column(s, row, row->first + from, 0, s->bias);
    from += w->in_channels;
  }
  int32_t last;
  if (w->stride == 1u) {
    last = tseg_dsp_sweep_1(s, row, from);
  } else {
    last = tseg_dsp_sweep_2(s, row, from, to);
  }
  if (!w->one_more) return;
  if (w->stride == 2u) last = add_column(s, row, row->first + from + s->span, 1, last);
  to[w->last] = (int8_t)tseg_nn_scale((last + ch->behind) >> 1, scaling);
}

/* Whether sums of a channel stay small enough: nine products of bytes and the folded bias. */
static bool suits(int32_t bias, int32_t multiplier, int32_t shift) {
  const int32_t limit = shift < -TSEG_NN_SCALING_SHIFT_MAX ? 1 << 21 : 1 << 29;
  return (shift < 0 || multiplier == 0) && bias > -limit && bias < limit;
}

/* All channels of some rows. */
static void sweep_lines(const layout *w, uint32_t first_row, const tseg_dsp_line *lines,
                        uint32_t count) {
  const tseg_params_conv *p = w->params;
  const int32_t *multipliers = (const int32_t *)(const void *)(p + 1);
  const int32_t *shifts = multipliers + w->channels;
  const int32_t *bias = (const int32_t *)(const void *)(w->call->constants + p->bias.offset);
  channel ch;
  const bool single = w->stride == 1u;
  ch.sweep.span = (single ? w->steps + 1u : 2u * w->steps) * w->in_channels;
  ch.sweep.last = single ? w->steps % 3u : w->channels;
  for (uint32_t c = 0; c < w->channels; c++) {
    if (suits(bias[c], multipliers[c], shifts[c])) {
      const tseg_nn_scaling scaling =
          tseg_nn_scaling_of(bias[c], multipliers[c], shifts[c], p->output_zero_point);
      prepare(w, c, &scaling, &ch);
      const uint32_t from = w->multiplier == 1u ? c : c / w->multiplier;
      for (uint32_t i = 0; i < count; i++) sweep(w, c, from, &lines[i], &scaling, &ch);
    } else {
      for (uint32_t i = 0; i < count; i++) {
        tseg_nn_depthwise_conv_2d_channels(w->call, first_row + i, c, 1);
      }
    }
  }
}

void tseg_dsp_depthwise_conv_2d(const tseg_nn_call *call) {
  layout w = {0};
  const bool fits = lay_out(&w, call);
  const uint32_t end = call->first_row + call->row_count;
  for (uint32_t r = call->first_row; r < end;) {
    tseg_dsp_line lines[ROWS_MAX];
    uint32_t count = 0;
    while (fits && count < ROWS_MAX && r + count < end && find_rows(&w, r + count, &lines[count])) {
      count++;
    }
    if (count > 0u) {
      sweep_lines(&w, r, lines, count);
      r += count;
    } else {
      tseg_nn_depthwise_conv_2d_channels(call, r++, 0, call->outputs[0]->tensor->c);
    }
  }
}

#endif
