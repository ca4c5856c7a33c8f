/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the loader: checks that keep the runtime inside its memory, each broken alone. Rows have 20
 * bytes, more than a unit of places. */
#include "harness.h"
#include "support/plan_builder.h"
#include "tseg/nn.h"
#include "tseg/plan.h"

#define ROWS 6u

static tseg_status load(const struct plan_builder *b) {
  size_t size = 0;
  uint8_t *bytes = plan_builder_finish(b, &size);
  tseg_plan plan;
  const tseg_status status = tseg_plan_load(bytes, size, &plan);
  free(bytes);
  return status;
}

static void repeat(struct plan_builder *b, uint32_t times, uint32_t opcode, uint32_t argument) {
  plan_builder_step(b, TSEG_OP_LOOP, times);
  plan_builder_step(b, opcode, argument);
  plan_builder_step(b, TSEG_OP_END_LOOP, 0);
}

/* Tensors 0, 1, 2 of 6 rows; buffers 0 (of 0), 1 and 2 (of 1), 3 (of 2), all resident, one after the other;
 * LOOKUP of 0 to 1, spilled and fetched to 2 in blocks of two rows, LOOKUP to 3. */
static void sample(struct plan_builder *b) {
  plan_builder_begin(b);
  for (uint32_t i = 0; i < 3u; i++) (void)plan_builder_tensor(b, ROWS, 4, 5);
  for (uint32_t i = 0; i < 4u; i++) (void)plan_builder_buffer(b, i < 2u ? i : i - 1u, 0);
  const uint32_t first = plan_builder_lookup(b, 0, 1, 1);
  const uint32_t second = plan_builder_lookup(b, 2, 3, 2);
  const uint32_t stream = plan_builder_stream(b, 1, 2, 1);
  const uint32_t spill = plan_builder_transfer(b, stream, TSEG_SPILL, 1, 1);
  const uint32_t fetch = plan_builder_transfer(b, stream, TSEG_FETCH, 2, 1);
  const uint32_t in = plan_builder_port(b, TSEG_PORT_INPUT, 0, ROWS);
  const uint32_t out = plan_builder_port(b, TSEG_PORT_OUTPUT, 3, ROWS);
  plan_builder_step(b, TSEG_OP_INPUT, in);
  repeat(b, ROWS, TSEG_OP_RUN, first);
  for (uint32_t i = 0; i < 3u; i++) {
    plan_builder_step(b, TSEG_OP_SPILL_START, spill);
    plan_builder_step(b, TSEG_OP_SPILL_WAIT, spill);
    plan_builder_step(b, TSEG_OP_FETCH_START, fetch);
    plan_builder_step(b, TSEG_OP_FETCH_WAIT, fetch);
  }
  repeat(b, ROWS, TSEG_OP_RUN, second);
  plan_builder_step(b, TSEG_OP_OUTPUT, out);
  plan_builder_step(b, TSEG_OP_END, 0);
}

/* Moves a buffer to the start of the constants, where there is room for it. */
static void into_constants(struct plan_builder *b, uint32_t buffer) {
  b->buffers[buffer].memory = TSEG_MEMORY_CONSTANTS;
  b->buffers[buffer].offset = 0;
}

static void constants_are_not_written(void) {
  static const uint32_t written[] = {1, 2, 0, 3}; /* by an operator, a fetch, the application */
  struct plan_builder b;
  sample(&b);
  CHECK_EQ(load(&b), TSEG_OK);
  for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) {
    sample(&b);
    if (written[i] == 1u) b.transfers[0].buffer = 2; /* so that only the operator is wrong */
    if (written[i] == 3u) {                          /* an output of the model that nobody made */
      b.segments[b.operands[b.operators[1].first_operand + 1u].first_segment].buffer =
          plan_builder_buffer(&b, 2, 0);
    }
    CHECK_EQ(load(&b), TSEG_OK);
    into_constants(&b, written[i]);
    CHECK_EQ(load(&b), TSEG_ERR_PLAN_RECORD);
  }
  sample(&b); /* a spill reads, but the next inference would read it from there again */
  b.transfers[0].buffer = plan_builder_buffer(&b, 1, 0);
  CHECK_EQ(load(&b), TSEG_OK);
  into_constants(&b, b.transfers[0].buffer);
  CHECK_EQ(load(&b), TSEG_ERR_PLAN_RECORD);
}

/* The first operator writes its channels into `count` tensors. */
static void split_output(struct plan_builder *b, uint32_t operand, uint32_t count) {
  b->operands[operand].first_segment = b->segment_count;
  b->operands[operand].segment_count = count;
  const uint32_t channels = b->tensors[b->operands[operand].tensor].c / count;
  for (uint32_t s = 0; s < count; s++) {
    const uint32_t part = plan_builder_tensor(b, ROWS, 4, channels);
    b->segments[b->segment_count++] =
        (tseg_plan_segment){plan_builder_buffer(b, part, 0), s * channels, channels};
  }
}

