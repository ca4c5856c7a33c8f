/* SPDX-License-Identifier: Apache-2.0 */
/* The inner loop of convolutions: four pixels by all pairs of output channels. */
#ifndef TSEG_NN_DSP_MULTIPLY_H
#define TSEG_NN_DSP_MULTIPLY_H

#include "../scaling.h"
#include "dsp.h"

#if TSEG_NN_DSP

/* Offsets of the fields are known to the assembly in multiply.c. */
typedef struct tseg_dsp_block {
  const uint32_t
      *patches;    /* of four pixels: word k of each, then word k + 1; see tseg_dsp_widen_4 */
  uint32_t passes; /* set by tseg_dsp_block_steps */
  uint32_t entry;  /* likewise */
  const tseg_nn_scaling *scalings;
  uint32_t begin;        /* byte of the first pair in each pixel */
  uint32_t end;          /* byte after the last pair: begin + 2 * pairs */
  int8_t *to[4];         /* where each pixel's channels go; several may be the same place */
  const int8_t *weights; /* in the layout of variant conv_2d.patches */
} tseg_dsp_block;

/* Prepares a block for patches of `steps` words, one or more. */
void tseg_dsp_block_steps(tseg_dsp_block *block, uint32_t steps);

/* Multiplies, adds the bias, requantizes and stores; returns the weights behind those it used. */
const int8_t *tseg_dsp_multiply_4x2(const tseg_dsp_block *block);

/* Widens `count` bytes (a multiple of 4) of four pixels into interleaved words: of each four bytes the
 * halfwords 0 and 2 of each pixel, then 1 and 3. Returns the end of what it wrote. */
uint32_t *tseg_dsp_widen_4(const int8_t *const from[4], uint32_t count, uint32_t *to);

/* The same, and takes `zero_point` from each element. */
uint32_t *tseg_dsp_widen_centred_4(const int8_t *const from[4], uint32_t count, int32_t zero_point,
                                   uint32_t *to);

/* As the first, for one pixel: `to` is its first word. */
void tseg_dsp_widen_1(const int8_t *from, uint32_t count, uint32_t *to);

#endif
#endif
