/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the board's 32-bit timer a 64-bit one. */
#include "count.h"

#include "port.h"

static uint64_t elapsed;
static uint32_t last;

static uint64_t ticks(void) {
  const uint32_t now = tseg_port_ticks();
  elapsed += now - last;
  last = now;
  return elapsed;
}

uint64_t tseg_count(void) {
  const tseg_port_clock *clock = &tseg_port_clock_rate;
  const uint64_t rounding = ((uint64_t)1 << clock->count_shift) - 1u;
  return (ticks() * clock->count_numerator + rounding) >> clock->count_shift;
}

uint32_t tseg_count_ms(void) {
  return (uint32_t)(ticks() / tseg_port_clock_rate.ticks_per_ms);
}
