/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the loader: what it accepts, and the status that each damage gets. */
#include "harness.h"
#include "support/plan_builder.h"
#include "support/plan_runner.h"
#include "support/sample_plans.h"
#include "tseg/plan.h"

static tseg_status load(const struct plan_builder *b) {
  size_t size = 0;
  uint8_t *bytes = plan_builder_finish(b, &size);
  tseg_plan plan;
  const tseg_status status = tseg_plan_load(bytes, size, &plan);
  free(bytes);
  return status;
}

static void sound_plan(void) {
  struct plan_builder b;
  sample_streamed(&b);
  CHECK_EQ(load(&b), TSEG_OK);
  sample_two_fetches(&b, 2, 1);
  CHECK_EQ(load(&b), TSEG_OK);
  sample_placed(&b);
  CHECK_EQ(load(&b), TSEG_OK);
}

static void example_plan(void) {
  FILE *file = fopen("../../contracts/plan/example.tseg", "rb");
  CHECK(file != NULL);
  _Alignas(16) uint8_t bytes[4096];
  const size_t size = fread(bytes, 1, sizeof bytes, file);
  (void)fclose(file);
  tseg_plan plan;
  CHECK_EQ(tseg_plan_load(bytes, size, &plan), TSEG_OK);
  CHECK_EQ(tseg_plan_check_constants(&plan), TSEG_OK);
  bytes[size - 1] ^= 1u;
  CHECK_EQ(tseg_plan_check_constants(&plan), TSEG_ERR_PLAN_CONSTANTS_CRC);
}

static void null_and_misaligned(void) {
  struct plan_builder b;
  sample_streamed(&b);
  size_t size = 0;
  uint8_t *bytes = plan_builder_finish(&b, &size);
  tseg_plan plan;
  CHECK_EQ(tseg_plan_load(NULL, size, &plan), TSEG_ERR_ARGUMENT);
  CHECK_EQ(tseg_plan_load(bytes, size, NULL), TSEG_ERR_ARGUMENT);
  CHECK_EQ(tseg_plan_load(bytes + 4, size - 4, &plan), TSEG_ERR_PLAN_ALIGNMENT);
  free(bytes);
}

static void every_length(void) {
  struct plan_builder b;
  sample_streamed(&b);
  size_t size = 0;
  uint8_t *whole = plan_builder_finish(&b, &size);
  for (size_t length = 0; length < size; length++) {
    uint8_t *cut = malloc(length > 0 ? length : 1u); /* a read past its end is seen */
    memcpy(cut, whole, length);
    tseg_plan plan;
    CHECK_EQ(tseg_plan_load(cut, length, &plan), TSEG_ERR_PLAN_TRUNCATED);
    free(cut);
  }
  free(whole);
}

static void every_bit(void) {
  struct plan_builder b;
  sample_streamed(&b);
  size_t size = 0;
  uint8_t *bytes = plan_builder_finish(&b, &size);
  tseg_plan plan;
  CHECK_EQ(tseg_plan_load(bytes, size, &plan), TSEG_OK);
  const size_t structure = plan.header->constants.offset;
  for (size_t bit = 0; bit < structure * 8u; bit++) {
    const size_t byte = bit / 8u;
    if (byte >= 16u && byte < 20u) continue; /* the checksum of the constants is not looked at */
    bytes[byte] ^= (uint8_t)(1u << bit % 8u);
    CHECK(tseg_plan_load(bytes, size, &plan) != TSEG_OK);
    bytes[byte] ^= (uint8_t)(1u << bit % 8u);
  }
  free(bytes);
}

