/* SPDX-License-Identifier: Apache-2.0 */
/* In the place of the store engine and its codecs, in firmware whose plan has no stores: the executor asks
 * for nothing of the kind then, and were it to, it would be told so. */
#include "tseg/store.h"

size_t tseg_store_memory_size(const tseg_plan *plan, uint32_t store_index) {
  (void)plan;
  (void)store_index;
  return SIZE_MAX & ~(size_t)15u;
}

tseg_status tseg_store_init(tseg_store **store, const tseg_plan *plan, uint32_t store_index,
                            tseg_block_device *device, void *memory, size_t memory_size) {
  (void)store;
  (void)plan;
  (void)store_index;
  (void)device;
  (void)memory;
  (void)memory_size;
  return TSEG_ERR_ARGUMENT;
}

tseg_status tseg_store_begin(tseg_store *store) {
  (void)store;
  return TSEG_ERR_STATE;
}

tseg_status tseg_store_write_start(tseg_store *store, uint32_t stream, uint32_t block,
                                   const tseg_store_rows *rows) {
  (void)store;
  (void)stream;
  (void)block;
  (void)rows;
  return TSEG_ERR_STATE;
}

tseg_status tseg_store_read_start(tseg_store *store, uint32_t stream, uint32_t block,
                                  const tseg_store_rows *rows) {
  (void)store;
  (void)stream;
  (void)block;
  (void)rows;
  return TSEG_ERR_STATE;
}

tseg_status tseg_store_service(tseg_store *store) {
  (void)store;
  return TSEG_ERR_STATE;
}

tseg_status tseg_store_poll(tseg_store *store, uint32_t stream, uint32_t direction,
                            uint32_t block) {
  (void)store;
  (void)stream;
  (void)direction;
  (void)block;
  return TSEG_ERR_STATE;
}

void tseg_store_idle(tseg_store *store) {
  (void)store;
}

tseg_status tseg_store_abort(tseg_store *store) {
  (void)store;
  return TSEG_ERR_STATE;
}

const tseg_store_counters *tseg_store_get_counters(const tseg_store *store) {
  static const tseg_store_counters none;
  (void)store;
  return &none;
}
