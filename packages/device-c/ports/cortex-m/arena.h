/* SPDX-License-Identifier: Apache-2.0 */
/* How much of the arena a plan really touches. */
#ifndef TSEG_PORTS_CORTEX_M_ARENA_H
#define TSEG_PORTS_CORTEX_M_ARENA_H

#include <stdint.h>

/* Fills the arena with a pattern, another one for each seed. */
void tseg_arena_paint(uint8_t *arena, uint32_t size, uint32_t seed);

/* Bytes from the arena's beginning to the last one that differs from the pattern. */
uint32_t tseg_arena_high_water(const uint8_t *arena, uint32_t size, uint32_t seed);

#endif
