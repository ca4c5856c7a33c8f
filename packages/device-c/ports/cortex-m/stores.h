/* SPDX-License-Identifier: Apache-2.0 */
/* The stores of the plan, each bound to a device of the board, a file, or the serial line. */
#ifndef TSEG_PORTS_CORTEX_M_STORES_H
#define TSEG_PORTS_CORTEX_M_STORES_H

#include "tseg/plan.h"
#include "tseg/store.h"

#define TSEG_STORES_MAX 4u

typedef struct tseg_stores {
  tseg_store *engines[TSEG_STORES_MAX];
  uint32_t count;
  uint32_t memory_size; /* of the engines */
  uint32_t device_size; /* of the drivers' own state */
  uint32_t link_size;   /* of the link client */
} tseg_stores;

/* Makes every store that the plan needs. Returns what the drivers and engines do; TSEG_ERR_PLAN_STORE:
 * more stores than this firmware serves, or a kind the board does not have; TSEG_ERR_CONTEXT_SIZE: no RAM
 * left (tseg_memory_missing). */
tseg_status tseg_stores_open(tseg_stores *stores, const tseg_plan *plan);

#endif
