/* SPDX-License-Identifier: Apache-2.0 */
/* Slices of time between calls of the meter, each given to somebody; a slice that is given to nobody
 * has the meter's own cost in it, which is measured once and taken off every other. */
#include "meter.h"

#include <stdbool.h>
#include <string.h>

#include "count.h"
#include "exec/exec_context.h"

tseg_meter tseg_meter_sums;

void tseg_meter_split(uint64_t *to, uint32_t cost);
void tseg_meter_enter(void);
void tseg_meter_leave(void);

static uint64_t mark;
/* Instructions of the meter in a slice around a call, and in a slice between two. */
static uint32_t cost_inside, cost_between;

typedef void (*operator_call)(tseg_exec *exec, uint32_t index);

void __real_tseg_exec_run_operator(tseg_exec *exec, uint32_t index);
void __wrap_tseg_exec_run_operator(tseg_exec *exec, uint32_t index);

/* Ends a slice and begins the next. */
__attribute__((noinline, noclone)) void tseg_meter_split(uint64_t *to, uint32_t cost) {
  const uint64_t taken = tseg_count() - mark;
  *to += taken > cost ? taken - cost : 0u;
  mark = tseg_count();
}

/* An operator begins, and has ended: for an observer outside, who knows their addresses. */
__attribute__((noinline, noclone)) void tseg_meter_enter(void) {
  __asm volatile("");
}

__attribute__((noinline, noclone)) void tseg_meter_leave(void) {
  __asm volatile("");
}

__attribute__((noinline)) static void measured(operator_call call, tseg_exec *exec, uint32_t index,
                                               uint64_t *to) {
  tseg_meter_split(&tseg_meter_sums.executor, cost_between);
  tseg_meter_enter();
  call(exec, index);
  tseg_meter_split(to, cost_inside);
  tseg_meter_leave();
}

__attribute__((noinline)) static void nothing(tseg_exec *exec, uint32_t index) {
  __asm volatile("" ::"r"(exec), "r"(index));
}

static void calibrate(void) {
  uint64_t inside = 0;
  cost_inside = 0;
  cost_between = 0;
  measured(nothing, NULL, 0, &inside);
  tseg_meter_sums.executor = 0;
  inside = 0;
  measured(nothing, NULL, 0, &inside);
  cost_inside = (uint32_t)inside;
  cost_between = (uint32_t)tseg_meter_sums.executor;
  tseg_meter_sums.executor = 0;
}

void tseg_meter_start(uint64_t *operators, uint32_t *calls, uint32_t operator_count) {
  memset(operators, 0, operator_count * sizeof *operators);
  memset(calls, 0, operator_count * sizeof *calls);
  tseg_meter_sums = (tseg_meter){0, operators, calls, 0};
  calibrate();
}

void tseg_meter_resume(void) {
  mark = tseg_count();
}

void tseg_meter_pause(void) {
  tseg_meter_split(&tseg_meter_sums.executor, 0);
}

void __wrap_tseg_exec_run_operator(tseg_exec *exec, uint32_t index) {
  tseg_meter_sums.running = index;
  tseg_meter_sums.calls[index]++;
  measured(__real_tseg_exec_run_operator, exec, index, &tseg_meter_sums.operators[index]);
}
