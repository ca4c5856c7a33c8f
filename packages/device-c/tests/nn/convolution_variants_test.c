/* SPDX-License-Identifier: Apache-2.0 */
/* All variants of the convolutions against the definition, over random shapes, strides, pads, zero
 * points, multipliers and alignments. Runs on the host (portable kernels) and on emulated boards (DSP). */
#include "harness.h"
#include "nn/requantize.h"
#include "nn/scaling.h"
#include "support/convolution_case.h"

static uint32_t between(uint32_t low, uint32_t high) {
  return low + harness_random_below(high - low + 1u);
}

static int32_t zero_point(void) {
  static const int32_t special[] = {-128, 127, 0, 3};
  const uint32_t pick = harness_random_below(8);
  return pick < 4u ? special[pick] : (int32_t)between(0, 255) - 128;
}

/* Output size and pad before, as SAME or VALID would give them, or anything near. */
static uint32_t cover(uint32_t in, uint32_t kernel, uint32_t stride, uint32_t dilation,
                      int32_t *pad) {
  const uint32_t reach = (kernel - 1u) * dilation + 1u;
  if (harness_random_below(2) == 0u || in < reach) {
    const uint32_t out = (in + stride - 1u) / stride;
    const uint32_t needed = (out - 1u) * stride + reach;
    *pad = needed > in ? (int32_t)((needed - in) / 2u) : 0;
    return out;
  }
  *pad = 0;
  return (in - reach) / stride + 1u;
}

/* Shifts that keep most results inside int8 for `products` products of an output. */
static void fit_shifts(convolution_shape *shape, uint32_t products) {
  int32_t low = -6;
  while ((products >> (-low - 5)) != 0u && low > -20) low--;
  shape->shift_low = low - 2;
  shape->shift_high = low + 1;
}

static void finish(convolution_shape *shape, uint32_t products) {
  shape->out_h =
      cover(shape->in_h, shape->kernel_h, shape->stride_h, shape->dilation_h, &shape->pad_top);
  shape->out_w =
      cover(shape->in_w, shape->kernel_w, shape->stride_w, shape->dilation_w, &shape->pad_left);
  shape->input_zero_point = zero_point();
  shape->output_zero_point = zero_point();
  const bool clamps = harness_random_below(3) == 0u;
  shape->activation_min = clamps ? (int32_t)between(0, 128) - 128 : -128;
  shape->activation_max = clamps ? (int32_t)between(10, 127) : 127;
  shape->dead_channels = harness_random_below(3) == 0u;
  shape->misalign = harness_random_below(4);
  shape->extremes = harness_random_below(5) == 0u;
  fit_shifts(shape, products);
}

static void compare(const convolution_shape *shape, uint16_t variant, uint32_t rows_per_call,
                    uint32_t scratch_more) {
  convolution_case *one = convolution_make(shape, harness_random);
  CHECK(convolution_takes(one, variant));
  const int8_t *actual = convolution_run(one, variant, rows_per_call, scratch_more);
  CHECK_BYTES(actual, convolution_expected(one), convolution_bytes(one));
  convolution_free(one);
}

static convolution_shape random_convolution(void) {
  convolution_shape shape = {.kind = TSEG_KIND_CONV_2D};
  shape.in_h = between(1, 9);
  shape.in_w = between(1, 20);
  shape.in_c = harness_random_below(2) == 0u ? between(1, 12) : 4u * between(1, 6);
  shape.out_c = between(1, 10);
  shape.kernel_h = between(1, 4);
  shape.kernel_w = between(1, 4);
  shape.stride_h = between(1, 2);
  shape.stride_w = between(1, 3);
  shape.dilation_h = between(1, 5) == 1u ? 2u : 1u;
  shape.dilation_w = between(1, 5) == 1u ? 2u : 1u;
  if (shape.in_c >= 3u && harness_random_below(4) == 0u) {
    shape.segment_count = 2;
    shape.segment_channels[0] = between(1, shape.in_c - 1u);
    shape.segment_channels[1] = shape.in_c - shape.segment_channels[0];
  }
  finish(&shape, shape.kernel_h * shape.kernel_w * shape.in_c);
  return shape;
}

