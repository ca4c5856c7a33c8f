/* SPDX-License-Identifier: Apache-2.0 */
/* Small questions that the kernels' check functions ask about an operator of a plan. The loader has
 * already made sure that all indices are in range. */
#ifndef TSEG_NN_CHECK_H
#define TSEG_NN_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "tseg/plan.h"

/* Largest dimension, stride, pad and window that kernels accept: keeps products inside 32 bits. */
#define TSEG_NN_DIMENSION_MAX 32768u

/* Marks functions that run once for an operator, at start: they are compiled to be small. */
#define TSEG_NN_ONCE __attribute__((cold))

/* The tensor of input i, or of output i (i counted from input_count). */
static inline const tseg_plan_tensor *tseg_nn_tensor(const tseg_plan *plan,
                                                     const tseg_plan_operator *op, uint32_t i) {
  return &plan->tensors[plan->operands[op->first_operand + i].tensor];
}

static inline const tseg_plan_tensor *tseg_nn_output(const tseg_plan *plan,
                                                     const tseg_plan_operator *op) {
  return tseg_nn_tensor(plan, op, op->input_count);
}

static inline uint32_t tseg_nn_segment_count(const tseg_plan *plan, const tseg_plan_operator *op,
                                             uint32_t i) {
  return plan->operands[op->first_operand + i].segment_count;
}

/* Scratch or state of a kernel that needs none. */
uint32_t tseg_nn_no_bytes(const tseg_plan *plan, const tseg_plan_operator *op);

/* `each` operations on every element of a tensor; saturates. */
static inline uint64_t tseg_nn_work(const tseg_plan_tensor *tensor, uint64_t each) {
  const uint64_t elements = (uint64_t)tensor->n * tensor->h * tensor->w * tensor->c;
  return each > UINT64_MAX / elements ? UINT64_MAX : elements * each;
}

/* Every input has one segment: for kernels that don't gather. */
bool tseg_nn_single_segments(const tseg_plan *plan, const tseg_plan_operator *op);

/* The operator has this many operands, and params of at least `params_size` bytes. */
static inline bool tseg_nn_has(const tseg_plan_operator *op, uint32_t inputs, uint32_t outputs,
                               uint32_t params_size) {
  return op->input_count == inputs && op->output_count == outputs && op->params_size >= params_size;
}

static inline const void *tseg_nn_params(const tseg_plan *plan, const tseg_plan_operator *op) {
  return plan->params + op->params_offset;
}

/* The range lies in the constants, starts at a multiple of `align`, a power of two, and has `size` bytes or more. */
bool tseg_nn_range_ok(const tseg_plan *plan, tseg_plan_range range, uint64_t size, uint32_t align);

/* Factors that a kernel takes: a multiplier and a shift each. */
typedef enum tseg_nn_factors {
  TSEG_NN_FACTORS_ANY,  /* shifts of -31..30 */
  TSEG_NN_FACTORS_RIGHT /* of -31..-1; or any, if the multiplier is 0 (scaling.h) */
} tseg_nn_factors;

/* `count` multipliers and then `count` shifts follow the first params_size bytes; shifts are legal. */
bool tseg_nn_factors_ok(const tseg_plan *plan, const tseg_plan_operator *op, uint32_t params_size,
                        uint32_t count, tseg_nn_factors factors);

static inline bool tseg_nn_quantization_ok(const tseg_plan *plan, const tseg_plan_operator *op,
                                           uint32_t params_size, uint32_t count) {
  return tseg_nn_factors_ok(plan, op, params_size, count, TSEG_NN_FACTORS_ANY);
}

/* All dimensions of the tensor are 1..TSEG_NN_DIMENSION_MAX. */
bool tseg_nn_dimensions_ok(const tseg_plan_tensor *tensor);

/* -128 <= low <= high <= 127. */
static inline bool tseg_nn_int8_range_ok(int32_t low, int32_t high) {
  return low >= -128 && low <= high && high <= 127;
}
static inline bool tseg_nn_int8_ok(int32_t value) {
  return value >= -128 && value <= 127;
}

/* Same type and n, h, w, c. */
bool tseg_nn_same_shape(const tseg_plan_tensor *a, const tseg_plan_tensor *b);

#endif
