/* SPDX-License-Identifier: Apache-2.0 */
/* Plans for tests, built record by record. */
#include "support/plan_builder.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tseg/crc32.h"
#include "tseg/nn.h"

void plan_builder_begin(struct plan_builder *b) {
  memset(b, 0, sizeof *b);
}

uint32_t plan_builder_tensor(struct plan_builder *b, uint32_t h, uint32_t w, uint32_t c) {
  assert(b->tensor_count < BUILDER_RECORDS);
  const uint32_t index = b->tensor_count++;
  b->tensors[index] = (tseg_plan_tensor){.type = TSEG_TYPE_INT8,
                                         .n = 1,
                                         .h = h,
                                         .w = w,
                                         .c = c,
                                         .row_bytes = w * c,
                                         .root = index,
                                         .scale = 1.0f,
                                         .source = index};
  return index;
}

uint32_t plan_builder_buffer(struct plan_builder *b, uint32_t tensor, uint32_t ring_rows) {
  assert(b->buffer_count < BUILDER_RECORDS);
  const tseg_plan_tensor *t = &b->tensors[tensor];
  const uint32_t rows = ring_rows > 0 ? ring_rows : t->n * t->h;
  b->buffers[b->buffer_count] = (tseg_plan_buffer){.tensor = tensor,
                                                   .memory = TSEG_MEMORY_ARENA,
                                                   .offset = b->arena_size,
                                                   .row_stride = t->row_bytes,
                                                   .ring_rows = rows,
                                                   .first_place = TSEG_PLAN_NONE};
  b->arena_size += rows * t->row_bytes;
  return b->buffer_count++;
}

uint32_t plan_builder_placed(struct plan_builder *b, uint32_t tensor, const uint16_t *places) {
  const tseg_plan_tensor *t = &b->tensors[tensor];
  const uint32_t rows = t->n * t->h;
  assert(b->buffer_count < BUILDER_RECORDS && b->place_count + rows <= BUILDER_RECORDS);
  b->buffers[b->buffer_count] = (tseg_plan_buffer){.tensor = tensor,
                                                   .memory = TSEG_MEMORY_ARENA,
                                                   .row_stride = t->row_bytes,
                                                   .ring_rows = rows,
                                                   .first_place = b->place_count};
  for (uint32_t r = 0; r < rows; r++) {
    const uint32_t end = places[r] * TSEG_PLAN_PLACE_UNIT + t->row_bytes;
    b->places[b->place_count++] = places[r];
    b->arena_size = end > b->arena_size ? end : b->arena_size;
  }
  return b->buffer_count++;
}

uint32_t plan_builder_operand(struct plan_builder *b, uint32_t buffer) {
  assert(b->operand_count < BUILDER_RECORDS && b->segment_count < BUILDER_RECORDS);
  const uint32_t tensor = b->buffers[buffer].tensor;
  b->segments[b->segment_count] =
      (tseg_plan_segment){.buffer = buffer, .channel_count = b->tensors[tensor].c};
  b->operands[b->operand_count] = (tseg_plan_operand){
      .tensor = tensor, .first_segment = b->segment_count++, .segment_count = 1};
  return b->operand_count++;
}

uint32_t plan_builder_lookup(struct plan_builder *b, uint32_t from, uint32_t to,
                             uint8_t increment) {
  assert(b->operator_count < BUILDER_RECORDS);
  assert(b->constants_size + 256u <= BUILDER_BYTES);
  const uint32_t first = plan_builder_operand(b, from);
  (void)plan_builder_operand(b, to);
  const tseg_params_lookup params = {{b->constants_size, 256}};
  memcpy(b->params + b->params_size, &params, sizeof params);
  const tseg_plan_tensor *output = &b->tensors[b->buffers[to].tensor];
  b->operators[b->operator_count] =
      (tseg_plan_operator){.kind = TSEG_KIND_LOOKUP,
                           .variant = TSEG_VARIANT(TSEG_KIND_LOOKUP, 1),
                           .input_count = 1,
                           .output_count = 1,
                           .first_operand = first,
                           .call_count = output->n * output->h,
                           .rows_per_call = 1,
                           .params_offset = b->params_size,
                           .params_size = sizeof params,
                           .source = b->operator_count};
  b->params_size += (uint32_t)sizeof params;
  for (uint32_t i = 0; i < 256; i++) {
    b->constants[b->constants_size + i] = (uint8_t)(i + increment);
  }
  b->constants_size += 256;
  return b->operator_count++;
}

