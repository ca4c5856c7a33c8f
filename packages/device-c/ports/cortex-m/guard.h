/* SPDX-License-Identifier: Apache-2.0 */
/* Memory protection: the program may use the board's flash and RAM and nothing else, and not a few bytes
 * around what must not be overrun. */
#ifndef TSEG_PORTS_CORTEX_M_GUARD_H
#define TSEG_PORTS_CORTEX_M_GUARD_H

#include <stdbool.h>

/* Bytes of a guard, and its alignment. */
#define TSEG_GUARD_BYTES 32u

/* Starts protection: flash is read-only, RAM not executable, all else but devices faults. Nothing
 * happens on a processor without a memory protection unit. */
void tseg_guard_start(void);

/* Whether this processor protects memory. */
bool tseg_guard_present(void);

/* Makes TSEG_GUARD_BYTES at an aligned address fault on any access. Up to four guards. */
void tseg_guard_place(const void *address);

#endif
