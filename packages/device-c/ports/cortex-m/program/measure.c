/* SPDX-License-Identifier: Apache-2.0 */
/* The count around a call, less the count around a call of nothing. */
#include "measure.h"

#include "count.h"

__attribute__((noinline)) static uint64_t around(void (*body)(void *), void *argument) {
  const uint64_t begin = tseg_count();
  body(argument);
  return tseg_count() - begin;
}

/* One instruction, the return, which is measured as zero. */
__attribute__((noinline)) static void nothing(void *argument) {
  __asm volatile("" ::"r"(argument));
}

uint64_t tseg_measure(void (*body)(void *), void *argument) {
  const uint64_t beside = around(nothing, argument);
  return around(body, argument) - beside;
}
