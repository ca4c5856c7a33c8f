/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU microbit (nRF51, Cortex-M0): UART, timer 0, flash that can be written. */
#include "nvmc.h"
#include "port.h"

#define TIMER0_START     (*(volatile uint32_t *)0x40008000u)
#define TIMER0_CAPTURE   (*(volatile uint32_t *)0x40008040u)
#define TIMER0_BITMODE   (*(volatile uint32_t *)0x40008508u)
#define TIMER0_PRESCALER (*(volatile uint32_t *)0x40008510u)
#define TIMER0_CC        (*(volatile uint32_t *)0x40008540u)

#define UART_STARTRX  (*(volatile uint32_t *)0x40002000u)
#define UART_STARTTX  (*(volatile uint32_t *)0x40002008u)
#define UART_RECEIVED (*(volatile uint32_t *)0x40002108u)
#define UART_SENT     (*(volatile uint32_t *)0x4000211Cu)
#define UART_ENABLE   (*(volatile uint32_t *)0x40002500u)
#define UART_RXD      (*(volatile uint32_t *)0x40002518u)
#define UART_TXD      (*(volatile uint32_t *)0x4000251Cu)
#define UART_BAUDRATE (*(volatile uint32_t *)0x40002524u)

#define BAUD_115200 0x01D7E000u

/* 16 MHz divided by 16; with -icount shift=10 an instruction takes 1,024 ns, a tick is 1,000 ns. The emulator
 * reads this timer up to some 60 instructions early or late. */
const tseg_port_clock tseg_port_clock_rate = {1000, 125, 7};

static bool sending;

void tseg_port_start(void) {
  TIMER0_BITMODE = 3u; /* 32 bits */
  TIMER0_PRESCALER = 4u;
  TIMER0_START = 1u;
  UART_BAUDRATE = BAUD_115200;
  UART_ENABLE = 4u;
  UART_STARTRX = 1u;
  UART_STARTTX = 1u;
}

uint32_t tseg_port_ticks(void) {
  TIMER0_CAPTURE = 1u;
  return TIMER0_CC;
}

uint32_t tseg_port_serial_read(uint8_t *bytes, uint32_t capacity) {
  uint32_t count = 0;
  while (count < capacity && UART_RECEIVED != 0u) {
    UART_RECEIVED = 0;
    bytes[count++] = (uint8_t)UART_RXD;
  }
  return count;
}

uint32_t tseg_port_serial_write(const uint8_t *bytes, uint32_t size) {
  uint32_t count = 0;
  while (count < size && (!sending || UART_SENT != 0u)) {
    UART_SENT = 0;
    sending = true;
    UART_TXD = bytes[count++];
  }
  return count;
}

tseg_status tseg_port_store(tseg_block_device *device, uint32_t kind, uint32_t index,
                            uint64_t capacity) {
  (void)index;
  return kind == TSEG_STORE_FLASH ? tseg_nvmc_store(device, capacity) : TSEG_ERR_PLAN_STORE;
}

void tseg_port_idle(void) {}
