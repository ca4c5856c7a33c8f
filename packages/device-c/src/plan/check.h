/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of tseg_plan_load. Each checks one group of records and relies on the groups before it,
 * in the order in which they are declared here. All return TSEG_OK or the status they name. */
#ifndef TSEG_PLAN_CHECK_H
#define TSEG_PLAN_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tseg/plan.h"

/* [offset, offset + size) lies within [0, limit), whatever the three are. */
static inline bool tseg_plan_fits(uint32_t offset, uint32_t size, uint32_t limit) {
  return offset <= limit && size <= limit - offset;
}

/* The same of a size that may not fit 32 bits. */
static inline bool tseg_plan_fits_wide(uint32_t offset, uint64_t size, uint32_t limit) {
  return size <= limit && tseg_plan_fits(offset, (uint32_t)size, limit);
}

/* ceil(count / per), per >= 1 */
static inline uint32_t tseg_plan_groups(uint32_t count, uint32_t per) {
  return count / per + (count % per != 0u ? 1u : 0u);
}

static inline uint32_t tseg_plan_rows(const tseg_plan_tensor *tensor) {
  return tensor->n * tensor->h;
}

/* Bytes of one element of a type; 0 when it is no type of ours. */
uint32_t tseg_plan_element_bytes(uint32_t type);

/* Magic, version, sizes, section table, checksum: TSEG_ERR_PLAN_MAGIC, _VERSION, _TRUNCATED,
 * _RECORD, _CRC. Fills the pointers of *plan. `bytes` is aligned. */
tseg_status tseg_plan_check_header(const void *bytes, size_t size, tseg_plan *plan);

/* Tensors, buffers, segments and operands: TSEG_ERR_PLAN_RECORD. */
tseg_status tseg_plan_check_tensors(const tseg_plan *plan);
tseg_status tseg_plan_check_buffers(const tseg_plan *plan);
tseg_status tseg_plan_check_operands(const tseg_plan *plan);

/* Operators, their scratch and state, and what their variants ask: TSEG_ERR_PLAN_RECORD,
 * TSEG_ERR_PLAN_VARIANT. */
tseg_status tseg_plan_check_operators(const tseg_plan *plan);

/* Stores, streams and transfers: TSEG_ERR_PLAN_RECORD. */
tseg_status tseg_plan_check_transfers(const tseg_plan *plan);

/* Ports: TSEG_ERR_PLAN_RECORD. */
tseg_status tseg_plan_check_ports(const tseg_plan *plan);

/* Opcodes, loops, the tick total, and how often each operator, transfer and port is named:
 * TSEG_ERR_PLAN_PROGRAM. */
tseg_status tseg_plan_check_program(const tseg_plan *plan);

#endif
