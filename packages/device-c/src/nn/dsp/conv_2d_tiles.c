/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CONV_2D, variant conv_2d.tiles: integer Winograd (tiles.h) with weights transformed in each call, so that
 * flash holds them as the model does. Either the weights of all filters are transformed once and blocks
 * of tiles follow one by one, or all blocks of the call are transformed and pairs of filters follow:
 * whichever needs less scratch; the work is the same.
 */
#include "../portable/conv_2d_tiles.h"
#include "../window.h"
#include "kernels.h"
#include "scaling.h"
#include "tiles.h"

#if TSEG_NN_DSP

#define COLUMNS (TSEG_DSP_TILE_COLUMNS + 2u)

typedef struct work {
  const tseg_nn_call *call;
  const tseg_params_conv *params;
  const tseg_nn_operand *in;
  const tseg_plan_tensor *out;
  tseg_nn_scaling *scalings;
  int32_t (*sums)[2][4];
  const int8_t *zeros; /* a pixel of padding */
  uint32_t *columns;   /* of one block: rows 0..3 of the transform, each COLUMNS pixels */
  uint32_t *inputs;
  uint32_t *weights;
  uint32_t input_words;  /* of one block */
  uint32_t weight_words; /* of one pair of filters */
  uint32_t block_count;  /* of the call: those of its first two rows, then of the next two */
  uint32_t row_blocks;
} work;

static work lay_out(const tseg_nn_call *call, const tseg_nn_tiles *tiles) {
  const uint32_t channels = call->inputs[0]->tensor->c;
  work w = {.call = call,
            .params = call->params,
            .in = call->inputs[0],
            .out = call->outputs[0]->tensor,
            .input_words = 32u * channels,
            .weight_words = 16u * channels};
  const uint32_t pairs = (w.out->c + 1u) / 2u;
  w.row_blocks = (w.out->w + TSEG_DSP_TILE_COLUMNS - 1u) / TSEG_DSP_TILE_COLUMNS;
  w.block_count = w.row_blocks * ((call->row_count + 1u) / 2u);
  w.scalings = call->scratch;
  w.sums = (int32_t(*)[2][4])(void *)(w.scalings + 2u * pairs);
  w.columns = (uint32_t *)(void *)(w.sums + TSEG_DSP_TILE_PRODUCTS);
  w.inputs = w.columns + (size_t)2u * COLUMNS * channels;
  w.weights = w.inputs + (size_t)tiles->blocks * w.input_words;
  w.zeros = (const int8_t *)(w.weights + (size_t)tiles->pairs * w.weight_words);
  memset(w.weights + (size_t)tiles->pairs * w.weight_words, w.params->input_zero_point, channels);
  return w;
}

/* Four input rows of one segment; null in the padding. */
static void find_rows(const work *w, const tseg_nn_segment *segment, uint32_t first_row,
                      const int8_t *rows[4]) {
  for (uint32_t i = 0; i < 4u; i++) {
    /* The rows under the window of the first output row, and one more. */
    const uint32_t row =
        tseg_nn_window_row(w->in->tensor, w->out, first_row, 1, 1, w->params->pad_top, i);
    rows[i] = row == TSEG_NN_ROW_ABSENT ? NULL : (const int8_t *)tseg_nn_row(segment, row);
  }
}

/* `count` columns from x on, all inside the image or all outside it, of one segment. */
static void transform_run(const work *w, const tseg_nn_segment *segment,
                          const int8_t *const rows[4], int32_t x, uint32_t count, uint32_t *to) {
  const uint32_t words = w->in->tensor->c / 2u;
  const bool inside = x >= 0 && x < (int32_t)w->in->tensor->w;
  const bool joined = inside && w->in->segment_count == 1u && rows[0] != NULL && rows[1] != NULL &&
                      rows[2] != NULL && rows[3] != NULL;
  const uint32_t step = joined ? count : 1u; /* columns that follow each other in memory */
  for (uint32_t i = 0; i < count; i += step, to += words) {
    const int8_t *from[4];
    for (uint32_t k = 0; k < 4u; k++) {
      from[k] = inside && rows[k] != NULL
                    ? rows[k] + (size_t)((uint32_t)x + i) * segment->channel_count
                    : w->zeros;
    }
    tseg_dsp_tile_columns(from, step * segment->channel_count, COLUMNS * words, to);
  }
}

/* The transformed columns of a block; what lies outside the image is padding. */
static void transform_columns(const work *w, uint32_t first_row, uint32_t first_column) {
  const uint32_t words = w->in->tensor->c / 2u;
  const int32_t width = (int32_t)w->in->tensor->w;
  const int32_t begin = (int32_t)first_column - w->params->pad_left;
  const int32_t end = begin + (int32_t)COLUMNS;
  for (uint32_t s = 0; s < w->in->segment_count; s++) {
    const tseg_nn_segment *segment = &w->in->segments[s];
    const int8_t *rows[4];
    find_rows(w, segment, first_row, rows);
    uint32_t *to = w->columns + segment->channel_begin / 2u;
    /* Before the image, inside, behind it. */
    const int32_t limits[3] = {0, width, end};
    int32_t x = begin;
    for (uint32_t part = 0; part < 3u; part++) {
      const int32_t limit = limits[part] < end ? limits[part] : end;
      if (limit <= x) continue;
      const uint32_t count = (uint32_t)(limit - x);
      transform_run(w, segment, rows, x, count, to);
      to += (size_t)count * words;
      x = limit;
    }
  }
}

