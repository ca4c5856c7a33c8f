/* SPDX-License-Identifier: Apache-2.0 */
/* What conv_2d.tiles keeps in its scratch, and its portable kernel. */
#ifndef TSEG_NN_PORTABLE_CONV_2D_TILES_H
#define TSEG_NN_PORTABLE_CONV_2D_TILES_H

#include "tseg/nn.h"

/* Transformed weights of all pairs of filters and one block of inputs, or of one pair and all blocks. */
typedef struct tseg_nn_tiles {
  uint32_t pairs;
  uint32_t blocks;
} tseg_nn_tiles;

tseg_nn_tiles tseg_nn_tiles_of(const tseg_plan_tensor *in, const tseg_plan_tensor *out,
                               uint32_t rows_per_call);

void tseg_nn_conv_2d_tiles_portable(const tseg_nn_call *call);

#endif
