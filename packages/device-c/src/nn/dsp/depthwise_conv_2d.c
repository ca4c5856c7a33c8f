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

/* An output row and the input rows under its window. */
typedef struct line {
  const int8_t *rows[3]; /* any row where there is none: its weights count as zero */
  uint32_t present;      /* a bit for each row that there is */
  int8_t *to;
} line;

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
  const uint32_t last = w->steps * w->stride + 1u - pad; /* second column of the one more */
  return out->w == w->steps || (w->one_more && last == in->w - 1u);
}

static bool find_rows(const layout *w, uint32_t row, line *found) {
  const tseg_nn_operand *in = w->call->inputs[0];
  const tseg_params_conv *p = w->params;
  const int8_t *any = NULL;
  found->present = 0;
  for (uint32_t ky = 0; ky < 3u; ky++) {
    const uint32_t at = tseg_nn_window_row(in->tensor, w->call->outputs[0]->tensor, row,
                                           p->stride_h, 1, p->pad_top, ky);
    if (at == TSEG_NN_ROW_ABSENT) continue;
    any = (const int8_t *)tseg_nn_row(&in->segments[0], at);
    found->rows[ky] = any;
    found->present |= 1u << ky;
  }
  for (uint32_t ky = 0; ky < 3u; ky++) {
    if ((found->present >> ky & 1u) == 0u) found->rows[ky] = any;
  }
  found->to = (int8_t *)tseg_nn_row(&w->call->outputs[0]->segments[0], row);
  return any != NULL;
}

/* Twice both, as halfwords. */
static inline uint32_t pair(int32_t low, int32_t high) {
  uint32_t both;
  __asm__("pkhbt %0, %1, %2, lsl #17" : "=r"(both) : "r"(2 * low), "r"(high));
  return both;
}

/* A channel's weights on the way, with what padding adds on both sides. */
typedef struct channel {
  tseg_dsp_sweep sweep;
  uint32_t present; /* rows that the weights are for */
  int32_t before, behind;
} channel;

/* A row that is absent is padding in every column: it goes into the bias. */
static void prepare(const layout *w, uint32_t c, const tseg_nn_scaling *scaling, uint32_t present,
                    channel *ch) {
  const uint32_t step = w->channels;
  const int8_t *k = (const int8_t *)w->call->constants + w->params->weights.offset + c;
  const int32_t zero = w->params->input_zero_point;
  int32_t rows[3][3];
  int32_t bias = scaling->bias;
  for (uint32_t ky = 0; ky < 3u; ky++, k += 3u * step) {
    const int32_t a = k[0];
    const int32_t b = k[step];
    const int32_t d = k[2u * step];
    const int32_t mask = -(int32_t)(present >> ky & 1u);
    bias += zero * (a + b + d) & ~mask;
    rows[ky][0] = a & mask;
    rows[ky][1] = b & mask;
    rows[ky][2] = d & mask;
  }
  tseg_dsp_sweep *s = &ch->sweep;
  for (uint32_t kx = 0; kx < 3u; kx++) s->taps[kx] = pair(rows[0][kx], rows[1][kx]);
  s->third_row = pair(rows[2][0], rows[2][1]);
  s->third_step = (uint32_t)(uint16_t)(2 * rows[2][2]) | w->in_channels << 16;
  s->multiplier = scaling->multiplier;
  s->offset = scaling->offset;
  s->shift = scaling->shift;
  s->bias = 2 * bias;
  s->steps = w->steps;
  ch->present = present;
  ch->before = 2 * zero * (rows[0][0] + rows[1][0] + rows[2][0]);
  ch->behind = 2 * zero * (rows[0][2] + rows[1][2] + rows[2][2]);
}

/* Adds the first (tap 0) or second (tap 1) column of a window. */
static inline int32_t add_column(const tseg_dsp_sweep *s, uint32_t tap, int32_t sum) {
  uint32_t two;
  int32_t result;
  __asm__("pkhbt %0, %1, %2, lsl #16"
          : "=r"(two)
          : "r"((int32_t)s->at[0]), "r"((int32_t)s->at[s->second]));
  const int32_t weight = (int32_t)(s->third_row << (tap == 0u ? 16u : 0u)) >> 16;
  result = tseg_dsp_multiply_add(two, s->taps[tap], sum);
  return result + s->at[s->third] * weight;
}

static void sweep(const layout *w, uint32_t c, const line *row, const tseg_nn_scaling *scaling,
                  channel *ch) {
  if (ch->present != row->present) prepare(w, c, scaling, row->present, ch);
  tseg_dsp_sweep *s = &ch->sweep;
  int8_t *to = row->to + c;
  int32_t last;
  s->at = row->rows[0] + (w->multiplier == 1u ? c : c / w->multiplier);
  s->second = (uint32_t)(row->rows[1] - row->rows[0]);
  s->third = (uint32_t)(row->rows[2] - row->rows[0]);
  if (w->padded) {
    s->nearer = s->bias + ch->before;
  } else {
    s->nearer = add_column(s, 0, s->bias);
    s->at += w->in_channels;
  }
  if (w->stride == 1u) {
    s->nearer = add_column(s, 1, s->nearer);
    s->farther = add_column(s, 0, s->bias);
    s->at += w->in_channels;
    s->to = (uint32_t)(to - (s->at + w->channels));
    last = tseg_dsp_sweep_1(s);
  } else {
    s->output = to;
    s->output_step = w->channels;
    last = tseg_dsp_sweep_2(s);
  }
  if (!w->one_more) return;
  if (w->stride == 2u) {
    s->at += (size_t)2u * w->steps * w->in_channels;
    last = add_column(s, 1, last);
  }
  to[(size_t)w->steps * w->channels] = (int8_t)tseg_nn_scale((last + ch->behind) >> 1, scaling);
}

/* Whether sums of a channel stay small enough: nine products of bytes and the folded bias. */
static bool suits(int32_t bias, int32_t multiplier, int32_t shift) {
  const int32_t limit = shift < -TSEG_NN_SCALING_SHIFT_MAX ? 1 << 21 : 1 << 29;
  return (shift < 0 || multiplier == 0) && bias > -limit && bias < limit;
}

/* All channels of some rows. */
static void sweep_lines(const layout *w, uint32_t first_row, const line *lines, uint32_t count) {
  const tseg_params_conv *p = w->params;
  const int32_t *multipliers = (const int32_t *)(const void *)(p + 1);
  const int32_t *shifts = multipliers + w->channels;
  const int32_t *bias = (const int32_t *)(const void *)(w->call->constants + p->bias.offset);
  channel ch;
  for (uint32_t c = 0; c < w->channels; c++) {
    ch.present = 0;
    if (suits(bias[c], multipliers[c], shifts[c])) {
      const tseg_nn_scaling scaling =
          tseg_nn_scaling_of(bias[c], multipliers[c], shifts[c], p->output_zero_point);
      for (uint32_t i = 0; i < count; i++) sweep(w, c, &lines[i], &scaling, &ch);
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
    line lines[ROWS_MAX];
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
