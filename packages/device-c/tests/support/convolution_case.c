/* SPDX-License-Identifier: Apache-2.0 */
/* One convolution with invented data; see convolution_case.h. */
#include "convolution_case.h"

#include <stdlib.h>
#include <string.h>

#include "nn/requantize.h"

#define CHANNELS_MAX 1024u
#define GUARD        64u /* bytes of a known value around what kernels may write */
#define GUARD_BYTE   0x5Au

struct convolution_case {
  convolution_shape shape;
  tseg_plan_header header;
  tseg_plan plan;
  tseg_plan_tensor tensors[2 + CONVOLUTION_SEGMENTS_MAX];
  tseg_plan_buffer buffers[2 + CONVOLUTION_SEGMENTS_MAX];
  tseg_plan_segment segments[1 + CONVOLUTION_SEGMENTS_MAX];
  tseg_plan_operand operands[2];
  tseg_plan_operator op;
  struct {
    tseg_params_conv conv;
    int32_t scale[2u * CHANNELS_MAX];
  } params;
  bool silent[CHANNELS_MAX]; /* channels without weights, whose bias is all there is */
  uint32_t weight_count, bias_at;
  int8_t *constants[2]; /* weights in the model's order; in pairs. Bias behind. */
  int8_t *input[CONVOLUTION_SEGMENTS_MAX];
  int32_t *bias;
  int8_t *output, *expected, *memory;
};

static uint32_t round_up(uint32_t value, uint32_t unit) {
  return (value + unit - 1u) / unit * unit;
}

static void *take(size_t size) {
  void *memory = malloc(size + 1u);
  if (memory == NULL) abort();
  return memory;
}

static int8_t element(const convolution_shape *shape, uint32_t (*random)(void), int8_t low) {
  const uint32_t bits = random();
  if (shape->extremes) return bits % 2u == 0u ? low : 127;
  const int8_t value = (int8_t)(uint8_t)(bits & 0xFFu);
  return value < low ? low : value;
}

uint32_t convolution_bytes(const convolution_case *one) {
  return one->shape.out_h * one->shape.out_w * one->shape.out_c;
}

static uint32_t filter_inputs(const convolution_shape *s) {
  return s->kind == TSEG_KIND_DEPTHWISE_CONV_2D ? 1u : s->in_c;
}

/* Weight of output channel o and input channel c under a tap, in the model's order. */
static int32_t weight_at(const convolution_case *one, uint32_t o, uint32_t ky, uint32_t kx,
                         uint32_t c) {
  const convolution_shape *s = &one->shape;
  const uint32_t tap = ky * s->kernel_w + kx;
  if (s->kind == TSEG_KIND_DEPTHWISE_CONV_2D) return one->constants[0][tap * s->out_c + o];
  return one->constants[0][(o * s->kernel_h * s->kernel_w + tap) * s->in_c + c];
}

/* The layout "pairs" of `filters` filters of `bytes` weights each: see portable/conv_2d_patches.c. */
static void pack_pairs(const int8_t *from, uint32_t filters, uint32_t bytes, int8_t *to) {
  static const uint8_t place[4] = {0, 4, 2, 6};
  const uint32_t filled = round_up(bytes, 4);
  for (uint32_t o = 0; o < filters; o++) {
    for (uint32_t i = 0; i < bytes; i++) {
      to[(o / 2u) * 2u * filled + (i / 4u) * 8u + place[i % 4u] + o % 2u] = from[o * bytes + i];
    }
  }
}

