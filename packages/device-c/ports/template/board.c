/* SPDX-License-Identifier: Apache-2.0 */
/* A place to begin a port for a Cortex-M board: copy this folder, and give each function what its board
 * has. As it is, it compiles and links, counts cycles, and has no serial line and no store. */
#include "port.h"

/* The cycle counter of the debug unit (ARMv7-M; a Cortex-M0 takes a timer of its chip instead). */
#define DEMCR      (*(volatile uint32_t *)0xE000EDFCu)
#define DWT_CTRL   (*(volatile uint32_t *)0xE0001000u)
#define DWT_CYCCNT (*(volatile uint32_t *)0xE0001004u)

#define DEMCR_TRACE  (1u << 24)
#define DWT_CTRL_RUN 1u

/* 64 MHz: so many ticks a millisecond, and each tick is one cycle. */
const tseg_port_clock tseg_port_clock_rate = {64000, 1, 0};

/* Clocks first, where the chip does not start with the ones that are wanted. */
void tseg_port_start(void) {
  DEMCR |= DEMCR_TRACE;
  DWT_CTRL |= DWT_CTRL_RUN;
}

uint32_t tseg_port_ticks(void) {
  return DWT_CYCCNT;
}

/* Take what the receiver holds; return at once when it holds nothing. */
uint32_t tseg_port_serial_read(uint8_t *bytes, uint32_t capacity) {
  (void)bytes;
  (void)capacity;
  return 0;
}

/* Give the sender what it has room for; return at once when it has none. */
uint32_t tseg_port_serial_write(const uint8_t *bytes, uint32_t size) {
  (void)bytes;
  (void)size;
  return 0;
}

/* For external RAM: tseg_external_ram_store. For flash: a tseg_block_device of its own. */
tseg_status tseg_port_store(tseg_block_device *device, uint32_t kind, uint32_t index,
                            uint64_t capacity) {
  (void)device;
  (void)kind;
  (void)index;
  (void)capacity;
  return TSEG_ERR_PLAN_STORE;
}

/* Wait for an interrupt, where one is sure to come; returning at once is always right. */
void tseg_port_idle(void) {}
