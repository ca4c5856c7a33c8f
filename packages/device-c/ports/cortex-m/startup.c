/* SPDX-License-Identifier: Apache-2.0 */
/* Start-up of a Cortex-M: vector table, memory, floating point, guard, main. */
#include "fault.h"
#include "guard.h"
#include "link_map.h"
#include "port.h"
#include "semihosting.h"

int main(int argc, char **argv);
void tseg_reset(void);
void tseg_systick(void);

typedef void (*exception_handler)(void);

typedef struct vector_table {
  void *stack_top;
  exception_handler handlers[15];
} vector_table;

/* Where a board has no use for the SysTick timer it is not started. */
__attribute__((weak)) void tseg_systick(void) {}

__attribute__((section(".vectors"), used)) static const vector_table vectors = {
    tseg_stack_top,
    {
        tseg_reset,
        tseg_fault_entry, /* NMI */
        tseg_fault_entry, /* HardFault */
        tseg_fault_entry, /* MemManage */
        tseg_fault_entry, /* BusFault */
        tseg_fault_entry, /* UsageFault */
        tseg_fault_entry, /* reserved, to SVCall */
        tseg_fault_entry,
        tseg_fault_entry,
        tseg_fault_entry,
        tseg_fault_entry,
        tseg_fault_entry, /* DebugMonitor */
        tseg_fault_entry,
        tseg_fault_entry, /* PendSV */
        tseg_systick,
    },
};

#if !defined(__ARM_ARCH_6M__)
#define VTOR  (*(volatile uint32_t *)0xE000ED08u)
#define SHCSR (*(volatile uint32_t *)0xE000ED24u)
#define CPACR (*(volatile uint32_t *)0xE000ED88u)

#define SHCSR_FAULTS (7u << 16) /* MemManage, BusFault and UsageFault are taken as such */
#define CPACR_FPU    (0xFu << 20)
#endif

static void start_core(void) {
#if !defined(__ARM_ARCH_6M__)
  VTOR = (uint32_t)(uintptr_t)&vectors;
  SHCSR |= SHCSR_FAULTS;
#if defined(__ARM_FP)
  CPACR |= CPACR_FPU;
#endif
  __asm volatile("dsb\n isb" ::: "memory");
#endif
}

/* The compiler must not make these loops calls of memcpy and memset whose own data are not there yet;
 * neither has any. */
static void start_memory(void) {
  const uint8_t *from = tseg_data_image;
  for (uint8_t *to = tseg_data_begin; to < tseg_data_end; to++) {
    *to = *from++;
  }
  for (uint8_t *to = tseg_bss_begin; to < tseg_bss_end; to++) {
    *to = 0;
  }
}

_Noreturn static void run(void) {
  static char *no_arguments;
  start_memory();
  tseg_guard_start();
  tseg_port_start();
  tseg_semihosting_exit(main(0, &no_arguments));
}

void tseg_reset(void) {
  start_core();
  run();
}
