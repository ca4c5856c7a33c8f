/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU lm3s6965evb (Cortex-M3): UART 0 and the SysTick timer, since the emulator's own timers of this
 * machine can't be read. */
#include "port.h"

#define SYST_CSR (*(volatile uint32_t *)0xE000E010u)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014u)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018u)

#define UART0_DR   (*(volatile uint32_t *)0x4000C000u)
#define UART0_FR   (*(volatile uint32_t *)0x4000C018u)
#define UART0_LCRH (*(volatile uint32_t *)0x4000C02Cu)
#define UART0_CTL  (*(volatile uint32_t *)0x4000C030u)

#define FR_RECEIVE_EMPTY (1u << 4)
#define FR_SEND_FULL     (1u << 5)
#define LCRH_FIFO_8_BITS (1u << 4 | 3u << 5)
#define CTL_ON           (1u << 9 | 1u << 8 | 1u)

#define TOP 0xFFFFFFu /* of a 24-bit timer */

/* 12.5 MHz; with -icount shift=7 an instruction takes 128 ns, a tick is 80 ns. */
const tseg_port_clock tseg_port_clock_rate = {12500, 5, 3};

/* Ticks that the five instructions of tseg_systick take: the program is not charged with them. */
#define WRAP_COST 8u

void tseg_systick(void);

volatile uint32_t tseg_systick_wraps;

/* Five instructions, as WRAP_COST says. */
__attribute__((naked)) void tseg_systick(void) {
  __asm volatile("  ldr r0, =tseg_systick_wraps\n"
                 "  ldr r1, [r0]\n"
                 "  adds r1, #1\n"
                 "  str r1, [r0]\n"
                 "  bx lr\n"
                 "  .ltorg\n");
}

void tseg_port_start(void) {
  SYST_RVR = TOP;
  SYST_CVR = 0;
  SYST_CSR = 7u; /* on, with its exception, at the processor's clock */
  UART0_CTL = 0;
  UART0_LCRH = LCRH_FIFO_8_BITS;
  UART0_CTL = CTL_ON;
}

uint32_t tseg_port_ticks(void) {
  uint32_t wraps;
  uint32_t passed;
  do {
    wraps = tseg_systick_wraps;
    passed = TOP - SYST_CVR;
  } while (wraps != tseg_systick_wraps);
  return wraps * (TOP + 1u - WRAP_COST) + passed;
}

uint32_t tseg_port_serial_read(uint8_t *bytes, uint32_t capacity) {
  uint32_t count = 0;
  while (count < capacity && (UART0_FR & FR_RECEIVE_EMPTY) == 0u) {
    bytes[count++] = (uint8_t)UART0_DR;
  }
  return count;
}

uint32_t tseg_port_serial_write(const uint8_t *bytes, uint32_t size) {
  uint32_t count = 0;
  while (count < size && (UART0_FR & FR_SEND_FULL) == 0u) {
    UART0_DR = bytes[count++];
  }
  return count;
}

tseg_status tseg_port_store(tseg_block_device *device, uint32_t kind, uint32_t index,
                            uint64_t capacity) {
  (void)device;
  (void)kind;
  (void)index;
  (void)capacity;
  return TSEG_ERR_PLAN_STORE;
}

void tseg_port_idle(void) {}