static void header_fields(void) {
  static const struct {
    size_t offset;
    uint32_t value;
    tseg_status status;
  } damages[] = {
      {offsetof(tseg_plan_header, magic), 0x47455355u, TSEG_ERR_PLAN_MAGIC},
      {offsetof(tseg_plan_header, version), 0x00800001u, TSEG_ERR_PLAN_VERSION},
      {offsetof(tseg_plan_header, version), 0x00840000u, TSEG_ERR_PLAN_RECORD},
      {offsetof(tseg_plan_header, file_size), 0x7FFFFFFFu, TSEG_ERR_PLAN_TRUNCATED},
      {offsetof(tseg_plan_header, structure_sum), 0, TSEG_ERR_PLAN_CRC},
      {offsetof(tseg_plan_header, flags), 1, TSEG_ERR_PLAN_RECORD},
      {offsetof(tseg_plan_header, tensors.offset), 8, TSEG_ERR_PLAN_RECORD},
      {offsetof(tseg_plan_header, tensors.offset), 16, TSEG_ERR_PLAN_RECORD},
      {offsetof(tseg_plan_header, tensors.count), 0xFFFFFFFFu, TSEG_ERR_PLAN_TRUNCATED},
      {offsetof(tseg_plan_header, tensors.count), 0x06666667u, TSEG_ERR_PLAN_TRUNCATED},
      {offsetof(tseg_plan_header, program.count), 0x40000001u, TSEG_ERR_PLAN_TRUNCATED},
      {offsetof(tseg_plan_header, program.offset), 0xFFFFFFF0u, TSEG_ERR_PLAN_TRUNCATED},
      {offsetof(tseg_plan_header, operators.count), 5000, TSEG_ERR_PLAN_RECORD},
      {offsetof(tseg_plan_header, places.count), 262144, TSEG_ERR_PLAN_TRUNCATED},
      {offsetof(tseg_plan_header, places.count), 262145, TSEG_ERR_PLAN_RECORD},
      {offsetof(tseg_plan_header, constants.offset), 0, TSEG_ERR_PLAN_RECORD},
  };
  struct plan_builder b;
  sample_streamed(&b);
  for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
    size_t size = 0;
    uint8_t *bytes = plan_builder_finish(&b, &size);
    memcpy(bytes + damages[i].offset, &damages[i].value, sizeof damages[i].value);
    tseg_plan plan;
    const tseg_status status = tseg_plan_load(bytes, size, &plan);
    free(bytes);
    CHECK_EQ(status, damages[i].status);
  }
}

/* Sets one field of the sample plan to a wrong value and loads it. */
#define REFUSED(field, value, status)                                                              \
  do {                                                                                             \
    struct plan_builder b;                                                                         \
    sample_streamed(&b);                                                                           \
    b.field = (value);                                                                             \
    CHECK_EQ(load(&b), status);                                                                    \
  } while (0)
#define REFUSED_RECORD(field, value) REFUSED(field, value, TSEG_ERR_PLAN_RECORD)

static void tensor_fields(void) {
  REFUSED_RECORD(tensors[0].type, 1);
  REFUSED_RECORD(tensors[0].n, 0);
  REFUSED_RECORD(tensors[0].h, 0);
  REFUSED_RECORD(tensors[0].w, 0);
  REFUSED_RECORD(tensors[0].c, 0);
  REFUSED_RECORD(tensors[0].row_bytes, 7);
  REFUSED_RECORD(tensors[0].n, 0xFFFFFFFFu);
  REFUSED_RECORD(tensors[0].h, 0x60000000u); /* 6 bytes each: wraps to a small number */
  REFUSED_RECORD(tensors[0].zero_point, 128);
  REFUSED_RECORD(tensors[0].root, 3);
}

static void buffer_fields(void) {
  REFUSED_RECORD(buffers[1].tensor, 3);
  REFUSED_RECORD(buffers[1].memory, 2);
  REFUSED_RECORD(buffers[1].offset, 0xFFFFFFF0u);
  REFUSED_RECORD(buffers[1].offset, 31); /* one byte past the arena of 36 */
  REFUSED_RECORD(buffers[1].row_stride, 5);
  REFUSED_RECORD(buffers[1].row_stride, 0xFFFFFFFFu);
  REFUSED_RECORD(buffers[1].ring_rows, 0);
  REFUSED_RECORD(buffers[1].ring_rows, 7);
  REFUSED_RECORD(buffers[1].memory, TSEG_MEMORY_CONSTANTS); /* an output in the constants */
}

static void operand_fields(void) {
  REFUSED_RECORD(segments[0].buffer, 4);
  REFUSED_RECORD(segments[0].channel_begin, 1);
  REFUSED_RECORD(segments[0].channel_count, 2);
  REFUSED_RECORD(operands[0].tensor, 3);
  REFUSED_RECORD(operands[0].first_segment, 4);
  REFUSED_RECORD(operands[0].first_segment, 0xFFFFFFFFu);
  REFUSED_RECORD(operands[0].segment_count, 0);
  REFUSED_RECORD(operands[0].segment_count, 9);
  REFUSED_RECORD(operands[0].segment_count, 2);
}