#define CONV_2D_PIXEL    TSEG_VARIANT(TSEG_KIND_CONV_2D, 1)
#define CONV_2D_PATCHES  TSEG_VARIANT(TSEG_KIND_CONV_2D, 2)
#define CONV_2D_WINOGRAD TSEG_VARIANT(TSEG_KIND_CONV_2D, 4)

static void patches(void) {
  for (uint32_t i = 0; i < 400u; i++) {
    const convolution_shape shape = random_convolution();
    compare(&shape, CONV_2D_PATCHES, between(1, shape.out_h), 16u * harness_random_below(3));
  }
}

static void patches_inside(void) {
  for (uint32_t i = 0; i < 100u; i++) {
    convolution_shape shape = random_convolution();
    shape.in_w = between(5, 40);
    shape.in_c = 4u * between(1, 10);
    shape.segment_count = 0;
    shape.dilation_h = shape.dilation_w = 1;
    finish(&shape, shape.kernel_h * shape.kernel_w * shape.in_c);
    compare(&shape, CONV_2D_PATCHES, 1, 0);
  }
}

/* Pixels alone, in calls of any number of rows; sometimes with strides or pads, which are no pixels alone. */
static void patches_of_pixels(void) {
  for (uint32_t i = 0; i < 300u; i++) {
    convolution_shape shape = random_convolution();
    const bool alone = harness_random_below(4) != 0u;
    shape.in_c = 4u * between(1, 12);
    shape.segment_count = 0;
    shape.kernel_h = shape.kernel_w = 1;
    if (alone) shape.stride_h = shape.stride_w = 1;
    finish(&shape, shape.in_c);
    if (alone && harness_random_below(4) == 0u) {
      shape.pad_top = (int32_t)between(0, 2) - 1;
      shape.pad_left = (int32_t)between(0, 2) - 1;
      shape.out_h = between(1, 9);
      shape.out_w = between(1, 20);
    }
    compare(&shape, CONV_2D_PATCHES, between(1, shape.out_h), 0);
  }
}

/* A convolution for tiles: any size, pad and segments. */
static convolution_shape random_tiled(void) {
  convolution_shape shape = random_convolution();
  shape.kernel_h = shape.kernel_w = 3;
  shape.stride_h = shape.stride_w = 1;
  shape.dilation_h = shape.dilation_w = 1;
  shape.in_h = between(1, 20);
  shape.in_w = between(1, 40);
  if (harness_random_below(4) == 0u) shape.in_c = between(1, 90);
  if (shape.segment_count == 2u) {
    const uint32_t unit = harness_random_below(2) == 0u ? 4u : 1u;
    shape.segment_channels[0] = unit * between(1, 4);
    shape.segment_channels[1] = unit * between(1, 4);
    shape.in_c = shape.segment_channels[0] + shape.segment_channels[1];
  }
  finish(&shape, 9u * shape.in_c);
  if (harness_random_below(8) == 0u) {
    /* Pads of any size, also none before and some behind, or less than none. */
    shape.pad_top = (int32_t)between(0, 6) - 3;
    shape.pad_left = (int32_t)between(0, 40) - 20;
    shape.out_h = between(1, 12);
    shape.out_w = between(1, 30);
  }
  return shape;
}

static void winograd(void) {
  for (uint32_t i = 0; i < 300u; i++) {
    const convolution_shape shape = random_tiled();
    /* From the least scratch to room for all filters of a call. */
    const uint32_t more = harness_random_below(3) == 0u ? 0u : 16u * between(0, 4000);
    compare(&shape, CONV_2D_WINOGRAD, between(1, shape.out_h), more);
  }
}

/* The largest transformed inputs: in both directions the signs of a row of coefficients. */
static int32_t pattern_row[6] = {1, 1, 1, 1, 1, 1};
static int8_t pattern(uint32_t y, uint32_t x) {
  return pattern_row[y % 6u] * pattern_row[x % 6u] > 0 ? 127 : -128;
}

