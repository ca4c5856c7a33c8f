/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the executor: right bytes through loops, rings, spills and fetches; and its refusals. */
#include "exec/streamed_run.h"
#include "harness.h"
#include "support/emulated_device.h"
#include "support/plan_builder.h"
#include "support/plan_runner.h"
#include "support/sample_plans.h"
#include "tseg/exec.h"
#include "tseg/nn.h"

static void streams_through_a_store(void) {
  struct plan_builder b;
  sample_streamed(&b);
  for (uint32_t delay = 0; delay < 4; delay++) {
    fill_input();
    uint8_t output[SAMPLE_STREAMED_BYTES] = {0};
    struct plan_runner runner = {.delay_polls = delay};
    CHECK_EQ(run(&b, &runner, output, sizeof output, 1), TSEG_OK);
    CHECK_EQ(runner.output_size, sizeof output);
    CHECK_EQ(runner.runs, 12);
    CHECK_EQ(runner.counters.blocks_written, 3);
    CHECK_EQ(runner.counters.blocks_read, 3);
    CHECK_EQ(runner.counters.raw_bytes_written, 36);
    check_plus(output, 3);
  }
}

static void runs_again(void) {
  struct plan_builder b;
  sample_streamed(&b);
  fill_input();
  uint8_t output[SAMPLE_STREAMED_BYTES] = {0};
  struct plan_runner runner = {.delay_polls = 1};
  CHECK_EQ(run(&b, &runner, output, sizeof output, 5), TSEG_OK);
  CHECK_EQ(runner.counters.blocks_written, 15);
  check_plus(output, 3);
}

static void pending_ports(void) {
  struct plan_builder b;
  sample_streamed(&b);
  fill_input();
  uint8_t output[SAMPLE_STREAMED_BYTES] = {0};
  struct plan_runner runner = {.pending_ports = 3};
  CHECK_EQ(run(&b, &runner, output, sizeof output, 1), TSEG_OK);
  CHECK_EQ(runner.idles, 12u * 3u); /* six rows in, six out */
  check_plus(output, 3);
}

static void twin_fetches(void) {
  for (uint32_t in_flight = 1; in_flight <= 6; in_flight++) {
    for (uint32_t slots = 1; slots <= 4; slots++) {
      for (uint32_t delay = 0; delay < 3; delay++) {
        struct plan_builder b;
        sample_two_fetches(&b, in_flight, slots);
        fill_input();
        uint8_t output[2u * SAMPLE_STREAMED_BYTES] = {0};
        struct plan_runner runner = {.delay_polls = delay};
        CHECK_EQ(run(&b, &runner, output, sizeof output, 2), TSEG_OK);
        check_plus(output, 11);
        check_plus(output + SAMPLE_STREAMED_BYTES, 21);
      }
    }
  }
}

/* A program may pass the loader's counts and still break the rules of transfers. */
static void wait_before_start(void) {
  struct plan_builder b;
  sample_streamed(&b);
  const uint32_t start = b.program[5];
  b.program[5] = b.program[6];
  b.program[6] = start;
  uint8_t output[SAMPLE_STREAMED_BYTES];
  struct plan_runner runner = {0};
  CHECK_EQ(run(&b, &runner, output, sizeof output, 1), TSEG_ERR_PLAN_PROGRAM);
  CHECK_EQ(runner.position, 5);
}

static void too_many_in_flight(void) {
  struct plan_builder b;
  sample_two_fetches(&b, 3, 4);
  b.transfers[0].in_flight = 2;
  uint8_t output[2u * SAMPLE_STREAMED_BYTES];
  struct plan_runner runner = {0};
  CHECK_EQ(run(&b, &runner, output, sizeof output, 1), TSEG_ERR_PLAN_PROGRAM);
}

static void fetch_before_spill(void) {
  struct plan_builder b;
  sample_streamed(&b);
  uint32_t words[17];
  memcpy(words, b.program, sizeof words);
  memcpy(b.program, words + 8, 8 * sizeof words[0]); /* the fetching half first */
  memcpy(b.program + 8, words, 8 * sizeof words[0]);
  uint8_t output[SAMPLE_STREAMED_BYTES];
  struct plan_runner runner = {0};
  CHECK_EQ(run(&b, &runner, output, sizeof output, 1), TSEG_ERR_STORE_RANGE);
}

static tseg_status take_rows(void *user, const tseg_exec_rows *rows) {
  (void)user;
  memset(rows->base + (size_t)(rows->first_row % rows->ring_rows) * rows->row_stride, 1,
         rows->row_bytes);
  return TSEG_OK;
}

static tseg_status refuse_rows(void *user, const tseg_exec_rows *rows) {
  (void)user;
  (void)rows;
  return TSEG_ERR_DEVICE_READ; /* whatever the application answers, it is the input that failed */
}

