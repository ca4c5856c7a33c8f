/* SPDX-License-Identifier: Apache-2.0 */
/* The part of the portable DEPTHWISE_CONV_2D that kernels for special cores leave their other cases to. */
#ifndef TSEG_NN_PORTABLE_DEPTHWISE_CONV_2D_H
#define TSEG_NN_PORTABLE_DEPTHWISE_CONV_2D_H

#include "tseg/nn.h"

/* Output channels [first, first + count) of one row. */
void tseg_nn_depthwise_conv_2d_channels(const tseg_nn_call *call, uint32_t row, uint32_t first,
                                        uint32_t count);

#endif
