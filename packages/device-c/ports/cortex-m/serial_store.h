/* SPDX-License-Identifier: Apache-2.0 */
/* A remote store at the other end of the board's serial line. */
#ifndef TSEG_PORTS_CORTEX_M_SERIAL_STORE_H
#define TSEG_PORTS_CORTEX_M_SERIAL_STORE_H

#include "tseg/block.h"

/* Opens the session, and makes *device its store; there is one line and so one such store. Adds the link
 * client's bytes to *link_size. Returns TSEG_OK, what opening a session does, or TSEG_ERR_PLAN_STORE for a
 * second store. */
tseg_status tseg_serial_store(tseg_block_device *device, uint32_t *link_size);

#endif