uint32_t plan_builder_constants(struct plan_builder *b, uint32_t size) {
  const uint32_t offset = (b->constants_size + 3u) & ~3u;
  assert(offset + size <= BUILDER_BYTES);
  memset(b->constants + offset, 1, size);
  b->constants_size = offset + size;
  return offset;
}

static uint32_t arena_area(struct plan_builder *b, uint32_t size) {
  const uint32_t offset = (b->arena_size + 15u) & ~15u;
  if (size > 0) b->arena_size = offset + size;
  return size > 0 ? offset : 0;
}

uint32_t plan_builder_operator(struct plan_builder *b, uint16_t variant, const uint32_t *inputs,
                               const uint32_t *outputs, const void *params, uint32_t params_size,
                               uint32_t work_size) {
  assert(b->operator_count < BUILDER_RECORDS && b->params_size + params_size <= BUILDER_BYTES);
  tseg_plan_operator *op = &b->operators[b->operator_count];
  const bool accumulates = tseg_nn_find(variant)->accumulates;
  const uint32_t area = arena_area(b, work_size);
  *op = (tseg_plan_operator){.kind = (uint16_t)(variant >> 8),
                             .variant = variant,
                             .first_operand = b->operand_count,
                             .rows_per_call = 1,
                             .params_offset = b->params_size,
                             .params_size = params_size,
                             .scratch_offset = accumulates ? 0 : area,
                             .scratch_size = accumulates ? 0 : work_size,
                             .state_offset = accumulates ? area : 0,
                             .state_size = accumulates ? work_size : 0,
                             .source = b->operator_count};
  const tseg_plan_tensor *counted =
      &b->tensors[b->buffers[accumulates ? *inputs : *outputs].tensor];
  op->call_count = counted->n * counted->h;
  for (; *inputs != TSEG_PLAN_NONE; inputs++, op->input_count++) plan_builder_operand(b, *inputs);
  for (; *outputs != TSEG_PLAN_NONE; outputs++, op->output_count++) {
    plan_builder_operand(b, *outputs);
  }
  if (params_size > 0) memcpy(b->params + b->params_size, params, params_size);
  b->params_size += params_size;
  return b->operator_count++;
}

uint32_t plan_builder_stream(struct plan_builder *b, uint32_t tensor, uint32_t rows_per_block,
                             uint32_t slots) {
  assert(b->stream_count < BUILDER_RECORDS);
  const tseg_plan_tensor *t = &b->tensors[tensor];
  if (b->store_count == 0) {
    b->stores[b->store_count++] =
        (tseg_plan_store){.kind = TSEG_STORE_RAM, .slot_count = slots, .unit_bytes = 1};
  }
  const uint32_t block_bytes = rows_per_block * t->row_bytes;
  if (block_bytes > b->stores[0].block_bytes_max) {
    b->stores[0].block_bytes_max = block_bytes;
  }
  b->streams[b->stream_count] =
      (tseg_plan_stream){.store = 0,
                         .tensor = tensor,
                         .rows_per_block = rows_per_block,
                         .block_count = (t->n * t->h + rows_per_block - 1u) / rows_per_block,
                         .codecs = 1,
                         .period = 1,
                         .carried = 1};
  return b->stream_count++;
}

void plan_builder_carry(struct plan_builder *b, uint32_t stream, uint32_t period,
                        uint32_t carried) {
  tseg_plan_stream *s = &b->streams[stream];
  s->period = period;
  s->carried = carried;
  const uint32_t rows = tseg_plan_carried_rows(s, &b->tensors[s->tensor]);
  s->block_count = (rows + s->rows_per_block - 1u) / s->rows_per_block;
}

uint32_t plan_builder_transfer(struct plan_builder *b, uint32_t stream, uint32_t direction,
                               uint32_t buffer, uint32_t in_flight) {
  assert(b->transfer_count < BUILDER_RECORDS);
  b->transfers[b->transfer_count] = (tseg_plan_transfer){
      .stream = stream, .direction = direction, .buffer = buffer, .in_flight = in_flight};
  return b->transfer_count++;
}

