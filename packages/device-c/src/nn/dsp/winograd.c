/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CONV_2D, variant conv_2d.winograd: see winograd.h.
 *
 * Tiles are counted over all rows of a call, so that blocks of four waste little on narrow images. For
 * each group of blocks the input is transformed once; then each pair of filters meets each block.
 */
#include "winograd.h"

#include "../gather.h"
#include "../window.h"
#include "kernels.h"
#include "scaling.h"

#if TSEG_NN_DSP

#define SIDE      TSEG_NN_WINOGRAD_SIDE
#define SPAN      (SIDE + 2u) /* inputs on the SIDE of a tile */
#define TILES     TSEG_NN_WINOGRAD_TILES
#define POSITIONS (SPAN * SPAN)
#define FACTOR    576u /* of the products: they add up to so many times the sum */

/* What the call works with; the arrays lie in its scratch. */
typedef struct work {
  const tseg_nn_call *call;
  const tseg_params_conv *params;
  const tseg_nn_operand *in;
  const tseg_nn_operand *out;
  tseg_nn_winograd_sizes sizes;
  uint32_t words;     /* of a position of a tile: two channels each */
  uint32_t across;    /* tiles in a row of tiles */
  uint32_t count;     /* of tiles */
  uint32_t at_once;   /* blocks of a group */
  bool keeps_filters; /* all transformed filters fit */
  uint32_t *columns;
  int8_t *gathered;
  int32_t *products;
  int8_t *spare;
  uint32_t *offsets;     /* of the input rows under a row of tiles */
  uint32_t offsets_tile; /* first tile of that row */
  bool rows_missing;     /* some of them don't exist */
  tseg_nn_scaling *scalings;
  uint32_t *filters;
  uint32_t *blocks;
} work;

/* A run of tiles SIDE by SIDE, at most a block. */
typedef struct run {
  uint32_t row; /* first row of outputs, counted from the call's first */
  uint32_t x;   /* first column */
  uint32_t tiles;
} run;

static work lay_out(const tseg_nn_call *call) {
  const tseg_nn_operand *in = call->inputs[0];
  const tseg_nn_operand *out = call->outputs[0];
  work w = {.call = call, .params = call->params, .in = in, .out = out};
  w.sizes = tseg_nn_winograd_sizes_of(in->tensor->c, out->tensor->c, in->segment_count);
  w.words = (in->tensor->c + 3u) / 4u * 2u;
  w.across = (out->tensor->w + SIDE - 1u) / SIDE;
  w.count = w.across * ((call->row_count + SIDE - 1u) / SIDE);
  uint8_t *next = call->scratch;
  w.columns = (uint32_t *)(void *)next;
  w.gathered = (int8_t *)(next += w.sizes.columns);
  w.products = (int32_t *)(void *)(next += w.sizes.gathered);
  w.spare = (int8_t *)(next += w.sizes.products);
  w.offsets = (uint32_t *)(void *)(next += w.sizes.spare);
  w.offsets_tile = w.count;
  w.scalings = (tseg_nn_scaling *)(void *)(next += w.sizes.offsets);
  w.filters = (uint32_t *)(void *)(next += w.sizes.scalings);
  const uint32_t pairs = (out->tensor->c + 1u) / 2u;
  const uint32_t room = call->op->scratch_size - tseg_nn_winograd_fixed(&w.sizes);
  w.keeps_filters = w.sizes.block <= room && pairs <= (room - w.sizes.block) / w.sizes.filters;
  const uint32_t kept = w.keeps_filters ? pairs * w.sizes.filters : w.sizes.filters;
  w.blocks = (uint32_t *)(void *)(next + kept);
  w.at_once = w.keeps_filters ? 1u : (room - kept) / w.sizes.block;
  return w;
}

/* Scaling records whose bias is as large as the products. */
static void prepare_scalings(const work *w) {
  tseg_dsp_scalings(w->call, w->scalings);
  for (uint32_t o = 0; o < w->out->tensor->c; o++) {
    w->scalings[o].bias = (int32_t)((uint32_t)w->scalings[o].bias * FACTOR);
  }
}

