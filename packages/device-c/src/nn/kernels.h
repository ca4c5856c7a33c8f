/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel variants of this runtime, and the table of all of them. */
#ifndef TSEG_NN_KERNELS_H
#define TSEG_NN_KERNELS_H

#include "tseg/nn.h"

extern const tseg_nn_variant tseg_nn_conv_2d_pixel;
extern const tseg_nn_variant tseg_nn_conv_2d_patches;
extern const tseg_nn_variant tseg_nn_conv_2d_tiles;
extern const tseg_nn_variant tseg_nn_conv_2d_winograd;
extern const tseg_nn_variant tseg_nn_depthwise_conv_2d_block;
extern const tseg_nn_variant tseg_nn_transpose_conv_pixel;
extern const tseg_nn_variant tseg_nn_transpose_conv_patches;
extern const tseg_nn_variant tseg_nn_fully_connected_row;
extern const tseg_nn_variant tseg_nn_fully_connected_rows;
extern const tseg_nn_variant tseg_nn_max_pool_2d_row;
extern const tseg_nn_variant tseg_nn_average_pool_2d_row;
extern const tseg_nn_variant tseg_nn_add_row;
extern const tseg_nn_variant tseg_nn_sub_row;
extern const tseg_nn_variant tseg_nn_mul_row;
extern const tseg_nn_variant tseg_nn_concatenation_row;
extern const tseg_nn_variant tseg_nn_split_row;
extern const tseg_nn_variant tseg_nn_pad_row;
extern const tseg_nn_variant tseg_nn_mirror_pad_row;
extern const tseg_nn_variant tseg_nn_softmax_row;
extern const tseg_nn_variant tseg_nn_lookup_row;
extern const tseg_nn_variant tseg_nn_requantize_row;
extern const tseg_nn_variant tseg_nn_resize_bilinear_row;
extern const tseg_nn_variant tseg_nn_resize_nearest_row;
extern const tseg_nn_variant tseg_nn_mean_rows;
extern const tseg_nn_variant tseg_nn_mean_row;
extern const tseg_nn_variant tseg_nn_sum_rows;
extern const tseg_nn_variant tseg_nn_sum_row;
extern const tseg_nn_variant tseg_nn_reduce_max_rows;
extern const tseg_nn_variant tseg_nn_reduce_max_row;
extern const tseg_nn_variant tseg_nn_copy_row;
extern const tseg_nn_variant tseg_nn_rearrange_row;
extern const tseg_nn_variant tseg_nn_piecewise_row;
extern const tseg_nn_variant tseg_nn_conv_2d_16;
extern const tseg_nn_variant tseg_nn_transpose_conv_16;
extern const tseg_nn_variant tseg_nn_conv_2d_float;
extern const tseg_nn_variant tseg_nn_depthwise_conv_2d_float;
extern const tseg_nn_variant tseg_nn_transpose_conv_float;
extern const tseg_nn_variant tseg_nn_fully_connected_float;
extern const tseg_nn_variant tseg_nn_max_pool_2d_float;
extern const tseg_nn_variant tseg_nn_average_pool_2d_float;
extern const tseg_nn_variant tseg_nn_add_float;
extern const tseg_nn_variant tseg_nn_sub_float;
extern const tseg_nn_variant tseg_nn_mul_float;
extern const tseg_nn_variant tseg_nn_softmax_float;
extern const tseg_nn_variant tseg_nn_real_function_row;
extern const tseg_nn_variant tseg_nn_maximum_row;
extern const tseg_nn_variant tseg_nn_minimum_row;
extern const tseg_nn_variant tseg_nn_prelu_row;
extern const tseg_nn_variant tseg_nn_prelu_float;
extern const tseg_nn_variant tseg_nn_div_row;
extern const tseg_nn_variant tseg_nn_div_float;
extern const tseg_nn_variant tseg_nn_convert_row;
extern const tseg_nn_variant tseg_nn_cast_row;
extern const tseg_nn_variant tseg_nn_arg_max_row;
extern const tseg_nn_variant tseg_nn_l2_normalization_row;
extern const tseg_nn_variant tseg_nn_log_softmax_row;
extern const tseg_nn_variant tseg_nn_log_softmax_float;
extern const tseg_nn_variant tseg_nn_depthwise_conv_2d_16;
extern const tseg_nn_variant tseg_nn_fully_connected_16;
extern const tseg_nn_variant tseg_nn_max_pool_2d_16;
extern const tseg_nn_variant tseg_nn_average_pool_2d_16;
extern const tseg_nn_variant tseg_nn_squash_row;
extern const tseg_nn_variant tseg_nn_softmax_16_row;

/* All of the above. */
extern const tseg_nn_variant *const tseg_nn_variants[];
extern const uint32_t tseg_nn_variant_count;

#endif
