/* SPDX-License-Identifier: Apache-2.0 */
/* Breaks each condition of every kernel's check, one field at a time, in a plan with every kind. */
#include "harness.h"
#include "support/plan_damage.h"
#include "support/plan_runner.h"
#include "support/sample_plans.h"
#include "tseg/nn.h"

static void begin(uint32_t kind) {
  sample_every_kind(&built);
  op = &built.operators[kind - 1u];
}

static void sound(void) {
  sample_every_kind(&built);
  size_t size = 0;
  uint8_t *bytes = plan_builder_finish(&built, &size);
  struct plan_runner runner = {0};
  CHECK_EQ(plan_runner_run(&runner, bytes, size, 2), TSEG_OK);
  tseg_plan plan;
  CHECK_EQ(tseg_plan_load(bytes, size, &plan), TSEG_OK);
  CHECK_EQ(tseg_plan_work(&plan), 32 * 36 + 64 * 9 + 128 * 16 + 128 + 2 * 16 * 4 + 3 * 64 + 64 +
                                      96 + 64 * 64 + 2 * 64 + 2 * 256 * 4 + 64 + 64 + 64 + 2 * 64 +
                                      32 + 64 + 192 + 32 * 64 + 3 * 64 + 640 + 3 * 64 + 256 +
                                      32 * 64 + 2 * 256);
  free(bytes);
}

static bool op_has_params(uint32_t kind) {
  begin(kind);
  return op->params_size > 0u;
}

/* What all kinds have in common. */
static void operands_of_all_kinds(void) {
  for (uint32_t kind = TSEG_KIND_CONV_2D; kind <= TSEG_KIND_SOFTMAX_16; kind++) {
    REFUSED(kind, op->input_count++);
    if (kind != TSEG_KIND_CONCATENATION) REFUSED(kind, op->output_count++);
    const bool has_params = op_has_params(kind);
    if (has_params) {
      REFUSED(kind, op->params_size = op->params_size > 8u ? op->params_size - 4u : 0u);
    }
    /* Rows of the same bytes, of a type that no kernel takes in this place. */
    REFUSED(kind, operand(0)->type = TSEG_TYPE_BOOL);
    REFUSED(kind, operand(op->input_count)->type = TSEG_TYPE_BOOL);
    if (kind != TSEG_KIND_CONV_2D && kind != TSEG_KIND_CONCATENATION) {
      REFUSED(kind, segment_input());
    }
  }
  begin(TSEG_KIND_CONV_2D);
  op->scratch_size = 64; /* more offsets */
  op->scratch_offset = (built.arena_size + 15u) & ~15u;
  built.arena_size = op->scratch_offset + 64u;
  segment_input();
  CHECK_EQ(load(), TSEG_OK);
}

