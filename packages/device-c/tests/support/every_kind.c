/* SPDX-License-Identifier: Apache-2.0 */
/* A plan with one operator of every kind. */
#include "support/plan_builder.h"
#include "support/sample_plans.h"
#include "tseg/nn.h"

#define CHANNELS_MAX 4u

/* Parameters of a convolution with its multipliers and shifts behind. */
typedef struct conv_block {
  tseg_params_conv conv;
  int32_t quantization[2u * CHANNELS_MAX];
} conv_block;

static uint32_t tensor(struct plan_builder *b, uint32_t h, uint32_t w, uint32_t c) {
  return plan_builder_buffer(b, plan_builder_tensor(b, h, w, c), 0);
}

/* The same of int16, which begins at a multiple of 2. */
static uint32_t half(struct plan_builder *b, uint32_t h, uint32_t w, uint32_t c) {
  const uint32_t index = plan_builder_tensor(b, h, w, c);
  b->tensors[index].type = TSEG_TYPE_INT16;
  b->tensors[index].row_bytes *= 2u;
  b->arena_size += b->arena_size % 2u;
  return plan_builder_buffer(b, index, 0);
}

/* The same of float32, which begins at a multiple of 4. */
static uint32_t real(struct plan_builder *b, uint32_t h, uint32_t w, uint32_t c) {
  const uint32_t index = plan_builder_tensor(b, h, w, c);
  b->tensors[index].type = TSEG_TYPE_FLOAT32;
  b->tensors[index].row_bytes *= 4u;
  b->arena_size += (4u - b->arena_size % 4u) % 4u;
  return plan_builder_buffer(b, index, 0);
}

/* Adds the operator, and a RUN step for each of its calls. */
static void add_variant(struct plan_builder *b, uint16_t variant, const uint32_t in[2],
                        const uint32_t out[2], const void *params, size_t params_size,
                        uint32_t work_size) {
  const uint32_t inputs[3] = {in[0], in[1], TSEG_PLAN_NONE};
  const uint32_t outputs[3] = {out[0], out[1], TSEG_PLAN_NONE};
  const uint32_t op =
      plan_builder_operator(b, variant, inputs, outputs, params, (uint32_t)params_size, work_size);
  plan_builder_step(b, TSEG_OP_LOOP, b->operators[op].call_count);
  plan_builder_step(b, TSEG_OP_RUN, op);
  plan_builder_step(b, TSEG_OP_END_LOOP, 0);
}

static void add(struct plan_builder *b, uint16_t kind, const uint32_t in[2], const uint32_t out[2],
                const void *params, size_t params_size, uint32_t scratch_size) {
  add_variant(b, TSEG_VARIANT(kind, 1), in, out, params, params_size, scratch_size);
}

static void add_one(struct plan_builder *b, uint16_t kind, uint32_t in, uint32_t out,
                    const void *params, size_t params_size) {
  const uint32_t ins[2] = {in, TSEG_PLAN_NONE};
  const uint32_t outs[2] = {out, TSEG_PLAN_NONE};
  add(b, kind, ins, outs, params, params_size, 0);
}

static void add_conv(struct plan_builder *b, uint16_t kind, uint32_t out_rows, uint32_t channels,
                     uint32_t kernel, uint32_t stride, uint32_t weights, uint32_t scratch) {
  conv_block block = {.conv = {.kernel_h = kernel,
                               .kernel_w = kernel,
                               .stride_h = stride,
                               .stride_w = stride,
                               .dilation_h = 1,
                               .dilation_w = 1,
                               .pad_top = kernel / 2u == 1u && stride == 1u ? 1 : 0,
                               .pad_left = kernel / 2u == 1u && stride == 1u ? 1 : 0,
                               .depth_multiplier = 1,
                               .activation_min = -128,
                               .activation_max = 127,
                               .weights = {plan_builder_constants(b, weights), weights},
                               .bias = {0, 4u * channels}}};
  block.conv.bias.offset = plan_builder_constants(b, 4u * channels);
  for (uint32_t i = 0; i < channels; i++) {
    block.quantization[i] = 1 << 30;
    block.quantization[channels + i] = -4;
  }
  const uint32_t ins[2] = {tensor(b, 4, 4, 4), TSEG_PLAN_NONE};
  const uint32_t outs[2] = {tensor(b, out_rows, out_rows, channels), TSEG_PLAN_NONE};
  add(b, kind, ins, outs, &block, sizeof block.conv + 8u * channels, scratch);
}

