/* SPDX-License-Identifier: Apache-2.0 */
/* Loader: operators, with the questions of their kernel variants. */
#include "check.h"

#include "tseg/nn.h"

/* A range of the arena, in bytes; all that are made here are known to lie in it. */
typedef struct extent {
  uint32_t begin;
  uint32_t end;
} extent;

/* Empty ranges overlap nothing. */
static bool overlap(extent a, extent b) {
  return a.begin < a.end && b.begin < b.end && a.begin < b.end && b.begin < a.end;
}

static extent scratch_extent(const tseg_plan_operator *op) {
  const extent range = {op->scratch_offset, op->scratch_offset + op->scratch_size};
  return range;
}

static extent state_extent(const tseg_plan_operator *op) {
  const extent range = {op->state_offset, op->state_offset + op->state_size};
  return range;
}

/* The bytes that a ring covers; an empty range for constants, which lie elsewhere. */
static extent ring_extent(const tseg_plan *plan, const tseg_plan_buffer *buffer) {
  extent range = {0, 0};
  if (buffer->memory == TSEG_MEMORY_ARENA) {
    range.begin = buffer->offset;
    range.end = range.begin + (buffer->ring_rows - 1u) * buffer->row_stride +
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
    const uint32_t at = plan->places[buffer->first_place + r] * TSEG_PLAN_PLACE_UNIT;
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
  if (op->scratch_size == 0u && op->state_size == 0u) {
    return true;
  }
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

/* The calls divide the rows that the variant counts: its output's, or its input's. */
static bool calls_ok(const tseg_plan *plan, const tseg_plan_operator *op,
                     const tseg_nn_variant *variant) {
  const uint32_t counting = op->first_operand + (variant->accumulates ? 0u : op->input_count);
  const uint32_t rows = tseg_plan_rows(&plan->tensors[plan->operands[counting].tensor]);
  return op->rows_per_call > 0u && op->rows_per_call <= rows &&
         op->call_count == tseg_plan_groups(rows, op->rows_per_call) &&
         (!variant->accumulates || op->input_count == 1u);
}

/* What the operators may still make the loader look at: it bounds the time of the check. */
typedef struct allowance {
  uint32_t placed_rows; /* rows with places that operators write */
  uint32_t params;      /* bytes, counted anew where operators share them */
} allowance;

static bool take(uint32_t *left, uint32_t amount) {
  if (amount > *left) {
    return false;
  }
  *left -= amount;
  return true;
}

/* Outputs are written: one segment, in the arena, as many rows each, a call's rows in the ring. After that,
 * counting their rows with places bounds looking at them. */
static bool outputs_ok(const tseg_plan *plan, const tseg_plan_operator *op,
                       const tseg_nn_variant *variant, allowance *left) {
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
    if (buffer->first_place != TSEG_PLAN_NONE &&
        !take(&left->placed_rows, tseg_plan_rows(&plan->tensors[buffer->tensor]))) {
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

static tseg_status check_operator(const tseg_plan *plan, const tseg_plan_operator *op,
                                  allowance *left) {
  if (!ranges_ok(plan, op)) {
    return TSEG_ERR_PLAN_RECORD;
  }
  const tseg_nn_variant *variant = tseg_nn_find(op->variant);
  if (variant == NULL) {
    return TSEG_ERR_PLAN_VARIANT;
  }
  if (variant->kind != op->kind || !calls_ok(plan, op, variant) ||
      !outputs_ok(plan, op, variant, left) || !take(&left->params, op->params_size) ||
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
  allowance left = {TSEG_PLAN_PLACES_MAX, plan->header->params.count};
  for (uint32_t i = 0; i < plan->header->operators.count; i++) {
    const tseg_status status = check_operator(plan, &plan->operators[i], &left);
    if (status != TSEG_OK) {
      return status;
    }
  }
  return TSEG_OK;
}

#if TSEG_PLAN_WORK

uint64_t tseg_plan_work(const tseg_plan *plan) {
  uint64_t total = 0;
  for (uint32_t i = 0; i < plan->header->operators.count; i++) {
    const tseg_plan_operator *op = &plan->operators[i];
    const uint64_t work = tseg_nn_find(op->variant)->work(plan, op);
    total = work > UINT64_MAX - total ? UINT64_MAX : total + work;
  }
  return total;
}

#endif
