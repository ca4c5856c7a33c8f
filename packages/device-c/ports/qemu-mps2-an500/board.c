/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU mps2-an500: a Cortex-M7 with floating point. */
#include "cmsdk.h"
#include "external_ram.h"
#include "port.h"

/* 25 MHz; with -icount shift=6 an instruction takes 64 ns, a tick is 40 ns. */
const tseg_port_clock tseg_port_clock_rate = {25000, 5, 3};

void tseg_port_start(void) {
  tseg_cmsdk_start();
}

uint32_t tseg_port_ticks(void) {
  return tseg_cmsdk_ticks();
}

uint32_t tseg_port_serial_read(uint8_t *bytes, uint32_t capacity) {
  return tseg_cmsdk_read(bytes, capacity);
}

uint32_t tseg_port_serial_write(const uint8_t *bytes, uint32_t size) {
  return tseg_cmsdk_write(bytes, size);
}

tseg_status tseg_port_store(tseg_block_device *device, uint32_t kind, uint32_t index,
                            uint64_t capacity) {
  return kind == TSEG_STORE_RAM ? tseg_external_ram_store(device, index, capacity)
                                : TSEG_ERR_PLAN_STORE;
}

void tseg_port_idle(void) {}
