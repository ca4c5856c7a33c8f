/* SPDX-License-Identifier: Apache-2.0 */
/* Scaling records of a whole convolution, and the clamp of its rows. */
#ifndef TSEG_NN_DSP_SCALING_H
#define TSEG_NN_DSP_SCALING_H

#include "../scaling.h"
#include "dsp.h"

#if TSEG_NN_DSP

/* The records of all output channels of a convolution of a call, and of one more that gives zero point
 * when their number is odd. */
void tseg_dsp_scalings(const tseg_nn_call *call, tseg_nn_scaling *to);

/* Clamps the output rows of a convolution's call, unless the clamp is that of int8. */
void tseg_dsp_clamp_rows(const tseg_nn_call *call);

#endif
#endif
