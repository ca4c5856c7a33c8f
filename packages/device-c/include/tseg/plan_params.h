/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters of each operator kind as they lie in a plan (section `params`): see tseg/plan.h. */
#ifndef TSEG_PLAN_PARAMS_H
#define TSEG_PLAN_PARAMS_H

#include <stdint.h>

/* ---- Operator parameters (section `params`), by kind. All fields are 32 bits. ----
 * Variants of number 32 take float32: bounds of activations are bits of numbers then, and so is beta in
 * input_beta_multiplier; other fields of quantization are 0, and no multipliers and shifts follow. */

/* A range of the constants section. */
typedef struct tseg_plan_range {
  uint32_t offset;
  uint32_t size;
} tseg_plan_range;

/*
 * CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV. Weights int8: OHWI, 1HWC, OHWI.
 * bias: int32 per output channel. CONV_2D and DEPTHWISE_CONV_2D: the input zero point is folded in,
 *   bias[o] - input_zero_point * sum(weights of o)   (modulo 2^32);
 * TRANSPOSE_CONV: the model's own, since only some taps reach an output pixel.
 * Variant 16 (int16 activations) has no zero points and the model's bias, of int64; of FULLY_CONNECTED too.
 * Followed by out_channels int32 multipliers, then out_channels int32 shifts (-31..30): a shift
 * > 0 is to the left, as in TFLite.
 */
typedef struct tseg_params_conv {
  uint32_t kernel_h, kernel_w;
  uint32_t stride_h, stride_w;
  uint32_t dilation_h, dilation_w;
  int32_t pad_top, pad_left;
  uint32_t depth_multiplier; /* DEPTHWISE_CONV_2D; else the number of groups */
  int32_t input_zero_point;  /* the value of a padded element */
  int32_t output_zero_point;
  int32_t activation_min, activation_max; /* quantized, inclusive */
  tseg_plan_range weights;
  tseg_plan_range bias;
} tseg_params_conv;

/* FULLY_CONNECTED: weights int8 [out][in]; bias folded as above; `channel_count` multipliers and
 * shifts follow: 1 (per tensor) or out_features. */
typedef struct tseg_params_fully_connected {
  uint32_t batches, in_features, out_features;
  uint32_t channel_count;
  int32_t output_zero_point;
  int32_t activation_min, activation_max;
  tseg_plan_range weights;
  tseg_plan_range bias;
} tseg_params_fully_connected;

typedef struct tseg_params_pool {
  uint32_t kernel_h, kernel_w;
  uint32_t stride_h, stride_w;
  int32_t pad_top, pad_left;
  int32_t activation_min, activation_max;
} tseg_params_pool;

/* ADD, SUB, MUL, DIV and PRELU, as TFLite's reference does it. Broadcasting: an operand dimension of 1
 * repeats. What is unused is 0: for MUL and DIV left_shift and the factors of the inputs, for PRELU
 * left_shift and the factor of input 2. PRELU: input 1 at or above zero takes the factor of input 1, below
 * zero its product with input 2, the slope, takes that of the output. DIV: output_shift is 7..23. */
typedef struct tseg_params_elementwise {
  int32_t left_shift;
  int32_t input1_offset, input1_multiplier, input1_shift;
  int32_t input2_offset, input2_multiplier, input2_shift;
  int32_t output_offset, output_multiplier, output_shift;
  int32_t activation_min, activation_max;
} tseg_params_elementwise;

/* CONCATENATION of inputs with equal quantization. axis: 0 = n, 1 = h, 2 = w, 3 = c. */
typedef struct tseg_params_axis {
  uint32_t axis;
} tseg_params_axis;

/* PAD with a constant value, element counts before each of n, h, w, c. `value` holds the bits of an
 * element: of types of fewer than 4 bytes, the low ones. */
typedef struct tseg_params_pad {
  uint32_t before_n, before_h, before_w, before_c;
  int32_t value;
} tseg_params_pad;

/* MIRROR_PAD: element counts before each of n, h, w, c. The mirror image begins with the edge of the
 * input (edge 1) or beside it (edge 0). */
typedef struct tseg_params_mirror_pad {
  uint32_t before_n, before_h, before_w, before_c;
  uint32_t edge;
} tseg_params_mirror_pad;

/* SOFTMAX over the last axis (c), int8 -> int8; constants as TFLite's reference. */
typedef struct tseg_params_softmax {
  int32_t input_beta_multiplier;
  int32_t input_beta_left_shift;
  int32_t diff_min;
} tseg_params_softmax;

