/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel variants that this runtime carries, all of them. A firmware that carries fewer links its
 * own tseg_nn_find and tseg_nn_list: then the linker takes neither this file nor registry.c. */
#include "kernels.h"

const tseg_nn_variant *const tseg_nn_variants[] = {
    &tseg_nn_conv_2d_pixel,
    &tseg_nn_conv_2d_patches,
    &tseg_nn_conv_2d_tiles,
    &tseg_nn_conv_2d_winograd,
    &tseg_nn_depthwise_conv_2d_block,
    &tseg_nn_transpose_conv_pixel,
    &tseg_nn_transpose_conv_patches,
    &tseg_nn_fully_connected_row,
    &tseg_nn_fully_connected_rows,
    &tseg_nn_max_pool_2d_row,
    &tseg_nn_average_pool_2d_row,
    &tseg_nn_add_row,
    &tseg_nn_sub_row,
    &tseg_nn_mul_row,
    &tseg_nn_concatenation_row,
    &tseg_nn_split_row,
    &tseg_nn_pad_row,
    &tseg_nn_mirror_pad_row,
    &tseg_nn_softmax_row,
    &tseg_nn_lookup_row,
    &tseg_nn_requantize_row,
    &tseg_nn_resize_bilinear_row,
    &tseg_nn_resize_nearest_row,
    &tseg_nn_mean_rows,
    &tseg_nn_mean_row,
    &tseg_nn_sum_rows,
    &tseg_nn_sum_row,
    &tseg_nn_reduce_max_rows,
    &tseg_nn_reduce_max_row,
    &tseg_nn_copy_row,
    &tseg_nn_rearrange_row,
    &tseg_nn_piecewise_row,
    &tseg_nn_conv_2d_16,
    &tseg_nn_transpose_conv_16,
    &tseg_nn_conv_2d_float,
    &tseg_nn_depthwise_conv_2d_float,
    &tseg_nn_transpose_conv_float,
    &tseg_nn_fully_connected_float,
    &tseg_nn_max_pool_2d_float,
    &tseg_nn_average_pool_2d_float,
    &tseg_nn_add_float,
    &tseg_nn_sub_float,
    &tseg_nn_mul_float,
    &tseg_nn_softmax_float,
    &tseg_nn_real_function_row,
    &tseg_nn_maximum_row,
    &tseg_nn_minimum_row,
    &tseg_nn_prelu_row,
    &tseg_nn_prelu_float,
    &tseg_nn_div_row,
    &tseg_nn_div_float,
    &tseg_nn_convert_row,
    &tseg_nn_cast_row,
    &tseg_nn_arg_max_row,
    &tseg_nn_l2_normalization_row,
    &tseg_nn_log_softmax_row,
    &tseg_nn_log_softmax_float,
    &tseg_nn_depthwise_conv_2d_16,
    &tseg_nn_fully_connected_16,
    &tseg_nn_max_pool_2d_16,
    &tseg_nn_average_pool_2d_16,
    &tseg_nn_squash_row,
    &tseg_nn_softmax_16_row,
};

const uint32_t tseg_nn_variant_count =
    (uint32_t)(sizeof tseg_nn_variants / sizeof tseg_nn_variants[0]);

uint32_t tseg_nn_list(uint16_t *ids, uint32_t capacity) {
  for (uint32_t i = 0; i < tseg_nn_variant_count && i < capacity; i++) {
    ids[i] = tseg_nn_variants[i]->id;
  }
  return tseg_nn_variant_count;
}