static void add_fully_connected(struct plan_builder *b) {
  struct {
    tseg_params_fully_connected p;
    int32_t multiplier, shift;
  } block = {{.batches = 1,
              .in_features = 64,
              .out_features = 2,
              .channel_count = 1,
              .activation_min = -128,
              .activation_max = 127,
              .weights = {0, 128},
              .bias = {0, 8}},
             1 << 30,
             -4};
  block.p.weights.offset = plan_builder_constants(b, 128);
  block.p.bias.offset = plan_builder_constants(b, 8);
  add_one(b, TSEG_KIND_FULLY_CONNECTED, tensor(b, 1, 4, 16), tensor(b, 1, 1, 2), &block,
          sizeof block);
}

static void add_pool(struct plan_builder *b, uint16_t kind) {
  const tseg_params_pool p = {2, 2, 2, 2, 0, 0, -128, 127};
  add_one(b, kind, tensor(b, 4, 4, 4), tensor(b, 2, 2, 4), &p, sizeof p);
}

static void add_elementwise(struct plan_builder *b, uint16_t kind) {
  const tseg_params_elementwise p = {.left_shift = 20,
                                     .input1_multiplier = 1 << 30,
                                     .input2_multiplier = 1 << 30,
                                     .output_multiplier = 1 << 30,
                                     .output_shift = -18,
                                     .activation_min = -128,
                                     .activation_max = 127};
  const uint32_t ins[2] = {tensor(b, 4, 4, 4), tensor(b, 1, 1, 4)};
  const uint32_t outs[2] = {tensor(b, 4, 4, 4), TSEG_PLAN_NONE};
  add(b, kind, ins, outs, &p, sizeof p, 0);
}

static void add_joining(struct plan_builder *b, uint16_t kind) {
  const tseg_params_axis p = {3};
  const uint32_t parts[2] = {tensor(b, 4, 4, 1), tensor(b, 4, 4, 3)};
  const uint32_t whole[2] = {tensor(b, 4, 4, 4), TSEG_PLAN_NONE};
  const int is_split = kind == TSEG_KIND_SPLIT;
  add(b, kind, is_split ? whole : parts, is_split ? parts : whole, &p, is_split ? 0 : sizeof p, 0);
}

/* Over height and width, row by row. */
static void add_reduction(struct plan_builder *b, uint16_t kind) {
  const tseg_params_reduce p = {0, 0, 1 << 30, 1, TSEG_AXIS_H | TSEG_AXIS_W};
  const uint32_t ins[2] = {tensor(b, 4, 4, 4), TSEG_PLAN_NONE};
  const uint32_t outs[2] = {tensor(b, 1, 1, 4), TSEG_PLAN_NONE};
  add_variant(b, TSEG_VARIANT(kind, 2), ins, outs, &p, sizeof p, 16);
}

/* Kinds from MAXIMUM on. */
static void add_selecting(struct plan_builder *b) {
  const tseg_params_elementwise prelu = {.input1_multiplier = 1 << 30,
                                         .output_multiplier = 1 << 30,
                                         .output_shift = -6,
                                         .activation_min = -128,
                                         .activation_max = 127};
  const tseg_params_elementwise quotient = {.output_multiplier = 1 << 30,
                                            .output_shift = 7,
                                            .activation_min = -128,
                                            .activation_max = 127};
  const tseg_params_convert convert = {3, 0x3D4CCCCD}; /* 0.05 */
  const tseg_params_l2_normalization l2 = {-5};
  const tseg_params_log_softmax logarithm = {1 << 30, 22, 1 << 30, -20, -31};
  for (uint16_t kind = TSEG_KIND_MAXIMUM; kind <= TSEG_KIND_DIV; kind++) {
    const uint32_t ins[2] = {tensor(b, 4, 4, 4), tensor(b, 1, 1, 4)};
    const uint32_t outs[2] = {tensor(b, 4, 4, 4), TSEG_PLAN_NONE};
    const void *p = kind == TSEG_KIND_DIV ? &quotient : kind == TSEG_KIND_PRELU ? &prelu : NULL;
    add(b, kind, ins, outs, p, p == NULL ? 0 : sizeof prelu, 0);
  }
  add_one(b, TSEG_KIND_CONVERT, tensor(b, 4, 4, 4), real(b, 4, 4, 4), &convert, sizeof convert);
  add_one(b, TSEG_KIND_CAST, real(b, 4, 4, 4), tensor(b, 4, 4, 4), NULL, 0);
  const uint32_t places = plan_builder_tensor(b, 4, 4, 1);
  b->tensors[places].type = TSEG_TYPE_INT32;
  b->tensors[places].row_bytes *= 4u;
  b->arena_size += (4u - b->arena_size % 4u) % 4u;
  const uint32_t place_buffer = plan_builder_buffer(b, places, 0);
  add_one(b, TSEG_KIND_ARG_MAX, tensor(b, 4, 4, 4), place_buffer, NULL, 0);
  add_one(b, TSEG_KIND_L2_NORMALIZATION, tensor(b, 4, 4, 4), tensor(b, 4, 4, 4), &l2, sizeof l2);
  add_one(b, TSEG_KIND_LOG_SOFTMAX, tensor(b, 4, 4, 4), tensor(b, 4, 4, 4), &logarithm,
          sizeof logarithm);
  const tseg_params_squash squash = {1, 3, 0, {plan_builder_constants(b, 512), 512}};
  add_one(b, TSEG_KIND_SQUASH, half(b, 4, 4, 4), half(b, 4, 4, 4), &squash, sizeof squash);
  const tseg_params_softmax_16 softmax = {
      1 << 30, 1, {plan_builder_constants(b, 1028), 1026}, {plan_builder_constants(b, 1028), 1026}};
  add_one(b, TSEG_KIND_SOFTMAX_16, half(b, 4, 4, 4), half(b, 4, 4, 4), &softmax, sizeof softmax);
}

