/* SPDX-License-Identifier: Apache-2.0 */
/* Loader: operators, with the questions of their kernel variants. */
#include "check.h"

#include "tseg/nn.h"

/* A range of the arena, in bytes. */
typedef struct extent {
  uint64_t begin;
  uint64_t end;
} extent;

/* Empty ranges overlap nothing. */
static bool overlap(extent a, extent b) {
  return a.begin < a.end && b.begin < b.end && a.begin < b.end && b.begin < a.end;
}

static extent scratch_extent(const tseg_plan_operator *op) {
  const extent range = {op->scratch_offset, (uint64_t)op->scratch_offset + op->scratch_size};
  return range;
}

static extent state_extent(const tseg_plan_operator *op) {
  const extent range = {op->state_offset, (uint64_t)op->state_offset + op->state_size};
  return range;
}

/* The bytes that a ring covers; an empty range for constants, which lie elsewhere. */
static extent ring_extent(const tseg_plan *plan, const tseg_plan_buffer *buffer) {
  extent range = {0, 0};
  if (buffer->memory == TSEG_MEMORY_ARENA) {
    range.begin = buffer->offset;
    range.end = range.begin + (uint64_t)(buffer->ring_rows - 1u) * buffer->row_stride +
                plan->tensors[buffer->tensor].row_bytes;
  }
  return range;
}

static bool work_area_ok(const tseg_plan *plan, uint32_t offset, uint32_t size) {
  return offset % TSEG_PLAN_ALIGNMENT == 0u &&
         tseg_plan_fits(offset, size, plan->header->arena_size);
}

static bool apart(const tseg_plan_operator *op, extent rows) {
  return !overlap(rows, scratch_extent(op)) && !overlap(rows, state_extent(op));
}

static bool placed_rows_apart(const tseg_plan *plan, const tseg_plan_operator *op,
                              const tseg_plan_buffer *buffer) {
  const tseg_plan_tensor *tensor = &plan->tensors[buffer->tensor];
  for (uint32_t r = 0; r < tseg_plan_rows(tensor); r++) {
    const uint64_t at = (uint64_t)plan->places[buffer->first_place + r] * TSEG_PLAN_PLACE_UNIT;
    const extent row = {at, at + tensor->row_bytes};
    if (!apart(op, row)) {
      return false;
    }
  }
  return true;
}

/* Kernels may keep row offsets in scratch, so nothing that a call writes overlaps it, nor the ring of
 * what it reads. Input rows with places may: some may have died before this operator's scratch lives,
 * and what a kernel reads, whatever it is, can't lead it astray. A fetch under way may, too: rings of
 * other stages use the same bytes at other times. It moves only inside the store engine's functions,
 * so not during a call, unless an interrupt serves stores: tseg/store.h says for which plans one may. */
static bool work_areas_apart(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (overlap(scratch_extent(op), state_extent(op))) {
    return false;
  }
  for (uint32_t i = 0; i < (uint32_t)op->input_count + op->output_count; i++) {
    const tseg_plan_operand *operand = &plan->operands[op->first_operand + i];
    for (uint32_t s = 0; s < operand->segment_count; s++) {
      const tseg_plan_segment *segment = &plan->segments[operand->first_segment + s];
      const tseg_plan_buffer *buffer = &plan->buffers[segment->buffer];
      const bool ok = buffer->first_place == TSEG_PLAN_NONE
                          ? apart(op, ring_extent(plan, buffer))
                          : i < op->input_count || placed_rows_apart(plan, op, buffer);
      if (!ok) {
        return false;
      }
    }
  }
  return true;
}

/* Rows with places that an operator writes, over all its outputs; its operands are in range. */
static uint64_t placed_output_rows(const tseg_plan *plan, const tseg_plan_operator *op) {
  uint64_t rows = 0;
  for (uint32_t i = 0; i < op->output_count; i++) {
    const tseg_plan_operand *output = &plan->operands[op->first_operand + op->input_count + i];
    const tseg_plan_buffer *buffer = &plan->buffers[plan->segments[output->first_segment].buffer];
    rows +=
        buffer->first_place == TSEG_PLAN_NONE ? 0u : tseg_plan_rows(&plan->tensors[buffer->tensor]);
  }
  return rows;
}