/* All weights at the ends of int8, and so many channels that sums come near the limit of 2^25. */
static void largest_sums(void) {
  static const int32_t coefficients[6][6] = {{1, 1, 1, 1, 1, 1},   {1, -1, -1, 1, 1, 1},
                                             {1, 1, -1, -1, 1, 1}, {1, -1, -1, 1, 1, -1},
                                             {1, 1, -1, -1, 1, 1}, {-1, 1, -1, -1, -1, 1}};
  for (uint32_t i = 0; i < 48u; i++) {
    memcpy(pattern_row, coefficients[i % 6u], sizeof pattern_row);
    convolution_shape shape = random_tiled();
    shape.in_h = between(3, 6);
    shape.in_w = between(3, 18);
    shape.in_c = i % 4u == 0u ? 8u : 112u;
    shape.segment_count = 0;
    finish(&shape, 9u * shape.in_c);
    shape.dead_channels = false;
    shape.pad_top = shape.pad_left = 0;
    shape.out_h = shape.in_h - 2u;
    shape.out_w = shape.in_w - 2u;
    shape.input_zero_point = i % 2u == 0u ? -128 : 127;
    shape.shift_low = shape.shift_high = shape.in_c == 112u ? -18 : -14;
    shape.input = pattern;
    shape.weight = i % 3u == 0u ? -127 : 127;
    compare(&shape, CONV_2D_WINOGRAD, 4, 0);
  }
}

static void pixel(void) {
  for (uint32_t i = 0; i < 100u; i++) {
    convolution_shape shape = random_convolution();
    shape.shift_high = (int32_t)between(0, 4);
    compare(&shape, CONV_2D_PIXEL, between(1, shape.out_h), 0);
  }
}

/* A shift to the left and none at all are for other variants. */
static void refused(void) {
  convolution_shape shape = random_convolution();
  shape.dead_channels = false;
  for (int32_t shift = 0; shift < 2; shift++) {
    shape.shift_low = shape.shift_high = shift;
    convolution_case *one = convolution_make(&shape, harness_random);
    CHECK(convolution_takes(one, CONV_2D_PIXEL) && !convolution_takes(one, CONV_2D_PATCHES));
    convolution_free(one);
  }
}

/* Sums around the ties of both roundings, and the largest that are allowed. */
static void scaling(void) {
  for (uint32_t i = 0; i < 300000u; i++) {
    const int32_t shift = -(int32_t)between(1, 22);
    const int32_t zero = zero_point();
    int32_t multiplier = (int32_t)(0x40000000u + harness_random_below(0x40000000u));
    if (i % 7u == 0u) multiplier = 0x40000000;
    if (i % 11u == 0u) multiplier = INT32_MAX;
    int32_t sum = (int32_t)(harness_random() >> 1) - (1 << 30) + 1;
    if (sum >= 1 << 30) sum = (1 << 30) - 1;
    if (i % 3u == 0u) { /* near a tie of the second rounding */
      const int64_t half =
          (2 * ((int64_t)between(0, 600) - 300) + 1) * (INT64_C(1) << (-shift - 1));
      const int64_t near = half * (INT64_C(1) << 31) / multiplier + (int64_t)between(0, 4) - 2;
      if (near > -(1 << 30) && near < 1 << 30) sum = (int32_t)near;
    }
    const tseg_nn_scaling record = tseg_nn_scaling_of(0, multiplier, shift, zero);
    const int32_t expected =
        tseg_nn_clamp(tseg_nn_requantize(sum, multiplier, shift) + zero, -128, 127);
    CHECK_EQ(tseg_nn_scale(sum, &record), expected);
  }
}

