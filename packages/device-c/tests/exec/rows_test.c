/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the executor: rows with places of their own, streams that carry some rows, plans of the contracts. */
#include <stdio.h>

#include "exec/streamed_run.h"
#include "harness.h"
#include "support/plan_builder.h"
#include "support/plan_runner.h"
#include "support/sample_plans.h"
#include "tseg/exec.h"

static void placed_rows(void) {
  struct plan_builder b;
  sample_placed(&b);
  CHECK_EQ(b.arena_size, 3u * 16u + 6u);
  for (uint32_t delay = 0; delay < 4; delay++) {
    fill_input();
    uint8_t output[SAMPLE_STREAMED_BYTES] = {0};
    struct plan_runner runner = {.delay_polls = delay};
    CHECK_EQ(run(&b, &runner, output, sizeof output, 2), TSEG_OK);
    CHECK_EQ(runner.output_size, sizeof output);
    CHECK_EQ(runner.counters.blocks_written, 2u * 4u);
    CHECK_EQ(runner.counters.blocks_read, 2u * 4u);
    CHECK_EQ(runner.counters.raw_bytes_written, 2u * 4u * 6u);
    check_plus(output, 3);
  }
}

/* The image of sample_streamed, resident: LOOKUP (+1), spilled and fetched as the stream says into
 * another buffer, LOOKUP (+2) of that one. */
static void partly_carried_plan(struct plan_builder *b, uint32_t per_block, uint32_t period,
                                uint32_t carried) {
  plan_builder_begin(b);
  uint32_t tensors[3], buffers[4];
  for (uint32_t i = 0; i < 3; i++) tensors[i] = plan_builder_tensor(b, 6, 2, 3);
  for (uint32_t i = 0; i < 4; i++) {
    buffers[i] = plan_builder_buffer(b, tensors[i < 2 ? i : i - 1u], 0);
  }
  const uint32_t first = plan_builder_lookup(b, buffers[0], buffers[1], 1);
  const uint32_t second = plan_builder_lookup(b, buffers[2], buffers[3], 2);
  const uint32_t stream = plan_builder_stream(b, tensors[1], per_block, 1);
  plan_builder_carry(b, stream, period, carried);
  const uint32_t spill = plan_builder_transfer(b, stream, TSEG_SPILL, buffers[1], 1);
  const uint32_t fetch = plan_builder_transfer(b, stream, TSEG_FETCH, buffers[2], 1);
  const uint32_t in_port = plan_builder_port(b, TSEG_PORT_INPUT, buffers[0], 6);
  const uint32_t out_port = plan_builder_port(b, TSEG_PORT_OUTPUT, buffers[3], 6);
  plan_builder_step(b, TSEG_OP_INPUT, in_port);
  for (uint32_t r = 0; r < 6u; r++) plan_builder_step(b, TSEG_OP_RUN, first);
  for (uint32_t i = 0; i < b->streams[stream].block_count; i++) {
    plan_builder_step(b, TSEG_OP_SPILL_START, spill);
    plan_builder_step(b, TSEG_OP_SPILL_WAIT, spill);
    plan_builder_step(b, TSEG_OP_FETCH_START, fetch);
    plan_builder_step(b, TSEG_OP_FETCH_WAIT, fetch);
  }
  for (uint32_t r = 0; r < 6u; r++) plan_builder_step(b, TSEG_OP_RUN, second);
  plan_builder_step(b, TSEG_OP_OUTPUT, out_port);
  plan_builder_step(b, TSEG_OP_END, 0);
}

/* Which rows a stream carries, counted one by one, and whether its blocks are runs of them. */
static uint32_t count_carried(uint32_t per_block, uint32_t period, uint32_t carried, int *runs) {
  uint32_t count = 0;
  uint32_t last = 0;
  *runs = 1;
  for (uint32_t r = 0; r < 6u; r++) {
    if (r % period >= carried) continue;
    if (count % per_block != 0u && r != last + 1u) *runs = 0;
    last = r;
    count++;
  }
  return count;
}

static void carried_rows(void) {
  uint32_t loaded = 0;
  for (uint32_t period = 1; period <= 6u; period++) {
    for (uint32_t carried = 1; carried <= period; carried++) {
      for (uint32_t per_block = 1; per_block <= 6u; per_block++) {
        int runs = 0;
        const uint32_t count = count_carried(per_block, period, carried, &runs);
        if (per_block > count) continue;
        struct plan_builder b;
        partly_carried_plan(&b, per_block, period, carried);
        fill_input();
        uint8_t output[SAMPLE_STREAMED_BYTES] = {0};
        struct plan_runner runner = {0};
        const tseg_status status = run(&b, &runner, output, sizeof output, 1);
        if (status != TSEG_OK) { /* blocks that are no runs must be refused; some others are, too */
          CHECK_EQ(status, TSEG_ERR_PLAN_RECORD);
          CHECK(carried < period && period < 6u && carried % per_block != 0u);
          continue;
        }
        CHECK(runs);
        loaded++;
        CHECK_EQ(runner.counters.raw_bytes_written, count * 6u);
        CHECK_EQ(runner.counters.raw_bytes_read, count * 6u);
        for (uint32_t at = 0; at < sizeof output; at++) {
          if (at / 6u % period < carried) CHECK_EQ(output[at], (uint8_t)(input[at] + 3u));
        }
      }
    }
  }
  CHECK(loaded > 60u);
}

static void contract(const char *plan, const char *in_name, const char *out_name) {
  _Alignas(16) uint8_t bytes[4096];
  uint8_t in[128], expected[128], output[128];
  FILE *plan_file = fopen(plan, "rb");
  FILE *input_file = fopen(in_name, "rb");
  FILE *output_file = fopen(out_name, "rb");
  CHECK(plan_file != NULL && input_file != NULL && output_file != NULL);
  const size_t size = fread(bytes, 1, sizeof bytes, plan_file);
  const size_t input_size = fread(in, 1, sizeof in, input_file);
  const size_t expected_size = fread(expected, 1, sizeof expected, output_file);
  (void)fclose(plan_file);
  (void)fclose(input_file);
  (void)fclose(output_file);
  struct plan_runner runner = {.input = in,
                               .input_size = input_size,
                               .output = output,
                               .output_capacity = sizeof output,
                               .delay_polls = 2};
  CHECK_EQ(plan_runner_run(&runner, bytes, size, 1), TSEG_OK);
  CHECK_EQ(runner.output_size, expected_size);
  CHECK_BYTES(output, expected, expected_size);
}

static void example_of_contracts(void) {
  contract("../../contracts/plan/example.tseg", "../../contracts/plan/example-input.bin",
           "../../contracts/plan/example-output.bin");
}

static void placed_of_contracts(void) {
  contract("../../contracts/plan/placed.tseg", "../../contracts/plan/placed-input.bin",
           "../../contracts/plan/placed-output.bin");
}

int main(int argc, char **argv) {
  static const struct harness_test tests[] = {
      {"rows with places of their own take turns in slots, and rows that are not spilled stay",
       placed_rows},
      {"a stream carries the rows that its period says, in blocks of consecutive ones",
       carried_rows},
      {"the example of the contracts gives its output", example_of_contracts},
      {"the plan of the contracts whose rows have places gives its output", placed_of_contracts},
  };
  return HARNESS_RUN(tests, argc, argv);
}