uint32_t plan_builder_port(struct plan_builder *b, uint32_t direction, uint32_t buffer,
                           uint32_t rows_per_step) {
  assert(b->port_count < BUILDER_RECORDS);
  uint32_t index = 0;
  for (uint32_t i = 0; i < b->port_count; i++) {
    index += b->ports[i].direction == direction ? 1u : 0u;
  }
  b->ports[b->port_count] = (tseg_plan_port){
      .direction = direction, .buffer = buffer, .rows_per_step = rows_per_step, .index = index};
  return b->port_count++;
}

void plan_builder_step(struct plan_builder *b, uint32_t opcode, uint32_t argument) {
  assert(b->word_count < sizeof b->program / sizeof b->program[0]);
  b->program[b->word_count++] = opcode | argument << 8;
}

/* Steps that a run executes, by running the loops. */
static uint32_t count_ticks(const struct plan_builder *b) {
  uint64_t times[16] = {1};
  uint32_t depth = 0;
  uint64_t ticks = 0;
  for (uint32_t i = 0; i < b->word_count; i++) {
    const uint32_t opcode = b->program[i] & 0xFFu;
    if (opcode == TSEG_OP_LOOP && depth + 1u < 16u) {
      times[depth + 1u] = times[depth] * (b->program[i] >> 8);
      depth++;
    } else if (opcode == TSEG_OP_END_LOOP && depth > 0) {
      depth--;
    } else if (opcode != TSEG_OP_END) {
      ticks += times[depth];
    }
  }
  return (uint32_t)ticks;
}

/* Appends a section at the next multiple of 16. */
static tseg_plan_section put(uint8_t *bytes, size_t *end, const void *records, uint32_t count,
                             size_t record_bytes) {
  const tseg_plan_section section = {(uint32_t)((*end + 15u) & ~(size_t)15u), count};
  memcpy(bytes + section.offset, records, count * record_bytes);
  *end = section.offset + count * record_bytes;
  return section;
}

uint8_t *plan_builder_finish(const struct plan_builder *b, size_t *size) {
  const uint16_t *places = b->long_places != NULL ? b->long_places : b->places;
  const size_t capacity = (sizeof *b + 1024u + b->place_count * sizeof places[0]) & ~(size_t)15u;
  uint8_t *bytes = aligned_alloc(16, capacity);
  assert(bytes != NULL);
  memset(bytes, 0, capacity);
  tseg_plan_header h = {.magic = TSEG_PLAN_MAGIC,
                        .version = TSEG_PLAN_VERSION,
                        .header_size = sizeof h,
                        .arena_size = b->arena_size};
  h.tick_total = b->tick_total_fixed ? b->tick_total : count_ticks(b);
  size_t end = sizeof h;
  h.tensors = put(bytes, &end, b->tensors, b->tensor_count, sizeof b->tensors[0]);
  h.buffers = put(bytes, &end, b->buffers, b->buffer_count, sizeof b->buffers[0]);
  h.segments = put(bytes, &end, b->segments, b->segment_count, sizeof b->segments[0]);
  h.operands = put(bytes, &end, b->operands, b->operand_count, sizeof b->operands[0]);
  h.operators = put(bytes, &end, b->operators, b->operator_count, sizeof b->operators[0]);
  h.params = put(bytes, &end, b->params, b->params_size, 1);
  h.stores = put(bytes, &end, b->stores, b->store_count, sizeof b->stores[0]);
  h.streams = put(bytes, &end, b->streams, b->stream_count, sizeof b->streams[0]);
  h.transfers = put(bytes, &end, b->transfers, b->transfer_count, sizeof b->transfers[0]);
  h.ports = put(bytes, &end, b->ports, b->port_count, sizeof b->ports[0]);
  h.places = put(bytes, &end, places, b->place_count, sizeof places[0]);
  h.program = put(bytes, &end, b->program, b->word_count, sizeof b->program[0]);
  h.constants = put(bytes, &end, b->constants, b->constants_size, 1);
  h.file_size = (uint32_t)end;
  h.constants_crc = tseg_crc32(0, b->constants, b->constants_size);
  memcpy(bytes, &h, sizeof h);
  plan_fix_crc(bytes, end);
  *size = end;
  return bytes;
}

void plan_fix_crc(uint8_t *bytes, size_t size) {
  tseg_plan_header h;
  if (size < sizeof h) {
    return;
  }
  memcpy(&h, bytes, sizeof h);
  if (h.constants.offset <= size && h.constants.offset >= 16u) {
    h.structure_sum = tseg_plan_sum(bytes + 16, h.constants.offset - 16u);
    memcpy(bytes, &h, sizeof h);
  }
}