static void make_constants(convolution_case *one, uint32_t (*random)(void)) {
  const convolution_shape *s = &one->shape;
  const uint32_t taps = s->kernel_h * s->kernel_w;
  const uint32_t inputs = filter_inputs(s);
  const uint32_t packed = round_up(s->out_c, 2) * round_up(inputs, 4) * (taps + 3u);
  one->weight_count = taps * inputs * s->out_c;
  one->bias_at = round_up(packed, 16);
  one->bias = take(4u * s->out_c);
  for (uint32_t i = 0; i < 2u; i++) {
    one->constants[i] = take(one->bias_at + 4u * s->out_c);
    memset(one->constants[i], 0, one->bias_at);
  }
  const bool depthwise = s->kind == TSEG_KIND_DEPTHWISE_CONV_2D;
  for (uint32_t i = 0; i < one->weight_count; i++) {
    const uint32_t o = depthwise ? i % s->out_c : i / (taps * inputs);
    const int8_t weight = s->weight != 0 ? s->weight : element(s, random, -127);
    one->constants[0][i] = one->silent[o] ? 0 : weight;
  }
  if (s->kind == TSEG_KIND_TRANSPOSE_CONV) {
    /* One set of pairs for each tap. */
    int8_t *filters = take(s->in_c * s->out_c);
    const uint32_t each = round_up(s->out_c, 2) * round_up(s->in_c, 4);
    for (uint32_t tap = 0; tap < taps; tap++) {
      for (uint32_t o = 0; o < s->out_c; o++) {
        memcpy(filters + o * s->in_c, one->constants[0] + (o * taps + tap) * s->in_c, s->in_c);
      }
      pack_pairs(filters, s->out_c, s->in_c, one->constants[1] + tap * each);
    }
    free(filters);
  } else if (s->kind == TSEG_KIND_CONV_2D) {
    pack_pairs(one->constants[0], s->out_c, taps * inputs, one->constants[1]);
  }
  for (uint32_t o = 0; o < s->out_c; o++) {
    one->bias[o] = (int32_t)(random() % 200001u) - 100000;
    if (one->silent[o]) {
      one->bias[o] = (int32_t)(0x40000000u + random() % 256u) * (random() % 2u == 0u ? 1 : -1);
    }
    int32_t folded = one->bias[o];
    for (uint32_t i = 0; i < taps * inputs && s->kind != TSEG_KIND_TRANSPOSE_CONV; i++) {
      folded -= s->input_zero_point *
                weight_at(one, o, i / inputs / s->kernel_w, i / inputs % s->kernel_w, i % inputs);
    }
    for (uint32_t i = 0; i < 2u; i++) memcpy(one->constants[i] + one->bias_at + 4u * o, &folded, 4);
  }
}

/* Multipliers that bring typical sums into the range of int8, at times to its ends and beyond. */
static void make_scale(convolution_case *one, uint32_t (*random)(void)) {
  const convolution_shape *s = &one->shape;
  for (uint32_t o = 0; o < s->out_c; o++) {
    const uint32_t pick = random() % 8u;
    int32_t multiplier = (int32_t)(0x40000000u + random() % 0x40000000u);
    if (pick == 0u) multiplier = 0x40000000;
    if (pick == 1u) multiplier = INT32_MAX;
    if (pick == 2u) multiplier = 0x60000000;
    if (s->dead_channels && random() % 3u == 0u) {
      /* As the converter leaves channels without use: with a factor of next to nothing, or of nothing, or
       * without weights but with a bias that is scaled down to something. */
      const uint32_t how = random() % 3u;
      one->params.scale[o] = how == 0u ? 0 : multiplier;
      one->params.scale[s->out_c + o] = how == 0u ? 0 : -23 - (int32_t)(random() % 9u);
      one->silent[o] = how == 2u;
      continue;
    }
    one->params.scale[o] = multiplier;
    one->params.scale[s->out_c + o] =
        s->shift_low + (int32_t)(random() % (uint32_t)(s->shift_high - s->shift_low + 1));
  }
}

static void make_plan(convolution_case *one) {
  const convolution_shape *s = &one->shape;
  const bool depthwise = s->kind == TSEG_KIND_DEPTHWISE_CONV_2D;
  const tseg_params_conv conv = {
      s->kernel_h,         s->kernel_w,          s->stride_h,
      s->stride_w,         s->dilation_h,        s->dilation_w,
      s->pad_top,          s->pad_left,          depthwise ? s->out_c / s->in_c : 1u,
      s->input_zero_point, s->output_zero_point, s->activation_min,
      s->activation_max,   {0, one->bias_at},    {one->bias_at, 4u * s->out_c}};
  one->params.conv = conv;
  const tseg_plan_tensor in = {.type = TSEG_TYPE_INT8,
                               .n = 1,
                               .h = s->in_h,
                               .w = s->in_w,
                               .c = s->in_c,
                               .row_bytes = s->in_w * s->in_c};
  const tseg_plan_tensor out = {.type = TSEG_TYPE_INT8,
                                .n = 1,
                                .h = s->out_h,
                                .w = s->out_w,
                                .c = s->out_c,
                                .row_bytes = s->out_w * s->out_c,
                                .root = 1};
  one->tensors[0] = in;
  one->tensors[1] = out;
  one->operands[0].segment_count = s->segment_count;
  one->operands[1] = (tseg_plan_operand){1, s->segment_count, 1};
  one->op = (tseg_plan_operator){.kind = s->kind,
                                 .input_count = 1,
                                 .output_count = 1,
                                 .params_size = (uint32_t)(sizeof conv + 8u * s->out_c),
                                 .rows_per_call = 1};
  one->header.constants.count = one->bias_at + 4u * s->out_c;
  one->plan.header = &one->header;
  one->plan.tensors = one->tensors;
  one->plan.operands = one->operands;
  one->plan.operators = &one->op;
  one->plan.params = (const uint8_t *)&one->params;
}