/* Transforms filter `first` and the next, which is zeros where there is none. */
static void transform_pair(const work *w, uint32_t first, uint32_t *to) {
  const uint32_t channels = w->in->tensor->c;
  const int8_t *weights = (const int8_t *)w->call->constants + w->params->weights.offset;
  for (uint32_t o = 0; o < 2u; o++) {
    const bool exists = first + o < w->out->tensor->c;
    const int8_t *filter = weights + (size_t)(first + (exists ? o : 0u)) * 9u * channels;
    for (uint32_t c = 0; c < channels; c += 4u) {
      uint32_t *at = to + c + o;
      if (exists && c + 4u <= channels) {
        tseg_dsp_winograd_filter(filter + c, channels, at, 2u * w->words);
        continue;
      }
      int8_t taps[9][4] = {{0}};
      for (uint32_t tap = 0; exists && tap < 9u; tap++) {
        memcpy(taps[tap], filter + (size_t)tap * channels + c, channels - c);
      }
      tseg_dsp_winograd_filter(taps[0], 4, at, 2u * w->words);
    }
  }
}

/* Finds the input rows under the row of tiles that begins with output row `row` of the call. Rows that
 * only unwanted outputs need count as missing: they may not be there yet. */
static void find_rows(work *w, uint32_t row) {
  const uint32_t tile = row / SIDE * w->across;
  if (w->offsets_tile == tile) return;
  w->offsets_tile = tile;
  w->rows_missing = false;
  const uint32_t left = w->call->row_count - row;
  const uint32_t needed = (left < SIDE ? left : SIDE) + 2u;
  const int32_t top = (int32_t)(w->call->first_row + row) - w->params->pad_top;
  for (uint32_t i = 0; i < SPAN; i++) {
    const int32_t y = top + (int32_t)i;
    const bool exists = i < needed && y >= 0 && y < (int32_t)w->in->tensor->h;
    if (!exists) w->rows_missing = true;
    for (uint32_t s = 0; s < w->in->segment_count; s++) {
      w->offsets[i * w->in->segment_count + s] =
          exists ? tseg_nn_row_offset(&w->in->segments[s], (uint32_t)y) : TSEG_NN_ROW_ABSENT;
    }
  }
}

/* Channels [channel, channel + 4) of one pixel that exists, from whatever segments. */
static void gather_pixel(const work *w, uint32_t row, uint32_t x, uint32_t channel, int8_t *to) {
  for (uint32_t s = 0; s < w->in->segment_count; s++) {
    const tseg_nn_segment *segment = &w->in->segments[s];
    const uint32_t count = segment->channel_count;
    const int8_t *pixel = (const int8_t *)segment->base +
                          w->offsets[row * w->in->segment_count + s] + (size_t)x * count;
    for (uint32_t i = 0; i < 4u; i++) {
      const uint32_t inside = channel + i - segment->channel_begin;
      if (inside < count) to[i] = pixel[inside];
    }
  }
}

/* The segment that has channels [channel, channel + 4), as many of them as there are, or segment_count. */
static uint32_t segment_of(const tseg_nn_operand *in, uint32_t channel) {
  const uint32_t left = in->tensor->c - channel;
  const uint32_t count = left < 4u ? left : 4u;
  uint32_t s = 0;
  while (s < in->segment_count) {
    const tseg_nn_segment *segment = &in->segments[s];
    const uint32_t inside = channel - segment->channel_begin;
    if (inside < segment->channel_count && inside + count <= segment->channel_count) break;
    s++;
  }
  return s;
}

/* Columns at the end of a row where four bytes from `channel` on would reach behind the row. Elsewhere
 * what is read too much, the next pixel's, meets weights of zero. */
static uint32_t unsafe_columns(const work *w, uint32_t channel) {
  return channel + 4u > w->in->tensor->c ? 3u : 0u;
}

