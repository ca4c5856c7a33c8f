/* SPDX-License-Identifier: Apache-2.0 */
/* Stores in RAM beside the board's own, for boards that have some: tseg_external_begin in the linker
 * script says where. */
#ifndef TSEG_PORTS_CORTEX_M_EXTERNAL_RAM_H
#define TSEG_PORTS_CORTEX_M_EXTERNAL_RAM_H

#include "tseg/block.h"

/* Makes *device store `index` in the part of external RAM that no earlier store has. TSEG_OK, or
 * TSEG_ERR_STORE_FULL. */
tseg_status tseg_external_ram_store(tseg_block_device *device, uint32_t index, uint64_t capacity);

#endif
