/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions of an inference, split among its operators and the executor; what the firmware itself
 * does meanwhile, such as reading input, is left out. The linker puts the meter around
 * tseg_exec_run_operator (--wrap), so that the executor itself is that of every other program. */
#ifndef TSEG_PORTS_CORTEX_M_METER_H
#define TSEG_PORTS_CORTEX_M_METER_H

#include <stdint.h>

/* Sums since tseg_meter_start. */
typedef struct tseg_meter {
  uint64_t executor;   /* steps, transfers, codecs, stores */
  uint64_t *operators; /* by operator */
  uint32_t *calls;     /* by operator */
  uint32_t running;    /* operator that runs, or ran last */
} tseg_meter;

/* The one meter; its arrays are given by tseg_meter_start. */
extern tseg_meter tseg_meter_sums;

/* Sets all sums to zero, and finds out what measuring costs. */
void tseg_meter_start(uint64_t *operators, uint32_t *calls, uint32_t operator_count);

/* The inference goes on from here. */
void tseg_meter_resume(void);

/* What has passed since the last call of the meter is the executor's; what follows does not count. */
void tseg_meter_pause(void);

#endif
