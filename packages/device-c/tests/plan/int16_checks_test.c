/* SPDX-License-Identifier: Apache-2.0 */
/* Breaks each condition of the checks of convolutions, FULLY_CONNECTED and pools of int16. */
#include "harness.h"
#include "support/plan_damage.h"
#include "support/plan_runner.h"

#define CHANNELS 4u

static uint32_t half(uint32_t h, uint32_t w, uint32_t c) {
  const uint32_t index = plan_builder_tensor(&built, h, w, c);
  built.tensors[index].type = TSEG_TYPE_INT16;
  built.tensors[index].row_bytes *= 2u;
  return plan_builder_buffer(&built, index, 0);
}

static void add(uint32_t kind, uint32_t in, uint32_t out, const void *p, size_t size) {
  const uint32_t inputs[2] = {in, TSEG_PLAN_NONE};
  const uint32_t outputs[2] = {out, TSEG_PLAN_NONE};
  const uint32_t index =
      plan_builder_operator(&built, TSEG_VARIANT(kind, 16), inputs, outputs, p, (uint32_t)size, 0);
  op = &built.operators[index];
  plan_builder_step(&built, TSEG_OP_LOOP, op->call_count);
  plan_builder_step(&built, TSEG_OP_RUN, index);
  plan_builder_step(&built, TSEG_OP_END_LOOP, 0);
}

static void add_conv(uint32_t kind) {
  const uint32_t weights = kind == TSEG_KIND_DEPTHWISE_CONV_2D ? 36 : 144;
  struct {
    tseg_params_conv p;
    int32_t multipliers[CHANNELS], shifts[CHANNELS];
  } block = {.p = {.kernel_h = 3,
                   .kernel_w = 3,
                   .stride_h = 1,
                   .stride_w = 1,
                   .dilation_h = 1,
                   .dilation_w = 1,
                   .pad_top = 1,
                   .pad_left = 1,
                   .depth_multiplier = 1,
                   .activation_min = INT16_MIN,
                   .activation_max = INT16_MAX,
                   .weights = {plan_builder_constants(&built, weights), weights},
                   .bias = {plan_builder_constants(&built, 8u * CHANNELS), 8u * CHANNELS}}};
  for (uint32_t i = 0; i < CHANNELS; i++) block.multipliers[i] = 1 << 30;
  add(kind, half(4, 4, CHANNELS), half(4, 4, CHANNELS), &block, sizeof block);
}

static void add_fully_connected(void) {
  const struct {
    tseg_params_fully_connected p;
    int32_t multiplier, shift;
  } block = {{.batches = 1,
              .in_features = 16,
              .out_features = 2,
              .channel_count = 1,
              .activation_min = INT16_MIN,
              .activation_max = INT16_MAX,
              .weights = {plan_builder_constants(&built, 32), 32},
              .bias = {plan_builder_constants(&built, 16), 16}},
             1 << 30,
             -3};
  add(TSEG_KIND_FULLY_CONNECTED, half(4, 1, 4), half(1, 1, 2), &block, sizeof block);
}

static void begin(uint32_t kind) {
  const tseg_params_pool pool = {2, 2, 2, 2, 0, 0, INT16_MIN, INT16_MAX};
  plan_builder_begin(&built);
  if (kind == TSEG_KIND_FULLY_CONNECTED) {
    add_fully_connected();
  } else if (kind < TSEG_KIND_FULLY_CONNECTED) {
    add_conv(kind);
  } else {
    add(kind, half(4, 4, 4), half(2, 2, 4), &pool, sizeof pool);
  }
  plan_builder_step(&built, TSEG_OP_END, 0);
}

static void sound(void) {
  for (uint32_t kind = TSEG_KIND_CONV_2D; kind <= TSEG_KIND_AVERAGE_POOL_2D; kind++) {
    begin(kind);
    size_t size = 0;
    uint8_t *bytes = plan_builder_finish(&built, &size);
    struct plan_runner runner = {0};
    CHECK_EQ(plan_runner_run(&runner, bytes, size, 2), TSEG_OK);
    free(bytes);
  }
}

