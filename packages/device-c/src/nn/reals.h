/* SPDX-License-Identifier: Apache-2.0 */
/* float32 rows and parameters: numbers in parameters are held as their bits. */
#ifndef TSEG_NN_REALS_H
#define TSEG_NN_REALS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "check.h"
#include "tseg/nn.h"

static inline float tseg_nn_real(int32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* low <= high; neither is a NaN. */
static inline bool tseg_nn_real_range_ok(int32_t low, int32_t high) {
  return tseg_nn_real(low) <= tseg_nn_real(high);
}

static inline float tseg_nn_real_clamp(float x, float low, float high) {
  return x < low ? low : x > high ? high : x;
}

static inline bool tseg_nn_real_tensor_ok(const tseg_plan_tensor *t) {
  return t->type == TSEG_TYPE_FLOAT32 && tseg_nn_dimensions_ok(t);
}

/* Row `row` of operand `o`, of one segment. */
static inline float *tseg_nn_real_row(const tseg_nn_operand *o, uint32_t row) {
  return (float *)(void *)tseg_nn_row(&o->segments[0], row);
}

/* Numbers of the constants. */
static inline const float *tseg_nn_reals(const tseg_nn_call *call, tseg_plan_range range) {
  return (const float *)(const void *)(call->constants + range.offset);
}

#endif