convolution_case *convolution_make(const convolution_shape *shape, uint32_t (*random)(void)) {
  convolution_case *one = calloc(1, sizeof *one);
  if (one == NULL || shape->out_c > CHANNELS_MAX) abort();
  one->shape = *shape;
  if (one->shape.segment_count == 0u) {
    one->shape.segment_count = 1;
    one->shape.segment_channels[0] = shape->in_c;
  }
  make_scale(one, random);
  make_constants(one, random);
  make_plan(one);
  for (uint32_t i = 0; i < one->shape.segment_count; i++) {
    const uint32_t count = shape->in_h * shape->in_w * one->shape.segment_channels[i];
    one->input[i] = take(count + shape->misalign + 3u);
    for (uint32_t k = 0; k < count; k++) {
      const uint32_t pixel = k / one->shape.segment_channels[i];
      one->input[i][shape->misalign + k] =
          shape->input != NULL ? shape->input(pixel / shape->in_w, pixel % shape->in_w)
                               : element(&one->shape, random, -128);
    }
  }
  one->output = take(convolution_bytes(one) + 2u * GUARD);
  one->expected = take(convolution_bytes(one));
  return one;
}

void convolution_free(convolution_case *one) {
  for (uint32_t i = 0; i < CONVOLUTION_SEGMENTS_MAX; i++) free(one->input[i]);
  for (uint32_t i = 0; i < 2u; i++) free(one->constants[i]);
  free(one->bias);
  free(one->output);
  free(one->expected);
  free(one->memory);
  free(one);
}

bool convolution_takes(convolution_case *one, uint16_t variant) {
  one->op.variant = variant;
  return tseg_nn_find(variant)->check(&one->plan, &one->op) == TSEG_OK;
}

static void check_guard(const int8_t *guard) {
  for (uint32_t i = 0; i < GUARD; i++) {
    if ((uint8_t)guard[i] != GUARD_BYTE) abort();
  }
}

/* Layouts by the number of the variant: the second of a convolution is in pairs. */
static const int8_t *constants_of(const convolution_case *one, uint16_t variant) {
  return one->constants[(variant & 0xFFu) == 2u ? 1 : 0];
}

