/* SPDX-License-Identifier: Apache-2.0 */
/* Faults of the processor: what happened and where, kept for the program to report. */
#ifndef TSEG_PORTS_CORTEX_M_FAULT_H
#define TSEG_PORTS_CORTEX_M_FAULT_H

#include <stdint.h>

/* One fault. A Cortex-M0 has no status registers: then only exception, pc and lr say something. */
typedef struct tseg_fault {
  uint32_t exception; /* its number: 3 HardFault, 4 MemManage, 5 BusFault, 6 UsageFault */
  uint32_t status;    /* CFSR */
  uint32_t address;   /* that was accessed, where the processor knows it; else 0 */
  uint32_t pc;        /* of the instruction; 0 where the stack could not be written any more */
  uint32_t lr;
} tseg_fault;

/* The handler of all exceptions that nobody expects. */
void tseg_fault_entry(void);

/* Given by the program: reports the fault and ends. The stack is a fresh one. */
_Noreturn void tseg_fault_report(const tseg_fault *fault);

#endif