static void outputs_of_one_segment(void) {
  struct plan_builder b;
  sample(&b);
  split_output(&b, b.operators[0].first_operand + 1u, 1);
  CHECK_EQ(load(&b), TSEG_OK);
  sample(&b);
  split_output(&b, b.operators[0].first_operand + 1u, 5);
  CHECK_EQ(load(&b), TSEG_ERR_PLAN_RECORD);
}

/* Fifteen outputs of eight segments, each of which is a table of as many places as there may be: they are
 * refused before anyone looks at the rows of each. */
static void hostile_outputs(void) {
  static uint16_t places[TSEG_PLAN_PLACES_MAX];
  static struct plan_builder b;
  plan_builder_begin(&b);
  const uint32_t narrow = plan_builder_tensor(&b, TSEG_PLAN_PLACES_MAX, 1, 1);
  const uint32_t wide = plan_builder_tensor(&b, TSEG_PLAN_PLACES_MAX, 1, 8);
  const uint32_t from = plan_builder_buffer(&b, narrow, 1);
  const uint32_t to = plan_builder_buffer(&b, narrow, 0);
  b.buffers[to].first_place = b.buffers[to].offset = 0;
  b.long_places = places;
  b.place_count = TSEG_PLAN_PLACES_MAX;
  const uint32_t op = plan_builder_lookup(&b, from, to, 1);
  const uint32_t segments = b.segment_count;
  for (uint32_t i = 0; i < 8u; i++) {
    b.segments[b.segment_count++] = (tseg_plan_segment){to, i, 1};
  }
  for (uint32_t i = 0; i < 15u; i++) {
    b.operands[b.operators[op].first_operand + 1u + i] = (tseg_plan_operand){wide, segments, 8};
  }
  b.operand_count = b.operators[op].first_operand + 16u;
  b.operators[op].output_count = 15;
  b.operators[op].scratch_offset = (b.arena_size + 15u) & ~15u;
  b.operators[op].scratch_size = 16;
  b.arena_size = b.operators[op].scratch_offset + 16u;
  plan_builder_step(&b, TSEG_OP_END, 0);
  CHECK_EQ(load(&b), TSEG_ERR_PLAN_RECORD);
}

static void work_areas_and_rings(void) {
  /* Each ring has 120 bytes: scratch over its fifth and sixth row, its last bytes, or behind it. */
  static const struct {
    uint32_t op, offset;
    tseg_status status;
  } cases[] = {
      {0, 96, TSEG_ERR_PLAN_RECORD},
      {0, 112, TSEG_ERR_PLAN_RECORD},
      {0, 224, TSEG_ERR_PLAN_RECORD},
      {0, 240, TSEG_OK},
      {1, 336, TSEG_ERR_PLAN_RECORD},
      {1, 464, TSEG_ERR_PLAN_RECORD},
      {1, 480, TSEG_OK},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct plan_builder b;
    sample(&b);
    b.arena_size = 496;
    b.operators[cases[i].op].scratch_offset = cases[i].offset;
    b.operators[cases[i].op].scratch_size = 16;
    CHECK_EQ(load(&b), cases[i].status);
  }
}

static void work_areas_and_placed_rows(void) {
  static const uint16_t places[ROWS] = {2, 2, 2, 2, 2, 2}; /* bytes 32 to 52 */
  static const struct {
    uint32_t offset;
    tseg_status status;
  } cases[] = {
      {16, TSEG_OK}, {32, TSEG_ERR_PLAN_RECORD}, {48, TSEG_ERR_PLAN_RECORD}, {64, TSEG_OK}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct plan_builder b;
    plan_builder_begin(&b);
    const uint32_t x = plan_builder_tensor(&b, ROWS, 4, 5);
    const uint32_t y = plan_builder_tensor(&b, ROWS, 4, 5);
    b.arena_size = 96;
    const uint32_t from = plan_builder_buffer(&b, x, 1);
    const uint32_t op = plan_builder_lookup(&b, from, plan_builder_placed(&b, y, places), 1);
    b.operators[op].scratch_offset = cases[i].offset;
    b.operators[op].scratch_size = 16;
    repeat(&b, ROWS, TSEG_OP_RUN, op);
    plan_builder_step(&b, TSEG_OP_END, 0);
    CHECK_EQ(load(&b), cases[i].status);
  }
}

