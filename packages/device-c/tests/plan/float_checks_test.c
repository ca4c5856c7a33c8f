/* SPDX-License-Identifier: Apache-2.0 */
/* Breaks each condition of the checks of kernels for float32, one field at a time. */
#include "harness.h"
#include "support/plan_damage.h"
#include "support/plan_runner.h"

static uint32_t real(uint32_t h, uint32_t w, uint32_t c) {
  const uint32_t index = plan_builder_tensor(&built, h, w, c);
  built.tensors[index].type = TSEG_TYPE_FLOAT32;
  built.tensors[index].row_bytes *= 4u;
  return plan_builder_buffer(&built, index, 0);
}

static int32_t bits(float x) {
  int32_t result;
  memcpy(&result, &x, sizeof result);
  return result;
}

static void add(uint32_t kind, const uint32_t in[2], uint32_t out, const void *p, size_t size) {
  const uint32_t inputs[3] = {in[0], in[1], TSEG_PLAN_NONE};
  const uint32_t outputs[2] = {out, TSEG_PLAN_NONE};
  const uint32_t index =
      plan_builder_operator(&built, TSEG_VARIANT(kind, 32), inputs, outputs, p, (uint32_t)size, 0);
  op = &built.operators[index];
  plan_builder_step(&built, TSEG_OP_LOOP, op->call_count);
  plan_builder_step(&built, TSEG_OP_RUN, index);
  plan_builder_step(&built, TSEG_OP_END_LOOP, 0);
}

static void add_conv(uint32_t kind, uint32_t channels, uint32_t weights) {
  const uint32_t ins[2] = {real(4, 4, 4), TSEG_PLAN_NONE};
  const tseg_params_conv p = {
      .kernel_h = 3,
      .kernel_w = 3,
      .stride_h = 1,
      .stride_w = 1,
      .dilation_h = 1,
      .dilation_w = 1,
      .pad_top = 1,
      .pad_left = 1,
      .depth_multiplier = 1,
      .activation_min = bits(-1.0f),
      .activation_max = bits(1.0f),
      .weights = {plan_builder_constants(&built, weights), weights},
      .bias = {plan_builder_constants(&built, 4u * channels), 4u * channels}};
  add(kind, ins, real(4, 4, channels), &p, sizeof p);
}

static void add_fully_connected(void) {
  const uint32_t ins[2] = {real(4, 1, 4), TSEG_PLAN_NONE};
  const tseg_params_fully_connected p = {.batches = 1,
                                         .in_features = 16,
                                         .out_features = 2,
                                         .activation_min = bits(-1.0f),
                                         .activation_max = bits(1.0f),
                                         .weights = {plan_builder_constants(&built, 128), 128},
                                         .bias = {plan_builder_constants(&built, 8), 8}};
  add(TSEG_KIND_FULLY_CONNECTED, ins, real(1, 1, 2), &p, sizeof p);
}

/* A plan of one operator of this kind on float32. */
static void begin(uint32_t kind) {
  const tseg_params_pool pool = {2, 2, 2, 2, 0, 0, bits(-1.0f), bits(1.0f)};
  const tseg_params_elementwise sum = {.activation_min = bits(-1.0f), .activation_max = bits(1.0f)};
  const tseg_params_softmax softmax = {bits(1.0f), 0, 0};
  plan_builder_begin(&built);
  if (kind == TSEG_KIND_FULLY_CONNECTED) {
    add_fully_connected();
  } else if (kind <= TSEG_KIND_TRANSPOSE_CONV) {
    add_conv(kind, 4, kind == TSEG_KIND_DEPTHWISE_CONV_2D ? 144 : 576);
  } else {
    const bool pools = kind == TSEG_KIND_MAX_POOL_2D || kind == TSEG_KIND_AVERAGE_POOL_2D;
    const uint32_t first = real(4, 4, 4);
    const bool sums = !pools && kind != TSEG_KIND_SOFTMAX && kind != TSEG_KIND_LOG_SOFTMAX;
    const uint32_t ins[2] = {first, sums ? real(1, 1, 4) : TSEG_PLAN_NONE};
    const uint32_t out = pools ? real(2, 2, 4) : real(4, 4, 4);
    const void *p = pools ? (const void *)&pool : sums ? (const void *)&sum : &softmax;
    const tseg_params_log_softmax logarithm = {0, 0, 0, 0, 0};
    if (kind == TSEG_KIND_LOG_SOFTMAX) {
      add(kind, ins, out, &logarithm, sizeof logarithm);
      plan_builder_step(&built, TSEG_OP_END, 0);
      return;
    }
    add(kind, ins, out, p, pools ? sizeof pool : sums ? sizeof sum : sizeof softmax);
  }
  plan_builder_step(&built, TSEG_OP_END, 0);
}

static const uint32_t kinds[] = {TSEG_KIND_CONV_2D,
                                 TSEG_KIND_DEPTHWISE_CONV_2D,
                                 TSEG_KIND_TRANSPOSE_CONV,
                                 TSEG_KIND_FULLY_CONNECTED,
                                 TSEG_KIND_MAX_POOL_2D,
                                 TSEG_KIND_AVERAGE_POOL_2D,
                                 TSEG_KIND_ADD,
                                 TSEG_KIND_SUB,
                                 TSEG_KIND_MUL,
                                 TSEG_KIND_SOFTMAX,
                                 TSEG_KIND_DIV,
                                 TSEG_KIND_PRELU,
                                 TSEG_KIND_LOG_SOFTMAX};

