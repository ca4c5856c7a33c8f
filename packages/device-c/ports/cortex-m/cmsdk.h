/* SPDX-License-Identifier: Apache-2.0 */
/* Timer and UART of Arm's Cortex-M System Design Kit, as on the MPS2 boards (25 MHz). */
#ifndef TSEG_PORTS_CORTEX_M_CMSDK_H
#define TSEG_PORTS_CORTEX_M_CMSDK_H

#include <stdint.h>

/* Starts timer 0 and UART 0. */
void tseg_cmsdk_start(void);

/* Timer 0, made to count up. */
uint32_t tseg_cmsdk_ticks(void);

uint32_t tseg_cmsdk_read(uint8_t *bytes, uint32_t capacity);
uint32_t tseg_cmsdk_write(const uint8_t *bytes, uint32_t size);

#endif
