/* SPDX-License-Identifier: Apache-2.0 */
/* MEAN against TensorFlow Lite Micro's reference kernel (package tflite-micro 0.dev20261023182759,
 * models from the TensorFlow 2.21 converter). */
#include "harness.h"
#include "tseg/nn.h"

struct mean_case {
  uint32_t h, w, c;
  tseg_params_reduce params;
  int8_t input[128];
  int8_t expected[4];
};

static const struct mean_case cases[] = {
    {5,
     7,
     3,
     {0, 10, 1219581006, 3, 6},
     {-40, 22,  -91, 47,  76,  -19, 33,  23,  -15, -43, -113, 92,  5,   127, 57,   24,  -31, 91,
      -22, 102, -15, 19,  -83, 127, 2,   -15, 56,  -45, 54,   -62, 40,  -54, -102, -27, -79, 41,
      9,   38,  13,  -13, 9,   71,  -2,  -37, -50, -5,  -36,  120, -62, -56, -10,  47,  -8,  -49,
      -40, -13, 66,  -50, 2,   -28, 27,  31,  -79, 127, 19,   -22, -45, -7,  9,    43,  8,   37,
      -88, -37, -52, 17,  35,  -79, -2,  51,  62,  -58, 41,   28,  -18, 125, -59,  -8,  35,  22,
      -2,  90,  94,  62,  68,  4,   -61, 127, -49, 127, 0,    21,  -2,  65,  -22},
     {9, 85, 37}},
    {6,
     5,
     2,
     {63, 127, 1620791682, 2, 6},
     {127, 55,  33,  -11, 39,  22,  127, 79, -70, 114, -119, 115, -90, 23, 71,
      22,  -42, 96,  -83, -64, 106, -28, 37, 71,  16,  39,   30,  35,  94, 79,
      42,  78,  -9,  -22, -37, 70,  120, 28, -95, -7,  51,   40,  28,  82, 78,
      -57, 49,  -21, 36,  97,  127, 64,  -7, 1,   54,  -36,  18,  59,  78, 5},
     {18, 40}},
};

/* Runs the kernel with the input's rows in their place, or `stride_extra` bytes apart, so many rows a call. */
static void run_case(const struct mean_case *one, uint32_t stride_extra, uint32_t rows_per_call) {
  const tseg_plan_tensor in = {
      .type = TSEG_TYPE_INT8, .n = 1, .h = one->h, .w = one->w, .c = one->c};
  const tseg_plan_tensor out = {.type = TSEG_TYPE_INT8, .n = 1, .h = 1, .w = 1, .c = one->c};
  const uint32_t row_bytes = one->w * one->c;
  uint8_t rows[256];
  for (uint32_t y = 0; y < one->h; y++) {
    memcpy(rows + y * (row_bytes + stride_extra), one->input + y * row_bytes, row_bytes);
  }
  int8_t result[4] = {0};
  tseg_nn_operand input = {&in, 1, {{rows, NULL, row_bytes + stride_extra, one->h, 0, one->c}}};
  tseg_nn_operand output = {&out, 1, {{(uint8_t *)result, NULL, one->c, 1, 0, one->c}}};
  tseg_nn_operand *inputs[] = {&input};
  tseg_nn_operand *outputs[] = {&output};
  const tseg_plan_operator op = {.kind = TSEG_KIND_MEAN};
  int32_t state[4] = {0};
  for (uint32_t first = 0; first < one->h; first += rows_per_call) {
    const uint32_t left = one->h - first;
    const tseg_nn_call call = {.op = &op,
                               .params = &one->params,
                               .inputs = inputs,
                               .outputs = outputs,
                               .first_row = first,
                               .row_count = left < rows_per_call ? left : rows_per_call,
                               .state = state};
    CHECK_BYTES(result, ((const int8_t[4]){0}), one->c);
    tseg_nn_find(TSEG_VARIANT(TSEG_KIND_MEAN, 2))->run(&call);
  }
  CHECK_BYTES(result, one->expected, one->c);
}

static void reference_values(void) {
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) run_case(&cases[i], 0, 16);
}

static void rows_apart(void) {
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) run_case(&cases[i], 5, 16);
}

static void row_by_row(void) {
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    run_case(&cases[i], 3, 1);
    run_case(&cases[i], 0, 2);
  }
}

int main(int argc, char **argv) {
  static const struct harness_test tests[] = {
      {"the mean over an image is that of the reference kernel", reference_values},
      {"it is the same when rows lie apart", rows_apart},
      {"rows are taken by any number of calls, and the last one makes the output", row_by_row},
  };
  return HARNESS_RUN(tests, argc, argv);
}
