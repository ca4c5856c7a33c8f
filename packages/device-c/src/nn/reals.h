/* SPDX-License-Identifier: Apache-2.0 */
/* float32 rows and parameters: numbers in parameters are held as their bits. */
#ifndef TSEG_NN_REALS_H
#define TSEG_NN_REALS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

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

#endif
