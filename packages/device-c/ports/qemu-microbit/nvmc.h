/* SPDX-License-Identifier: Apache-2.0 */
/* On-chip flash of the nRF51 as a block device, through its controller (NVMC). */
#ifndef TSEG_PORTS_QEMU_MICROBIT_NVMC_H
#define TSEG_PORTS_QEMU_MICROBIT_NVMC_H

#include "tseg/block.h"

/* Makes *device the flash that the linker script leaves to stores. One store: TSEG_ERR_STORE_FULL for a
 * second one, or one that needs more. Reads of 1 byte, programs of 4, erases of 1,024; stalls the CPU. */
tseg_status tseg_nvmc_store(tseg_block_device *device, uint64_t capacity);

#endif
