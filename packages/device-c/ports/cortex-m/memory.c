/* SPDX-License-Identifier: Apache-2.0 */
/* RAM given away once and for all. */
#include "memory.h"

#include "guard.h"
#include "link_map.h"

static uint8_t *next = tseg_free_begin;
static uint8_t *end = tseg_ram_end;
static uint32_t missing;

void *tseg_memory_take(uint32_t size) {
  const uint32_t left = (uint32_t)(end - next);
  const uint32_t rounded = (size + 15u) & ~15u;
  if (size > UINT32_MAX - 15u || rounded > left) {
    missing = size - left;
    return NULL;
  }
  void *taken = next;
  next += rounded;
  return taken;
}

void *tseg_memory_take_arena(uint32_t size) {
  const uint32_t left = (uint32_t)(end - next);
  const uint32_t beside = 2u * TSEG_GUARD_BYTES; /* the guard, wherever its boundary is */
  const uint32_t rounded = (size + 15u) & ~15u;
  if (size > UINT32_MAX - 15u || left < beside || rounded > left - beside) {
    missing = size > left ? size - left + beside : beside;
    return NULL;
  }
  end -= rounded;
  const uintptr_t guard = ((uintptr_t)end - TSEG_GUARD_BYTES) & ~(uintptr_t)(TSEG_GUARD_BYTES - 1u);
  tseg_guard_place((const void *)guard);
  uint8_t *arena = end;
  end = (uint8_t *)guard;
  return arena;
}

uint32_t tseg_memory_free(void) {
  return (uint32_t)(end - next);
}

uint32_t tseg_memory_missing(void) {
  return missing;
}
