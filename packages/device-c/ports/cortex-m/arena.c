/* SPDX-License-Identifier: Apache-2.0 */
/* The painted arena. */
#include "arena.h"

/* A byte that differs from place to place and from seed to seed. */
static uint8_t pattern(uint32_t place, uint32_t seed) {
  uint32_t x = place * 2654435761u + seed * 2246822519u;
  x ^= x >> 15;
  return (uint8_t)(x ^ x >> 8);
}

void tseg_arena_paint(uint8_t *arena, uint32_t size, uint32_t seed) {
  for (uint32_t i = 0; i < size; i++) {
    arena[i] = pattern(i, seed);
  }
}

uint32_t tseg_arena_high_water(const uint8_t *arena, uint32_t size, uint32_t seed) {
  while (size > 0u && arena[size - 1u] == pattern(size - 1u, seed)) {
    size--;
  }
  return size;
}