static void convolutions(void) {
  for (uint32_t kind = TSEG_KIND_CONV_2D; kind <= TSEG_KIND_TRANSPOSE_CONV; kind++) {
    REFUSED_PARAM(kind, tseg_params_conv, kernel_h, 0);
    REFUSED_PARAM(kind, tseg_params_conv, kernel_w, 0);
    REFUSED_PARAM(kind, tseg_params_conv, stride_h, 0);
    REFUSED_PARAM(kind, tseg_params_conv, stride_w, 0);
    REFUSED_PARAM(kind, tseg_params_conv, stride_h, 4097);
    REFUSED_PARAM(kind, tseg_params_conv, stride_w, 4097);
    REFUSED_PARAM(kind, tseg_params_conv, pad_top, 4097);
    REFUSED_PARAM(kind, tseg_params_conv, pad_left, -4097);
    REFUSED_PARAM(kind, tseg_params_conv, input_zero_point, 128);
    REFUSED_PARAM(kind, tseg_params_conv, input_zero_point, -129);
    REFUSED_PARAM(kind, tseg_params_conv, activation_min, -129);
    REFUSED_PARAM(kind, tseg_params_conv, activation_max, 128);
    REFUSED(kind, (PARAM(tseg_params_conv, activation_min, 1),
                   PARAM(tseg_params_conv, activation_max, 0)));
    REFUSED_PARAM(kind, tseg_params_conv, weights.offset, BUILDER_BYTES);
    REFUSED(kind, ((tseg_params_conv *)params())->weights.size--);
    REFUSED(kind, ((tseg_params_conv *)params())->bias.size--);
    REFUSED(kind, ((tseg_params_conv *)params())->bias.offset += 2);
    REFUSED_PARAM(kind, tseg_params_conv, bias.offset, 0xFFFFFFFCu);
    REFUSED(kind, *(int32_t *)(built.params + op->params_offset + op->params_size - 4u) = 31);
    REFUSED(kind, *(int32_t *)(built.params + op->params_offset + op->params_size - 4u) = -32);
    REFUSED(kind, reshape(0, 2, 4, 4, 4)); /* more images than the output */
    if (kind == TSEG_KIND_TRANSPOSE_CONV) continue;
    REFUSED_PARAM(kind, tseg_params_conv, dilation_h, 0);
    REFUSED_PARAM(kind, tseg_params_conv, dilation_w, 0);
    REFUSED_PARAM(kind, tseg_params_conv, dilation_h, 4097);
    REFUSED_PARAM(kind, tseg_params_conv, dilation_w, 4097);
    REFUSED_PARAM(kind, tseg_params_conv, depth_multiplier, 0);
    REFUSED_PARAM(kind, tseg_params_conv, depth_multiplier, 3);
  }
  REFUSED(TSEG_KIND_CONV_2D, op->scratch_size = 32);
  REFUSED(TSEG_KIND_CONV_2D, (op->state_size = 16, op->state_offset = op->scratch_offset));
  /* Groups that divide the input's channels, or the output's, only. */
  REFUSED_PARAM(TSEG_KIND_CONV_2D, tseg_params_conv, depth_multiplier, 4);
}

static void fully_connected(void) {
  const uint32_t kind = TSEG_KIND_FULLY_CONNECTED;
  REFUSED_PARAM(kind, tseg_params_fully_connected, batches, 0);
  REFUSED_PARAM(kind, tseg_params_fully_connected, in_features, 0);
  REFUSED_PARAM(kind, tseg_params_fully_connected, in_features, 63);
  REFUSED_PARAM(kind, tseg_params_fully_connected, out_features, 1);
  REFUSED_PARAM(kind, tseg_params_fully_connected, channel_count, 0);
  REFUSED_PARAM(kind, tseg_params_fully_connected, channel_count, 2);
  REFUSED_PARAM(kind, tseg_params_fully_connected, activation_min, -129);
  REFUSED_PARAM(kind, tseg_params_fully_connected, activation_max, 128);
  REFUSED(kind, ((tseg_params_fully_connected *)params())->weights.size--);
  REFUSED(kind, ((tseg_params_fully_connected *)params())->bias.size--);
  REFUSED(kind, ((tseg_params_fully_connected *)params())->bias.offset += 2);
  REFUSED(kind, *(int32_t *)(built.params + op->params_offset + op->params_size - 4u) = 31);
  REFUSED(kind, reshape(1, 1, 2, 1, 1));  /* two rows */
  REFUSED(kind, reshape(0, 1, 4, 1, 16)); /* one input row, but for the variant that accumulates */
  REFUSED(kind, (op->variant = TSEG_VARIANT(kind, 8), op->state_size = 4));
}

