/* SPDX-License-Identifier: Apache-2.0 */
/* What the variants of int8 convolutions have in common for the loader: a variant that asks another's
 * questions does not link that one's kernel. */
#ifndef TSEG_NN_CONVOLUTION_H
#define TSEG_NN_CONVOLUTION_H

#include "check.h"

/* CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV: one input and one output of int8, windows, clamps, bias and
 * factors. Its weights are left to the caller. */
bool tseg_nn_convolution_ok(const tseg_plan *plan, const tseg_plan_operator *op,
                            tseg_nn_factors factors);

/* All that CONV_2D in OHWI asks: `check` of conv_2d.pixel, and the beginning of the others'. */
bool tseg_nn_conv_2d_ok(const tseg_plan *plan, const tseg_plan_operator *op,
                        tseg_nn_factors factors);

/* All that TRANSPOSE_CONV in OHWI asks. */
bool tseg_nn_transpose_conv_ok(const tseg_plan *plan, const tseg_plan_operator *op,
                               tseg_nn_factors factors);

/* `work` of these three kinds. */
uint64_t tseg_nn_convolution_work(const tseg_plan *plan, const tseg_plan_operator *op);

#endif
