/* SPDX-License-Identifier: Apache-2.0 */
/* What a board gives to firmware: six functions, one record and a linker script. ports/template is a
 * place to begin; docs/guides/port-to-a-board.md goes through them. */
#ifndef TSEG_PORTS_CORTEX_M_PORT_H
#define TSEG_PORTS_CORTEX_M_PORT_H

#include <stddef.h>
#include <stdint.h>

#include "tseg/block.h"
#include "tseg/plan.h"
#include "tseg/status.h"

/* The board's free-running timer. */
typedef struct tseg_port_clock {
  uint32_t ticks_per_ms;
  /* Instructions, or cycles on real hardware, in so many ticks: ticks * numerator / 2^shift, rounded
   * up. A numerator of 0: this board can't count. */
  uint32_t count_numerator, count_shift;
} tseg_port_clock;

extern const tseg_port_clock tseg_port_clock_rate;

/* Called once, before main and after memory is set up: clocks, timer, serial line. */
void tseg_port_start(void);

/* The timer, counting up, wrapping at 2^32. */
uint32_t tseg_port_ticks(void);

/* Takes up to `capacity` bytes that the serial line has received. Returns how many; does not wait. */
uint32_t tseg_port_serial_read(uint8_t *bytes, uint32_t capacity);

/* Sends up to `size` bytes. Returns how many were taken; does not wait. */
uint32_t tseg_port_serial_write(const uint8_t *bytes, uint32_t size);

/*
 * Makes *device the board's own storage of a kind (enum tseg_store_kind) with at least `capacity`
 * bytes for store `index` of the plan. TSEG_OK; TSEG_ERR_PLAN_STORE: the board has none of this kind;
 * TSEG_ERR_STORE_FULL: it is smaller, or taken by another store.
 */
tseg_status tseg_port_store(tseg_block_device *device, uint32_t kind, uint32_t index,
                            uint64_t capacity);

/* Gives the processor away until something may have happened: an interrupt, or some time. */
void tseg_port_idle(void);

#endif