static void pools(void) {
  for (uint32_t kind = TSEG_KIND_MAX_POOL_2D; kind <= TSEG_KIND_AVERAGE_POOL_2D; kind++) {
    REFUSED_PARAM(kind, tseg_params_pool, kernel_h, 0);
    REFUSED_PARAM(kind, tseg_params_pool, kernel_w, 4097);
    REFUSED_PARAM(kind, tseg_params_pool, stride_h, 0);
    REFUSED_PARAM(kind, tseg_params_pool, stride_w, 0);
    REFUSED_PARAM(kind, tseg_params_pool, pad_top, 4097);
    REFUSED_PARAM(kind, tseg_params_pool, pad_left, 4097);
    REFUSED_PARAM(kind, tseg_params_pool, activation_min, -129);
    REFUSED_PARAM(kind, tseg_params_pool, activation_max, 128);
    REFUSED(kind,
            (PARAM(tseg_params_pool, kernel_h, 4096), PARAM(tseg_params_pool, kernel_w, 1025)));
    REFUSED(kind, reshape(0, 2, 4, 4, 4));
    REFUSED(kind, reshape(0, 1, 4, 4, 3));
  }
  REFUSED_PARAM(TSEG_KIND_AVERAGE_POOL_2D, tseg_params_pool, kernel_h, 6);
  REFUSED_PARAM(TSEG_KIND_AVERAGE_POOL_2D, tseg_params_pool, kernel_w, 6);
  REFUSED_PARAM(TSEG_KIND_AVERAGE_POOL_2D, tseg_params_pool, pad_top, -1);
}

static void elementwise(void) {
  for (uint32_t kind = TSEG_KIND_ADD; kind <= TSEG_KIND_MUL; kind++) {
    REFUSED_PARAM(kind, tseg_params_elementwise, left_shift, -1);
    REFUSED_PARAM(kind, tseg_params_elementwise, left_shift, 31);
    REFUSED_PARAM(kind, tseg_params_elementwise, input1_shift, 1);
    REFUSED_PARAM(kind, tseg_params_elementwise, input1_shift, -32);
    REFUSED_PARAM(kind, tseg_params_elementwise, input2_shift, 1);
    REFUSED_PARAM(kind, tseg_params_elementwise, output_shift, 31);
    REFUSED_PARAM(kind, tseg_params_elementwise, output_shift, -32);
    REFUSED_PARAM(kind, tseg_params_elementwise, activation_min, -129);
    REFUSED_PARAM(kind, tseg_params_elementwise, activation_max, 128);
    for (uint32_t input = 0; input < 2; input++) {
      REFUSED(kind, reshape(input, 2, 1, 1, 4));
      REFUSED(kind, reshape(input, 1, 2, 1, 4));
      REFUSED(kind, reshape(input, 1, 1, 2, 4));
      REFUSED(kind, reshape(input, 1, 1, 1, 2));
    }
  }
}

static void joining(void) {
  for (uint32_t part = 0; part < 2; part++) {
    REFUSED(TSEG_KIND_CONCATENATION, reshape(part, 2, 4, 4, part == 0 ? 1 : 3));
    REFUSED(TSEG_KIND_CONCATENATION, reshape(part, 1, 3, 4, part == 0 ? 1 : 3));
    REFUSED(TSEG_KIND_CONCATENATION, reshape(part, 1, 4, 3, part == 0 ? 1 : 3));
    REFUSED(TSEG_KIND_CONCATENATION, reshape(part, 1, 4, 4, 2)); /* the sum is wrong */
  }
  REFUSED_PARAM(TSEG_KIND_CONCATENATION, tseg_params_axis, axis, 2);
  REFUSED_PARAM(TSEG_KIND_CONCATENATION, tseg_params_axis, axis, 4);
  REFUSED(TSEG_KIND_SPLIT, reshape(0, 1, 4, 4, 5));
  REFUSED(TSEG_KIND_SPLIT, reshape(0, 1, 4, 3, 4));
  REFUSED(TSEG_KIND_SPLIT, reshape(2, 1, 4, 4, 2));
}

static void paddings(void) {
  REFUSED_PARAM(TSEG_KIND_PAD, tseg_params_pad, before_n, 1);
  REFUSED_PARAM(TSEG_KIND_PAD, tseg_params_pad, before_h, 3);
  REFUSED_PARAM(TSEG_KIND_PAD, tseg_params_pad, before_w, 1);
  REFUSED_PARAM(TSEG_KIND_PAD, tseg_params_pad, before_c, 1);
  REFUSED_PARAM(TSEG_KIND_PAD, tseg_params_pad, before_h, 0xFFFFFFFFu);
  REFUSED(TSEG_KIND_PAD, reshape(0, 1, 4, 5, 4));
}

