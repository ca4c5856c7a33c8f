/* SPDX-License-Identifier: Apache-2.0 */
/* A block device in a file of the computer that runs the emulator. */
#ifndef TSEG_PORTS_CORTEX_M_BLOCK_SEMIHOSTING_H
#define TSEG_PORTS_CORTEX_M_BLOCK_SEMIHOSTING_H

#include "tseg/block.h"

typedef struct tseg_block_semihosting {
  int32_t handle;
  bool busy; /* a request is done and has not been asked for */
  tseg_status result;
} tseg_block_semihosting;

/* Makes *device a device of `capacity` bytes in a new file. Units of 1 byte, no erase, one request at a
 * time, stalls the CPU. TSEG_OK; TSEG_ERR_STORE_FULL: capacity beyond 2 GiB; TSEG_ERR_DEVICE_PROGRAM: the
 * file can't be made. */
tseg_status tseg_block_semihosting_init(tseg_block_device *device, tseg_block_semihosting *file,
                                        const char *path, uint64_t capacity);

#endif
