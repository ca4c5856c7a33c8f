/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels that have a DSP form without a weight layout of its own, against the definition, over random
 * shapes, pads, scales and alignments: pools, ADD, REQUANTIZE. Runs on the host (portable kernels) and
 * on emulated boards (DSP). */
#include "harness.h"
#include "nn/requantize.h"
#include "tseg/nn.h"

#define BYTES_MAX 4096u
#define GUARD     0x5Au

static uint32_t between(uint32_t low, uint32_t high) {
  return low + harness_random_below(high - low + 1u);
}

static uint8_t inputs[2][BYTES_MAX];
static uint8_t output[BYTES_MAX];

static tseg_plan_tensor tensor_of(uint32_t type, uint32_t h, uint32_t w, uint32_t c) {
  const tseg_plan_tensor tensor = {
      .type = type, .n = 1, .h = h, .w = w, .c = c, .row_bytes = w * c};
  return tensor;
}

/* Fills both inputs, the ends of the range more often than chance would. */
static void invent(void) {
  for (uint32_t i = 0; i < 2u; i++) {
    for (uint32_t k = 0; k < BYTES_MAX; k++) {
      const uint32_t bits = harness_random();
      inputs[i][k] = bits % 16u == 0u ? 0x80u : (bits % 16u == 1u ? 0x7Fu : (uint8_t)(bits >> 8));
    }
  }
  memset(output, GUARD, sizeof output);
}

/* Runs a variant in one call, rows of the inputs `misalign` bytes behind a boundary. */
static void run(uint16_t variant, const void *params, const tseg_plan_tensor *in, uint32_t in_count,
                const tseg_plan_tensor *out, uint32_t misalign) {
  const tseg_plan_operator op = {.kind = (uint16_t)(variant >> 8), .rows_per_call = out->h};
  tseg_nn_operand from[2] = {{in, 1, {{0}}}, {in, 1, {{0}}}};
  tseg_nn_operand to = {out, 1, {{0}}};
  tseg_nn_operand *sources[] = {&from[0], &from[1]};
  tseg_nn_operand *targets[] = {&to};
  for (uint32_t i = 0; i < in_count; i++) {
    from[i].segments[0].base = inputs[i] + misalign;
    from[i].segments[0].row_stride = in->row_bytes;
    from[i].segments[0].ring_rows = in->h;
    from[i].segments[0].channel_count = in->c;
  }
  to.segments[0].base = output;
  to.segments[0].row_stride = out->row_bytes;
  to.segments[0].ring_rows = out->h;
  to.segments[0].channel_count = out->c;
  const tseg_nn_call call = {
      .op = &op, .params = params, .inputs = sources, .outputs = targets, .row_count = out->h};
  tseg_nn_find(variant)->run(&call);
  CHECK_EQ(output[out->h * out->row_bytes], GUARD);
}

/* What a window holds of one channel, padding left out. */
typedef struct tally {
  int32_t most, sum, count;
} tally;

static tally look(const tseg_params_pool *p, const tseg_plan_tensor *in, const int8_t *data,
                  uint32_t y, uint32_t x, uint32_t c) {
  tally t = {-128, 0, 0};
  for (uint32_t k = 0; k < p->kernel_h * p->kernel_w; k++) {
    const int32_t iy = (int32_t)(y * p->stride_h + k / p->kernel_w) - p->pad_top;
    const int32_t ix = (int32_t)(x * p->stride_w + k % p->kernel_w) - p->pad_left;
    if (iy < 0 || iy >= (int32_t)in->h || ix < 0 || ix >= (int32_t)in->w) continue;
    const int32_t value = data[((uint32_t)iy * in->w + (uint32_t)ix) * in->c + c];
    t.most = value > t.most ? value : t.most;
    t.sum += value;
    t.count++;
  }
  return t;
}

/* To the nearest, ties away from zero; 0 of nothing. */
static int32_t average(tally t) {
  const int32_t twice = 2 * (t.sum < 0 ? -t.sum : t.sum) + t.count;
  const int32_t size = t.count == 0 ? 0 : twice / (2 * t.count);
  return t.sum < 0 ? -size : size;
}

static void pool(uint16_t kind) {
  for (uint32_t i = 0; i < 400u; i++) {
    const bool usual = i % 2u == 0u;
    const uint32_t channels = i % 3u == 0u ? between(1, 19) : 4u * between(1, 5);
    const tseg_plan_tensor in = tensor_of(TSEG_TYPE_INT8, between(2, 9), between(2, 9), channels);
    const uint32_t kernel = usual ? 2u : between(1, 4);
    const uint32_t stride = usual ? 2u : between(1, 3);
    const tseg_params_pool p = {.kernel_h = kernel,
                                .kernel_w = kernel,
                                .stride_h = stride,
                                .stride_w = stride,
                                .pad_top = (int32_t)harness_random_below(kernel),
                                .pad_left = (int32_t)harness_random_below(kernel),
                                .activation_min = i % 5u == 0u ? -20 : -128,
                                .activation_max = i % 7u == 0u ? 50 : 127};
    const tseg_plan_tensor out = tensor_of(TSEG_TYPE_INT8, (in.h + stride - 1u) / stride,
                                           (in.w + stride - 1u) / stride, channels);
    const uint32_t misalign = harness_random_below(4);
    invent();
    run(TSEG_VARIANT(kind, 1), &p, &in, 1, &out, misalign);
    const int8_t *data = (const int8_t *)inputs[0] + misalign;
    for (uint32_t k = 0; k < out.h * out.row_bytes; k++) {
      const uint32_t y = k / out.row_bytes;
      const tally t = look(&p, &in, data, y, k % out.row_bytes / channels, k % channels);
      const int32_t value = kind == TSEG_KIND_MAX_POOL_2D ? t.most : average(t);
      CHECK_EQ((int8_t)output[k], tseg_nn_clamp(value, p.activation_min, p.activation_max));
    }
  }
}