static void mirrorings(void) {
  const uint32_t kind = TSEG_KIND_MIRROR_PAD;
  REFUSED_PARAM(kind, tseg_params_mirror_pad, before_n, 1);
  REFUSED_PARAM(kind, tseg_params_mirror_pad, before_h, 4); /* the edge stands once: 3 at most */
  REFUSED_PARAM(kind, tseg_params_mirror_pad, before_h, 0); /* 4 behind */
  REFUSED_PARAM(kind, tseg_params_mirror_pad, before_w, 1);
  REFUSED_PARAM(kind, tseg_params_mirror_pad, before_c, 3);
  REFUSED_PARAM(kind, tseg_params_mirror_pad, before_c, 0xFFFFFFFFu);
  REFUSED_PARAM(kind, tseg_params_mirror_pad, edge, 2);
  REFUSED(kind, reshape(0, 1, 4, 5, 4));
  REFUSED(kind, reshape(1, 1, 4, 4, 11));
  REFUSED(kind, reshape(1, 1, 3, 4, 6));
}

static void bytewise(void) {
  for (uint32_t kind = TSEG_KIND_SOFTMAX; kind <= TSEG_KIND_REQUANTIZE; kind++) {
    REFUSED(kind, reshape(0, 1, 3, 4, 4));
    REFUSED(kind, reshape(0, 1, 4, 3, 4));
    REFUSED(kind, reshape(0, 1, 4, 4, 3));
  }
  REFUSED_PARAM(TSEG_KIND_SOFTMAX, tseg_params_softmax, input_beta_left_shift, -1);
  REFUSED_PARAM(TSEG_KIND_SOFTMAX, tseg_params_softmax, input_beta_left_shift, 31);
  REFUSED_PARAM(TSEG_KIND_SOFTMAX, tseg_params_softmax, diff_min, 1);
  REFUSED(TSEG_KIND_SOFTMAX, (reshape(0, 1, 1, 1, 4097), reshape(1, 1, 1, 1, 4097)));
  REFUSED_PARAM(TSEG_KIND_LOOKUP, tseg_params_lookup, table.size, 255);
  REFUSED_PARAM(TSEG_KIND_LOOKUP, tseg_params_lookup, table.offset, BUILDER_BYTES);
  REFUSED_PARAM(TSEG_KIND_REQUANTIZE, tseg_params_requantize, shift, 31);
  REFUSED_PARAM(TSEG_KIND_REQUANTIZE, tseg_params_requantize, shift, -32);
  REFUSED(TSEG_KIND_COPY, reshape(0, 1, 4, 4, 3));
}

static void resizes_and_means(void) {
  for (uint32_t kind = TSEG_KIND_RESIZE_BILINEAR; kind <= TSEG_KIND_RESIZE_NEAREST; kind++) {
    REFUSED(kind, reshape(0, 2, 4, 4, 4));
    REFUSED(kind, reshape(0, 1, 4, 4, 3));
    REFUSED(kind, reshape(0, 1, 1, 32769, 4));
    REFUSED(kind, reshape(1, 1, 1, 32769, 4));
  }
  for (uint32_t kind = TSEG_KIND_MEAN; kind <= TSEG_KIND_REDUCE_MAX; kind++) {
    if (kind == TSEG_KIND_COPY) continue;
    REFUSED(kind, reshape(0, 1, 4, 4, 3));
    REFUSED(kind, reshape(0, 2, 4, 4, 4));
    REFUSED(kind, reshape(1, 1, 2, 1, 4));
    REFUSED(kind, reshape(1, 1, 1, 2, 4));
    REFUSED(kind, reshape(0, 1, 4096, 2049, 4)); /* 2^23 elements a sum at most */
    REFUSED_PARAM(kind, tseg_params_reduce, input_zero_point, 128);
    REFUSED_PARAM(kind, tseg_params_reduce, shift, 31);
    REFUSED_PARAM(kind, tseg_params_reduce, shift, -32);
    REFUSED_PARAM(kind, tseg_params_reduce, axes, 16);
    REFUSED_PARAM(kind, tseg_params_reduce, axes, TSEG_AXIS_W);
    REFUSED(kind, op->state_size = 12);
    /* Within a row, n and h stay. */
    REFUSED(kind, op->variant = TSEG_VARIANT(kind, 3));
  }
}

