/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the executor: variants that take input rows and make their output in the last call. */
#include "harness.h"
#include "support/plan_builder.h"
#include "support/plan_runner.h"
#include "tseg/nn.h"

#define ROWS         5u /* odd: the last call of two rows has one */
#define ROW_BYTES    6u
#define FEATURES     (ROWS * ROW_BYTES)
#define OUT_FEATURES 4u
#define ONE          (INT32_C(1) << 30) /* with a shift of 1: the factor 1 */

static int8_t input[FEATURES];

static void fill_input(void) {
  for (size_t i = 0; i < sizeof input; i++) input[i] = (int8_t)harness_random();
}

static tseg_status run(const struct plan_builder *b, int8_t *output, size_t capacity) {
  size_t size = 0;
  uint8_t *bytes = plan_builder_finish(b, &size);
  struct plan_runner runner = {.input = (const uint8_t *)input,
                               .input_size = sizeof input,
                               .output = (uint8_t *)output,
                               .output_capacity = capacity};
  /* Twice, so that what the first inference leaves in the state shows. */
  const tseg_status status = plan_runner_run(&runner, bytes, size, 2);
  free(bytes);
  return status;
}

/* An operator that takes an input of 5 x 2 x 3 from a ring of two rows, two rows a call; its output
 * is given in steps of `rows_per_step` rows. */
static void accumulating_plan(struct plan_builder *b, uint16_t variant, uint32_t out,
                              const void *params, uint32_t params_size, uint32_t rows_per_step) {
  const uint32_t rows = b->tensors[out].h;
  const uint32_t from = plan_builder_buffer(b, plan_builder_tensor(b, ROWS, 2, 3), 2);
  const uint32_t to = plan_builder_buffer(b, out, 0);
  const uint32_t inputs[] = {from, TSEG_PLAN_NONE};
  const uint32_t outputs[] = {to, TSEG_PLAN_NONE};
  const uint32_t state_size = 4u * rows * b->tensors[out].row_bytes;
  const uint32_t op =
      plan_builder_operator(b, variant, inputs, outputs, params, params_size, state_size);
  b->operators[op].rows_per_call = 2;
  b->operators[op].call_count = 3;
  const uint32_t in_port = plan_builder_port(b, TSEG_PORT_INPUT, from, 2);
  const uint32_t out_port = plan_builder_port(b, TSEG_PORT_OUTPUT, to, rows_per_step);
  plan_builder_step(b, TSEG_OP_LOOP, 3);
  plan_builder_step(b, TSEG_OP_INPUT, in_port);
  plan_builder_step(b, TSEG_OP_RUN, op);
  plan_builder_step(b, TSEG_OP_END_LOOP, 0);
  plan_builder_step(b, TSEG_OP_LOOP, (rows + rows_per_step - 1u) / rows_per_step);
  plan_builder_step(b, TSEG_OP_OUTPUT, out_port);
  plan_builder_step(b, TSEG_OP_END_LOOP, 0);
  plan_builder_step(b, TSEG_OP_END, 0);
}

static int32_t clamped(int32_t value) {
  return value < -128 ? -128 : value > 127 ? 127 : value;
}

static void fully_connected(void) {
  static struct plan_builder b;
  plan_builder_begin(&b);
  const uint32_t weights = plan_builder_constants(&b, FEATURES * OUT_FEATURES);
  const uint32_t bias = plan_builder_constants(&b, 4u * OUT_FEATURES);
  int32_t biases[OUT_FEATURES];
  for (uint32_t o = 0; o < OUT_FEATURES; o++) {
    biases[o] = 10 * (int32_t)o - 7;
    for (uint32_t i = 0; i < FEATURES; i++) {
      b.constants[weights + o * FEATURES + i] = (uint8_t)(int8_t)((int32_t)((i + o) % 3u) - 1);
    }
  }
  memcpy(b.constants + bias, biases, sizeof biases);
  const struct {
    tseg_params_fully_connected p;
    int32_t multiplier, shift;
  } params = {{.batches = 1,
               .in_features = FEATURES,
               .out_features = OUT_FEATURES,
               .channel_count = 1,
               .activation_min = -128,
               .activation_max = 127,
               .weights = {weights, FEATURES * OUT_FEATURES},
               .bias = {bias, 4u * OUT_FEATURES}},
              ONE,
              1};
  const uint32_t out = plan_builder_tensor(&b, 1, 1, OUT_FEATURES);
  accumulating_plan(&b, TSEG_VARIANT(TSEG_KIND_FULLY_CONNECTED, 8), out, &params, sizeof params, 1);
  for (int round = 0; round < 20; round++) {
    fill_input();
    int8_t output[OUT_FEATURES] = {0};
    CHECK_EQ(run(&b, output, sizeof output), TSEG_OK);
    for (uint32_t o = 0; o < OUT_FEATURES; o++) {
      int32_t sum = biases[o];
      for (uint32_t i = 0; i < FEATURES; i++) sum += input[i] * ((int32_t)((i + o) % 3u) - 1);
      CHECK_EQ(output[o], clamped(sum));
    }
  }
}

