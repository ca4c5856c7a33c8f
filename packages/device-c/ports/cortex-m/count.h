/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions executed, or cycles on real hardware, from the board's timer. */
#ifndef TSEG_PORTS_CORTEX_M_COUNT_H
#define TSEG_PORTS_CORTEX_M_COUNT_H

#include <stdint.h>

/* Instructions since some moment. To be read at least once in 2^32 ticks of the board's timer; 0 for
 * ever where the board can't count. */
uint64_t tseg_count(void);

/* Milliseconds since some moment, wrapping at 2^32; the same rule. */
uint32_t tseg_count_ms(void);

#endif