static void selecting(void) {
  for (uint32_t kind = TSEG_KIND_MAXIMUM; kind <= TSEG_KIND_DIV; kind++) {
    for (uint32_t input = 0; input < 2; input++) {
      REFUSED(kind, reshape(input, 2, 1, 1, 4));
      REFUSED(kind, reshape(input, 1, 2, 1, 4));
      REFUSED(kind, reshape(input, 1, 1, 2, 4));
      REFUSED(kind, reshape(input, 1, 1, 1, 2));
    }
    REFUSED(kind, (reshape(0, 1, 1, 1, 1), reshape(1, 1, 1, 1, 1), reshape(2, 1, 1, 32769, 1)));
  }
  REFUSED_PARAM(TSEG_KIND_PRELU, tseg_params_elementwise, input1_shift, 31);
  REFUSED_PARAM(TSEG_KIND_PRELU, tseg_params_elementwise, output_shift, -32);
  REFUSED_PARAM(TSEG_KIND_PRELU, tseg_params_elementwise, activation_max, 128);
  REFUSED_PARAM(TSEG_KIND_DIV, tseg_params_elementwise, output_shift, 6);
  REFUSED_PARAM(TSEG_KIND_DIV, tseg_params_elementwise, output_shift, 24);
  REFUSED_PARAM(TSEG_KIND_DIV, tseg_params_elementwise, input1_offset, 129);
  REFUSED_PARAM(TSEG_KIND_DIV, tseg_params_elementwise, input2_offset, -128);
  REFUSED_PARAM(TSEG_KIND_DIV, tseg_params_elementwise, activation_min, -129);
}

static void conversions_and_rows(void) {
  for (uint32_t kind = TSEG_KIND_CONVERT; kind <= TSEG_KIND_LOG_SOFTMAX; kind++) {
    REFUSED(kind, reshape(0, 1, 3, 4, 4));
    REFUSED(kind, reshape(0, 1, 4, 3, 4));
    if (kind != TSEG_KIND_ARG_MAX) REFUSED(kind, reshape(0, 1, 4, 4, 3));
  }
  REFUSED_PARAM(TSEG_KIND_CONVERT, tseg_params_convert, zero_point, 32768);
  REFUSED(TSEG_KIND_ARG_MAX, reshape(1, 1, 4, 2, 2));
  REFUSED(TSEG_KIND_ARG_MAX, (reshape(0, 1, 1, 32769, 1), reshape(1, 1, 1, 32769, 1)));
  REFUSED_PARAM(TSEG_KIND_L2_NORMALIZATION, tseg_params_l2_normalization, input_zero_point, 128);
  REFUSED_PARAM(TSEG_KIND_LOG_SOFTMAX, tseg_params_log_softmax, input_left_shift, -1);
  REFUSED_PARAM(TSEG_KIND_LOG_SOFTMAX, tseg_params_log_softmax, input_left_shift, 31);
  REFUSED_PARAM(TSEG_KIND_LOG_SOFTMAX, tseg_params_log_softmax, reverse_shift, 1);
  REFUSED_PARAM(TSEG_KIND_LOG_SOFTMAX, tseg_params_log_softmax, reverse_shift, -32);
  REFUSED_PARAM(TSEG_KIND_LOG_SOFTMAX, tseg_params_log_softmax, diff_min, 1);
  REFUSED(TSEG_KIND_LOG_SOFTMAX, (reshape(0, 1, 1, 1, 4096), reshape(1, 1, 1, 1, 4096)));
}