/* A MEAN over these axes. */
static void mean_plan(struct plan_builder *b, uint32_t axes, int32_t shift,
                      uint32_t rows_per_step) {
  plan_builder_begin(b);
  const tseg_params_reduce params = {
      .output_zero_point = 3, .multiplier = ONE, .shift = shift, .axes = axes};
  const uint32_t out = plan_builder_tensor(b, (axes & TSEG_AXIS_H) != 0u ? 1u : ROWS,
                                           (axes & TSEG_AXIS_W) != 0u ? 1u : 2u, 3);
  accumulating_plan(b, TSEG_VARIANT(TSEG_KIND_MEAN, 2), out, &params, sizeof params, rows_per_step);
}

static void mean_of_rows(void) {
  static struct plan_builder b;
  mean_plan(&b, TSEG_AXIS_H, 1, 1);
  for (int round = 0; round < 20; round++) {
    fill_input();
    int8_t output[ROW_BYTES] = {0};
    CHECK_EQ(run(&b, output, sizeof output), TSEG_OK);
    for (uint32_t i = 0; i < ROW_BYTES; i++) {
      int32_t sum = 0;
      for (uint32_t r = 0; r < ROWS; r++) sum += input[r * ROW_BYTES + i];
      /* Rounded twice, as the reference does it: to halves, then to the whole away from zero. */
      const int32_t halves = (4 * sum + 5 + 10000) / 10 - 1000;
      const int32_t mean = (halves + (halves < 0 ? -1 : 1)) / 2;
      CHECK_EQ(output[i], clamped(mean + 3));
    }
  }
}

/* The last call writes all rows of the output: its ring holds them, however few a call takes. */
static void ring_of_an_accumulation(void) {
  static struct plan_builder b;
  mean_plan(&b, TSEG_AXIS_W, 1, 2);
  int8_t output[ROWS * 3u] = {0};
  fill_input();
  CHECK_EQ(run(&b, output, sizeof output), TSEG_OK);
  for (uint32_t i = 0; i < sizeof output; i++) {
    const int32_t sum = input[i / 3u * 6u + i % 3u] + input[i / 3u * 6u + 3u + i % 3u];
    CHECK(2 * (output[i] - 3) - sum >= -1 && 2 * (output[i] - 3) - sum <= 1);
  }
  for (uint32_t rows = 2; rows < ROWS; rows++) {
    b.buffers[1].ring_rows = rows;
    CHECK_EQ(run(&b, output, sizeof output), TSEG_ERR_PLAN_RECORD);
  }
}

/* The division goes into the multiplier as far as the shift allows: it stays in -31..30. */
static void steep_shifts(void) {
  static struct plan_builder b;
  fill_input();
  for (int32_t shift = -31; shift <= -20; shift++) {
    mean_plan(&b, TSEG_AXIS_H, shift, 1);
    int8_t output[ROW_BYTES] = {0};
    CHECK_EQ(run(&b, output, sizeof output), TSEG_OK);
    for (uint32_t i = 0; i < ROW_BYTES; i++) CHECK_EQ(output[i], 3);
  }
  mean_plan(&b, TSEG_AXIS_H, -32, 1);
  int8_t output[ROW_BYTES];
  CHECK_EQ(run(&b, output, sizeof output), TSEG_ERR_PLAN_RECORD);
}

/* The variant that makes a row of a row takes no axes n and h, even where these are 1. */
static void reductions_inside_rows(void) {
  static const uint32_t axes[] = {TSEG_AXIS_W, TSEG_AXIS_W | TSEG_AXIS_H,
                                  TSEG_AXIS_W | TSEG_AXIS_N};
  for (size_t i = 0; i < sizeof axes / sizeof axes[0]; i++) {
    struct plan_builder b;
    plan_builder_begin(&b);
    const tseg_params_reduce params = {.multiplier = ONE, .shift = 1, .axes = axes[i]};
    const uint32_t in = plan_builder_buffer(&b, plan_builder_tensor(&b, 1, 2, 3), 0);
    const uint32_t out = plan_builder_buffer(&b, plan_builder_tensor(&b, 1, 1, 3), 0);
    const uint32_t inputs[] = {in, TSEG_PLAN_NONE};
    const uint32_t outputs[] = {out, TSEG_PLAN_NONE};
    const uint32_t op = plan_builder_operator(&b, TSEG_VARIANT(TSEG_KIND_MEAN, 3), inputs, outputs,
                                              &params, sizeof params, 16);
    plan_builder_step(&b, TSEG_OP_RUN, op);
    plan_builder_step(&b, TSEG_OP_END, 0);
    int8_t output[1];
    CHECK_EQ(run(&b, output, sizeof output), i == 0u ? TSEG_OK : TSEG_ERR_PLAN_RECORD);
  }
}

int main(int argc, char **argv) {
  static const struct harness_test tests[] = {
      {"FULLY_CONNECTED takes rows two by two, and one at the end, from a zeroed state",
       fully_connected},
      {"MEAN over rows does, too", mean_of_rows},
      {"the ring of an accumulated output holds all of its rows", ring_of_an_accumulation},
      {"a factor far below 1 is divided as far as shifts go", steep_shifts},
      {"a reduction of each row by itself takes no axes n and h", reductions_inside_rows},
  };
  return HARNESS_RUN(tests, argc, argv);
}