/* LOG_SOFTMAX over the last axis (c), int8: the factor of differences to the greatest element, to Q5, and
 * its inverse. All 0 for float32. */
typedef struct tseg_params_log_softmax {
  int32_t input_multiplier, input_left_shift;
  int32_t reverse_multiplier, reverse_shift;
  int32_t diff_min;
} tseg_params_log_softmax;

/* L2_NORMALIZATION over the last axis (c); 0 for float32. */
typedef struct tseg_params_l2_normalization {
  int32_t input_zero_point;
} tseg_params_l2_normalization;

/* CONVERT: zero point and scale (the bits of a float32) of the tensor that is not float32. */
typedef struct tseg_params_convert {
  int32_t zero_point;
  int32_t scale;
} tseg_params_convert;

/* SQUASH: x * multiplier / 2^right_shift, rounded, looked up in 256 uint16 (65536 times the logistic function
 * at steps of 1/24) between which it goes straight. */
typedef struct tseg_params_squash {
  uint32_t tangent; /* 1: TANH, 0: LOGISTIC */
  int32_t multiplier;
  uint32_t right_shift;
  tseg_plan_range table;
} tseg_params_squash;

/* SOFTMAX_16: differences to the greatest element times the factor are from -10 (-32768) to 0 (32767). Tables of
 * 513 int16 each: exp of that, and 1 / (1 + x) for x from 0 to 1. */
typedef struct tseg_params_softmax_16 {
  int32_t multiplier, shift;
  tseg_plan_range exponentials;
  tseg_plan_range reciprocals;
} tseg_params_softmax_16;

/* LOOKUP: 256 bytes, indexed by the input byte as unsigned (int8 x at index x & 255). */
typedef struct tseg_params_lookup {
  tseg_plan_range table;
} tseg_params_lookup;

typedef struct tseg_params_requantize {
  int32_t input_zero_point, output_zero_point;
  int32_t multiplier, shift;
} tseg_params_requantize;

typedef struct tseg_params_resize {
  uint32_t align_corners;
  uint32_t half_pixel_centers;
} tseg_params_resize;

/* Axes of n, h, w, c as a set. */
#define TSEG_AXIS_N 1u
#define TSEG_AXIS_H 2u
#define TSEG_AXIS_W 4u
#define TSEG_AXIS_C 8u

/* MEAN, SUM and REDUCE_MAX over a set of axes, each of which has length 1 in the output, as TFLite's
 * reference does it. REDUCE_MAX uses `axes` alone; MEAN's factor is that of its sum: the kernel divides
 * it by the number of elements. */
typedef struct tseg_params_reduce {
  int32_t input_zero_point, output_zero_point;
  int32_t multiplier, shift;
  uint32_t axes; /* TSEG_AXIS_* */
} tseg_params_reduce;

/* PIECEWISE, int16: x >= 0 times the first factor, x < 0 times the second (negated if `negate`), clamped. */
typedef struct tseg_params_piecewise {
  int32_t multiplier, shift;
  int32_t negative_multiplier, negative_shift;
  uint32_t negate;
  int32_t activation_min, activation_max;
} tseg_params_piecewise;

/* REAL_FUNCTION: `alpha` is the slope of LEAKY_RELU below zero, as the bits of a float32. */
enum tseg_function {
  TSEG_FUNCTION_RELU = 0,
  TSEG_FUNCTION_RELU6 = 1,
  TSEG_FUNCTION_RELU_N1_TO_1 = 2,
  TSEG_FUNCTION_LEAKY_RELU = 3,
  TSEG_FUNCTION_LOGISTIC = 4,
  TSEG_FUNCTION_TANH = 5,
  TSEG_FUNCTION_HARD_SWISH = 6,
  TSEG_FUNCTION_ELU = 7
};
typedef struct tseg_params_real_function {
  uint32_t function; /* enum tseg_function */
  int32_t alpha;
} tseg_params_real_function;

/*
 * REARRANGE: element i of the output, counted row-major, is element
 * base + i0 * step[0] + ... + i5 * step[5] of the input, where i0 .. i5 count through size[0] .. size[5]
 * with i5 the fastest. The first row_loops loops count the output's rows, the others the elements of one.
 */
#define TSEG_NEST_DEPTH 6u
typedef struct tseg_params_rearrange {
  uint32_t size[TSEG_NEST_DEPTH];
  int32_t step[TSEG_NEST_DEPTH];
  int32_t base;
  uint32_t row_loops;
} tseg_params_rearrange;

#endif