static void operator_fields(void) {
  REFUSED_RECORD(operators[0].kind, TSEG_KIND_REQUANTIZE);
  REFUSED(operators[0].variant, 0xFF01u, TSEG_ERR_PLAN_VARIANT);
  REFUSED_RECORD(operators[0].input_count, 0);
  REFUSED_RECORD(operators[0].input_count, 17);
  REFUSED_RECORD(operators[0].output_count, 0);
  REFUSED_RECORD(operators[0].output_count, 0xFFFFu);
  REFUSED_RECORD(operators[0].first_operand, 3);
  REFUSED_RECORD(operators[0].call_count, 5);
  REFUSED_RECORD(operators[0].rows_per_call, 0);
  REFUSED_RECORD(operators[0].rows_per_call, 7);
  REFUSED_RECORD(operators[0].params_offset, 2);
  REFUSED_RECORD(operators[0].params_offset, 12);
  REFUSED_RECORD(operators[0].params_size, 4);
  REFUSED_RECORD(operators[0].scratch_offset, 8);
  REFUSED_RECORD(operators[0].scratch_size, 0x1000u);
  REFUSED_RECORD(operators[0].scratch_size, 16); /* overlaps the rows that the call writes */
  REFUSED_RECORD(operators[0].state_offset, 0xFFFFFFF0u);
  REFUSED_RECORD(operators[0].state_size, 16);
}

static void transfer_fields(void) {
  REFUSED_RECORD(stores[0].kind, 6);
  REFUSED_RECORD(stores[0].block_bytes_max, 0xFFFFFFFFu);
  REFUSED_RECORD(stores[0].slot_count, 0);
  REFUSED_RECORD(stores[0].slot_count, 5);
  REFUSED_RECORD(stores[0].unit_bytes, 0);
  REFUSED_RECORD(stores[0].unit_bytes, 24);
  REFUSED_RECORD(stores[0].unit_bytes, 131072);
  REFUSED_RECORD(streams[0].store, 1);
  REFUSED_RECORD(streams[0].tensor, 3);
  REFUSED_RECORD(streams[0].rows_per_block, 0);
  REFUSED_RECORD(streams[0].rows_per_block, 7);
  REFUSED_RECORD(streams[0].block_count, 4);
  REFUSED_RECORD(streams[0].codecs, 2);
  REFUSED_RECORD(streams[0].period, 0);
  REFUSED_RECORD(streams[0].carried, 0);
  REFUSED_RECORD(streams[0].carried, 2);
  REFUSED_RECORD(streams[0].period, 7);
  REFUSED_RECORD(transfers[0].stream, 1);
  REFUSED_RECORD(transfers[0].direction, 2);
  REFUSED_RECORD(transfers[0].direction, TSEG_FETCH); /* nobody writes the stream */
  REFUSED_RECORD(transfers[1].direction, TSEG_SPILL); /* two write it */
  REFUSED_RECORD(transfers[0].buffer, 4);
  REFUSED_RECORD(transfers[0].buffer, 0); /* another tensor, and too few rows */
  REFUSED_RECORD(transfers[0].in_flight, 0);
  REFUSED_RECORD(transfers[0].in_flight, 4);
}

static void port_fields(void) {
  REFUSED_RECORD(ports[0].direction, 2);
  REFUSED_RECORD(ports[0].buffer, 4);
  REFUSED_RECORD(ports[0].rows_per_step, 0);
  REFUSED_RECORD(ports[0].rows_per_step, 2);
  REFUSED_RECORD(ports[0].index, 1);
  REFUSED_RECORD(ports[1].index, 1);
  REFUSED_RECORD(ports[1].direction, TSEG_PORT_INPUT);
}

/* Damages that only one rule of the loader sees. */
static void single_rules(void) {
  struct plan_builder b;
  /* A call of two rows into a ring of one. */
  sample_streamed(&b);
  b.operators[1].rows_per_call = 2;
  b.operators[1].call_count = 3;
  CHECK_EQ(load(&b), TSEG_ERR_PLAN_RECORD);
  /* Scratch and state in one place. */
  sample_streamed(&b);
  b.operators[0].scratch_offset = b.operators[0].state_offset = 48;
  b.operators[0].scratch_size = b.operators[0].state_size = 16;
  b.arena_size = 64;
  CHECK_EQ(load(&b), TSEG_ERR_PLAN_RECORD);
  b.operators[0].state_size = 0; /* an empty one is in nobody's way */
  CHECK_EQ(load(&b), TSEG_OK);
  b.operators[0].state_offset = 16; /* inside the rows, but empty */
  CHECK_EQ(load(&b), TSEG_OK);
  /* Both operands narrower than the tensors in their buffers. */
  sample_streamed(&b);
  const uint32_t narrow = plan_builder_tensor(&b, 6, 1, 3);
  b.operands[0].tensor = b.operands[1].tensor = narrow;
  CHECK_EQ(load(&b), TSEG_ERR_PLAN_RECORD);
  /* A spill from a view whose rows are cut elsewhere. */
  sample_streamed(&b);
  const uint32_t view = plan_builder_tensor(&b, 3, 4, 3);
  b.tensors[view].root = b.transfers[0].stream == 0 ? b.streams[0].tensor : 0;
  b.transfers[0].buffer = plan_builder_buffer(&b, view, 0);
  CHECK_EQ(load(&b), TSEG_ERR_PLAN_RECORD);
}

