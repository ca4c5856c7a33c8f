/* SPDX-License-Identifier: Apache-2.0 */
/* The memory protection unit of ARMv7-M. */
#include "guard.h"

#include <stdint.h>

#include "link_map.h"

#if defined(__ARM_ARCH_6M__)

void tseg_guard_start(void) {}

bool tseg_guard_present(void) {
  return false;
}

void tseg_guard_place(const void *address) {
  (void)address;
}

#else

#define MPU_TYPE (*(volatile uint32_t *)0xE000ED90u)
#define MPU_CTRL (*(volatile uint32_t *)0xE000ED94u)
#define MPU_RNR  (*(volatile uint32_t *)0xE000ED98u)
#define MPU_RBAR (*(volatile uint32_t *)0xE000ED9Cu)
#define MPU_RASR (*(volatile uint32_t *)0xE000EDA0u)

#define READ_ONLY     (6u << 24)
#define READ_WRITE    (3u << 24)
#define NO_ACCESS     0u
#define NEVER_EXECUTE (1u << 28)
#define REGION_ON     1u

#define DEVICES      ((const uint8_t *)0x40000000u)
#define DEVICES_SIZE 0x20000000u

enum { REGION_FLASH, REGION_RAM, REGION_DEVICES, REGION_EXTERNAL, REGION_FIRST_GUARD };
#define GUARDS_MAX   4u

/* Sets a region to [begin, begin + size): a power of two that covers it, less the eighths beyond its end. */
static void set_region(uint32_t number, const void *begin, uint32_t size, uint32_t rights) {
  uint32_t log2_size = 5;
  while (log2_size < 32u && ((uint64_t)1 << log2_size) < size) {
    log2_size++;
  }
  const uint32_t eighth = log2_size >= 8u ? (uint32_t)(((uint64_t)1 << log2_size) / 8u) : 0u;
  const uint32_t used = eighth > 0u ? (size + eighth - 1u) / eighth : 8u;
  const uint32_t disabled = (0xFFu << used) & 0xFFu;
  MPU_RNR = number;
  MPU_RBAR = (uint32_t)(uintptr_t)begin;
  MPU_RASR = rights | disabled << 8 | (log2_size - 1u) << 1 | REGION_ON;
}

bool tseg_guard_present(void) {
  return (MPU_TYPE >> 8 & 0xFFu) >= REGION_FIRST_GUARD + GUARDS_MAX;
}

void tseg_guard_start(void) {
  if (!tseg_guard_present()) {
    return;
  }
  set_region(REGION_FLASH, tseg_flash_begin, (uint32_t)(tseg_flash_end - tseg_flash_begin),
             READ_ONLY);
  set_region(REGION_RAM, tseg_ram_begin, (uint32_t)(tseg_ram_end - tseg_ram_begin),
             READ_WRITE | NEVER_EXECUTE);
  set_region(REGION_DEVICES, DEVICES, DEVICES_SIZE, READ_WRITE | NEVER_EXECUTE);
  const uint32_t external_size = (uint32_t)(tseg_external_end - tseg_external_begin);
  if (external_size > 0u) {
    set_region(REGION_EXTERNAL, tseg_external_begin, external_size, READ_WRITE | NEVER_EXECUTE);
  }
  MPU_CTRL = 1u; /* on; what no region names is forbidden */
  __asm volatile("dsb\n isb" ::: "memory");
}

void tseg_guard_place(const void *address) {
  static uint32_t placed;
  if (tseg_guard_present() && placed < GUARDS_MAX) {
    set_region(REGION_FIRST_GUARD + placed, address, TSEG_GUARD_BYTES, NO_ACCESS);
    placed++;
    __asm volatile("dsb\n isb" ::: "memory");
  }
}

#endif
