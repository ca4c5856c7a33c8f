/* SPDX-License-Identifier: Apache-2.0 */
/* The RAM that nothing is linked into: contexts from its beginning, the arena at its very end, so that
 * what overruns the arena leaves RAM; a guard ends at most 16 bytes before it. */
#ifndef TSEG_PORTS_CORTEX_M_MEMORY_H
#define TSEG_PORTS_CORTEX_M_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* `size` bytes at a 16-byte boundary, or null. */
void *tseg_memory_take(uint32_t size);

/* The arena, at a 16-byte boundary, or null; nothing can be taken afterwards. */
void *tseg_memory_take_arena(uint32_t size);

/* Bytes that nobody took. */
uint32_t tseg_memory_free(void);

/* Bytes that were lacking when one of the above answered null; else 0. */
uint32_t tseg_memory_missing(void);

#endif