static void places_in_the_arena(void) {
  static const uint16_t places[ROWS] = {0, 0, 0, 0, 0, 0};
  struct plan_builder b;
  sample(&b);
  const uint32_t placed = plan_builder_placed(&b, 0, places);
  CHECK_EQ(load(&b), TSEG_OK);
  b.places[5] = 28; /* bytes 448 to 468 of 480 */
  CHECK_EQ(load(&b), TSEG_OK);
  b.places[5] = 29; /* bytes 464 to 484 */
  CHECK_EQ(load(&b), TSEG_ERR_PLAN_RECORD);
  b.places[5] = 0;
  b.buffers[placed].memory = TSEG_MEMORY_CONSTANTS; /* which have room for all its rows */
  CHECK_EQ(load(&b), TSEG_ERR_PLAN_RECORD);
}

static void places_of_views(void) {
  static const uint16_t places[2u * ROWS] = {0};
  static const struct {
    uint32_t n, h, w;
    tseg_status status;
  } views[] = {{1, 6, 4, TSEG_OK},
               {2, 6, 2, TSEG_ERR_PLAN_RECORD},
               {1, 3, 8, TSEG_ERR_PLAN_RECORD},
               {2, 3, 4, TSEG_ERR_PLAN_RECORD}};
  for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
    struct plan_builder b;
    sample(&b);
    const uint32_t view = plan_builder_tensor(&b, views[i].h, views[i].w, 5);
    b.tensors[view].n = views[i].n;
    b.tensors[view].root = 0;
    (void)plan_builder_placed(&b, view, places);
    CHECK_EQ(load(&b), views[i].status);
  }
}

static void transfers_of_their_tensor(void) {
  struct plan_builder b;
  sample(&b);
  b.transfers[1].buffer = 3; /* as large, but of another tensor */
  CHECK_EQ(load(&b), TSEG_ERR_PLAN_RECORD);
  /* A view's rows are larger or smaller than the stream's. */
  for (uint32_t h = 3; h <= 12u; h *= 2u) {
    sample(&b);
    const uint32_t view = plan_builder_tensor(&b, h, 24u / h, 5);
    b.tensors[view].root = 1;
    b.transfers[1].buffer = plan_builder_buffer(&b, view, 0);
    CHECK_EQ(load(&b), h == ROWS ? TSEG_OK : TSEG_ERR_PLAN_RECORD);
  }
}

/* What passes these rules comes to the program, which moves another number of blocks. */
static void streams_of_their_rows(void) {
  static const struct {
    uint32_t per_block, period, carried;
    tseg_status status;
  } cases[] = {
      {4, 6, 4, TSEG_ERR_PLAN_PROGRAM}, /* one block of the four rows that it carries */
      {5, 6, 4, TSEG_ERR_PLAN_RECORD},  /* of one more than it carries */
      {2, 6, 6, TSEG_OK},               /* all rows */
      {2, 7, 7, TSEG_ERR_PLAN_RECORD},  /* as many, but of a period that the tensor has not */
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct plan_builder b;
    sample(&b);
    b.streams[0].rows_per_block = cases[i].per_block;
    b.streams[0].period = cases[i].period;
    b.streams[0].carried = cases[i].carried;
    b.streams[0].block_count = cases[i].carried < ROWS ? 1 : 3;
    b.stores[0].block_bytes_max = cases[i].per_block * 20u;
    CHECK_EQ(load(&b), cases[i].status);
  }
}

/* Kernels look through their parameters: operators that share them make the loader look again. */
static void shared_parameters(void) {
  struct plan_builder b;
  sample(&b);
  b.operators[1].params_offset = 0;
  CHECK_EQ(load(&b), TSEG_OK); /* as much as there is, though some of it unused */
  b.operators[1].params_size += 4u;
  CHECK_EQ(load(&b), TSEG_ERR_PLAN_RECORD);
}

int main(int argc, char **argv) {
  static const struct harness_test tests[] = {
      {"what is written lies in the arena, never in the constants", constants_are_not_written},
      {"an output has one segment", outputs_of_one_segment},
      {"outputs of many segments are refused without a look at their rows", hostile_outputs},
      {"scratch keeps off all rows of the rings of its operator", work_areas_and_rings},
      {"scratch keeps off all bytes of placed rows that are written", work_areas_and_placed_rows},
      {"all bytes of placed rows lie in the arena", places_in_the_arena},
      {"a view with places has the n and h of its root", places_of_views},
      {"a transfer's buffer holds rows of the stream's tensor", transfers_of_their_tensor},
      {"a stream's blocks and period are not longer than what there is", streams_of_their_rows},
      {"parameters are counted for each operator that has them", shared_parameters},
  };
  return HARNESS_RUN(tests, argc, argv);
}
