/* SPDX-License-Identifier: Apache-2.0 */
/* The DSP kernels that take the place of portable ones; see dsp.h. */
#ifndef TSEG_NN_DSP_KERNELS_H
#define TSEG_NN_DSP_KERNELS_H

#include "dsp.h"
#include "tseg/nn.h"

#if TSEG_NN_DSP

void tseg_dsp_add(const tseg_nn_call *call);
void tseg_dsp_conv_2d_patches(const tseg_nn_call *call);
void tseg_dsp_conv_2d_tiles(const tseg_nn_call *call);
void tseg_dsp_conv_2d_winograd(const tseg_nn_call *call);
void tseg_dsp_depthwise_conv_2d(const tseg_nn_call *call);
void tseg_dsp_max_pool_2d(const tseg_nn_call *call);
void tseg_dsp_transpose_conv_patches(const tseg_nn_call *call);

#endif
#endif