static void operands(void) {
  for (uint32_t kind = TSEG_KIND_CONV_2D; kind <= TSEG_KIND_AVERAGE_POOL_2D; kind++) {
    REFUSED(kind, op->input_count++);
    REFUSED(kind, op->params_size -= 4u);
    REFUSED(kind, segment_input());
    REFUSED(kind, op->variant = TSEG_VARIANT(kind, 1));
    REFUSED(kind, op->variant = TSEG_VARIANT(kind, 32));
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
    REFUSED_PARAM(kind, tseg_params_conv, input_zero_point, 1);
    REFUSED_PARAM(kind, tseg_params_conv, output_zero_point, 1);
    REFUSED_PARAM(kind, tseg_params_conv, activation_min, INT16_MIN - 1);
    REFUSED_PARAM(kind, tseg_params_conv, activation_max, INT16_MAX + 1);
    REFUSED(kind, ((tseg_params_conv *)params())->weights.size--);
    REFUSED(kind, ((tseg_params_conv *)params())->bias.size--);
    REFUSED(kind, ((tseg_params_conv *)params())->bias.offset += 2);
    REFUSED(kind, *(int32_t *)(built.params + op->params_offset + op->params_size - 4u) = 8);
    REFUSED(kind, *(int32_t *)(built.params + op->params_offset + op->params_size - 4u) = -32);
    REFUSED(kind, reshape(0, 2, 4, 4, 4));
    REFUSED(kind, reshape(0, 1, 1, 32769, 4));
    REFUSED(kind, reshape(1, 1, 32769, 1, 4));
  }
}

static void fully_connected(void) {
  const uint32_t kind = TSEG_KIND_FULLY_CONNECTED;
  REFUSED_PARAM(kind, tseg_params_fully_connected, batches, 0);
  REFUSED_PARAM(kind, tseg_params_fully_connected, in_features, 0);
  REFUSED_PARAM(kind, tseg_params_fully_connected, in_features, 15);
  REFUSED_PARAM(kind, tseg_params_fully_connected, out_features, 1);
  REFUSED_PARAM(kind, tseg_params_fully_connected, channel_count, 2);
  REFUSED_PARAM(kind, tseg_params_fully_connected, output_zero_point, 1);
  REFUSED_PARAM(kind, tseg_params_fully_connected, activation_max, INT16_MAX + 1);
  REFUSED(kind, ((tseg_params_fully_connected *)params())->weights.size--);
  REFUSED(kind, ((tseg_params_fully_connected *)params())->bias.size--);
  REFUSED(kind, *(int32_t *)(built.params + op->params_offset + op->params_size - 4u) = 8);
  REFUSED(kind, reshape(1, 1, 2, 1, 1));
}

static void pools(void) {
  for (uint32_t kind = TSEG_KIND_MAX_POOL_2D; kind <= TSEG_KIND_AVERAGE_POOL_2D; kind++) {
    REFUSED_PARAM(kind, tseg_params_pool, kernel_h, 0);
    REFUSED_PARAM(kind, tseg_params_pool, stride_w, 0);
    REFUSED_PARAM(kind, tseg_params_pool, pad_top, 4097);
    REFUSED_PARAM(kind, tseg_params_pool, activation_max, INT16_MAX + 1);
    REFUSED(kind,
            (PARAM(tseg_params_pool, kernel_h, 4096), PARAM(tseg_params_pool, kernel_w, 1025)));
    REFUSED(kind, reshape(0, 2, 4, 4, 4));
    REFUSED(kind, reshape(0, 1, 4, 4, 3));
  }
}

int main(int argc, char **argv) {
  static const struct harness_test tests[] = {
      {"plans of int16 load and run", sound},
      {"other types, numbers of operands and segments are refused", operands},
      {"convolutions of int16 refuse every parameter out of range", convolutions},
      {"FULLY_CONNECTED of int16 refuses features that are not its tensors'", fully_connected},
      {"pools of int16 refuse impossible windows and shapes", pools},
  };
  return HARNESS_RUN(tests, argc, argv);
}