static void sound(void) {
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    begin(kinds[i]);
    size_t size = 0;
    uint8_t *bytes = plan_builder_finish(&built, &size);
    struct plan_runner runner = {0};
    CHECK_EQ(plan_runner_run(&runner, bytes, size, 2), TSEG_OK);
    free(bytes);
  }
}

static void operands(void) {
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    const uint32_t kind = kinds[i];
    REFUSED(kind, op->input_count++);
    REFUSED(kind, op->params_size -= 4u);
    REFUSED(kind, operand(0)->type = TSEG_TYPE_INT32);
    REFUSED(kind, operand(op->input_count)->type = TSEG_TYPE_INT32);
    REFUSED(kind, segment_input());
    /* Kernels of other types leave float32 alone. */
    REFUSED(kind, op->variant = TSEG_VARIANT(kind, 1));
  }
}

static void convolutions(void) {
  for (uint32_t kind = TSEG_KIND_CONV_2D; kind <= TSEG_KIND_TRANSPOSE_CONV; kind++) {
    REFUSED_PARAM(kind, tseg_params_conv, kernel_h, 0);
    REFUSED_PARAM(kind, tseg_params_conv, kernel_w, 4097);
    REFUSED_PARAM(kind, tseg_params_conv, stride_h, 0);
    REFUSED_PARAM(kind, tseg_params_conv, dilation_w, 0);
    REFUSED_PARAM(kind, tseg_params_conv, pad_left, 4097);
    REFUSED_PARAM(kind, tseg_params_conv, depth_multiplier, 0);
    REFUSED_PARAM(kind, tseg_params_conv, depth_multiplier, 3);
    REFUSED_PARAM(kind, tseg_params_conv, activation_min, bits(2.0f));
    REFUSED_PARAM(kind, tseg_params_conv, activation_max, 0x7FC00000); /* NaN */
    REFUSED(kind, ((tseg_params_conv *)params())->weights.size -= 4);
    REFUSED(kind, ((tseg_params_conv *)params())->weights.offset += 2);
    REFUSED(kind, ((tseg_params_conv *)params())->bias.size -= 4);
    REFUSED_PARAM(kind, tseg_params_conv, bias.offset, 0xFFFFFFFCu);
    REFUSED(kind, reshape(0, 2, 4, 4, 4));
    REFUSED(kind, reshape(0, 1, 1, 32769, 4));
    REFUSED(kind, reshape(1, 1, 32769, 1, 4));
  }
  REFUSED_PARAM(TSEG_KIND_TRANSPOSE_CONV, tseg_params_conv, depth_multiplier, 2);
}

static void fully_connected(void) {
  const uint32_t kind = TSEG_KIND_FULLY_CONNECTED;
  REFUSED_PARAM(kind, tseg_params_fully_connected, batches, 0);
  REFUSED_PARAM(kind, tseg_params_fully_connected, in_features, 0);
  REFUSED_PARAM(kind, tseg_params_fully_connected, in_features, 15);
  REFUSED_PARAM(kind, tseg_params_fully_connected, out_features, 1);
  REFUSED_PARAM(kind, tseg_params_fully_connected, activation_min, bits(2.0f));
  REFUSED(kind, ((tseg_params_fully_connected *)params())->weights.size -= 4);
  REFUSED(kind, ((tseg_params_fully_connected *)params())->bias.size -= 4);
  REFUSED(kind, reshape(1, 1, 2, 1, 1));
}

static void pools(void) {
  for (uint32_t kind = TSEG_KIND_MAX_POOL_2D; kind <= TSEG_KIND_AVERAGE_POOL_2D; kind++) {
    REFUSED_PARAM(kind, tseg_params_pool, kernel_h, 0);
    REFUSED_PARAM(kind, tseg_params_pool, stride_w, 0);
    REFUSED_PARAM(kind, tseg_params_pool, pad_top, 4097);
    REFUSED_PARAM(kind, tseg_params_pool, activation_min, bits(2.0f));
    REFUSED(kind,
            (PARAM(tseg_params_pool, kernel_h, 4096), PARAM(tseg_params_pool, kernel_w, 1025)));
    REFUSED(kind, reshape(0, 2, 4, 4, 4));
    REFUSED(kind, reshape(0, 1, 4, 4, 3));
  }
}

static void others(void) {
  for (uint32_t kind = TSEG_KIND_ADD; kind <= TSEG_KIND_MUL; kind++) {
    REFUSED_PARAM(kind, tseg_params_elementwise, activation_min, bits(2.0f));
    for (uint32_t input = 0; input < 2; input++) {
      REFUSED(kind, reshape(input, 2, 1, 1, 4));
      REFUSED(kind, reshape(input, 1, 2, 1, 4));
      REFUSED(kind, reshape(input, 1, 1, 2, 4));
      REFUSED(kind, reshape(input, 1, 1, 1, 2));
    }
  }
  REFUSED(TSEG_KIND_SOFTMAX, reshape(0, 1, 4, 4, 3));
  REFUSED(TSEG_KIND_SOFTMAX, (reshape(0, 1, 1, 32769, 4), reshape(1, 1, 1, 32769, 4)));
}

int main(int argc, char **argv) {
  static const struct harness_test tests[] = {
      {"plans of float32 load and run", sound},
      {"other types, numbers of operands and segments are refused", operands},
      {"convolutions of float32 refuse every parameter out of range", convolutions},
      {"FULLY_CONNECTED of float32 refuses features that are not its tensors'", fully_connected},
      {"pools of float32 refuse impossible windows and shapes", pools},
      {"ADD, SUB, MUL and SOFTMAX of float32 refuse other shapes and bounds", others},
  };
  return HARNESS_RUN(tests, argc, argv);
}
