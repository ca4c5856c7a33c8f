/* SPDX-License-Identifier: Apache-2.0 */
/* Builds plans for tests, record by record; the records are open, so that a test can damage them
 * before the plan is finished. Capacities are small and checked by assert. */
#ifndef TSEG_TESTS_PLAN_BUILDER_H
#define TSEG_TESTS_PLAN_BUILDER_H

#include <stddef.h>
#include <stdint.h>

#include "tseg/plan.h"

#define BUILDER_RECORDS 96u
#define BUILDER_BYTES   8192u

struct plan_builder {
  uint32_t arena_size;
  uint32_t tick_total; /* computed by plan_builder_finish unless tick_total_fixed */
  int tick_total_fixed;
  tseg_plan_tensor tensors[BUILDER_RECORDS];
  tseg_plan_buffer buffers[BUILDER_RECORDS];
  tseg_plan_segment segments[BUILDER_RECORDS];
  tseg_plan_operand operands[BUILDER_RECORDS];
  tseg_plan_operator operators[BUILDER_RECORDS];
  tseg_plan_store stores[BUILDER_RECORDS];
  tseg_plan_stream streams[BUILDER_RECORDS];
  tseg_plan_transfer transfers[BUILDER_RECORDS];
  tseg_plan_port ports[BUILDER_RECORDS];
  uint16_t places[BUILDER_RECORDS];
  const uint16_t *long_places; /* stands for places when not null: the caller's, place_count long */
  uint32_t program[256];
  _Alignas(16) uint8_t params[BUILDER_BYTES];
  _Alignas(16) uint8_t constants[BUILDER_BYTES];
  uint32_t tensor_count, buffer_count, segment_count, operand_count, operator_count, store_count,
      stream_count, transfer_count, port_count, place_count, word_count, params_size,
      constants_size;
};

/* Begins an empty plan. */
void plan_builder_begin(struct plan_builder *b);

/* Each adds a record and returns its index. Tensors are int8. */
uint32_t plan_builder_tensor(struct plan_builder *b, uint32_t h, uint32_t w, uint32_t c);
/* ring_rows 0: all rows. The buffer is placed after everything placed before, and the arena grows. */
uint32_t plan_builder_buffer(struct plan_builder *b, uint32_t tensor, uint32_t ring_rows);
/* A buffer whose rows have the places places[0 .. rows - 1]; the arena grows to hold them. */
uint32_t plan_builder_placed(struct plan_builder *b, uint32_t tensor, const uint16_t *places);
/* An operand of one segment. */
uint32_t plan_builder_operand(struct plan_builder *b, uint32_t buffer);
/* A LOOKUP that adds `increment` to each byte, reading and writing these buffers. */
uint32_t plan_builder_lookup(struct plan_builder *b, uint32_t from, uint32_t to, uint8_t increment);
/* `size` bytes of constants, 4-byte aligned, all of value 1. Returns their offset. */
uint32_t plan_builder_constants(struct plan_builder *b, uint32_t size);
/* An operator of this variant, one row a call, that reads `inputs` and writes `outputs` (lists of
 * buffers, each ended by TSEG_PLAN_NONE), with scratch, or the state of a variant that accumulates, of
 * its own. */
uint32_t plan_builder_operator(struct plan_builder *b, uint16_t variant, const uint32_t *inputs,
                               const uint32_t *outputs, const void *params, uint32_t params_size,
                               uint32_t work_size);
/* One more stream on store 0, which is made at the first call with `slots` slots. */
uint32_t plan_builder_stream(struct plan_builder *b, uint32_t tensor, uint32_t rows_per_block,
                             uint32_t slots);
/* The stream carries only rows r with r mod period < carried; call it before adding transfers. */
void plan_builder_carry(struct plan_builder *b, uint32_t stream, uint32_t period, uint32_t carried);
uint32_t plan_builder_transfer(struct plan_builder *b, uint32_t stream, uint32_t direction,
                               uint32_t buffer, uint32_t in_flight);
uint32_t plan_builder_port(struct plan_builder *b, uint32_t direction, uint32_t buffer,
                           uint32_t rows_per_step);
/* Appends a step. */
void plan_builder_step(struct plan_builder *b, uint32_t opcode, uint32_t argument);

/* Encodes the plan in memory of its own, 16-byte aligned; free with free(). */
uint8_t *plan_builder_finish(const struct plan_builder *b, size_t *size);

/* Writes the structure's checksum anew, after a test changed bytes in place; does nothing when the
 * section table does not allow it. */
void plan_fix_crc(uint8_t *bytes, size_t size);

#endif