/* A tensor may be a view of another of the same size, but not of a view, nor of a smaller one. */
static void views(void) {
  struct plan_builder b;
  sample_streamed(&b);
  b.tensors[0].root = 1;
  CHECK_EQ(load(&b), TSEG_OK);
  b.tensors[1].root = 2;
  CHECK_EQ(load(&b), TSEG_ERR_PLAN_RECORD);
  sample_streamed(&b);
  const uint32_t small = plan_builder_tensor(&b, 5, 2, 3);
  b.tensors[small].root = 0;
  CHECK_EQ(load(&b), TSEG_ERR_PLAN_RECORD);
}

static void failed_load_keeps_plan(void) {
  struct plan_builder b;
  sample_streamed(&b);
  b.ports[0].rows_per_step = 0;
  size_t size = 0;
  uint8_t *bytes = plan_builder_finish(&b, &size);
  tseg_plan plan;
  memset(&plan, 0x11, sizeof plan);
  tseg_plan before = plan;
  CHECK_EQ(tseg_plan_load(bytes, size, &plan), TSEG_ERR_PLAN_RECORD);
  CHECK_BYTES(&plan, &before, sizeof plan);
  free(bytes);
}

/* Every word of the structure takes every one of these values; what still loads must run in bounds:
 * the sanitizers watch. */
static void every_word_extreme(void) {
  static const uint32_t values[] = {
      0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 255, 4096, 0xFFFF, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFFu};
  struct plan_builder b;
  uint32_t accepted = 0;
  for (int sample = 0; sample < 3; sample++) {
    if (sample == 0) {
      sample_streamed(&b);
    } else if (sample == 1) {
      sample_placed(&b);
    } else {
      sample_two_fetches(&b, 2, 2);
    }
    size_t size = 0;
    uint8_t *bytes = plan_builder_finish(&b, &size);
    tseg_plan plan;
    CHECK_EQ(tseg_plan_load(bytes, size, &plan), TSEG_OK);
    const size_t structure = plan.header->constants.offset;
    for (size_t at = 0; at < structure; at += 4) {
      uint32_t original = 0;
      memcpy(&original, bytes + at, 4);
      for (size_t i = 0; i < sizeof values / sizeof values[0] + 2u; i++) {
        const uint32_t value = i < sizeof values / sizeof values[0] ? values[i]
                               : i % 2u == 0                        ? original + 1u
                                                                    : original - 1u;
        memcpy(bytes + at, &value, 4);
        plan_fix_crc(bytes, size);
        struct plan_runner runner = {.memory_max = 1u << 24, .work_max = 1u << 24};
        accepted += plan_runner_run(&runner, bytes, size, 1) == TSEG_OK ? 1u : 0u;
      }
      memcpy(bytes + at, &original, 4);
      plan_fix_crc(bytes, size);
    }
    free(bytes);
  }
  CHECK(accepted > 100); /* fields that are free: ids, scales, offsets that still fit */
}

int main(int argc, char **argv) {
  static const struct harness_test tests[] = {
      {"a plan that streams, spills and fetches loads", sound_plan},
      {"the example of the contracts loads, and its constants have a checksum", example_plan},
      {"null pointers and misaligned plans are refused", null_and_misaligned},
      {"a plan cut at any length is truncated", every_length},
      {"a flipped bit anywhere in the structure is found", every_bit},
      {"damage to the header has its own status", header_fields},
      {"a tensor of impossible type, size or root is refused", tensor_fields},
      {"a view has a root of the same size that is no view itself", views},
      {"a buffer outside the arena or the constants is refused", buffer_fields},
      {"an operand whose segments do not make it up is refused", operand_fields},
      {"an operator whose operands, calls, parameters or work areas are wrong is refused",
       operator_fields},
      {"a stream or transfer that does not match its tensor is refused", transfer_fields},
      {"a port that moves more rows than its ring holds, or out of order, is refused", port_fields},
      {"calls, work areas, segments and transfers are refused by the one rule they break",
       single_rules},
      {"a load that fails leaves the caller's plan as it was", failed_load_keeps_plan},
      {"a plan that loads with any one word replaced runs within its memory", every_word_extreme},
  };
  return HARNESS_RUN(tests, argc, argv);
}
