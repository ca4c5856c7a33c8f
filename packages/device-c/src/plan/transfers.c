/* SPDX-License-Identifier: Apache-2.0 */
/* Loader: stores, streams and transfers. Firmware whose plan has none leaves it out. */
#include "check.h"

#define SLOTS_MAX 4u
#define CODEC_RAW 1u /* bit 0 of a stream's codecs */

/* Bytes of a stream's largest block before encoding; the stream's tensor is known to be sound. */
static uint32_t block_bytes(const tseg_plan *plan, const tseg_plan_stream *stream) {
  return stream->rows_per_block * plan->tensors[stream->tensor].row_bytes;
}

/* The rows of each block are consecutive rows of the tensor: all rows are carried, or only the first
 * ones, or every run of carried rows begins with a block. */
static bool carried_ok(const tseg_plan_stream *stream, uint32_t rows) {
  return stream->rows_per_block != 0u && stream->carried != 0u &&
         stream->carried <= stream->period && stream->period <= rows &&
         (stream->carried == stream->period || stream->period == rows ||
          stream->carried % stream->rows_per_block == 0u);
}

static tseg_status check_streams(const tseg_plan *plan) {
  const tseg_plan_header *header = plan->header;
  for (uint32_t i = 0; i < header->streams.count; i++) {
    const tseg_plan_stream *stream = &plan->streams[i];
    if (stream->store >= header->stores.count || stream->tensor >= header->tensors.count) {
      return TSEG_ERR_PLAN_RECORD;
    }
    const tseg_plan_tensor *tensor = &plan->tensors[stream->tensor];
    if (!carried_ok(stream, tseg_plan_rows(tensor)) || (stream->codecs & CODEC_RAW) == 0u) {
      return TSEG_ERR_PLAN_RECORD;
    }
    const uint32_t rows = tseg_plan_carried_rows(stream, tensor);
    if (stream->rows_per_block > rows ||
        stream->block_count != tseg_plan_groups(rows, stream->rows_per_block)) {
      return TSEG_ERR_PLAN_RECORD;
    }
  }
  return TSEG_OK;
}

/* A power of two: of two such units the smaller divides the larger. */
static bool unit_ok(uint32_t bytes) {
  return bytes != 0u && bytes <= TSEG_PLAN_UNIT_MAX && (bytes & (bytes - 1u)) == 0u;
}

static tseg_status check_stores(const tseg_plan *plan) {
  const tseg_plan_header *header = plan->header;
  for (uint32_t i = 0; i < header->stores.count; i++) {
    const tseg_plan_store *store = &plan->stores[i];
    uint32_t largest = 0;
    for (uint32_t s = 0; s < header->streams.count; s++) {
      const tseg_plan_stream *stream = &plan->streams[s];
      if (stream->store == i && block_bytes(plan, stream) > largest) {
        largest = block_bytes(plan, stream);
      }
    }
    if (store->kind > TSEG_STORE_FILE || store->slot_count == 0u || store->slot_count > SLOTS_MAX ||
        store->block_bytes_max != largest || !unit_ok(store->unit_bytes)) {
      return TSEG_ERR_PLAN_RECORD;
    }
  }
  return TSEG_OK;
}

static bool transfer_ok(const tseg_plan *plan, const tseg_plan_transfer *transfer) {
  const tseg_plan_header *header = plan->header;
  if (transfer->stream >= header->streams.count || transfer->direction > TSEG_FETCH ||
      transfer->buffer >= header->buffers.count) {
    return false;
  }
  const tseg_plan_stream *stream = &plan->streams[transfer->stream];
  const tseg_plan_buffer *buffer = &plan->buffers[transfer->buffer];
  const tseg_plan_tensor *spilled = &plan->tensors[stream->tensor];
  const tseg_plan_tensor *tensor = &plan->tensors[buffer->tensor];
  if (buffer->first_place != TSEG_PLAN_NONE && stream->rows_per_block != 1u) {
    return false;
  }
  return transfer->in_flight >= 1u && transfer->in_flight <= stream->block_count &&
         buffer->memory == TSEG_MEMORY_ARENA && buffer->ring_rows >= stream->rows_per_block &&
         tensor->root == spilled->root && tensor->row_bytes == spilled->row_bytes;
}

/* Each stream is written by exactly one transfer, and read by any number of them. */
static tseg_status check_transfer_list(const tseg_plan *plan) {
  const tseg_plan_header *header = plan->header;
  for (uint32_t i = 0; i < header->transfers.count; i++) {
    if (!transfer_ok(plan, &plan->transfers[i])) {
      return TSEG_ERR_PLAN_RECORD;
    }
  }
  for (uint32_t s = 0; s < header->streams.count; s++) {
    uint32_t writers = 0;
    for (uint32_t i = 0; i < header->transfers.count; i++) {
      const tseg_plan_transfer *transfer = &plan->transfers[i];
      writers += transfer->stream == s && transfer->direction == TSEG_SPILL ? 1u : 0u;
    }
    if (writers != 1u) {
      return TSEG_ERR_PLAN_RECORD;
    }
  }
  return TSEG_OK;
}

tseg_status tseg_plan_check_transfers(const tseg_plan *plan) {
  tseg_status status = check_streams(plan);
  if (status == TSEG_OK) {
    status = check_stores(plan);
  }
  if (status == TSEG_OK) {
    status = check_transfer_list(plan);
  }
  return status;
}
