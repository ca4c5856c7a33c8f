/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loader: the program. Loops are not run but multiplied, so a program is checked in time linear in
 * its words, however many ticks it has.
 */
#include "check.h"

/* So many counters at a time: they are on the stack. */
#define BATCH 64u

/* Where a walk over the words stands: how often the current word runs, at each loop depth. */
typedef struct walk {
  uint64_t times[TSEG_PLAN_LOOP_DEPTH + 1u]; /* product of the counts of the open loops */
  bool ticked[TSEG_PLAN_LOOP_DEPTH + 1u];    /* the loop at this depth holds a step that counts */
  uint32_t depth;
} walk;

static void walk_begin(walk *w) {
  w->depth = 0;
  w->times[0] = 1;
  w->ticked[0] = false;
}

static uint32_t opcode_of(uint32_t word) {
  return word & 0xFFu;
}

static uint32_t argument_of(uint32_t word) {
  return word >> 8;
}

/* Enters or leaves a loop. False: too deep, never ends in 32 bits of ticks, empty, or unmatched. */
static bool walk_loop(walk *w, uint32_t opcode, uint32_t argument) {
  if (opcode == TSEG_OP_LOOP) {
    if (w->depth == TSEG_PLAN_LOOP_DEPTH || argument == 0u) {
      return false;
    }
    const uint64_t times = w->times[w->depth] * argument;
    w->depth++;
    w->times[w->depth] = times;
    w->ticked[w->depth] = false;
    return times <= UINT32_MAX;
  }
  if (w->depth == 0u || argument != 0u || !w->ticked[w->depth]) {
    return false;
  }
  w->depth--;
  w->ticked[w->depth] = true;
  return true;
}

/*
 * What must be named a certain number of times has a counter: each operator, then for each transfer its STARTs
 * and its WAITs, then each port.
 */
static uint32_t counter_total(const tseg_plan *plan) {
  const tseg_plan_header *header = plan->header;
  return header->operators.count + 2u * header->transfers.count + header->ports.count;
}

static uint32_t transfer_counter(const tseg_plan *plan, uint32_t argument, uint32_t direction,
                                 uint32_t wait) {
  const tseg_plan_header *header = plan->header;
  const bool ok =
      argument < header->transfers.count && plan->transfers[argument].direction == direction;
  return ok ? header->operators.count + 2u * argument + wait : TSEG_PLAN_NONE;
}

static uint32_t port_counter(const tseg_plan *plan, uint32_t argument, uint32_t direction) {
  const tseg_plan_header *header = plan->header;
  const bool ok = argument < header->ports.count && plan->ports[argument].direction == direction;
  return ok ? header->operators.count + 2u * header->transfers.count + argument : TSEG_PLAN_NONE;
}

/* The counter of a step; TSEG_PLAN_NONE when there is no such opcode, or its argument names no record that it
 * can work on. */
static uint32_t counter_of(const tseg_plan *plan, uint32_t opcode, uint32_t argument) {
  switch (opcode) {
  case TSEG_OP_RUN:
    return argument < plan->header->operators.count ? argument : TSEG_PLAN_NONE;
  case TSEG_OP_SPILL_START:
    return transfer_counter(plan, argument, TSEG_SPILL, 0);
  case TSEG_OP_SPILL_WAIT:
    return transfer_counter(plan, argument, TSEG_SPILL, 1);
  case TSEG_OP_FETCH_START:
    return transfer_counter(plan, argument, TSEG_FETCH, 0);
  case TSEG_OP_FETCH_WAIT:
    return transfer_counter(plan, argument, TSEG_FETCH, 1);
  case TSEG_OP_INPUT:
    return port_counter(plan, argument, TSEG_PORT_INPUT);
  case TSEG_OP_OUTPUT:
    return port_counter(plan, argument, TSEG_PORT_OUTPUT);
  default:
    return TSEG_PLAN_NONE;
  }
}

/* How often a sound program names what a counter counts. */
static uint32_t expected(const tseg_plan *plan, uint32_t counter) {
  const tseg_plan_header *header = plan->header;
  if (counter < header->operators.count) {
    return plan->operators[counter].call_count;
  }
  counter -= header->operators.count;
  if (counter < 2u * header->transfers.count) {
    return plan->streams[plan->transfers[counter / 2u].stream].block_count;
  }
  const tseg_plan_port *port = &plan->ports[counter - 2u * header->transfers.count];
  const tseg_plan_tensor *tensor = &plan->tensors[plan->buffers[port->buffer].tensor];
  return tseg_plan_groups(tseg_plan_rows(tensor), port->rows_per_step);
}

/* Every word is a known step; loops match; the one END is last; the ticks are those declared. Adds up how
 * often the counters first .. first + count - 1 are named. */
static bool walk_program(const tseg_plan *plan, uint32_t first, uint32_t count, uint64_t *counts) {
  const uint32_t words = plan->header->program.count;
  uint64_t ticks = 0;
  walk w;
  walk_begin(&w);
  for (uint32_t i = 0; i < words; i++) {
    const uint32_t opcode = opcode_of(plan->program[i]);
    const uint32_t argument = argument_of(plan->program[i]);
    if (opcode == TSEG_OP_END) {
      return i + 1u == words && argument == 0u && w.depth == 0u &&
             ticks == plan->header->tick_total;
    }
    if (opcode == TSEG_OP_LOOP || opcode == TSEG_OP_END_LOOP) {
      if (!walk_loop(&w, opcode, argument)) {
        return false;
      }
      continue;
    }
    const uint32_t counter = counter_of(plan, opcode, argument);
    if (counter == TSEG_PLAN_NONE) {
      return false;
    }
    if (counter - first < count) {
      counts[counter - first] += w.times[w.depth];
    }
    w.ticked[w.depth] = true;
    ticks += w.times[w.depth]; /* fewer than 2^30 words of less than 2^32 each: no overflow */
  }
  return false;
}

tseg_status tseg_plan_check_program(const tseg_plan *plan) {
  uint64_t counts[BATCH];
  const uint32_t total = counter_total(plan);
  uint32_t first = 0;
  do {
    const uint32_t count = total - first < BATCH ? total - first : BATCH;
    for (uint32_t i = 0; i < count; i++) {
      counts[i] = 0;
    }
    if (!walk_program(plan, first, count, counts)) {
      return TSEG_ERR_PLAN_PROGRAM;
    }
    for (uint32_t i = 0; i < count; i++) {
      if (counts[i] != expected(plan, first + i)) {
        return TSEG_ERR_PLAN_PROGRAM;
      }
    }
    first += count;
  } while (first < total);
  return TSEG_OK;
}
