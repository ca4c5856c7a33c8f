/* SPDX-License-Identifier: Apache-2.0 */
/* The inner loops of 3x3 depthwise convolutions: one channel, swept along a row. */
#ifndef TSEG_NN_DSP_DEPTHWISE_SWEEP_H
#define TSEG_NN_DSP_DEPTHWISE_SWEEP_H

#include "../scaling.h"
#include "dsp.h"

#if TSEG_NN_DSP

/*
 * A channel on its way along a row. Weights are doubled, which four-instruction scaling wants. Offsets of
 * the fields are known to the assembly in depthwise_sweep.c.
 */
typedef struct tseg_dsp_sweep {
  const int8_t *at;    /* the next column of the first row under the window */
  uint32_t second;     /* from there to the second row, */
  uint32_t third;      /* and to the third */
  int32_t nearer;      /* sum of the output that the next steps complete first, */
  int32_t farther;     /* and of the one after it (stride 1 only) */
  uint32_t taps[3];    /* of each column: weights of the first row (low) and of the second (high) */
  uint32_t third_row;  /* weights of the third row: first column low, second high */
  uint32_t third_step; /* weight of its third column (low); bytes to the next column (high) */
  int32_t multiplier, offset, shift; /* of tseg_nn_scaling */
  int32_t bias;                      /* doubled */
  uint32_t to;                       /* stride 1: from `at`, one column on, to the output */
  int8_t *output;                    /* stride 2: where the output goes, */
  uint32_t output_step;              /* and how far apart outputs are */
  uint32_t steps;                    /* outputs to make: 1 or more */
} tseg_dsp_sweep;

/* Each step reads one column and completes one output. Returns the sum of the output after the last. */
int32_t tseg_dsp_sweep_1(const tseg_dsp_sweep *sweep);

/* Each step reads two columns and completes one output; `nearer` has the first column of its window. */
int32_t tseg_dsp_sweep_2(const tseg_dsp_sweep *sweep);

#endif
#endif
