/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sizes of the Winograd convolution F(4x4, 3x3): what the portable kernel declares as scratch and the
 * DSP kernel divides it into. src/nn/dsp/winograd.h says how they work.
 */
#ifndef TSEG_NN_WINOGRAD_H
#define TSEG_NN_WINOGRAD_H

#include <stdint.h>

#define TSEG_NN_WINOGRAD_SIDE  4u /* outputs on the side of a tile */
#define TSEG_NN_WINOGRAD_TILES 4u /* tiles of a block: they are multiplied together */

/* Bytes of the parts of the scratch, in the order in which they lie there; each is a multiple of 8. */
typedef struct tseg_nn_winograd_sizes {
  uint32_t columns;  /* a run of tiles of four channels, transformed in one direction */
  uint32_t gathered; /* its input, where that does not lie in rows */
  uint32_t products; /* of a block with two filters */
  uint32_t spare;    /* outputs of tiles that are not whole */
  uint32_t offsets;  /* of the input rows under a row of tiles */
  uint32_t scalings; /* of all output channels, made even */
  uint32_t filters;  /* two transformed filters; a kernel may have room for more */
  uint32_t block;    /* the transformed input of a block, or of several */
} tseg_nn_winograd_sizes;

static inline tseg_nn_winograd_sizes
tseg_nn_winograd_sizes_of(uint32_t in_channels, uint32_t out_channels, uint32_t segments) {
  const uint32_t side = TSEG_NN_WINOGRAD_SIDE;
  const uint32_t span = side + 2u;
  const uint32_t columns = TSEG_NN_WINOGRAD_TILES * side + 2u;
  const uint32_t inputs = (in_channels + 3u) & ~3u;
  const tseg_nn_winograd_sizes sizes = {
      .columns = 8u * span * columns,
      .gathered = 4u * span * columns,
      .products = 32u * span * span,
      .spare = 2u * TSEG_NN_WINOGRAD_TILES * side * side,
      .offsets = (4u * span * segments + 7u) & ~7u,
      .scalings = 16u * ((out_channels + 1u) & ~1u),
      .filters = 4u * span * span * inputs,
      .block = 2u * TSEG_NN_WINOGRAD_TILES * span * span * inputs,
  };
  return sizes;
}

/* All parts but the last two. */
static inline uint32_t tseg_nn_winograd_fixed(const tseg_nn_winograd_sizes *sizes) {
  return sizes->columns + sizes->gathered + sizes->products + sizes->spare + sizes->offsets +
         sizes->scalings;
}

#endif
