/* SPDX-License-Identifier: Apache-2.0 */
/* The registers of both. */
#include "cmsdk.h"

#define TIMER_CTRL   (*(volatile uint32_t *)0x40000000u)
#define TIMER_VALUE  (*(volatile uint32_t *)0x40000004u)
#define TIMER_RELOAD (*(volatile uint32_t *)0x40000008u)

#define UART_DATA    (*(volatile uint32_t *)0x40004000u)
#define UART_STATE   (*(volatile uint32_t *)0x40004004u)
#define UART_CTRL    (*(volatile uint32_t *)0x40004008u)
#define UART_BAUDDIV (*(volatile uint32_t *)0x40004010u)

#define UART_SEND_FULL    1u
#define UART_RECEIVE_FULL 2u

void tseg_cmsdk_start(void) {
  TIMER_RELOAD = UINT32_MAX;
  TIMER_VALUE = UINT32_MAX;
  TIMER_CTRL = 1u;
  UART_BAUDDIV = 217u; /* 115,200 at 25 MHz; the emulator does not mind */
  UART_CTRL = 3u;      /* send and receive */
}

uint32_t tseg_cmsdk_ticks(void) {
  return UINT32_MAX - TIMER_VALUE;
}

uint32_t tseg_cmsdk_read(uint8_t *bytes, uint32_t capacity) {
  uint32_t count = 0;
  while (count < capacity && (UART_STATE & UART_RECEIVE_FULL) != 0u) {
    bytes[count++] = (uint8_t)UART_DATA;
  }
  return count;
}

uint32_t tseg_cmsdk_write(const uint8_t *bytes, uint32_t size) {
  uint32_t count = 0;
  while (count < size && (UART_STATE & UART_SEND_FULL) == 0u) {
    UART_DATA = bytes[count++];
  }
  return count;
}