/* The inputs of a run that lie partly outside the image, or in several segments. */
static void gather(const work *w, const run *at, uint32_t channel, uint32_t s) {
  const uint32_t width = SIDE * at->tiles + 2u;
  const uint32_t segments = w->in->segment_count;
  const int32_t x0 = (int32_t)at->x - w->params->pad_left;
  const int32_t most = (int32_t)w->in->tensor->w - x0;
  const uint32_t begin = x0 >= 0 ? 0u : ((uint32_t)-x0 < width ? (uint32_t)-x0 : width);
  const uint32_t end =
      most <= (int32_t)begin ? begin : ((uint32_t)most < width ? (uint32_t)most : width);
  const uint32_t unsafe = unsafe_columns(w, channel);
  int8_t *to = w->gathered;
  for (uint32_t i = 0; i < SPAN; i++, to += (size_t)4u * width) {
    const bool absent = w->offsets[i * segments] == TSEG_NN_ROW_ABSENT;
    if (absent || begin > 0u || end < width) {
      memset(to, w->params->input_zero_point, (size_t)4u * width);
    }
    if (absent) continue;
    if (s == segments) {
      for (uint32_t x = begin; x < end; x++) {
        gather_pixel(w, i, (uint32_t)(x0 + (int32_t)x), channel, to + (size_t)4u * x);
      }
      continue;
    }
    const tseg_nn_segment *segment = &w->in->segments[s];
    const int8_t *from = (const int8_t *)segment->base + w->offsets[i * segments + s] +
                         (channel - segment->channel_begin) +
                         (size_t)(uint32_t)(x0 + (int32_t)begin) * segment->channel_count;
    uint32_t x = begin;
    for (; x < end && (int32_t)(x + unsafe) < most; x++, from += segment->channel_count) {
      const uint32_t word = tseg_dsp_load(from);
      memcpy(to + (size_t)4u * x, &word, sizeof word);
    }
    for (; x < end; x++) {
      gather_pixel(w, i, (uint32_t)(x0 + (int32_t)x), channel, to + (size_t)4u * x);
    }
  }
}

/* Transforms the inputs of a run; `to` is the block's first word of the run's first tile. */
static void transform_run(work *w, const run *at, uint32_t *to) {
  const uint32_t width = SIDE * at->tiles + 2u;
  const int32_t x0 = (int32_t)at->x - w->params->pad_left;
  find_rows(w, at->row);
  const int32_t behind = (int32_t)w->in->tensor->w - x0 - (int32_t)width; /* columns */
  for (uint32_t c = 0; c < w->in->tensor->c; c += 4u) {
    const int8_t *rows[SPAN];
    const uint32_t s = segment_of(w->in, c);
    uint32_t step = 4;
    const bool inside = !w->rows_missing && x0 >= 0 && behind >= (int32_t)unsafe_columns(w, c);
    if (inside && s < w->in->segment_count) {
      const tseg_nn_segment *segment = &w->in->segments[s];
      step = segment->channel_count;
      const uint8_t *from =
          segment->base + (size_t)(uint32_t)x0 * step + (c - segment->channel_begin);
      for (uint32_t i = 0; i < SPAN; i++) {
        rows[i] = (const int8_t *)from + w->offsets[i * w->in->segment_count + s];
      }
    } else {
      gather(w, at, c, s);
      for (uint32_t i = 0; i < SPAN; i++) rows[i] = w->gathered + (size_t)4u * width * i;
    }
    tseg_dsp_winograd_input(rows, step, at->tiles, w->columns, to + (size_t)2u * c,
                            TILES * w->words);
  }
}

static void transform_block(work *w, uint32_t first, uint32_t *to) {
  const uint32_t end = first + TILES < w->count ? first + TILES : w->count;
  for (uint32_t tile = first; tile < end;) {
    const uint32_t x = tile % w->across;
    run at = {tile / w->across * SIDE, x * SIDE, w->across - x};
    if (at.tiles > end - tile) at.tiles = end - tile;
    transform_run(w, &at, to + (tile - first));
    tile += at.tiles;
  }
}

/* Where a block of outputs lies. */
typedef struct target {
  tseg_dsp_tile tiles[TILES]; /* rows that are not wanted have no place */
  uint32_t rows[TILES]; /* how many of each tile are wanted: none of one that does not exist */
  uint32_t columns[TILES];
  bool whole; /* all of it */
} target;

static void place_tiles(const work *w, uint32_t first, target *to) {
  const tseg_plan_tensor *out = w->out->tensor;
  uint32_t row = first / w->across * SIDE;
  uint32_t x = first % w->across * SIDE;
  to->whole = true;
  for (uint32_t t = 0; t < TILES; t++) {
    const uint32_t left = w->call->row_count > row ? w->call->row_count - row : 0u;
    to->rows[t] = left < SIDE ? left : SIDE;
    to->columns[t] = out->w - x < SIDE ? out->w - x : SIDE;
    to->whole = to->whole && to->rows[t] == SIDE && to->columns[t] == SIDE;
    to->tiles[t].step = out->c;
    const bool follows = t > 0u && x > 0u;
    for (uint32_t i = 0; i < to->rows[t]; i++) {
      to->tiles[t].rows[i] =
          follows ? to->tiles[t - 1u].rows[i] + (size_t)SIDE * out->c
                  : (int8_t *)tseg_nn_row(&w->out->segments[0], w->call->first_row + row + i) +
                        (size_t)x * out->c;
    }
    x += SIDE;
    if (x < out->w) continue;
    x = 0;
    row += SIDE;
  }
}

