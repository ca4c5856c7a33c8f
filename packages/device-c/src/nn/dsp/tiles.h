/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Integer Winograd F(2x2, 3x3): two rows by two columns of outputs (a tile) from sixteen products of a
 * channel instead of thirty-six.
 *
 * Weights become U = (2G) g (2G)^T with rows (2 0 0), (1 1 1), (1 -1 1), (0 0 2) of 2G: |U| <= 9 * 127.
 * Inputs become V = B^T d B, sums and differences of four bytes: |V| <= 512. Both fit 16 bits. The inverse
 * transform of the sums of U * V is 4 * acc. All sums are modulo 2^32, so nothing that overflows on the
 * way matters as long as 4 * acc fits: |acc| < 2^29.
 *
 * Work goes by blocks of four tiles side by side, 8 columns and 2 rows of output.
 */
#ifndef TSEG_NN_DSP_TILES_H
#define TSEG_NN_DSP_TILES_H

#include "../scaling.h"
#include "dsp.h"

#if TSEG_NN_DSP

#define TSEG_DSP_TILE_COLUMNS  8u /* of output in a block */
#define TSEG_DSP_TILE_PRODUCTS 16u

/* U of two filters, as the model has them ([3][3][channels] each; `second` null: zeros): word k of
 * channel quads for each of the 16 products, first filter, then second. */
void tseg_dsp_tile_weights(const int8_t *first, const int8_t *second, uint32_t channels,
                           uint32_t *to);

/* Where the input of a column of a block is: four rows, from the top, of `channels` bytes. */
void tseg_dsp_tile_columns(const int8_t *const rows[4], uint32_t channels, uint32_t stride,
                           uint32_t *to);

/* V of a block from its transformed columns: word k of the four tiles for each product. `words` is half
 * the number of channels. */
void tseg_dsp_tile_inputs(const uint32_t *columns, uint32_t words, uint32_t *to);

/* sums[product][filter][tile] of a pair of filters and a block; 1 <= words <= 32. */
void tseg_dsp_tile_multiply(const uint32_t *weights, const uint32_t *inputs, uint32_t words,
                            int32_t sums[TSEG_DSP_TILE_PRODUCTS][2][4]);

/* The 2 x 8 outputs of one filter; `sums` is that of its first product. Columns lie `step` bytes apart,
 * rows `row` bytes. */
void tseg_dsp_tile_outputs(const int32_t *sums, const tseg_nn_scaling *scaling, int8_t *to,
                           uint32_t step, uint32_t row);

#endif
#endif