/* One LOOKUP from a resident input to a resident output: no stores. */
static void simple_plan(struct plan_builder *b) {
  plan_builder_begin(b);
  const uint32_t from = plan_builder_tensor(b, 2, 4, 4);
  const uint32_t to = plan_builder_tensor(b, 2, 4, 4);
  const uint32_t from_rows = plan_builder_buffer(b, from, 0);
  const uint32_t to_rows = plan_builder_buffer(b, to, 0);
  const uint32_t op = plan_builder_lookup(b, from_rows, to_rows, 1);
  const uint32_t in = plan_builder_port(b, TSEG_PORT_INPUT, from_rows, 2);
  const uint32_t out = plan_builder_port(b, TSEG_PORT_OUTPUT, to_rows, 2);
  plan_builder_step(b, TSEG_OP_INPUT, in);
  plan_builder_step(b, TSEG_OP_RUN, op);
  plan_builder_step(b, TSEG_OP_RUN, op);
  plan_builder_step(b, TSEG_OP_OUTPUT, out);
  plan_builder_step(b, TSEG_OP_END, 0);
}

static void init_refusals(void) {
  struct plan_builder b;
  simple_plan(&b);
  size_t size = 0;
  uint8_t *bytes = plan_builder_finish(&b, &size);
  tseg_plan plan;
  CHECK_EQ(tseg_plan_load(bytes, size, &plan), TSEG_OK);
  _Alignas(16) uint8_t arena[64];
  _Alignas(16) uint8_t context[2048];
  CHECK(tseg_exec_context_size(&plan) <= sizeof context);
  CHECK_EQ(tseg_exec_context_size(&plan) % 16u, 0);
  const tseg_exec_memory good = {arena, sizeof arena, context, sizeof context};
  const tseg_exec_io io = {NULL, take_rows, take_rows, NULL, NULL};
  tseg_exec *exec = NULL;
  CHECK_EQ(tseg_exec_init(&exec, &plan, &good, &io, NULL, 0), TSEG_OK);
  tseg_exec_memory bad = good;
  bad.arena_size = 63;
  CHECK_EQ(tseg_exec_init(&exec, &plan, &bad, &io, NULL, 0), TSEG_ERR_ARENA_SIZE);
  bad = good;
  bad.arena = arena + 4;
  CHECK_EQ(tseg_exec_init(&exec, &plan, &bad, &io, NULL, 0), TSEG_ERR_ARGUMENT);
  bad = good;
  bad.context_size = tseg_exec_context_size(&plan) - 1u;
  CHECK_EQ(tseg_exec_init(&exec, &plan, &bad, &io, NULL, 0), TSEG_ERR_CONTEXT_SIZE);
  bad = good;
  bad.context = context + 8;
  CHECK_EQ(tseg_exec_init(&exec, &plan, &bad, &io, NULL, 0), TSEG_ERR_ARGUMENT);
  const tseg_exec_io deaf = {NULL, NULL, take_rows, NULL, NULL};
  CHECK_EQ(tseg_exec_init(&exec, &plan, &good, &deaf, NULL, 0), TSEG_ERR_ARGUMENT);
  free(bytes);
}

static void missing_store(void) {
  struct plan_builder b;
  sample_streamed(&b);
  size_t size = 0;
  uint8_t *bytes = plan_builder_finish(&b, &size);
  tseg_plan plan;
  CHECK_EQ(tseg_plan_load(bytes, size, &plan), TSEG_OK);
  _Alignas(16) uint8_t arena[64];
  _Alignas(16) uint8_t context[2048];
  const tseg_exec_memory memory = {arena, sizeof arena, context, sizeof context};
  const tseg_exec_io io = {NULL, take_rows, take_rows, NULL, NULL};
  tseg_store *stores[1] = {NULL};
  tseg_exec *exec = NULL;
  CHECK_EQ(tseg_exec_init(&exec, &plan, &memory, &io, NULL, 0), TSEG_ERR_PLAN_STORE);
  CHECK_EQ(tseg_exec_init(&exec, &plan, &memory, &io, stores, 1), TSEG_ERR_PLAN_STORE);
  free(bytes);
}

static void order_of_calls(void) {
  struct plan_builder b;
  simple_plan(&b);
  size_t size = 0;
  uint8_t *bytes = plan_builder_finish(&b, &size);
  tseg_plan plan;
  CHECK_EQ(tseg_plan_load(bytes, size, &plan), TSEG_OK);
  _Alignas(16) uint8_t arena[64];
  _Alignas(16) uint8_t context[2048];
  const tseg_exec_memory memory = {arena, sizeof arena, context, sizeof context};
  tseg_exec_io io = {NULL, refuse_rows, take_rows, NULL, NULL};
  tseg_exec *exec = NULL;
  CHECK_EQ(tseg_exec_init(&exec, &plan, &memory, &io, NULL, 0), TSEG_OK);
  CHECK_EQ(tseg_exec_advance(exec), TSEG_ERR_STATE);
  CHECK_EQ(tseg_exec_begin(exec), TSEG_OK);
  CHECK_EQ(tseg_exec_advance(exec), TSEG_ERR_INPUT);
  CHECK_EQ(tseg_exec_position(exec), 0);
  CHECK_EQ(tseg_exec_advance(exec), TSEG_ERR_STATE);
  io.input = take_rows;
  io.output = refuse_rows;
  CHECK_EQ(tseg_exec_init(&exec, &plan, &memory, &io, NULL, 0), TSEG_OK);
  CHECK_EQ(tseg_exec_run(exec), TSEG_ERR_OUTPUT);
  CHECK_EQ(tseg_exec_position(exec), 3);
  io.output = take_rows;
  CHECK_EQ(tseg_exec_init(&exec, &plan, &memory, &io, NULL, 0), TSEG_OK);
  CHECK_EQ(tseg_exec_run(exec), TSEG_OK);
  CHECK_EQ(tseg_exec_advance(exec), TSEG_OK); /* complete stays complete */
  free(bytes);
}

