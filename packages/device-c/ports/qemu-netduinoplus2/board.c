/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU netduinoplus2 (STM32F405): USART 1 and timer 2. Its clocks and pins are not emulated, and need no
 * setting up; its flash can't be written. */
#include "port.h"

#define TIM2_CR1 (*(volatile uint32_t *)0x40000000u)
#define TIM2_EGR (*(volatile uint32_t *)0x40000014u)
#define TIM2_CNT (*(volatile uint32_t *)0x40000024u)
#define TIM2_PSC (*(volatile uint32_t *)0x40000028u)
#define TIM2_ARR (*(volatile uint32_t *)0x4000002Cu)

#define USART1_SR  (*(volatile uint32_t *)0x40011000u)
#define USART1_DR  (*(volatile uint32_t *)0x40011004u)
#define USART1_CR1 (*(volatile uint32_t *)0x4001100Cu)

#define SR_RECEIVED   (1u << 5)
#define SR_SEND_EMPTY (1u << 7)
#define CR1_ON        (1u << 13 | 1u << 3 | 1u << 2) /* USART, sender, receiver */

/* The emulator's timer runs at 1 GHz, here divided by 64; with -icount shift=6 that is a tick an
 * instruction. */
#define PRESCALER 64u

const tseg_port_clock tseg_port_clock_rate = {15625, 1, 0};

void tseg_port_start(void) {
  TIM2_PSC = PRESCALER - 1u;
  TIM2_ARR = UINT32_MAX;
  TIM2_EGR = 1u; /* takes the prescaler over */
  TIM2_CR1 = 1u;
  USART1_CR1 = CR1_ON;
}

uint32_t tseg_port_ticks(void) {
  return TIM2_CNT;
}

uint32_t tseg_port_serial_read(uint8_t *bytes, uint32_t capacity) {
  uint32_t count = 0;
  while (count < capacity && (USART1_SR & SR_RECEIVED) != 0u) {
    bytes[count++] = (uint8_t)USART1_DR;
  }
  return count;
}

uint32_t tseg_port_serial_write(const uint8_t *bytes, uint32_t size) {
  uint32_t count = 0;
  while (count < size && (USART1_SR & SR_SEND_EMPTY) != 0u) {
    USART1_DR = bytes[count++];
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
