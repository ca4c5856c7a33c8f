/* SPDX-License-Identifier: Apache-2.0 */
/* The portable MAX_POOL_2D, which kernels for special cores leave their other cases to. */
#ifndef TSEG_NN_PORTABLE_POOL_2D_H
#define TSEG_NN_PORTABLE_POOL_2D_H

#include "tseg/nn.h"

void tseg_nn_max_pool_2d_portable(const tseg_nn_call *call);

#endif
