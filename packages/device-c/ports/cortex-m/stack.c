/* SPDX-License-Identifier: Apache-2.0 */
/* The painted stack. */
#include "stack.h"

#include "link_map.h"

#define PAINT 0xC3C3C3C3u

static uint32_t *stack_pointer(void) {
  uint32_t *pointer;
  __asm volatile("mov %0, sp" : "=r"(pointer));
  return pointer;
}

uint32_t tseg_stack_call(void (*body)(void *), void *argument) {
  uint32_t *const limit = (uint32_t *)(void *)tseg_stack_limit;
  uint32_t *const entry = stack_pointer();
  /* Volatile: a call of memset here would paint over its own frame. */
  for (volatile uint32_t *word = limit; word < entry; word++) {
    *word = PAINT;
  }
  body(argument);
  const volatile uint32_t *lowest = limit;
  while (lowest < entry && *lowest == PAINT) {
    lowest++;
  }
  return (uint32_t)((uintptr_t)entry - (uintptr_t)lowest);
}