/* Finishes a block of which some outputs are not wanted: those tiles are made elsewhere, and copied. */
static void finish_partly(const work *w, const target *to, uint32_t channel) {
  const bool both = channel + 2u <= w->out->tensor->c;
  tseg_dsp_tile places[TILES];
  bool copied[TILES];
  for (uint32_t t = 0; t < TILES; t++) {
    copied[t] = !both || to->rows[t] < SIDE || to->columns[t] < SIDE;
    places[t].step = copied[t] ? 2u : to->tiles[t].step;
    for (uint32_t i = 0; i < SIDE; i++) {
      places[t].rows[i] = copied[t] ? w->spare + (size_t)2u * SIDE * (SIDE * t + i)
                                    : to->tiles[t].rows[i] + channel;
    }
  }
  tseg_dsp_winograd_finish(places, w->products, w->scalings + channel, 0);
  for (uint32_t t = 0; t < TILES; t++) {
    for (uint32_t i = 0; copied[t] && i < to->rows[t]; i++) {
      int8_t *at = to->tiles[t].rows[i] + channel;
      const int8_t *from = places[t].rows[i];
      for (uint32_t x = 0; x < to->columns[t]; x++, at += to->tiles[t].step, from += 2) {
        at[0] = from[0];
        if (both) at[1] = from[1];
      }
    }
  }
}

static void multiply_block(const work *w, const tseg_dsp_winograd_steps *steps,
                           const uint32_t *filters, const uint32_t *block, const target *to,
                           uint32_t channel) {
  tseg_dsp_winograd_multiply(filters, block, w->products, steps);
  if (to->whole && channel + 2u <= w->out->tensor->c) {
    tseg_dsp_winograd_finish(to->tiles, w->products, w->scalings + channel, channel);
  } else {
    finish_partly(w, to, channel);
  }
}

/* All filters are transformed once; then each block meets all of them. */
static void convolve_by_blocks(work *w, const tseg_dsp_winograd_steps *steps) {
  const uint32_t channels = w->out->tensor->c;
  const uint32_t filter_words = w->sizes.filters / 4u;
  uint32_t *filters = w->filters;
  for (uint32_t o = 0; o < channels; o += 2u, filters += filter_words) {
    transform_pair(w, o, filters);
  }
  for (uint32_t tile = 0; tile < w->count; tile += TILES) {
    target to;
    transform_block(w, tile, w->blocks);
    place_tiles(w, tile, &to);
    filters = w->filters;
    for (uint32_t o = 0; o < channels; o += 2u, filters += filter_words) {
      multiply_block(w, steps, filters, w->blocks, &to, o);
    }
  }
}

/* As many blocks as fit are transformed; then each pair of filters is transformed and meets all of them. */
static void convolve_by_filters(work *w, const tseg_dsp_winograd_steps *steps) {
  const uint32_t block_words = w->sizes.block / 4u;
  const uint32_t group = TILES * w->at_once;
  for (uint32_t first = 0; first < w->count; first += group) {
    const uint32_t end = w->count - first < group ? w->count : first + group;
    uint32_t *block = w->blocks;
    for (uint32_t tile = first; tile < end; tile += TILES, block += block_words) {
      transform_block(w, tile, block);
    }
    for (uint32_t o = 0; o < w->out->tensor->c; o += 2u) {
      transform_pair(w, o, w->filters);
      block = w->blocks;
      for (uint32_t tile = first; tile < end; tile += TILES, block += block_words) {
        target to;
        place_tiles(w, tile, &to);
        multiply_block(w, steps, w->filters, block, &to, o);
      }
    }
  }
}

void tseg_dsp_conv_2d_winograd(const tseg_nn_call *call) {
  work w = lay_out(call);
  const tseg_dsp_winograd_steps steps = tseg_dsp_winograd_steps_of(w.words, POSITIONS);
  prepare_scalings(&w);
  if (w.keeps_filters) {
    convolve_by_blocks(&w, &steps);
  } else {
    convolve_by_filters(&w, &steps);
  }
  tseg_dsp_clamp_rows(call);
}

#endif
