/* SPDX-License-Identifier: Apache-2.0 */
/* What is made anew for every firmware (packages/emulator writes it): the plan, and where its stores are. */
#ifndef TSEG_PORTS_CORTEX_M_FIRMWARE_H
#define TSEG_PORTS_CORTEX_M_FIRMWARE_H

#include <stddef.h>
#include <stdint.h>

#include "tseg/block.h"

/* The plan's bytes, in flash, and how many. */
extern const uint8_t tseg_firmware_plan[];
extern const size_t tseg_firmware_plan_size;

/* Makes the device of store `index` of the plan. Only the drivers that this names are linked. Adds the bytes
 * of the driver's state to *device_size, those of a link to *link_size. */
tseg_status tseg_firmware_store(tseg_block_device *device, uint32_t index, uint64_t capacity,
                                uint32_t *device_size, uint32_t *link_size);

#endif
