/* SPDX-License-Identifier: Apache-2.0 */
/* What firmware says about its run: one file of little-endian records that the computer reads
 * (packages/emulator/src/report.ts has the same layout). No text: a printf would be larger than the runtime. */
#ifndef TSEG_PORTS_CORTEX_M_REPORT_H
#define TSEG_PORTS_CORTEX_M_REPORT_H

#include <stdint.h>

#include "fault.h"

#define TSEG_REPORT_MAGIC   0x52465354u /* "TSFR" */
#define TSEG_REPORT_VERSION 1u
#define TSEG_REPORT_FILE    "report.bin"

/* Where a run was when it ended. */
enum tseg_report_stage {
  TSEG_STAGE_LOAD = 1,
  TSEG_STAGE_MEMORY = 2, /* the board's RAM does not hold what the plan needs */
  TSEG_STAGE_STORE = 3,
  TSEG_STAGE_INIT = 4,
  TSEG_STAGE_INPUT = 5,
  TSEG_STAGE_RUN = 6,
  TSEG_STAGE_DONE = 7
};

/* The head; after it store_count and operator_count records. Sizes in bytes. */
typedef struct tseg_report {
  uint32_t magic, version;
  uint32_t stage;
  int32_t status;    /* tseg_status */
  uint32_t position; /* program word at which the executor stood */
  uint32_t samples;  /* inferences that were completed */
  uint32_t arena_size, arena_high_water;
  uint32_t context_size, store_memory_size, device_size, link_size;
  uint32_t stack_high_water; /* below the call of the executor */
  uint32_t static_size;      /* .data and .bss */
  uint32_t free_size;        /* RAM that nothing used */
  uint32_t guarded;          /* 1: memory protection is on */
  uint32_t counted;          /* 1: counts are instructions; 0: this board can't count */
  uint32_t missing_size;     /* with TSEG_STAGE_MEMORY: bytes of RAM that were lacking */
  uint64_t load_count;       /* of tseg_plan_load and tseg_exec_init */
  uint64_t executor_count;   /* of all samples, beside the operators */
  uint32_t running;          /* operator that ran last */
  uint32_t faulted;          /* 1: the processor faulted, as the next record says */
  tseg_fault fault;
  uint32_t store_count, operator_count;
  uint32_t reserved;
} tseg_report;

typedef struct tseg_report_store {
  uint32_t kind, blocks_written, blocks_read, erases;
  uint64_t raw_bytes_written, device_bytes_written, raw_bytes_read, device_bytes_read;
  uint32_t retries, repetitions;
} tseg_report_store;

typedef struct tseg_report_operator {
  uint64_t count; /* instructions of all calls of all samples */
  uint32_t calls;
  uint32_t reserved;
} tseg_report_operator;

_Static_assert(sizeof(tseg_report) == 128, "the computer reads these");
_Static_assert(sizeof(tseg_report_store) == 56, "the computer reads these");
_Static_assert(sizeof(tseg_report_operator) == 16, "the computer reads these");

#endif
