/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes of the engine's memory, computed from the plan alone with overflow-safe arithmetic. */
#include "layout.h"

#include <string.h>

#include "tseg/codec.h"

#define RECORDS_MAX 0xFFFEu /* record and stream numbers have 16 bits */

static uint64_t round_up(uint64_t value, uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}

uint32_t tseg_store_block_bytes(const tseg_plan *plan, const tseg_plan_stream *stream,
                                uint32_t block) {
  const tseg_plan_tensor *tensor = &plan->tensors[stream->tensor];
  uint32_t left = tseg_plan_carried_rows(stream, tensor) - block * stream->rows_per_block;
  return (left < stream->rows_per_block ? left : stream->rows_per_block) * tensor->row_bytes;
}

/* Blocks of the stream, all of which fit `bytes_max`; 0: the stream is not well formed. */
static uint32_t count_blocks(const tseg_plan *plan, const tseg_plan_stream *stream,
                             uint32_t bytes_max) {
  const tseg_plan_tensor *tensor = &plan->tensors[stream->tensor];
  uint64_t all_rows = (uint64_t)tensor->n * tensor->h;
  uint32_t per_block = stream->rows_per_block;
  if (all_rows == 0 || all_rows > UINT32_MAX || stream->carried == 0 ||
      stream->carried > stream->period || stream->period > all_rows) {
    return 0;
  }
  uint64_t rows = tseg_plan_carried_rows(stream, tensor);
  if (per_block == 0 || per_block > rows || tensor->row_bytes == 0 ||
      (uint64_t)per_block * tensor->row_bytes > bytes_max) {
    return 0;
  }
  uint64_t blocks = (rows + per_block - 1) / per_block;
  return blocks == stream->block_count ? stream->block_count : 0;
}

/* Counts the streams, blocks and records of the store; false: not well formed, or too many. */
static bool count_records(const tseg_plan *plan, uint32_t store_index, tseg_store_layout *layout) {
  uint64_t blocks = 0;
  uint64_t ops = 0;
  for (uint32_t i = 0; i < plan->header->streams.count; i++) {
    const tseg_plan_stream *stream = &plan->streams[i];
    if (stream->store != store_index) {
      continue;
    }
    uint32_t count = count_blocks(plan, stream, plan->stores[store_index].block_bytes_max);
    if (count == 0) {
      return false;
    }
    blocks += count;
    layout->stream_count++;
    layout->tally |= (stream->codecs & TSEG_CODEC_BIT(TSEG_CODEC_MASK)) != 0;
  }
  for (uint32_t i = 0; i < plan->header->transfers.count; i++) {
    const tseg_plan_transfer *transfer = &plan->transfers[i];
    const tseg_plan_stream *stream = &plan->streams[transfer->stream];
    if (stream->store == store_index) {
      uint32_t most = transfer->in_flight;
      ops += most < stream->block_count ? most : stream->block_count;
    }
  }
  layout->block_count = (uint32_t)blocks;
  layout->op_count = (uint32_t)ops;
  return blocks <= UINT32_MAX && ops <= RECORDS_MAX && layout->stream_count <= RECORDS_MAX;
}

bool tseg_store_layout_make(const tseg_plan *plan, uint32_t store_index,
                            tseg_store_layout *layout) {
  memset(layout, 0, sizeof *layout);
  if (store_index >= plan->header->stores.count) {
    return false;
  }
  const tseg_plan_store *store = &plan->stores[store_index];
  if (store->slot_count == 0 || store->slot_count > TSEG_STORE_SLOTS_MAX ||
      store->unit_bytes == 0 || store->unit_bytes > TSEG_PLAN_UNIT_MAX) {
    return false;
  }
  if (!count_records(plan, store_index, layout)) {
    return false;
  }
  uint64_t largest =
      (uint64_t)TSEG_STORE_HEADER_BYTES + TSEG_CODEC_OVERHEAD + store->block_bytes_max;
  uint64_t buffer = round_up(round_up(largest, store->unit_bytes), 16);
  if (buffer > UINT32_MAX) {
    return false;
  }
  layout->slot_count = store->slot_count;
  layout->buffer_size = (uint32_t)buffer;
  layout->wide = largest > UINT16_MAX;
  layout->streams_at = TSEG_STORE_ENGINE_BYTES;
  layout->ops_at =
      layout->streams_at + round_up((uint64_t)layout->stream_count * TSEG_STORE_STREAM_BYTES, 16);
  layout->tally_at =
      layout->ops_at + round_up((uint64_t)layout->op_count * TSEG_STORE_OP_BYTES, 16);
  layout->index_at = layout->tally_at + (layout->tally ? sizeof(tseg_codec_tally) : 0);
  layout->buffers_at =
      layout->index_at + round_up((uint64_t)layout->block_count * (layout->wide ? 4 : 2), 16);
  layout->size = layout->buffers_at + buffer * layout->slot_count;
  return true;
}

size_t tseg_store_memory_size(const tseg_plan *plan, uint32_t store_index) {
  size_t most = SIZE_MAX - SIZE_MAX % 16;
  tseg_store_layout layout;
  if (plan == NULL || !tseg_store_layout_make(plan, store_index, &layout) || layout.size > most) {
    return most;
  }
  return (size_t)layout.size;
}
