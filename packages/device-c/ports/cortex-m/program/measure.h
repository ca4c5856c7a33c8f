/* SPDX-License-Identifier: Apache-2.0 */
/* For benches of single functions on a board: how many instructions a call takes. */
#ifndef TSEG_PORTS_CORTEX_M_MEASURE_H
#define TSEG_PORTS_CORTEX_M_MEASURE_H

#include <stdint.h>

/* Instructions from the call of body(argument) to its return, without those of measuring it; cycles on real
 * hardware. 0 where the board can't count. */
uint64_t tseg_measure(void (*body)(void *), void *argument);

#endif
