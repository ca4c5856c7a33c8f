/* SPDX-License-Identifier: Apache-2.0 */
/* External RAM, given away from its beginning. */
#include "external_ram.h"

#include "link_map.h"
#include "tseg/block_ram.h"

#define STORES_MAX 4u

tseg_status tseg_external_ram_store(tseg_block_device *device, uint32_t index, uint64_t capacity) {
  static tseg_block_ram stores[STORES_MAX];
  static uint8_t *next = tseg_external_begin;
  if (index >= STORES_MAX || capacity > (uint64_t)(tseg_external_end - next)) {
    return TSEG_ERR_STORE_FULL;
  }
  uint8_t *bytes = next;
  next += (capacity + 15u) & ~(uint64_t)15u;
  return tseg_block_ram_init(device, &stores[index], bytes, (size_t)capacity, 0);
}
