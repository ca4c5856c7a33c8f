/* SPDX-License-Identifier: Apache-2.0 */
/* Elements of int8 and int16 rows as int32, for kernels whose arithmetic is the same for both. */
#ifndef TSEG_NN_ELEMENTS_H
#define TSEG_NN_ELEMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tseg/plan.h"

static inline bool tseg_nn_quantized(uint32_t type) {
  return type == TSEG_TYPE_INT8 || type == TSEG_TYPE_INT16;
}

static inline int32_t tseg_nn_element(uint32_t type, const uint8_t *row, size_t i) {
  return type == TSEG_TYPE_INT16 ? ((const int16_t *)(const void *)row)[i]
                                 : ((const int8_t *)(const void *)row)[i];
}

static inline void tseg_nn_set_element(uint32_t type, uint8_t *row, size_t i, int32_t value) {
  if (type == TSEG_TYPE_INT16) {
    ((int16_t *)(void *)row)[i] = (int16_t)value;
  } else {
    row[i] = (uint8_t)value;
  }
}

static inline int32_t tseg_nn_element_min(uint32_t type) {
  return type == TSEG_TYPE_INT16 ? INT16_MIN : INT8_MIN;
}
static inline int32_t tseg_nn_element_max(uint32_t type) {
  return type == TSEG_TYPE_INT16 ? INT16_MAX : INT8_MAX;
}

/* A zero point that the type can have: int16 is symmetric. */
static inline bool tseg_nn_element_zero_ok(uint32_t type, int32_t zero_point) {
  return type == TSEG_TYPE_INT16 ? zero_point == 0
                                 : zero_point >= INT8_MIN && zero_point <= INT8_MAX;
}

/* low <= high, both numbers of the type. */
static inline bool tseg_nn_element_range_ok(uint32_t type, int32_t low, int32_t high) {
  return low >= tseg_nn_element_min(type) && low <= high && high <= tseg_nn_element_max(type);
}

#endif
