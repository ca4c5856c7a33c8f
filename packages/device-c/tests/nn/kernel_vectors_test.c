/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every kernel against contracts/kernels/vectors.txt, with its rows wherever a plan may put them.
 * Runs in the package's folder.
 *
 * All memory is on the heap without a spare byte, so the address sanitizer sees a step outside.
 * Before each call everything but the rows of its window is poisoned, so a kernel that reads other
 * rows, or what an earlier call left, gives wrong results.
 */
#include <math.h>

#include "harness.h"
#include "support/kernel_vectors.h"
#include "tseg/row_window.h"

#define VECTORS            "../../contracts/kernels/vectors.txt"
#define RELATIVE_TOLERANCE 3e-5f
#define POISON             0x5Au
#define UNTOUCHED          0xC3u

/* How the rows of a vector are laid out. */
typedef struct layout {
  uint32_t rows_per_call; /* UINT32_MAX: all */
  bool rings;             /* rings of exactly the rows of a call's window; else whole tensors */
  uint32_t gap;           /* elements between rows */
  uint32_t segments;      /* most channel segments of the input of a kernel that gathers */
  bool placed;            /* each row at a place of its own, the last row first */
} layout;

/* A vector with its memory. */
typedef struct bench {
  const kernel_vector *vector;
  layout how;
  const tseg_nn_variant *variant;
  tseg_plan_header header;
  tseg_plan_tensor tensors[TSEG_NN_OPERANDS_MAX];
  tseg_plan_operand plan_operands[TSEG_NN_OPERANDS_MAX];
  tseg_plan_operator op;
  tseg_plan plan;
  tseg_nn_operand operands[TSEG_NN_OPERANDS_MAX];
  tseg_nn_operand *pointers[TSEG_NN_OPERANDS_MAX];
  size_t sizes[TSEG_NN_OPERANDS_MAX][TSEG_NN_SEGMENTS_MAX];
  void *state; /* kept from call to call */
} bench;

static uint32_t rows_of(const tseg_plan_tensor *t) {
  return t->n * t->h;
}

static uint32_t smaller(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}

/* Rows that calls are counted in: of output 0, or of input 0 when the variant accumulates. */
static uint32_t counted_rows(const bench *b) {
  return rows_of(&b->tensors[b->variant->accumulates ? 0 : b->vector->input_count]);
}

/* Rows of input `input` that a call of rows [first, first + count) needs. */
static tseg_row_range window(const bench *b, uint32_t input, uint32_t first, uint32_t count) {
  if (b->variant->accumulates) return (tseg_row_range){first, first + count};
  tseg_row_range all = {UINT32_MAX, 0};
  for (uint32_t r = first; r < first + count; r++) {
    const tseg_row_range one = tseg_nn_row_window(&b->plan, &b->op, input, r);
    if (one.first >= one.end) continue;
    all.first = smaller(all.first, one.first);
    all.end = one.end > all.end ? one.end : all.end;
  }
  return all;
}

static uint32_t ring_rows(const bench *b, uint32_t input) {
  const uint32_t rows = counted_rows(b);
  uint32_t most = 1;
  for (uint32_t first = 0; first < rows; first += b->op.rows_per_call) {
    const uint32_t count = smaller(b->op.rows_per_call, rows - first);
    const tseg_row_range r = window(b, input, first, count);
    if (r.first < r.end && r.end - r.first > most) most = r.end - r.first;
  }
  return most;
}

/* Memory for all rows of channels [begin, begin + count) of tensor i, each at a place of its own. */
static void place_rows(bench *b, uint32_t i, uint32_t segment, uint32_t begin, uint32_t count) {
  const tseg_plan_tensor *t = &b->tensors[i];
  const uint32_t rows = rows_of(t);
  const uint32_t bytes = t->row_bytes / t->c * count;
  const uint32_t units = (bytes + TSEG_PLAN_PLACE_UNIT - 1u) / TSEG_PLAN_PLACE_UNIT;
  const size_t size = (size_t)(rows - 1u) * units * TSEG_PLAN_PLACE_UNIT + bytes;
  uint16_t *places = malloc(rows * sizeof *places);
  CHECK(places != NULL);
  CHECK(rows * units <= UINT16_MAX);
  for (uint32_t r = 0; r < rows; r++) places[r] = (uint16_t)((rows - 1u - r) * units);
  tseg_nn_segment *s = &b->operands[i].segments[segment];
  *s = (tseg_nn_segment){malloc(size), places, bytes, rows, begin, count};
  CHECK(s->base != NULL);
  b->sizes[i][segment] = size;
}

/* Memory for `ring` rows of channels [begin, begin + count) of tensor i. */
static void place(bench *b, uint32_t i, uint32_t segment, uint32_t begin, uint32_t count,
                  uint32_t ring) {
  const tseg_plan_tensor *t = &b->tensors[i];
  const uint32_t bytes = t->row_bytes / t->c * count;
  const uint32_t element = t->row_bytes / (t->w * t->c);
  const uint32_t stride = bytes + b->how.gap * element;
  const size_t size = (size_t)(ring - 1u) * stride + bytes;
  tseg_nn_segment *s = &b->operands[i].segments[segment];
  *s = (tseg_nn_segment){malloc(size), NULL, stride, ring, begin, count};
  CHECK(s->base != NULL);
  b->sizes[i][segment] = size;
}