/* The calls divide the rows that the variant counts: its output's, or its input's. */
static bool calls_ok(const tseg_plan *plan, const tseg_plan_operator *op,
                     const tseg_nn_variant *variant) {
  const uint32_t counting = op->first_operand + (variant->accumulates ? 0u : op->input_count);
  const uint32_t rows = tseg_plan_rows(&plan->tensors[plan->operands[counting].tensor]);
  return op->rows_per_call > 0u && op->rows_per_call <= rows &&
         op->call_count == tseg_plan_groups(rows, op->rows_per_call) &&
         (!variant->accumulates || op->input_count == 1u);
}

/* Outputs are written: one segment, in the arena, as many rows each, a call's rows in the ring. */
static bool outputs_ok(const tseg_plan *plan, const tseg_plan_operator *op,
                       const tseg_nn_variant *variant) {
  const tseg_plan_operand *outputs = &plan->operands[op->first_operand + op->input_count];
  const uint32_t rows = tseg_plan_rows(&plan->tensors[outputs[0].tensor]);
  const uint32_t made = variant->accumulates ? rows : op->rows_per_call;
  for (uint32_t i = 0; i < op->output_count; i++) {
    if (outputs[i].segment_count != 1u ||
        tseg_plan_rows(&plan->tensors[outputs[i].tensor]) != rows) {
      return false;
    }
    const tseg_plan_buffer *buffer =
        &plan->buffers[plan->segments[outputs[i].first_segment].buffer];
    if (buffer->memory != TSEG_MEMORY_ARENA || buffer->ring_rows < made) {
      return false;
    }
  }
  return true;
}

/* Operands, parameters and work areas lie where they may. */
static bool ranges_ok(const tseg_plan *plan, const tseg_plan_operator *op) {
  const tseg_plan_header *header = plan->header;
  const uint32_t operand_count = (uint32_t)op->input_count + op->output_count;
  return op->input_count != 0u && op->output_count != 0u && operand_count <= TSEG_NN_OPERANDS_MAX &&
         tseg_plan_fits(op->first_operand, operand_count, header->operands.count) &&
         op->params_offset % sizeof(uint32_t) == 0u &&
         tseg_plan_fits(op->params_offset, op->params_size, header->params.count) &&
         work_area_ok(plan, op->scratch_offset, op->scratch_size) &&
         work_area_ok(plan, op->state_offset, op->state_size);
}

/* What the operators so far have made the loader look at: it bounds the time of the check. */
typedef struct looked {
  uint64_t placed_rows; /* rows with places that operators write */
  uint64_t params;      /* bytes, counted anew where operators share them */
} looked;

static tseg_status check_operator(const tseg_plan *plan, const tseg_plan_operator *op,
                                  looked *sum) {
  if (!ranges_ok(plan, op)) {
    return TSEG_ERR_PLAN_RECORD;
  }
  const tseg_nn_variant *variant = tseg_nn_find(op->variant);
  if (variant == NULL) {
    return TSEG_ERR_PLAN_VARIANT;
  }
  /* Outputs of one segment each: after that, counting their rows with places bounds looking at them. */
  if (variant->kind != op->kind || !calls_ok(plan, op, variant) || !outputs_ok(plan, op, variant)) {
    return TSEG_ERR_PLAN_RECORD;
  }
  sum->placed_rows += placed_output_rows(plan, op);
  sum->params += op->params_size;
  if (sum->placed_rows > TSEG_PLAN_PLACES_MAX || sum->params > plan->header->params.count ||
      !work_areas_apart(plan, op)) {
    return TSEG_ERR_PLAN_RECORD;
  }
  const tseg_status status = variant->check(plan, op);
  if (status != TSEG_OK) {
    return status;
  }
  const bool enough = op->scratch_size >= variant->scratch_bytes(plan, op) &&
                      op->state_size >= variant->state_bytes(plan, op);
  return enough ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

tseg_status tseg_plan_check_operators(const tseg_plan *plan) {
  looked sum = {0, 0};
  for (uint32_t i = 0; i < plan->header->operators.count; i++) {
    const tseg_status status = check_operator(plan, &plan->operators[i], &sum);
    if (status != TSEG_OK) {
      return status;
    }
  }
  return TSEG_OK;
}

uint64_t tseg_plan_work(const tseg_plan *plan) {
  uint64_t total = 0;
  for (uint32_t i = 0; i < plan->header->operators.count; i++) {
    const tseg_plan_operator *op = &plan->operators[i];
    const uint64_t work = tseg_nn_find(op->variant)->work(plan, op);
    total = work > UINT64_MAX - total ? UINT64_MAX : total + work;
  }
  return total;
}
