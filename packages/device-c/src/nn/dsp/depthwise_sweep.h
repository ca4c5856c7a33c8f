/* SPDX-License-Identifier: Apache-2.0 */
/* The inner loops of 3x3 depthwise convolutions: one channel, swept along a row. */
#ifndef TSEG_NN_DSP_DEPTHWISE_SWEEP_H
#define TSEG_NN_DSP_DEPTHWISE_SWEEP_H

#include "../scaling.h"
#include "dsp.h"

#if TSEG_NN_DSP

/* Where a sweep runs; offsets of the fields up to `to_at` are known to the assembly in depthwise_sweep.c. */
typedef struct tseg_dsp_line {
  const int8_t *first; /* the first column of the first row under the window */
  uint32_t second;     /* from there to the second row, */
  uint32_t third;      /* and to the third */
  uint32_t
      to_at; /* stride 1: from a column to the output that it completes, less one more column */
  uint32_t present; /* a bit for each row that there is; the others are any rows */
  int8_t *to;       /* the first output of the first channel */
} tseg_dsp_line;

/* A channel on its way along rows. Weights are doubled, which four-instruction scaling wants; those of rows
 * that are not present are zero. Offsets of the fields are known to the assembly. */
typedef struct tseg_dsp_sweep {
  int32_t nearer;      /* sum of the first output, with what lies before the sweep */
  int32_t bias;        /* doubled */
  uint32_t taps[3];    /* of each column: weights of the first row (low) and of the second (high) */
  uint32_t third_row;  /* weights of the third row: first column low, second high */
  uint32_t third_step; /* weight of its third column (low); bytes to the next column (high) */
  int32_t multiplier, offset, shift; /* of tseg_nn_scaling */
  uint32_t span; /* bytes from the sweep's first column to that behind its last */
  uint32_t last; /* stride 1: its outputs modulo 3; stride 2: bytes between outputs */
} tseg_dsp_sweep;

/*
 * The sweeps begin `offset` bytes from the line's first column, and return the sum of the output after the last.
 *
 * Stride 1: begins at the second column of the first output's window, reads that, and then with each step a
 * column that completes an output. One step at least.
 */
int32_t tseg_dsp_sweep_1(const tseg_dsp_sweep *sweep, const tseg_dsp_line *line, uint32_t offset);

/* Stride 2: each step reads two columns, the second and third of a window, which completes an output. */
int32_t tseg_dsp_sweep_2(const tseg_dsp_sweep *sweep, const tseg_dsp_line *line, uint32_t offset,
                         int8_t *to);

#endif
#endif
