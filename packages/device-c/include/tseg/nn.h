/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernels: one call computes one or more output rows of one operator from row pointers.
 *
 * A kernel never asks where a row lives: tseg_nn_row gives its address, whether it is in a full
 * tensor, a ring, or a staging buffer just fetched. The input of a CONV_2D may come in channel
 * segments (a fused concatenation), which src/nn/gather.c joins; all other kernels' checks refuse
 * inputs of several segments.
 */
#ifndef TSEG_NN_H
#define TSEG_NN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tseg/config.h"
#include "tseg/plan.h"
#include "tseg/status.h"

/* Kernel variants. Stable ids, unique over all kinds, never reused: (kind << 8) | number. */
#define TSEG_VARIANT(kind, number) ((uint16_t)(((kind) << 8) | (number)))

/* One channel segment of an operand, resolved to memory. */
typedef struct tseg_nn_segment {
  uint8_t *base;          /* row r at base + (r mod ring_rows) * row_stride, if places is null */
  const uint16_t *places; /* else row r at base + places[r] * 16 */
  uint32_t row_stride;
  uint32_t ring_rows;
  uint32_t channel_begin;
  uint32_t channel_count;
} tseg_nn_segment;

#define TSEG_NN_SEGMENTS_MAX 8u
#define TSEG_NN_OPERANDS_MAX 16u /* inputs + outputs of one operator */

/* A resolved operand. */
typedef struct tseg_nn_operand {
  const tseg_plan_tensor *tensor;
  uint32_t segment_count;
  tseg_nn_segment segments[TSEG_NN_SEGMENTS_MAX];
} tseg_nn_operand;

/* One call of a kernel: compute output rows [first_row, first_row + row_count); for a variant that
 * accumulates, take these rows of input 0. */
typedef struct tseg_nn_call {
  const tseg_plan_operator *op;
  const void *params; /* the tseg_params_* of op->kind; arrays that follow it included */
  const uint8_t *constants;
  tseg_nn_operand *const *inputs;  /* op->input_count */
  tseg_nn_operand *const *outputs; /* op->output_count */
  uint32_t first_row;
  uint32_t row_count;
  void *scratch; /* op->scratch_size bytes, 16-byte aligned */
  void *state;   /* op->state_size bytes, zeroed before the first call of an inference */
} tseg_nn_call;

/* The `work` of a variant, if the build has tseg_plan_work. */
#define TSEG_NN_WORK(function) (TSEG_PLAN_WORK ? (function) : NULL)

/* Everything the loader and the executor must know of a kernel variant. */
typedef struct tseg_nn_variant {
  uint16_t kind; /* enum tseg_kind */
  uint16_t id;
  /* false: a call makes rows of the outputs. true: it takes rows of input 0, the only input, and keeps
   * in its state what it must of them; the last call makes all rows of all outputs. */
  bool accumulates;
  /* Checks params, operand count, types and shapes of this operator as far as the kernel relies on
   * them: after TSEG_OK no value of tensors or constants can make `run` leave its memory or shift
   * out of range. Returns TSEG_OK or TSEG_ERR_PLAN_RECORD. */
  tseg_status (*check)(const tseg_plan *plan, const tseg_plan_operator *op);
  /* Element operations (multiplications, comparisons, moves) of all calls of one inference, more or
   * less: what bounds the time of an operator. Saturates. Asked after `check` only. TSEG_NN_WORK(..). */
  uint64_t (*work)(const tseg_plan *plan, const tseg_plan_operator *op);
  /* Scratch bytes that `run` needs, and state bytes that it keeps between its calls. The loader checks
   * op->scratch_size and op->state_size against them. Asked after `check` only. */
  uint32_t (*scratch_bytes)(const tseg_plan *plan, const tseg_plan_operator *op);
  uint32_t (*state_bytes)(const tseg_plan *plan, const tseg_plan_operator *op);
  void (*run)(const tseg_nn_call *call);
} tseg_nn_variant;

/* The variant with this id, or null when it is not linked in. */
const tseg_nn_variant *tseg_nn_find(uint16_t id);

/* Ids of the variants that are linked in: the first `capacity` of them to ids. Returns how many
 * there are. For HELLO, and for a host that wants to know what it may deploy. */
uint32_t tseg_nn_list(uint16_t *ids, uint32_t capacity);

/* Offset from segment->base of row `row`, which is a row of the operand's tensor. */
static inline uint32_t tseg_nn_row_offset(const tseg_nn_segment *segment, uint32_t row) {
  return segment->places != NULL ? segment->places[row] * TSEG_PLAN_PLACE_UNIT
                                 : (row % segment->ring_rows) * segment->row_stride;
}

/* Address of row `row` of a one-segment operand (or of segment `segment`). The sum that
 * tseg_nn_row_offset makes, in the order that costs kernels least. */
static inline uint8_t *tseg_nn_row(const tseg_nn_segment *segment, uint32_t row) {
  if (segment->places != NULL) {
    return segment->base + (size_t)segment->places[row] * TSEG_PLAN_PLACE_UNIT;
  }
  return segment->base + (size_t)(row % segment->ring_rows) * segment->row_stride;
}

#endif
