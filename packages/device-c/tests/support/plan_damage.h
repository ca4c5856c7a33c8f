/* SPDX-License-Identifier: Apache-2.0 */
/* One operator of a sample plan, to be damaged in one thing before the plan is loaded. A test that uses it
 * has a function begin(kind), which builds the plan in `built` and points `op` at the operator. */
#ifndef TSEG_TESTS_PLAN_DAMAGE_H
#define TSEG_TESTS_PLAN_DAMAGE_H

#include "support/plan_builder.h"
#include "tseg/nn.h"

extern struct plan_builder built;
extern tseg_plan_operator *op; /* the operator under test */

/* Encodes the plan and loads it. */
tseg_status load(void);

/* Tensor of operand i: inputs, then outputs. */
tseg_plan_tensor *operand(uint32_t i);

void *params(void);

/* Gives operand i of the operator another shape, and all records that depend on it their due, so
 * that nothing but the kernel can mind. */
void reshape(uint32_t i, uint32_t n, uint32_t h, uint32_t w, uint32_t c);

/* Splits input 0 into two segments of half its channels: a fused concatenation. */
void segment_input(void);

/* The plan with this one damage is refused for a record. */
#define REFUSED(kind, damage)                                                                      \
  do {                                                                                             \
    begin(kind);                                                                                   \
    damage;                                                                                        \
    CHECK_EQ(load(), TSEG_ERR_PLAN_RECORD);                                                        \
  } while (0)
#define PARAM(type, field, value)               (((type *)params())->field = (value))
#define REFUSED_PARAM(kind, type, field, value) REFUSED(kind, PARAM(type, field, value))

#endif