const int8_t *convolution_run(convolution_case *one, uint16_t variant, uint32_t rows_per_call,
                              uint32_t scratch_more) {
  const convolution_shape *s = &one->shape;
  const tseg_nn_variant *kernel = tseg_nn_find(variant);
  one->op.variant = variant;
  one->op.rows_per_call = rows_per_call;
  one->op.scratch_size = kernel->scratch_bytes(&one->plan, &one->op) + scratch_more;
  const uint32_t scratch = one->op.scratch_size;
  free(one->memory);
  one->memory = take(scratch + 2u * GUARD + 16u);
  int8_t *area = one->memory + (16u - (uint32_t)((uintptr_t)one->memory % 16u));
  memset(area, GUARD_BYTE, scratch + 2u * GUARD);
  memset(one->output, GUARD_BYTE, convolution_bytes(one) + 2u * GUARD);
  tseg_nn_operand in = {&one->tensors[0], s->segment_count, {{0}}};
  tseg_nn_operand out = {&one->tensors[1], 1, {{0}}};
  uint32_t begin = 0;
  for (uint32_t i = 0; i < s->segment_count; i++) {
    const uint32_t channels = s->segment_channels[i];
    in.segments[i].base = (uint8_t *)one->input[i] + s->misalign;
    in.segments[i].row_stride = s->in_w * channels;
    in.segments[i].ring_rows = s->in_h;
    in.segments[i].channel_begin = begin;
    in.segments[i].channel_count = channels;
    begin += channels;
  }
  out.segments[0].base = (uint8_t *)one->output + GUARD;
  out.segments[0].row_stride = s->out_w * s->out_c;
  out.segments[0].ring_rows = s->out_h;
  out.segments[0].channel_count = s->out_c;
  tseg_nn_operand *inputs[] = {&in};
  tseg_nn_operand *outputs[] = {&out};
  for (uint32_t row = 0; row < s->out_h; row += rows_per_call) {
    const uint32_t left = s->out_h - row;
    const tseg_nn_call call = {.op = &one->op,
                               .params = &one->params,
                               .constants = (const uint8_t *)constants_of(one, variant),
                               .inputs = inputs,
                               .outputs = outputs,
                               .first_row = row,
                               .row_count = left < rows_per_call ? left : rows_per_call,
                               .scratch = area + GUARD};
    kernel->run(&call);
  }
  check_guard(area);
  check_guard(area + GUARD + scratch);
  check_guard(one->output);
  check_guard(one->output + GUARD + convolution_bytes(one));
  return one->output + GUARD;
}

/* The element of the input at a place, zero point subtracted; 0 in the padding. */
static int32_t input_at(const convolution_case *one, int32_t y, int32_t x, uint32_t c) {
  const convolution_shape *s = &one->shape;
  if (y < 0 || y >= (int32_t)s->in_h || x < 0 || x >= (int32_t)s->in_w) return 0;
  uint32_t part = 0;
  while (c >= s->segment_channels[part]) c -= s->segment_channels[part++];
  const uint32_t at = (uint32_t)y * s->in_w + (uint32_t)x;
  return one->input[part][s->misalign + at * s->segment_channels[part] + c] - s->input_zero_point;
}

static int32_t sum_at(const convolution_case *one, uint32_t y, uint32_t x, uint32_t o) {
  const convolution_shape *s = &one->shape;
  int32_t sum = one->bias[o];
  for (uint32_t ky = 0; ky < s->kernel_h; ky++) {
    for (uint32_t kx = 0; kx < s->kernel_w; kx++) {
      int32_t iy = (int32_t)(y * s->stride_h + ky * s->dilation_h) - s->pad_top;
      int32_t ix = (int32_t)(x * s->stride_w + kx * s->dilation_w) - s->pad_left;
      if (s->kind == TSEG_KIND_TRANSPOSE_CONV) {
        iy = (int32_t)y + s->pad_top - (int32_t)ky;
        ix = (int32_t)x + s->pad_left - (int32_t)kx;
        if (iy < 0 || ix < 0 || iy % (int32_t)s->stride_h != 0 || ix % (int32_t)s->stride_w != 0) {
          continue;
        }
        iy /= (int32_t)s->stride_h;
        ix /= (int32_t)s->stride_w;
      }
      if (s->kind == TSEG_KIND_DEPTHWISE_CONV_2D) {
        sum += input_at(one, iy, ix, o * s->in_c / s->out_c) * weight_at(one, o, ky, kx, 0);
        continue;
      }
      for (uint32_t c = 0; c < s->in_c; c++) {
        sum += input_at(one, iy, ix, c) * weight_at(one, o, ky, kx, c);
      }
    }
  }
  return sum;
}

const int8_t *convolution_expected(convolution_case *one) {
  const convolution_shape *s = &one->shape;
  int8_t *to = one->expected;
  for (uint32_t y = 0; y < s->out_h; y++) {
    for (uint32_t x = 0; x < s->out_w; x++) {
      for (uint32_t o = 0; o < s->out_c; o++, to++) {
        const int32_t scaled = tseg_nn_requantize(sum_at(one, y, x, o), one->params.scale[o],
                                                  one->params.scale[s->out_c + o]);
        *to = (int8_t)tseg_nn_clamp(scaled + s->output_zero_point, s->activation_min,
                                    s->activation_max);
      }
    }
  }
  return one->expected;
}
