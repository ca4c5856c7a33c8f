/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 3x3 convolutions with stride 1 in tiles of 4x4 outputs, by Winograd's minimal filtering with
 * integers.
 *
 * A tile reads 6 by 6 inputs d. With small integer matrices,
 *     V = B' d B     U = G g G'     products[p] = sum over channels of U[p] * V[p]     y = A' products A
 * y is the sum of the convolution times 576 (winograd_4x4.c has the matrices). All of it is linear, so it holds modulo
 * 2^32 whatever overflows on the way; only U and V must fit their 16 bits, which is proved there. The
 * constant is taken out at the end: multiplied by the inverse of its odd part, and shifted. That is exact
 * if the true sum is small enough, which is the compiler's business (the verifier checks it).
 *
 * Four tiles are a block. Filters are transformed as the kernel goes, two at a time, or all at the start
 * of a call. Outputs that lie outside the image, or whose rows are not asked for, are garbage made of
 * whatever stood in for the inputs, and go to a spare place.
 */
#ifndef TSEG_NN_DSP_WINOGRAD_H
#define TSEG_NN_DSP_WINOGRAD_H

#include "../scaling.h"
#include "../winograd.h"
#include "dsp.h"

#if TSEG_NN_DSP

/* Where the outputs of a tile go: their first channel. The order is known to the assembly. */
typedef struct tseg_dsp_tile {
  int8_t *rows[4];
  uint32_t step; /* from pixel to pixel */
} tseg_dsp_tile;

/* Transforms four channels of `tiles` tiles side by side; rows[i] is the first of their pixels in row i, and
 * step is from pixel to pixel. `columns` is room to work in. Words k and k + 1 of each position are
 * written, four tiles apart; `position` is the distance, in words, from one position to the next. */
void tseg_dsp_winograd_input(const int8_t *const *rows, uint32_t step, uint32_t tiles,
                             uint32_t *columns, uint32_t *to, uint32_t position);

/* Transforms four channels of a filter, `step` from tap to tap; words k and k + 1, two filters apart. */
void tseg_dsp_winograd_filter(const int8_t *taps, uint32_t step, uint32_t *to, uint32_t position);

/* Makes output channels `channel` (even) and the next of four tiles; scalings are those of the two. */
void tseg_dsp_winograd_finish(const tseg_dsp_tile *tiles, const int32_t *products,
                              const tseg_nn_scaling *scalings, uint32_t channel);

/* How many words there are to multiply; the order is known to the assembly. */
typedef struct tseg_dsp_winograd_steps {
  uint32_t passes;
  uint32_t entry;
  uint32_t product_bytes;
} tseg_dsp_winograd_steps;

/* `words` of each position, two or more and even. */
tseg_dsp_winograd_steps tseg_dsp_winograd_steps_of(uint32_t words, uint32_t positions);

/* Multiplies two filters [position][word][2] with four tiles [position][word][4]. Products of each
 * position, with t for tile and f for filter: t0f0 t1f0 t0f1 t1f1 t2f0 t3f0 t2f1 t3f1. */
void tseg_dsp_winograd_multiply(const uint32_t *filters, const uint32_t *block, int32_t *products,
                                const tseg_dsp_winograd_steps *steps);

#endif
#endif
