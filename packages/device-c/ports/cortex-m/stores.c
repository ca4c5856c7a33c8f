/* SPDX-License-Identifier: Apache-2.0 */
/* Devices and engines of a plan's stores. */
#include "stores.h"

#include <string.h>

#include "firmware.h"
#include "memory.h"

/* Bytes that hold all blocks of a store, with room for their headers and units. */
static uint64_t capacity_of(const tseg_plan *plan, uint32_t index) {
  const uint32_t unit = plan->stores[index].unit_bytes;
  uint64_t capacity = 0;
  for (uint32_t i = 0; i < plan->header->streams.count; i++) {
    const tseg_plan_stream *stream = &plan->streams[i];
    if (stream->store == index) {
      const uint64_t raw =
          (uint64_t)stream->rows_per_block * plan->tensors[stream->tensor].row_bytes;
      capacity += stream->block_count * (raw + 64u + unit);
    }
  }
  return capacity;
}

tseg_status tseg_stores_open(tseg_stores *stores, const tseg_plan *plan) {
  static tseg_block_device devices[TSEG_STORES_MAX];
  memset(stores, 0, sizeof *stores);
  if (plan->header->stores.count > TSEG_STORES_MAX) {
    return TSEG_ERR_PLAN_STORE;
  }
  for (uint32_t i = 0; i < plan->header->stores.count; i++) {
    tseg_status status = tseg_firmware_store(&devices[i], i, capacity_of(plan, i),
                                             &stores->device_size, &stores->link_size);
    if (status != TSEG_OK) {
      return status;
    }
    const size_t size = tseg_store_memory_size(plan, i);
    void *memory = tseg_memory_take((uint32_t)size);
    if (memory == NULL) {
      return TSEG_ERR_CONTEXT_SIZE;
    }
    status = tseg_store_init(&stores->engines[i], plan, i, &devices[i], memory, size);
    if (status != TSEG_OK) {
      return status;
    }
    stores->count = i + 1u;
    stores->memory_size += (uint32_t)size;
  }
  return TSEG_OK;
}
