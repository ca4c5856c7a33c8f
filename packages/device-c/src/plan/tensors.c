/* SPDX-License-Identifier: Apache-2.0 */
/* Loader: tensors, and where their rows live. */
#include "check.h"

#include "tseg/nn.h"

uint32_t tseg_plan_element_bytes(uint32_t type) {
  switch (type) {
  case TSEG_TYPE_INT8:
  case TSEG_TYPE_UINT8:
  case TSEG_TYPE_BOOL:
    return 1;
  case TSEG_TYPE_INT16:
    return 2;
  case TSEG_TYPE_FLOAT32:
  case TSEG_TYPE_INT32:
    return 4;
  case TSEG_TYPE_INT64:
    return 8;
  default:
    return 0;
  }
}

/* Sizes are at least one, the row has the bytes that it says, and all rows together are few enough. */
static bool sizes_ok(const tseg_plan_tensor *tensor, uint32_t element) {
  const uint64_t elements = (uint64_t)tensor->w * tensor->c;
  const uint64_t rows = (uint64_t)tensor->n * tensor->h;
  return elements != 0u && rows != 0u && elements <= TSEG_PLAN_TENSOR_BYTES_MAX &&
         rows <= TSEG_PLAN_TENSOR_BYTES_MAX && elements * element == tensor->row_bytes &&
         rows * tensor->row_bytes <= TSEG_PLAN_TENSOR_BYTES_MAX;
}

static bool zero_point_ok(const tseg_plan_tensor *tensor) {
  switch (tensor->type) {
  case TSEG_TYPE_INT8:
    return tensor->zero_point >= -128 && tensor->zero_point <= 127;
  case TSEG_TYPE_UINT8:
    return tensor->zero_point >= 0 && tensor->zero_point <= 255;
  default:
    return tensor->zero_point == 0;
  }
}

tseg_status tseg_plan_check_tensors(const tseg_plan *plan) {
  const uint32_t count = plan->header->tensors.count;
  for (uint32_t i = 0; i < count; i++) {
    const tseg_plan_tensor *tensor = &plan->tensors[i];
    const uint32_t element = tseg_plan_element_bytes(tensor->type);
    if (element == 0u || !sizes_ok(tensor, element) || !zero_point_ok(tensor)) {
      return TSEG_ERR_PLAN_RECORD;
    }
    if (tensor->root >= count) {
      return TSEG_ERR_PLAN_RECORD;
    }
  }
  /* Sizes are known to be sound: a view has as many bytes of the same type as its root. */
  for (uint32_t i = 0; i < count; i++) {
    const tseg_plan_tensor *tensor = &plan->tensors[i];
    const tseg_plan_tensor *root = &plan->tensors[tensor->root];
    if (root->root != tensor->root || root->type != tensor->type ||
        tseg_plan_rows(root) * root->row_bytes != tseg_plan_rows(tensor) * tensor->row_bytes) {
      return TSEG_ERR_PLAN_RECORD;
    }
  }
  return TSEG_OK;
}

/* A buffer whose rows have places of their own: each lies in the arena. A view may be one when its rows
 * are those of its root: n and h say it, since the two have as many bytes. */
static bool places_ok(const tseg_plan *plan, const tseg_plan_buffer *buffer) {
  const tseg_plan_header *header = plan->header;
  const tseg_plan_tensor *tensor = &plan->tensors[buffer->tensor];
  const tseg_plan_tensor *root = &plan->tensors[tensor->root];
  const uint32_t rows = tseg_plan_rows(tensor);
  if (buffer->memory != TSEG_MEMORY_ARENA || buffer->offset != 0u || buffer->ring_rows != rows ||
      buffer->row_stride != tensor->row_bytes || tensor->n != root->n || tensor->h != root->h ||
      !tseg_plan_fits(buffer->first_place, rows, header->places.count)) {
    return false;
  }
  for (uint32_t r = 0; r < rows; r++) {
    const uint32_t at = plan->places[buffer->first_place + r] * TSEG_PLAN_PLACE_UNIT;
    if (!tseg_plan_fits(at, tensor->row_bytes, header->arena_size)) {
      return false;
    }
  }
  return true;
}

tseg_status tseg_plan_check_buffers(const tseg_plan *plan) {
  const tseg_plan_header *header = plan->header;
  uint64_t placed_rows = 0; /* buffers may share places: this bounds how often each is looked at */
  for (uint32_t i = 0; i < header->buffers.count; i++) {
    const tseg_plan_buffer *buffer = &plan->buffers[i];
    if (buffer->tensor >= header->tensors.count || buffer->memory > TSEG_MEMORY_CONSTANTS) {
      return TSEG_ERR_PLAN_RECORD;
    }
    const tseg_plan_tensor *tensor = &plan->tensors[buffer->tensor];
    const uint32_t element = tseg_plan_element_bytes(tensor->type);
    const uint32_t limit =
        buffer->memory == TSEG_MEMORY_ARENA ? header->arena_size : header->constants.count;
    if (buffer->row_stride < tensor->row_bytes || buffer->ring_rows == 0u ||
        buffer->ring_rows > tseg_plan_rows(tensor) || buffer->offset % element != 0u ||
        buffer->row_stride % element != 0u) {
      return TSEG_ERR_PLAN_RECORD;
    }
    if (buffer->first_place != TSEG_PLAN_NONE) {
      placed_rows += tseg_plan_rows(tensor);
      if (placed_rows > TSEG_PLAN_PLACES_MAX || !places_ok(plan, buffer)) {
        return TSEG_ERR_PLAN_RECORD;
      }
      continue;
    }
    const uint64_t size =
        (uint64_t)(buffer->ring_rows - 1u) * buffer->row_stride + tensor->row_bytes;
    if (!tseg_plan_fits_wide(buffer->offset, size, limit)) {
      return TSEG_ERR_PLAN_RECORD;
    }
  }
  return TSEG_OK;
}

/* The segments of an operand are whole tensors of the operand's n, h, w and type that stand one
 * after the other and together make its channels. */
static bool segments_ok(const tseg_plan *plan, const tseg_plan_operand *operand) {
  const tseg_plan_tensor *tensor = &plan->tensors[operand->tensor];
  uint32_t channel = 0;
  for (uint32_t i = 0; i < operand->segment_count; i++) {
    const tseg_plan_segment *segment = &plan->segments[operand->first_segment + i];
    if (segment->buffer >= plan->header->buffers.count) {
      return false;
    }
    const tseg_plan_tensor *part = &plan->tensors[plan->buffers[segment->buffer].tensor];
    if (segment->channel_begin != channel || segment->channel_count != part->c ||
        part->c > tensor->c - channel) {
      return false;
    }
    channel += part->c;
    if (part == tensor) {
      continue;
    }
    if (part->type != tensor->type || part->n != tensor->n || part->h != tensor->h ||
        part->w != tensor->w) {
      return false;
    }
  }
  return channel == tensor->c;
}

tseg_status tseg_plan_check_operands(const tseg_plan *plan) {
  const tseg_plan_header *header = plan->header;
  for (uint32_t i = 0; i < header->operands.count; i++) {
    const tseg_plan_operand *operand = &plan->operands[i];
    if (operand->tensor >= header->tensors.count || operand->segment_count == 0u ||
        operand->segment_count > TSEG_NN_SEGMENTS_MAX ||
        !tseg_plan_fits(operand->first_segment, operand->segment_count, header->segments.count) ||
        !segments_ok(plan, operand)) {
      return TSEG_ERR_PLAN_RECORD;
    }
  }
  return TSEG_OK;
}
