/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the loader: buffers whose rows have places of their own. */
#include "harness.h"
#include "support/plan_builder.h"
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

/* The plan whose rows have places, with one field changed: it loads, or not. */
#define PLACED(field, value, status)                                                               \
  do {                                                                                             \
    struct plan_builder b;                                                                         \
    sample_placed(&b);                                                                             \
    b.field = (value);                                                                             \
    CHECK_EQ(load(&b), status);                                                                    \
  } while (0)

static void places_of_rows(void) {
  PLACED(arena_size, 54, TSEG_OK); /* as it is */
  PLACED(arena_size, 53, TSEG_ERR_PLAN_RECORD);
  PLACED(places[0], 3, TSEG_OK);
  PLACED(places[0], 4, TSEG_ERR_PLAN_RECORD);
  PLACED(places[23], 0xFFFF, TSEG_ERR_PLAN_RECORD);
  PLACED(buffers[3].first_place, 17, TSEG_OK);
  PLACED(buffers[3].first_place, 19, TSEG_ERR_PLAN_RECORD);
  PLACED(buffers[3].first_place, TSEG_PLAN_NONE - 1u, TSEG_ERR_PLAN_RECORD);
  PLACED(buffers[0].offset, 16, TSEG_ERR_PLAN_RECORD);
  PLACED(buffers[0].ring_rows, 5, TSEG_ERR_PLAN_RECORD);
  PLACED(buffers[0].row_stride, 7, TSEG_ERR_PLAN_RECORD);
  PLACED(buffers[0].memory, TSEG_MEMORY_CONSTANTS, TSEG_ERR_PLAN_RECORD);
  PLACED(buffers[0].first_place, TSEG_PLAN_NONE, TSEG_OK); /* a ring */
  PLACED(ports[0].rows_per_step, 2, TSEG_ERR_PLAN_RECORD);
  struct plan_builder b;
  sample_placed(&b); /* blocks of two rows, else sound: only their places are in the way */
  b.streams[0].rows_per_block = b.streams[0].block_count = 2;
  b.stores[0].block_bytes_max = 12;
  CHECK_EQ(load(&b), TSEG_ERR_PLAN_RECORD);
  b.buffers[1].first_place = b.buffers[2].first_place = TSEG_PLAN_NONE;
  CHECK_EQ(load(&b), TSEG_ERR_PLAN_PROGRAM);
}

/* A view may have places when its rows are those of its root. */
static void places_of_views(void) {
  static const uint16_t places[] = {0, 0, 0, 0, 0, 0};
  for (uint32_t other = 0; other < 3u; other++) {
    struct plan_builder b;
    sample_placed(&b);
    const uint32_t view = other == 0u   ? plan_builder_tensor(&b, 6, 3, 2)
                          : other == 1u ? plan_builder_tensor(&b, 3, 4, 3)
                                        : plan_builder_tensor(&b, 3, 2, 3);
    if (other == 2u) b.tensors[view].n = 2; /* as many rows, in two images */
    b.tensors[view].root = 1;
    (void)plan_builder_placed(&b, view, places);
    CHECK_EQ(load(&b), other == 0u ? TSEG_OK : TSEG_ERR_PLAN_RECORD);
  }
}

/* Scratch keeps off the placed rows that a call writes; rows that it reads the program must keep alive. */
static void scratch_and_places(void) {
  static const struct {
    uint32_t op, offset;
    tseg_status status;
  } cases[] = {
      {0, 0, TSEG_OK},               /* where the input is */
      {0, 16, TSEG_ERR_PLAN_RECORD}, /* where output rows are */
      {0, 32, TSEG_ERR_PLAN_RECORD},
      {1, 0, TSEG_OK}, /* where fetched rows are */
      {1, 16, TSEG_ERR_PLAN_RECORD},
      {1, 48, TSEG_OK},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct plan_builder b;
    sample_placed(&b);
    b.arena_size = 64;
    b.operators[cases[i].op].scratch_offset = cases[i].offset;
    b.operators[cases[i].op].scratch_size = 16;
    CHECK_EQ(load(&b), cases[i].status);
    b.operators[cases[i].op].scratch_size = 0;
    b.operators[cases[i].op].state_offset = cases[i].offset;
    b.operators[cases[i].op].state_size = 16;
    CHECK_EQ(load(&b), cases[i].status);
  }
}

/* Buffers may share places, but a loader looks at no more than TSEG_PLAN_PLACES_MAX rows of them, and
 * at no more of those that operators write. */
static void many_places(void) {
  const uint32_t rows = TSEG_PLAN_PLACES_MAX / 2u;
  uint16_t *places = calloc(rows, sizeof *places);
  static struct plan_builder b;
  for (uint32_t kind = 0; kind < 4u; kind++) {
    plan_builder_begin(&b);
    const uint32_t tensor = plan_builder_tensor(&b, rows, 1, 1);
    const uint32_t from = plan_builder_buffer(&b, tensor, 1);
    const uint32_t to = plan_builder_buffer(&b, tensor, 0);
    b.buffers[to].first_place = b.buffers[to].offset = 0;
    b.long_places = places;
    b.place_count = rows;
    for (uint32_t i = 1; i < 2u + kind % 2u; i++) {
      if (kind < 2u) b.buffers[b.buffer_count++] = b.buffers[to];
    }
    for (uint32_t i = 0; kind >= 2u && i < kind; i++) {
      plan_builder_step(&b, TSEG_OP_LOOP, rows);
      plan_builder_step(&b, TSEG_OP_RUN, plan_builder_lookup(&b, from, to, 1));
      plan_builder_step(&b, TSEG_OP_END_LOOP, 0);
    }
    plan_builder_step(&b, TSEG_OP_END, 0);
    CHECK_EQ(load(&b), kind % 2u == 0u ? TSEG_OK : TSEG_ERR_PLAN_RECORD);
  }
  free(places);
}

int main(int argc, char **argv) {
  static const struct harness_test tests[] = {
      {"rows with places of their own lie in the arena, one for each, and are moved one by one",
       places_of_rows},
      {"a view with places has the rows of its root", places_of_views},
      {"scratch and state keep off placed rows that are written", scratch_and_places},
      {"places that are shared by too many buffers are refused", many_places},
  };
  return HARNESS_RUN(tests, argc, argv);
}