static void tiles(void) {
  for (uint32_t i = 0; i < 300u; i++) {
    convolution_shape shape = random_convolution();
    shape.in_w = between(1, 36);
    shape.in_c = 4u * between(1, i % 8u == 0u ? 16 : 5);
    shape.out_c = between(1, i % 8u == 0u ? 40 : 10);
    shape.segment_count = 0;
    if (shape.in_c >= 8u && harness_random_below(3) == 0u) {
      shape.segment_count = 2;
      shape.segment_channels[0] = 4u * between(1, shape.in_c / 4u - 1u);
      if (harness_random_below(6) == 0u) shape.segment_channels[0]--;
      shape.segment_channels[1] = shape.in_c - shape.segment_channels[0];
    }
    shape.kernel_h = shape.kernel_w = 3;
    shape.stride_h = shape.stride_w = 1;
    shape.dilation_h = shape.dilation_w = 1;
    finish(&shape, 9u * shape.in_c);
    compare(&shape, TSEG_VARIANT(TSEG_KIND_CONV_2D, 3), between(1, shape.out_h), 0);
  }
}

static convolution_shape random_depthwise(void) {
  convolution_shape shape = {.kind = TSEG_KIND_DEPTHWISE_CONV_2D};
  const bool usual = harness_random_below(4) != 0u; /* 3x3, one output for each input */
  const uint32_t multiplier = harness_random_below(3) != 0u ? 1u : between(1, 3);
  shape.in_h = between(1, 9);
  shape.in_w = between(1, 16);
  shape.in_c = between(1, 20);
  shape.out_c = shape.in_c * multiplier;
  shape.kernel_h = usual ? 3u : between(1, 5);
  shape.kernel_w = usual ? 3u : between(1, 5);
  shape.stride_h = between(1, 2);
  shape.stride_w = between(1, usual ? 2 : 3);
  shape.dilation_h = usual ? 1u : between(1, 2);
  shape.dilation_w = usual ? 1u : between(1, 2);
  finish(&shape, shape.kernel_h * shape.kernel_w);
  if (harness_random_below(8) == 0u) shape.shift_high = 1;
  return shape;
}

static void depthwise(void) {
  for (uint32_t i = 0; i < 600u; i++) {
    const convolution_shape shape = random_depthwise();
    compare(&shape, TSEG_VARIANT(TSEG_KIND_DEPTHWISE_CONV_2D, 1), between(1, shape.out_h), 0);
  }
}

/* Kernel and stride are the same, nothing is padded: the upsampling of a U-Net. */
static convolution_shape random_upsampling(void) {
  convolution_shape shape = {.kind = TSEG_KIND_TRANSPOSE_CONV};
  shape.in_h = between(1, 5);
  shape.in_w = between(1, 11);
  shape.in_c = 4u * between(1, 12);
  shape.out_c = between(1, 9);
  shape.kernel_h = shape.stride_h = between(1, 3);
  shape.kernel_w = shape.stride_w = between(1, 3);
  shape.dilation_h = shape.dilation_w = 1;
  finish(&shape, shape.in_c);
  shape.pad_top = shape.pad_left = 0;
  shape.out_h = shape.in_h * shape.stride_h;
  shape.out_w = shape.in_w * shape.stride_w;
  return shape;
}

static void upsampling(void) {
  for (uint32_t i = 0; i < 200u; i++) {
    const convolution_shape shape = random_upsampling();
    const uint16_t number = (uint16_t)between(1, 2);
    compare(&shape, TSEG_VARIANT(TSEG_KIND_TRANSPOSE_CONV, number), between(1, shape.out_h), 0);
  }
}

int main(int argc, char **argv) {
  static const struct harness_test tests[] = {
      {"four instructions requantize as the reference does, ties and extremes included", scaling},
      {"conv_2d.pixel computes the definition", pixel},
      {"conv_2d.patches computes the definition", patches},
      {"conv_2d.patches computes the definition where windows lie inside the image",
       patches_inside},
      {"conv_2d.patches computes the definition where a window is one pixel", patches_of_pixels},
      {"conv_2d.tiles computes the definition", tiles},
      {"conv_2d.winograd computes the definition in any scratch", winograd},
      {"conv_2d.winograd computes the largest sums that it may have", largest_sums},
      {"depthwise_conv_2d.block computes the definition", depthwise},
      {"transpose_conv.pixel and .patches compute the definition", upsampling},
      {"variants refuse the multiplications that they can't do", refused},
  };
  return HARNESS_RUN(tests, argc, argv);
}
