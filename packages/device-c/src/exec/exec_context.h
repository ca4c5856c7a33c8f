/* SPDX-License-Identifier: Apache-2.0 */
/* What an executor keeps between steps, and the parts of the executor that work on it. */
#ifndef TSEG_EXEC_CONTEXT_H
#define TSEG_EXEC_CONTEXT_H

#include <stdbool.h>

#include "tseg/exec.h"
#include "tseg/nn.h"

enum exec_phase {
  PHASE_IDLE = 0, /* only tseg_exec_begin is allowed */
  PHASE_RUNNING = 1,
  PHASE_DONE = 2
};

/* A loop that is open: where its body begins, and how many times it still runs. */
typedef struct loop_state {
  uint32_t body;
  uint32_t left;
} loop_state;

/* Blocks of a transfer: waited <= started. */
typedef struct transfer_state {
  uint32_t started;
  uint32_t waited;
} transfer_state;

struct tseg_exec {
  const tseg_plan *plan;
  uint8_t *arena;
  tseg_exec_io io;
  uint32_t position; /* index of the program word that is next */
  uint32_t loop_depth;
  loop_state loops[TSEG_PLAN_LOOP_DEPTH];
  enum exec_phase phase;
  uint32_t store_count;
  uint32_t in_flight;  /* blocks started and not waited for, over all transfers */
  tseg_store *waiting; /* the store that the current step waits for, or null */
  /* Arrays in the rest of the context. */
  tseg_nn_operand *operands; /* of the operator that runs; rebuilt at each call */
  tseg_nn_operand **operand_pointers;
  const tseg_nn_variant **variants; /* by operator */
  tseg_store **stores;              /* by plan store */
  transfer_state *transfers;        /* by transfer */
  uint32_t *calls;                  /* by operator: calls done */
  uint32_t *port_steps;             /* by port: steps done */
};

/* Address of slot 0 of a ring, or what places count from. Constants are never written: the loader saw
 * to it. */
static inline uint8_t *exec_buffer_base(const tseg_exec *exec, const tseg_plan_buffer *buffer) {
  if (buffer->memory == TSEG_MEMORY_CONSTANTS) {
    return (uint8_t *)(uintptr_t)(exec->plan->constants + buffer->offset);
  }
  return exec->arena + buffer->offset;
}

/* The places of a buffer's rows; null for a ring. */
static inline const uint16_t *exec_buffer_places(const tseg_exec *exec,
                                                 const tseg_plan_buffer *buffer) {
  return buffer->first_place == TSEG_PLAN_NONE ? NULL : exec->plan->places + buffer->first_place;
}

/* Where the rows that begin with `first` lie for a transfer or a port: rows with places are moved one
 * at a time, so that each is a ring of one row. */
typedef struct exec_strip {
  uint8_t *base;
  uint32_t row_stride;
  uint32_t ring_rows;
} exec_strip;

static inline exec_strip exec_strip_of(const tseg_exec *exec, const tseg_plan_buffer *buffer,
                                       uint32_t first) {
  const uint16_t *places = exec_buffer_places(exec, buffer);
  exec_strip strip = {exec_buffer_base(exec, buffer), buffer->row_stride, buffer->ring_rows};
  if (places != NULL) {
    strip.base += (size_t)places[first] * TSEG_PLAN_PLACE_UNIT;
    strip.ring_rows = 1;
  }
  return strip;
}

/* RUN: the operator's next call. */
void tseg_exec_run_operator(tseg_exec *exec, uint32_t index);

/* SPILL_START, FETCH_START: TSEG_OK, TSEG_PENDING, TSEG_ERR_PLAN_PROGRAM (more starts without their
 * wait than the transfer allows), or the store's error. */
tseg_status tseg_exec_start_transfer(tseg_exec *exec, uint32_t index);

/* SPILL_WAIT, FETCH_WAIT: TSEG_OK, TSEG_PENDING, TSEG_ERR_PLAN_PROGRAM (nothing was started), or
 * the store's error. */
tseg_status tseg_exec_wait_transfer(tseg_exec *exec, uint32_t index);

/* Lets every store progress. */
tseg_status tseg_exec_service(tseg_exec *exec);

#endif
