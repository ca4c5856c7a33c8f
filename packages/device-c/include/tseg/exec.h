/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The executor: runs the program of a loaded plan, step by step. It decides nothing: each step says
 * which operator, transfer or port is next, and each of those counts its own rows.
 */
#ifndef TSEG_EXEC_H
#define TSEG_EXEC_H

#include <stddef.h>
#include <stdint.h>

#include "tseg/plan.h"
#include "tseg/status.h"
#include "tseg/store.h"

/* Rows of a model input to be filled, or of an output to be taken; they lie in the arena. */
typedef struct tseg_exec_rows {
  uint32_t index; /* of the input or output, in the model's order */
  uint32_t first_row;
  uint32_t row_count;
  uint32_t row_bytes;
  uint32_t row_total; /* rows of the whole tensor */
  uint32_t row_stride;
  uint32_t ring_rows;
  uint8_t
      *base; /* row r is at base + (r mod ring_rows) * row_stride, wherever the plan places it */
} tseg_exec_rows;

/*
 * What the application gives. Callbacks return TSEG_OK when the rows are filled or taken,
 * TSEG_PENDING to be asked again, or TSEG_ERR_INPUT / TSEG_ERR_OUTPUT.
 */
typedef struct tseg_exec_io {
  void *user;
  tseg_status (*input)(void *user, const tseg_exec_rows *rows);
  tseg_status (*output)(void *user, const tseg_exec_rows *rows);
  /* After each RUN step: for profiling; may be null. */
  void (*ran)(void *user, uint32_t operator_index, uint32_t call);
  /* tseg_exec_run only: gives the CPU away after `input` or `output` answered TSEG_PENDING; may be
   * null, then they are asked again at once. */
  void (*idle)(void *user);
} tseg_exec_io;

/* Caller-supplied memory; the executor owns it from init until the caller stops using it. */
typedef struct tseg_exec_memory {
  void *arena; /* 16-byte aligned, at least plan->header->arena_size bytes */
  size_t arena_size;
  void *context; /* 16-byte aligned, at least tseg_exec_context_size(plan) bytes */
  size_t context_size;
} tseg_exec_memory;

typedef struct tseg_exec tseg_exec;

/* Bytes of context an executor of this plan needs; a multiple of 16. */
size_t tseg_exec_context_size(const tseg_plan *plan);

/*
 * Makes an executor in memory->context. stores: one engine for each store of the plan, in order.
 * Returns TSEG_OK, TSEG_ERR_ARGUMENT, TSEG_ERR_ARENA_SIZE, TSEG_ERR_CONTEXT_SIZE,
 * TSEG_ERR_PLAN_VARIANT (a kernel is not linked in), TSEG_ERR_PLAN_STORE.
 */
tseg_status tseg_exec_init(tseg_exec **exec, const tseg_plan *plan, const tseg_exec_memory *memory,
                           const tseg_exec_io *io, tseg_store *const *stores, size_t store_count);

/*
 * Goes back to the first step and begins a new inference on every store; one that is under way is
 * given up first, which waits for its stores' devices. Returns TSEG_OK, TSEG_ERR_ARGUMENT (null), or
 * what tseg_store_begin returned: then only tseg_exec_begin is allowed.
 */
tseg_status tseg_exec_begin(tseg_exec *exec);

/*
 * Runs until the next step can't finish at once, or the program ends.
 * TSEG_OK: the inference is complete. TSEG_PENDING: waiting for a transfer or a port; call again.
 * TSEG_ERR_ARGUMENT: null. TSEG_ERR_STATE: no inference has begun. TSEG_ERR_PLAN_PROGRAM: a WAIT
 * without its START, or more STARTs than allowed. TSEG_ERR_INPUT, TSEG_ERR_OUTPUT: the callback's.
 * TSEG_ERR_STORE_*, TSEG_ERR_DEVICE_*, TSEG_ERR_CODEC, TSEG_ERR_LINK_*: a transfer's.
 * Does not block, but for an error: it ends the inference (only tseg_exec_begin is allowed then) by
 * tseg_store_abort, which waits until no device uses the arena any more.
 */
tseg_status tseg_exec_advance(tseg_exec *exec);

/* begin + advance until done, idling in waits. Returns TSEG_OK, or the error of either. */
tseg_status tseg_exec_run(tseg_exec *exec);

/* The step at which the executor stands: index of the program word, for error reports. */
uint32_t tseg_exec_position(const tseg_exec *exec);

#endif
