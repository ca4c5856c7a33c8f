/* SPDX-License-Identifier: Apache-2.0 */
/* The portable ADD, SUB and MUL, which kernels for special cores leave their other cases to. */
#ifndef TSEG_NN_PORTABLE_ELEMENTWISE_H
#define TSEG_NN_PORTABLE_ELEMENTWISE_H

#include "tseg/nn.h"

void tseg_nn_elementwise_portable(const tseg_nn_call *call);

#endif