static void int16_kernels(void) {
  const uint32_t kind = TSEG_KIND_PIECEWISE;
  REFUSED(kind, operand(0)->type = TSEG_TYPE_INT8);
  REFUSED_PARAM(kind, tseg_params_piecewise, shift, 31);
  REFUSED_PARAM(kind, tseg_params_piecewise, negative_shift, -32);
  REFUSED_PARAM(kind, tseg_params_piecewise, activation_min, -32769);
  REFUSED_PARAM(kind, tseg_params_piecewise, activation_max, 32768);
  REFUSED(TSEG_KIND_REAL_FUNCTION, operand(0)->type = TSEG_TYPE_INT32);
  REFUSED(TSEG_KIND_REAL_FUNCTION, reshape(0, 1, 4, 4, 3));
  REFUSED_PARAM(TSEG_KIND_REAL_FUNCTION, tseg_params_real_function, function, 8);
  for (uint32_t wide = TSEG_KIND_SQUASH; wide <= TSEG_KIND_SOFTMAX_16; wide++) {
    REFUSED(wide, reshape(0, 1, 3, 4, 4));
    REFUSED(wide, reshape(0, 1, 4, 4, 3));
  }
  REFUSED_PARAM(TSEG_KIND_SQUASH, tseg_params_squash, tangent, 2);
  REFUSED_PARAM(TSEG_KIND_SQUASH, tseg_params_squash, multiplier, -1);
  REFUSED_PARAM(TSEG_KIND_SQUASH, tseg_params_squash, multiplier, 32768);
  REFUSED_PARAM(TSEG_KIND_SQUASH, tseg_params_squash, right_shift, 32);
  REFUSED_PARAM(TSEG_KIND_SQUASH, tseg_params_squash, table.size, 511);
  REFUSED(TSEG_KIND_SQUASH, ((tseg_params_squash *)params())->table.offset++);
  REFUSED_PARAM(TSEG_KIND_SOFTMAX_16, tseg_params_softmax_16, shift, 31);
  REFUSED_PARAM(TSEG_KIND_SOFTMAX_16, tseg_params_softmax_16, exponentials.size, 1025);
  REFUSED_PARAM(TSEG_KIND_SOFTMAX_16, tseg_params_softmax_16, reciprocals.size, 1025);
  REFUSED(TSEG_KIND_SOFTMAX_16, ((tseg_params_softmax_16 *)params())->reciprocals.offset++);
  REFUSED(TSEG_KIND_SOFTMAX_16, (reshape(0, 1, 1, 32769, 4), reshape(1, 1, 1, 32769, 4)));
  /* Of int8 tensors, the variants for int16 take none. */
  REFUSED(TSEG_KIND_DEPTHWISE_CONV_2D, op->variant = TSEG_VARIANT(TSEG_KIND_DEPTHWISE_CONV_2D, 16));
  REFUSED(TSEG_KIND_FULLY_CONNECTED, op->variant = TSEG_VARIANT(TSEG_KIND_FULLY_CONNECTED, 16));
  REFUSED(TSEG_KIND_MAX_POOL_2D, op->variant = TSEG_VARIANT(TSEG_KIND_MAX_POOL_2D, 16));
  REFUSED(TSEG_KIND_AVERAGE_POOL_2D, op->variant = TSEG_VARIANT(TSEG_KIND_AVERAGE_POOL_2D, 16));
  REFUSED(TSEG_KIND_CONV_2D, op->variant = TSEG_VARIANT(TSEG_KIND_CONV_2D, 16));
  REFUSED(TSEG_KIND_TRANSPOSE_CONV, op->variant = TSEG_VARIANT(TSEG_KIND_TRANSPOSE_CONV, 16));
}

