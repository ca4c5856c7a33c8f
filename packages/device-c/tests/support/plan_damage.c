/* SPDX-License-Identifier: Apache-2.0 */
/* Damages one operator of a plan; see plan_damage.h. */
#include "support/plan_damage.h"

#include <stdlib.h>

struct plan_builder built;
tseg_plan_operator *op;

tseg_status load(void) {
  size_t size = 0;
  uint8_t *bytes = plan_builder_finish(&built, &size);
  tseg_plan plan;
  const tseg_status status = tseg_plan_load(bytes, size, &plan);
  free(bytes);
  return status;
}

tseg_plan_tensor *operand(uint32_t i) {
  return &built.tensors[built.operands[op->first_operand + i].tensor];
}

void *params(void) {
  return built.params + op->params_offset;
}

void reshape(uint32_t i, uint32_t n, uint32_t h, uint32_t w, uint32_t c) {
  tseg_plan_tensor *t = operand(i);
  const uint32_t index = (uint32_t)(t - built.tensors);
  const uint32_t element = t->row_bytes / (t->w * t->c);
  t->n = n;
  t->h = h;
  t->w = w;
  t->c = c;
  t->row_bytes = w * c * element;
  for (uint32_t k = 0; k < built.buffer_count; k++) {
    if (built.buffers[k].tensor != index) continue;
    built.arena_size += (element - built.arena_size % element) % element;
    built.buffers[k].row_stride = t->row_bytes;
    built.buffers[k].ring_rows = i >= op->input_count ? n * h : 1u;
    built.buffers[k].offset = built.arena_size;
    built.arena_size += built.buffers[k].ring_rows * t->row_bytes;
  }
  for (uint32_t k = 0; k < built.segment_count; k++) {
    if (built.buffers[built.segments[k].buffer].tensor == index)
      built.segments[k].channel_count = c;
  }
  const bool accumulates = tseg_nn_find(op->variant)->accumulates;
  if (i == (accumulates ? 0 : op->input_count)) {
    op->rows_per_call = n * h; /* one call, whatever the program says of calls */
    op->call_count = 1;
  }
}

void segment_input(void) {
  tseg_plan_operand *o = &built.operands[op->first_operand];
  const tseg_plan_tensor whole = built.tensors[o->tensor];
  o->first_segment = built.segment_count;
  o->segment_count = 2;
  for (uint32_t i = 0; i < 2; i++) {
    const uint32_t half = whole.c / 2u;
    const uint32_t part = plan_builder_tensor(&built, whole.h, whole.w, half);
    built.tensors[part].type = whole.type;
    built.tensors[part].row_bytes = whole.row_bytes / whole.c * half;
    const uint32_t buffer = plan_builder_buffer(&built, part, 0);
    built.segments[built.segment_count++] = (tseg_plan_segment){buffer, i * half, half};
  }
}