static void place_operand(bench *b, uint32_t i) {
  const bool input = i < b->vector->input_count;
  const tseg_plan_tensor *t = &b->tensors[i];
  const bool gathers = b->op.kind == TSEG_KIND_CONV_2D && input && t->type == TSEG_TYPE_INT8;
  const uint32_t segments = gathers ? smaller(b->how.segments, t->c) : 1u;
  uint32_t ring = rows_of(t);
  if (b->how.rings && input) ring = ring_rows(b, i);
  if (b->how.rings && !input && !b->variant->accumulates) ring = smaller(ring, b->op.rows_per_call);
  b->plan_operands[i].segment_count = segments;
  b->operands[i].tensor = t;
  b->operands[i].segment_count = segments;
  b->pointers[i] = &b->operands[i];
  for (uint32_t s = 0; s < segments; s++) {
    /* Segments of different widths: the last takes what remains. */
    const uint32_t last = s + 1u == segments;
    if (b->how.placed) {
      place_rows(b, i, s, s, last ? t->c - s : 1u);
    } else {
      place(b, i, s, s, last ? t->c - s : 1u, ring);
    }
  }
}

static void bench_make(bench *b, const kernel_vector *v, const layout *how) {
  memset(b, 0, sizeof *b);
  b->vector = v;
  b->how = *how;
  const uint32_t count = v->input_count + v->output_count;
  for (uint32_t i = 0; i < count; i++) {
    b->tensors[i] = v->tensors[i].tensor;
    b->plan_operands[i].tensor = i;
  }
  b->variant = tseg_nn_find(v->variant);
  CHECK(b->variant != NULL);
  CHECK_EQ(b->variant->kind, v->kind);
  const uint32_t rows = counted_rows(b);
  b->op.kind = v->kind;
  b->op.variant = v->variant;
  b->op.input_count = (uint16_t)v->input_count;
  b->op.output_count = (uint16_t)v->output_count;
  b->op.rows_per_call = smaller(how->rows_per_call, rows);
  b->op.call_count = (rows + b->op.rows_per_call - 1u) / b->op.rows_per_call;
  b->op.params_size = v->params_size;
  b->header.constants.count = v->constants_size;
  b->plan.header = &b->header;
  b->plan.tensors = b->tensors;
  b->plan.operands = b->plan_operands;
  b->plan.operators = &b->op;
  b->plan.params = v->params;
  b->plan.constants = v->constants;
  for (uint32_t i = 0; i < count; i++) place_operand(b, i);
  const tseg_status status = b->variant->check(&b->plan, &b->op);
  if (status != TSEG_OK) printf("  # vector %s\n", v->name);
  CHECK_EQ(status, TSEG_OK);
  b->op.scratch_size = b->variant->scratch_bytes(&b->plan, &b->op);
  b->op.state_size = b->variant->state_bytes(&b->plan, &b->op);
  b->state = b->op.state_size > 0u ? calloc(1, b->op.state_size) : NULL;
}

static void bench_free(bench *b) {
  free(b->state);
  for (uint32_t i = 0; i < b->vector->input_count + b->vector->output_count; i++) {
    for (uint32_t s = 0; s < b->operands[i].segment_count; s++) {
      free(b->operands[i].segments[s].base);
      free((void *)(uintptr_t)b->operands[i].segments[s].places);
    }
  }
}

/* Poison, and over it the rows of the call's window. */
static void fill_input(bench *b, uint32_t i, uint32_t first, uint32_t count) {
  const tseg_plan_tensor *t = &b->tensors[i];
  const uint32_t element = t->row_bytes / (t->w * t->c);
  const tseg_row_range r = window(b, i, first, count);
  for (uint32_t s = 0; s < b->operands[i].segment_count; s++) {
    const tseg_nn_segment *segment = &b->operands[i].segments[s];
    memset(segment->base, POISON, b->sizes[i][s]);
    for (uint32_t row = r.first; row < r.end; row++) {
      const uint8_t *from = b->vector->tensors[i].bytes + (size_t)row * t->row_bytes;
      uint8_t *to = tseg_nn_row(segment, row);
      for (uint32_t x = 0; x < t->w; x++) {
        const size_t pixel = ((size_t)x * t->c + segment->channel_begin) * element;
        memcpy(to + (size_t)x * segment->channel_count * element, from + pixel,
               (size_t)segment->channel_count * element);
      }
    }
  }
}

/* Functions of float32 differ by the libm of their platform; see the specification. */
static bool reals_agree(const uint8_t *actual, const uint8_t *expected, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    float a;
    float b;
    memcpy(&a, actual + 4u * (size_t)i, sizeof a);
    memcpy(&b, expected + 4u * (size_t)i, sizeof b);
    const float size = fmaxf(fmaxf(fabsf(a), fabsf(b)), 1e-3f);
    if (!(fabsf(a - b) <= RELATIVE_TOLERANCE * size)) return false;
  }
  return true;
}