static uint8_t *state_bytes;

/* Holds the state to zero before the first call only, and then uses it up. */
static void watch_state(void *user, uint32_t operator_index, uint32_t call) {
  (void)user;
  (void)operator_index;
  for (int i = 0; i < 16; i++) {
    CHECK_EQ(state_bytes[i], call == 0 ? 0 : 0xEE);
    state_bytes[i] = 0xEE;
  }
}

static void state_of_an_operator(void) {
  struct plan_builder b;
  simple_plan(&b);
  b.operators[0].state_offset = 64;
  b.operators[0].state_size = 16;
  b.arena_size = 80;
  size_t size = 0;
  uint8_t *bytes = plan_builder_finish(&b, &size);
  tseg_plan plan;
  CHECK_EQ(tseg_plan_load(bytes, size, &plan), TSEG_OK);
  static _Alignas(16) uint8_t arena[80];
  _Alignas(16) uint8_t context[2048];
  memset(arena, 0x77, sizeof arena);
  state_bytes = arena + 64;
  const tseg_exec_memory memory = {arena, sizeof arena, context, sizeof context};
  const tseg_exec_io io = {NULL, take_rows, take_rows, watch_state, NULL};
  tseg_exec *exec = NULL;
  CHECK_EQ(tseg_exec_init(&exec, &plan, &memory, &io, NULL, 0), TSEG_OK);
  CHECK_EQ(tseg_exec_run(exec), TSEG_OK);
  CHECK_EQ(tseg_exec_run(exec), TSEG_OK);
  free(bytes);
}

static tseg_status pending_rows(void *user, const tseg_exec_rows *rows) {
  (void)user;
  (void)rows;
  return TSEG_PENDING;
}

/* Nothing is in flight yet, but the store has something to do. */
static void erases_before_the_first_block(void) {
  static const tseg_block_geometry nor = {4, 16, 64, 4096, 1, true};
  struct plan_builder b;
  sample_streamed(&b);
  b.stores[0].unit_bytes = 16;
  size_t size = 0;
  uint8_t *bytes = plan_builder_finish(&b, &size);
  tseg_plan plan;
  CHECK_EQ(tseg_plan_load(bytes, size, &plan), TSEG_OK);
  emulated_device device;
  emulated_device_make(&device, &nor, 1);
  const size_t store_size = tseg_store_memory_size(&plan, 0);
  void *store_memory = aligned_alloc(16, store_size);
  tseg_store *store = NULL;
  CHECK_EQ(tseg_store_init(&store, &plan, 0, &device.device, store_memory, store_size), TSEG_OK);
  _Alignas(16) uint8_t arena[64];
  _Alignas(16) uint8_t context[2048];
  const tseg_exec_memory memory = {arena, sizeof arena, context, sizeof context};
  const tseg_exec_io io = {NULL, pending_rows, take_rows, NULL, NULL};
  tseg_exec *exec = NULL;
  CHECK_EQ(tseg_exec_init(&exec, &plan, &memory, &io, &store, 1), TSEG_OK);
  CHECK_EQ(tseg_exec_begin(exec), TSEG_OK);
  for (int i = 0; i < 5; i++) CHECK_EQ(tseg_exec_advance(exec), TSEG_PENDING);
  CHECK_EQ(device.counts[TSEG_BLOCK_ERASE], 1);
  CHECK_EQ(tseg_store_get_counters(store)->erases, 1);
  emulated_device_free(&device);
  free(store_memory);
  free(bytes);
}

int main(int argc, char **argv) {
  static const struct harness_test tests[] = {
      {"rows stream through rings, a spill and a fetch unchanged", streams_through_a_store},
      {"an executor runs one inference after the other", runs_again},
      {"ports that are not ready are asked again", pending_ports},
      {"two fetches of the same blocks at once both get them, however few the slots", twin_fetches},
      {"a wait for a block that was not started is a damaged program", wait_before_start},
      {"more starts without a wait than declared is a damaged program", too_many_in_flight},
      {"a fetch of a block that was not spilled is refused", fetch_before_spill},
      {"memory that is too small or misaligned and missing callbacks are refused", init_refusals},
      {"a store that was not given is refused", missing_store},
      {"after an error only begin is allowed", order_of_calls},
      {"an operator's state is zero before its first call of each inference, and then its own",
       state_of_an_operator},
      {"a store erases ahead of the first block", erases_before_the_first_block},
  };
  return HARNESS_RUN(tests, argc, argv);
}
