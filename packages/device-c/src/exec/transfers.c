/* SPDX-License-Identifier: Apache-2.0 */
/* Executor: transfers. Each counts its blocks; the store engine keeps the rest of a block's state, and
 * frees its slot as soon as its bytes have moved. */
#include "exec_context.h"

static tseg_store *store_of(const tseg_exec *exec, const tseg_plan_transfer *transfer) {
  return exec->stores[exec->plan->streams[transfer->stream].store];
}

static tseg_store_rows block_rows(const tseg_exec *exec, const tseg_plan_transfer *transfer,
                                  uint32_t block) {
  const tseg_plan *plan = exec->plan;
  const tseg_plan_stream *stream = &plan->streams[transfer->stream];
  const tseg_plan_buffer *buffer = &plan->buffers[transfer->buffer];
  const tseg_plan_tensor *tensor = &plan->tensors[stream->tensor];
  const uint32_t index = block * stream->rows_per_block;
  const uint32_t left = tseg_plan_carried_rows(stream, tensor) - index;
  const uint32_t first = tseg_plan_carried_row(stream, index);
  const exec_strip strip = exec_strip_of(exec, buffer, first);
  const tseg_store_rows rows = {
      .base = strip.base,
      .row_stride = strip.row_stride,
      .ring_rows = strip.ring_rows,
      .row_bytes = tensor->row_bytes,
      .first_row = first,
      .row_count = left < stream->rows_per_block ? left : stream->rows_per_block,
  };
  return rows;
}

static tseg_status pending(tseg_exec *exec, tseg_store *store) {
  exec->waiting = store;
  return TSEG_PENDING;
}

tseg_status tseg_exec_start_transfer(tseg_exec *exec, uint32_t index) {
  const tseg_plan_transfer *transfer = &exec->plan->transfers[index];
  transfer_state *state = &exec->transfers[index];
  tseg_store *store = store_of(exec, transfer);
  if (state->started - state->waited >= transfer->in_flight) {
    return TSEG_ERR_PLAN_PROGRAM;
  }
  const tseg_store_rows rows = block_rows(exec, transfer, state->started);
  const tseg_status status =
      transfer->direction == TSEG_SPILL
          ? tseg_store_write_start(store, transfer->stream, state->started, &rows)
          : tseg_store_read_start(store, transfer->stream, state->started, &rows);
  if (status == TSEG_OK) {
    state->started++;
    exec->in_flight++;
  }
  return status == TSEG_PENDING ? pending(exec, store) : status;
}

tseg_status tseg_exec_wait_transfer(tseg_exec *exec, uint32_t index) {
  const tseg_plan_transfer *transfer = &exec->plan->transfers[index];
  transfer_state *state = &exec->transfers[index];
  if (state->waited == state->started) {
    return TSEG_ERR_PLAN_PROGRAM;
  }
  tseg_store *store = store_of(exec, transfer);
  const tseg_status status =
      tseg_store_poll(store, transfer->stream, transfer->direction, state->waited);
  if (status == TSEG_OK) {
    state->waited++;
    exec->in_flight--;
  }
  return status == TSEG_PENDING ? pending(exec, store) : status;
}

tseg_status tseg_exec_service(tseg_exec *exec) {
  for (uint32_t i = 0; i < exec->store_count; i++) {
    const tseg_status status = tseg_store_service(exec->stores[i]);
    if (status != TSEG_OK) {
      return status;
    }
  }
  return TSEG_OK;
}