static void rearrangements(void) {
  const uint32_t kind = TSEG_KIND_REARRANGE;
  REFUSED_PARAM(kind, tseg_params_rearrange, base, 11); /* before the first element */
  REFUSED_PARAM(kind, tseg_params_rearrange, base, 29); /* behind the last */
  REFUSED_PARAM(kind, tseg_params_rearrange, base, -1);
  REFUSED_PARAM(kind, tseg_params_rearrange, step[3], 50);
  REFUSED_PARAM(kind, tseg_params_rearrange, step[4], INT32_MIN);
  REFUSED_PARAM(kind, tseg_params_rearrange, step[5], INT32_MAX);
  REFUSED_PARAM(kind, tseg_params_rearrange, size[0], 0);
  REFUSED_PARAM(kind, tseg_params_rearrange, size[2], 2);
  REFUSED_PARAM(kind, tseg_params_rearrange, size[5], 3);
  REFUSED_PARAM(kind, tseg_params_rearrange, size[1], 32769);
  REFUSED_PARAM(kind, tseg_params_rearrange, row_loops, 3);
  REFUSED_PARAM(kind, tseg_params_rearrange, row_loops, 6);
  REFUSED(kind, reshape(0, 1, 4, 4, 2));
  REFUSED(kind, reshape(1, 1, 2, 4, 2));
}

/* Dimensions above 32,768, in inputs and outputs. */
static void sizes(void) {
  static const uint32_t kinds[] = {TSEG_KIND_CONV_2D, TSEG_KIND_DEPTHWISE_CONV_2D,
                                   TSEG_KIND_TRANSPOSE_CONV, TSEG_KIND_MAX_POOL_2D,
                                   TSEG_KIND_AVERAGE_POOL_2D};
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    REFUSED(kinds[i], reshape(0, 1, 1, 32769, 4));
    REFUSED(kinds[i], reshape(0, 1, 32769, 1, 4));
    begin(kinds[i]);
    const uint32_t channels = operand(1)->c;
    REFUSED(kinds[i], reshape(1, 1, 1, 32769, channels));
    REFUSED(kinds[i], reshape(1, 1, 32769, 1, channels));
  }
  for (uint32_t kind = TSEG_KIND_ADD; kind <= TSEG_KIND_MUL; kind++) {
    REFUSED(kind, (reshape(0, 1, 1, 1, 1), reshape(1, 1, 1, 1, 1), reshape(2, 1, 1, 32769, 1)));
  }
  REFUSED(TSEG_KIND_CONCATENATION, (PARAM(tseg_params_axis, axis, 2), reshape(0, 1, 4, 32769, 1),
                                    reshape(1, 1, 4, 1, 1), reshape(2, 1, 4, 32770, 1)));
  /* Groups that divide the output's channels only; segments of an input that is to be joined. */
  REFUSED(TSEG_KIND_CONV_2D,
          (reshape(0, 1, 4, 4, 3), PARAM(tseg_params_conv, depth_multiplier, 2)));
  REFUSED(TSEG_KIND_CONCATENATION,
          (reshape(0, 1, 4, 4, 2), reshape(1, 1, 4, 4, 2), segment_input()));
}

int main(int argc, char **argv) {
  static const struct harness_test tests[] = {
      {"a plan with every kind loads, runs, and says its work", sound},
      {"wrong numbers and types of operands, short parameters and segments are refused",
       operands_of_all_kinds},
      {"convolutions refuse every parameter out of range", convolutions},
      {"FULLY_CONNECTED refuses features that are not its tensors'", fully_connected},
      {"pools refuse impossible windows and shapes", pools},
      {"ADD, SUB and MUL refuse shifts and shapes that do not broadcast", elementwise},
      {"CONCATENATION and SPLIT refuse parts that do not make up the whole", joining},
      {"PAD refuses what does not fit its output", paddings},
      {"MIRROR_PAD refuses more than its input can show", mirrorings},
      {"SOFTMAX, LOOKUP, REQUANTIZE and COPY refuse other shapes and ranges", bytewise},
      {"dimensions, groups and segments that a kernel can not take are refused", sizes},
      {"kernels of int16 refuse other types, shifts and ranges", int16_kernels},
      {"MAXIMUM, MINIMUM, PRELU and DIV refuse shapes that do not broadcast and factors",
       selecting},
      {"conversions, ARG_MAX and what normalises rows refuse other shapes and factors",
       conversions_and_rows},
      {"REARRANGE refuses places outside its input", rearrangements},
      {"resizes and MEAN refuse other images, channels and sizes", resizes_and_means},
  };
  return HARNESS_RUN(tests, argc, argv);
}
