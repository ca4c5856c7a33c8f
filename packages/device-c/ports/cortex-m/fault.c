/* SPDX-License-Identifier: Apache-2.0 */
/* From a fault to its report, on a stack that is begun anew: the old one may be what is at fault. */
#include "fault.h"

#include "link_map.h"

_Noreturn void tseg_fault_handle(uint32_t pc, uint32_t lr);

/* Takes pc and lr from the exception frame, if the stack pointer still lies in the stack. */
__attribute__((naked)) void tseg_fault_entry(void) {
  __asm volatile("  .syntax unified\n"
                 "  mrs r2, msp\n"
                 "  ldr r3, =tseg_stack_limit\n"
                 "  movs r0, #0\n"
                 "  movs r1, #0\n"
                 "  cmp r2, r3\n"
                 "  blo 1f\n"
                 "  ldr r0, [r2, #24]\n"
                 "  ldr r1, [r2, #20]\n"
                 "1: ldr r3, =tseg_stack_top\n"
                 "  mov sp, r3\n"
                 "  ldr r3, =tseg_fault_handle\n"
                 "  bx r3\n"
                 "  .ltorg\n");
}

#if !defined(__ARM_ARCH_6M__)
#define CFSR  (*(volatile uint32_t *)0xE000ED28u)
#define MMFAR (*(volatile uint32_t *)0xE000ED34u)
#define BFAR  (*(volatile uint32_t *)0xE000ED38u)

#define CFSR_MMARVALID (1u << 7)
#define CFSR_BFARVALID (1u << 15)

static void read_status(tseg_fault *fault) {
  fault->status = CFSR;
  if ((fault->status & CFSR_MMARVALID) != 0u) {
    fault->address = MMFAR;
  } else if ((fault->status & CFSR_BFARVALID) != 0u) {
    fault->address = BFAR;
  }
}
#else
static void read_status(tseg_fault *fault) {
  (void)fault;
}
#endif

_Noreturn void tseg_fault_handle(uint32_t pc, uint32_t lr) {
  tseg_fault fault = {0};
  __asm volatile("mrs %0, ipsr" : "=r"(fault.exception));
  fault.pc = pc;
  fault.lr = lr;
  read_status(&fault);
  tseg_fault_report(&fault);
}