/* The call's rows are right, and nothing else was written. */
static void check_output(bench *b, uint32_t i, uint32_t first, uint32_t count) {
  const tseg_plan_tensor *t = &b->tensors[i];
  const tseg_nn_segment *segment = &b->operands[i].segments[0];
  for (uint32_t row = first; row < first + count; row++) {
    uint8_t *actual = tseg_nn_row(segment, row);
    const uint8_t *expected = b->vector->tensors[i].bytes + (size_t)row * t->row_bytes;
    const bool same = t->type == TSEG_TYPE_FLOAT32
                          ? reals_agree(actual, expected, t->row_bytes / 4u)
                          : memcmp(actual, expected, t->row_bytes) == 0;
    if (!same) {
      printf("  # vector %s, output %" PRIu32 ", row %" PRIu32 "\n", b->vector->name,
             i - b->vector->input_count, row);
    }
    if (t->type != TSEG_TYPE_FLOAT32) CHECK_BYTES(actual, expected, t->row_bytes);
    CHECK(same);
    memset(actual, UNTOUCHED, t->row_bytes);
  }
  for (size_t at = 0; at < b->sizes[i][0]; at++) CHECK_EQ(segment->base[at], UNTOUCHED);
}

static void call_once(bench *b, uint32_t first, uint32_t count) {
  const uint32_t inputs = b->vector->input_count;
  const uint32_t outputs = b->vector->output_count;
  void *scratch = b->op.scratch_size > 0u ? malloc(b->op.scratch_size) : NULL;
  if (scratch != NULL) memset(scratch, POISON, b->op.scratch_size);
  for (uint32_t i = 0; i < inputs; i++) fill_input(b, i, first, count);
  for (uint32_t i = inputs; i < inputs + outputs; i++) {
    memset(b->operands[i].segments[0].base, UNTOUCHED, b->sizes[i][0]);
  }
  const tseg_nn_call call = {
      .op = &b->op,
      .params = b->plan.params,
      .constants = b->plan.constants,
      .inputs = b->pointers,
      .outputs = b->pointers + inputs,
      .first_row = first,
      .row_count = count,
      .scratch = scratch,
      .state = b->state,
  };
  b->variant->run(&call);
  free(scratch);
  for (uint32_t i = inputs; i < inputs + outputs; i++) {
    const bool last = first + count == counted_rows(b);
    const uint32_t all = last ? rows_of(&b->tensors[i]) : 0u;
    check_output(b, i, b->variant->accumulates ? 0u : first, b->variant->accumulates ? all : count);
  }
}

/* All vectors in one layout. A failing check leaks; the program is about to end then. */
static void run_all(const layout *how) {
  FILE *file = fopen(VECTORS, "r");
  CHECK(file != NULL);
  kernel_vector vector;
  uint32_t count = 0;
  while (kernel_vector_read(file, &vector)) {
    static bench b;
    bench_make(&b, &vector, how);
    const uint32_t rows = counted_rows(&b);
    for (uint32_t first = 0; first < rows; first += b.op.rows_per_call) {
      call_once(&b, first, smaller(b.op.rows_per_call, rows - first));
    }
    bench_free(&b);
    kernel_vector_free(&vector);
    count++;
  }
  (void)fclose(file);
  CHECK(count > 100u);
}

static void whole_tensors(void) {
  run_all(&(layout){1, false, 0, 1, false});
}

static void one_call(void) {
  run_all(&(layout){UINT32_MAX, false, 0, 1, false});
}

static void rings(void) {
  run_all(&(layout){1, true, 0, 1, false});
}

static void rings_with_gaps(void) {
  run_all(&(layout){3, true, 5, 1, false});
}

static void two_segments(void) {
  run_all(&(layout){1, true, 3, 2, false});
}

static void many_segments(void) {
  run_all(&(layout){2, true, 0, TSEG_NN_SEGMENTS_MAX, false});
}

static void own_places(void) {
  run_all(&(layout){.rows_per_call = 1, .segments = 1, .placed = true});
}

static void own_places_in_segments(void) {
  run_all(&(layout){.rows_per_call = 3, .segments = 3, .placed = true});
}

int main(int argc, char **argv) {
  static const struct harness_test tests[] = {
      {"kernels give the vectors' outputs from whole tensors, a row a call", whole_tensors},
      {"kernels give the vectors' outputs in one call", one_call},
      {"kernels need no more than a ring of the rows of their window", rings},
      {"kernels make three rows a call from rings with gaps between rows", rings_with_gaps},
      {"convolutions gather their input from two segments", two_segments},
      {"convolutions gather their input from as many segments as there may be", many_segments},
      {"kernels find rows that each have a place of their own", own_places},
      {"kernels find placed rows of several segments and write several a call",
       own_places_in_segments},
  };
  return HARNESS_RUN(tests, argc, argv);
}
