/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One convolution, pooling or other window operator with invented data: runs any of its variants as the
 * executor would, and computes what the reference says from the definition, element by element.
 */
#ifndef TSEG_TESTS_CONVOLUTION_CASE_H
#define TSEG_TESTS_CONVOLUTION_CASE_H

#include <stdbool.h>
#include <stdint.h>

#include "tseg/nn.h"

#define CONVOLUTION_SEGMENTS_MAX 3u

/* What is asked for. Pads, heights and widths as in the plan; sizes of the output are given. */
typedef struct convolution_shape {
  uint16_t kind; /* TSEG_KIND_CONV_2D, TSEG_KIND_DEPTHWISE_CONV_2D, TSEG_KIND_TRANSPOSE_CONV */
  uint32_t in_h, in_w, in_c;
  uint32_t out_h, out_w, out_c;
  uint32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
  int32_t pad_top, pad_left;
  int32_t input_zero_point, output_zero_point;
  int32_t activation_min, activation_max;
  uint32_t segment_count; /* channels of the input in this many parts */
  uint32_t segment_channels[CONVOLUTION_SEGMENTS_MAX];
  uint32_t ring_rows; /* rows of the input in RAM; 0 for all: then any order of rows will do */
  uint32_t misalign;  /* bytes from a 16-byte boundary to the rows */
  bool extremes;      /* all data -128 or 127, all weights -127 or 127 */
  int8_t (*input)(uint32_t y, uint32_t x); /* all channels of a pixel; null for invented data */
  int8_t weight;                           /* all of them; 0 for invented ones */
  int32_t shift_low, shift_high;           /* of the plan, negative to the right */
  bool dead_channels;                      /* some channels have a factor of next to nothing */
} convolution_shape;

typedef struct convolution_case convolution_case;

/* Invents data for a shape from the harness' random source (`random` gives the next number). */
convolution_case *convolution_make(const convolution_shape *shape, uint32_t (*random)(void));
void convolution_free(convolution_case *one);

/* Whether the variant's check takes the case. */
bool convolution_takes(convolution_case *one, uint16_t variant);

/* Runs all calls of a variant, rows_per_call rows each, with exactly the scratch that it asks for plus
 * `scratch_more`; returns the output, which the case owns. */
const int8_t *convolution_run(convolution_case *one, uint16_t variant, uint32_t rows_per_call,
                              uint32_t scratch_more);

/* What the reference says; convolution_bytes() of them. */
const int8_t *convolution_expected(convolution_case *one);
uint32_t convolution_bytes(const convolution_case *one);

#endif
