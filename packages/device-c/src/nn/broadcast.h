/* SPDX-License-Identifier: Apache-2.0 */
/* Operands that repeat where they have a dimension of 1. */
#ifndef TSEG_NN_BROADCAST_H
#define TSEG_NN_BROADCAST_H

#include <stdbool.h>
#include <stdint.h>

#include "check.h"
#include "tseg/nn.h"

/* The input has the output's type, and its dimensions or 1. */
static inline bool tseg_nn_broadcasts(const tseg_plan_tensor *in, const tseg_plan_tensor *out) {
  return in->type == out->type && tseg_nn_dimensions_ok(in) && (in->n == out->n || in->n == 1u) &&
         (in->h == out->h || in->h == 1u) && (in->w == out->w || in->w == 1u) &&
         (in->c == out->c || in->c == 1u);
}

/* Row of a broadcast input under output row `row`. */
static inline const uint8_t *tseg_nn_broadcast_row(const tseg_nn_operand *in,
                                                   const tseg_plan_tensor *out, uint32_t row) {
  const uint32_t n = in->tensor->n == 1u ? 0u : row / out->h;
  const uint32_t y = in->tensor->h == 1u ? 0u : row % out->h;
  return tseg_nn_row(&in->segments[0], n * in->tensor->h + y);
}

/* Element of a broadcast row for column x and channel c of the output. */
static inline size_t tseg_nn_broadcast_at(const tseg_plan_tensor *in, uint32_t x, uint32_t c) {
  return (size_t)(in->w == 1u ? 0u : x) * in->c + (in->c == 1u ? 0u : c);
}

#endif