void sample_every_kind(struct plan_builder *b) {
  const tseg_params_pad pad = {0, 1, 0, 0, 7};
  const tseg_params_softmax softmax = {1 << 30, 23, -248};
  const tseg_params_requantize requantize = {0, 0, 1 << 30, 1};
  const tseg_params_resize resize = {0, 1};
  plan_builder_begin(b);
  add_conv(b, TSEG_KIND_CONV_2D, 4, 2, 3, 1, 72, 48);
  add_conv(b, TSEG_KIND_DEPTHWISE_CONV_2D, 4, 4, 3, 1, 36, 0);
  add_conv(b, TSEG_KIND_TRANSPOSE_CONV, 8, 2, 2, 2, 32, 0);
  add_fully_connected(b);
  add_pool(b, TSEG_KIND_MAX_POOL_2D);
  add_pool(b, TSEG_KIND_AVERAGE_POOL_2D);
  add_elementwise(b, TSEG_KIND_ADD);
  add_elementwise(b, TSEG_KIND_SUB);
  add_elementwise(b, TSEG_KIND_MUL);
  add_joining(b, TSEG_KIND_CONCATENATION);
  add_one(b, TSEG_KIND_PAD, tensor(b, 4, 4, 4), tensor(b, 6, 4, 4), &pad, sizeof pad);
  add_one(b, TSEG_KIND_SOFTMAX, tensor(b, 4, 4, 4), tensor(b, 4, 4, 4), &softmax, sizeof softmax);
  const tseg_params_lookup lookup = {{plan_builder_constants(b, 256), 256}};
  add_one(b, TSEG_KIND_LOOKUP, tensor(b, 4, 4, 4), tensor(b, 4, 4, 4), &lookup, sizeof lookup);
  add_one(b, TSEG_KIND_REQUANTIZE, tensor(b, 4, 4, 4), tensor(b, 4, 4, 4), &requantize,
          sizeof requantize);
  add_one(b, TSEG_KIND_RESIZE_BILINEAR, tensor(b, 4, 4, 4), tensor(b, 8, 8, 4), &resize,
          sizeof resize);
  add_one(b, TSEG_KIND_RESIZE_NEAREST, tensor(b, 4, 4, 4), tensor(b, 8, 8, 4), &resize,
          sizeof resize);
  add_joining(b, TSEG_KIND_SPLIT);
  add_reduction(b, TSEG_KIND_MEAN);
  add_one(b, TSEG_KIND_COPY, tensor(b, 4, 4, 4), tensor(b, 8, 2, 4), NULL, 0);
  add_reduction(b, TSEG_KIND_SUM);
  add_reduction(b, TSEG_KIND_REDUCE_MAX);
  /* Every other row, columns backwards. */
  const tseg_params_rearrange rearrange = {{1, 1, 1, 2, 4, 4}, {0, 0, 0, 32, -4, 1}, 12, 4};
  add_one(b, TSEG_KIND_REARRANGE, tensor(b, 4, 4, 4), tensor(b, 2, 4, 4), &rearrange,
          sizeof rearrange);
  const tseg_params_piecewise piecewise = {1 << 30, 1, 1 << 30, -1, 0, -32768, 32767};
  add_one(b, TSEG_KIND_PIECEWISE, half(b, 4, 4, 4), half(b, 4, 4, 4), &piecewise, sizeof piecewise);
  const tseg_params_mirror_pad mirror = {0, 3, 0, 1, 0};
  add_one(b, TSEG_KIND_MIRROR_PAD, tensor(b, 4, 4, 4), tensor(b, 8, 4, 6), &mirror, sizeof mirror);
  const tseg_params_real_function function = {TSEG_FUNCTION_TANH, 0};
  add_one(b, TSEG_KIND_REAL_FUNCTION, real(b, 4, 4, 4), real(b, 4, 4, 4), &function,
          sizeof function);
  add_selecting(b);
  plan_builder_step(b, TSEG_OP_END, 0);
}