static void transform_block(const work *w, uint32_t block, uint32_t *to) {
  const uint32_t row = w->call->first_row + block / w->row_blocks * 2u;
  transform_columns(w, row, block % w->row_blocks * TSEG_DSP_TILE_COLUMNS);
  tseg_dsp_tile_inputs(w->columns, w->in->tensor->c / 2u, to);
}

static void transform_weights(const work *w, uint32_t pair, uint32_t *to) {
  const uint32_t channels = w->in->tensor->c;
  const int8_t *first = (const int8_t *)w->call->constants + w->params->weights.offset +
                        (size_t)pair * 18u * channels;
  const bool both = 2u * pair + 1u < w->out->c;
  tseg_dsp_tile_weights(first, both ? first + 9u * channels : NULL, channels, to);
}

/* A block of a pair of filters that is not all in the image, or has one filter only. */
static void store_part(const work *w, uint32_t pair, uint32_t row, uint32_t column) {
  const uint32_t rows = w->call->first_row + w->call->row_count - row;
  const uint32_t width = w->out->w - column;
  for (uint32_t o = 2u * pair; o < 2u * pair + 2u && o < w->out->c; o++) {
    int8_t part[2][TSEG_DSP_TILE_COLUMNS];
    tseg_dsp_tile_outputs(w->sums[0][o % 2u], &w->scalings[o], part[0], 1, sizeof part[0]);
    for (uint32_t y = 0; y < 2u && y < rows; y++) {
      int8_t *to = (int8_t *)tseg_nn_row(&w->call->outputs[0]->segments[0], row + y);
      for (uint32_t x = 0; x < TSEG_DSP_TILE_COLUMNS && x < width; x++) {
        to[(size_t)(column + x) * w->out->c + o] = part[y][x];
      }
    }
  }
}

static void multiply(const work *w, uint32_t pair, uint32_t block, const uint32_t *weights,
                     const uint32_t *inputs) {
  const uint32_t row = w->call->first_row + block / w->row_blocks * 2u;
  const uint32_t column = block % w->row_blocks * TSEG_DSP_TILE_COLUMNS;
  tseg_dsp_tile_multiply(weights, inputs, w->in->tensor->c / 2u, w->sums);
  if (row + 2u > w->call->first_row + w->call->row_count ||
      column + TSEG_DSP_TILE_COLUMNS > w->out->w || 2u * pair + 2u > w->out->c) {
    store_part(w, pair, row, column);
    return;
  }
  const tseg_nn_segment *out = &w->call->outputs[0]->segments[0];
  const uint32_t step = w->out->c;
  uint8_t *upper = tseg_nn_row(out, row);
  const uint32_t apart = (uint32_t)(tseg_nn_row(out, row + 1u) - upper);
  int8_t *to = (int8_t *)upper + (size_t)column * step + 2u * pair;
  tseg_dsp_tile_outputs(w->sums[0][0], &w->scalings[2u * pair], to, step, apart);
  tseg_dsp_tile_outputs(w->sums[0][1], &w->scalings[2u * pair + 1u], to + 1, step, apart);
}

void tseg_dsp_conv_2d_tiles(const tseg_nn_call *call) {
  const tseg_nn_operand *in = call->inputs[0];
  for (uint32_t s = 0; s < in->segment_count; s++) {
    if (in->segments[s].channel_count % 4u != 0u) {
      tseg_nn_conv_2d_tiles_portable(call);
      return;
    }
  }
  const tseg_nn_tiles tiles =
      tseg_nn_tiles_of(in->tensor, call->outputs[0]->tensor, call->op->rows_per_call);
  const work w = lay_out(call, &tiles);
  const uint32_t pairs = (w.out->c + 1u) / 2u;
  tseg_dsp_scalings(call, w.scalings);
  if (tiles.pairs == pairs) {
    for (uint32_t p = 0; p < pairs; p++) {
      transform_weights(&w, p, w.weights + (size_t)p * w.weight_words);
    }
    for (uint32_t b = 0; b < w.block_count; b++) {
      transform_block(&w, b, w.inputs);
      for (uint32_t p = 0; p < pairs; p++) {
        multiply(&w, p, b, w.weights + (size_t)p * w.weight_words, w.inputs);
      }
    }
  } else {
    for (uint32_t b = 0; b < w.block_count; b++) {
      transform_block(&w, b, w.inputs + (size_t)b * w.input_words);
    }
    for (uint32_t p = 0; p < pairs; p++) {
      transform_weights(&w, p, w.weights);
      for (uint32_t b = 0; b < w.block_count; b++) {
        multiply(&w, p, b, w.weights, w.inputs + (size_t)b * w.input_words);
      }
    }
  }
  tseg_dsp_clamp_rows(call);
}

#endif