static void max_pool(void) {
  pool(TSEG_KIND_MAX_POOL_2D);
}

static void average_pool(void) {
  pool(TSEG_KIND_AVERAGE_POOL_2D);
}

static int32_t scaled(int32_t x, int32_t offset, int32_t left, int32_t multiplier, int32_t shift) {
  return tseg_nn_requantize((x + offset) * (1 << left), multiplier, shift);
}

static int32_t factor(void) {
  const uint32_t pick = harness_random_below(6);
  if (pick == 0u) return 0x40000000;
  if (pick == 1u) return INT32_MAX;
  return (int32_t)(0x40000000u + harness_random_below(0x40000000u));
}

/* Shifts of none, as the input of the larger scale has, of some, and to the left for the output. */
static void add(void) {
  for (uint32_t i = 0; i < 400u; i++) {
    const tseg_plan_tensor shape =
        tensor_of(TSEG_TYPE_INT8, between(1, 4), between(1, 9), between(1, 13));
    const tseg_params_elementwise p = {.left_shift = i % 9u == 0u ? (int32_t)between(0, 20) : 20,
                                       .input1_offset = (int32_t)between(0, 255) - 127,
                                       .input1_multiplier = factor(),
                                       .input1_shift = -(int32_t)between(0, 3),
                                       .input2_offset = (int32_t)between(0, 255) - 127,
                                       .input2_multiplier = factor(),
                                       .input2_shift = -(int32_t)between(0, 12),
                                       .output_offset = (int32_t)between(0, 255) - 128,
                                       .output_multiplier = factor(),
                                       .output_shift =
                                           i % 11u == 0u ? 0 : -(int32_t)between(15, 23),
                                       .activation_min = i % 5u == 0u ? -30 : -128,
                                       .activation_max = i % 7u == 0u ? 40 : 127};
    const uint32_t misalign = harness_random_below(4);
    invent();
    run(TSEG_VARIANT(TSEG_KIND_ADD, 1), &p, &shape, 2, &shape, misalign);
    for (uint32_t k = 0; k < shape.h * shape.row_bytes; k++) {
      const int32_t a = scaled((int8_t)inputs[0][misalign + k], p.input1_offset, p.left_shift,
                               p.input1_multiplier, p.input1_shift);
      const int32_t b = scaled((int8_t)inputs[1][misalign + k], p.input2_offset, p.left_shift,
                               p.input2_multiplier, p.input2_shift);
      const int32_t sum = tseg_nn_requantize(a + b, p.output_multiplier, p.output_shift);
      const int32_t expected =
          tseg_nn_clamp(tseg_nn_wrap_add(sum, p.output_offset), p.activation_min, p.activation_max);
      CHECK_EQ((int8_t)output[k], expected);
    }
  }
}

/* Between both byte types, with a factor of one (where only the sign turns), or nearly. */
static void requantize(void) {
  for (uint32_t i = 0; i < 200u; i++) {
    const bool from_signed = i % 2u == 0u;
    const bool to_signed = i % 3u != 0u;
    const tseg_plan_tensor in = tensor_of(from_signed ? TSEG_TYPE_INT8 : TSEG_TYPE_UINT8,
                                          between(1, 3), between(1, 7), between(1, 9));
    tseg_plan_tensor out = in;
    out.type = to_signed ? TSEG_TYPE_INT8 : TSEG_TYPE_UINT8;
    const int32_t zero = (int32_t)between(0, 255) - (from_signed ? 128 : 0);
    const int32_t turn = (to_signed ? -128 : 0) - (from_signed ? -128 : 0);
    const int32_t other = i % 5u == 0u ? 1 : 0;
    const tseg_params_requantize p = {zero, zero + turn + other,
                                      (1 << 30) + (i % 7u == 0u ? 4096 : 0), 1};
    const uint32_t misalign = harness_random_below(4);
    invent();
    run(TSEG_VARIANT(TSEG_KIND_REQUANTIZE, 1), &p, &in, 1, &out, misalign);
    for (uint32_t k = 0; k < in.h * in.row_bytes; k++) {
      const uint8_t byte = inputs[0][misalign + k];
      const int32_t x = from_signed ? (int32_t)(int8_t)byte : (int32_t)byte;
      const int32_t value =
          tseg_nn_requantize(x - p.input_zero_point, p.multiplier, p.shift) + p.output_zero_point;
      const int32_t low = to_signed ? -128 : 0;
      CHECK_EQ(output[k], (uint8_t)tseg_nn_clamp(value, low, low + 255));
    }
  }
}

int main(int argc, char **argv) {
  static const struct harness_test tests[] = {
      {"max_pool_2d.row computes the definition", max_pool},
      {"average_pool_2d.row computes the definition", average_pool},
      {"add.row computes the definition", add},
      {"requantize.row computes the definition", requantize},
  };
  return HARNESS_RUN(tests, argc, argv);
}
