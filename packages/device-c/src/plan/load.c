/* SPDX-License-Identifier: Apache-2.0 */
/* Loading a plan: the header and its section table, then every group of records in order. */
#include "check.h"

#include "tseg/crc32.h"

_Static_assert(sizeof(tseg_plan_header) == 136, "a header has 136 bytes");
_Static_assert(sizeof(tseg_plan_tensor) == 40, "a tensor has 40 bytes");
_Static_assert(sizeof(tseg_plan_buffer) == 24, "a buffer has 24 bytes");
_Static_assert(sizeof(tseg_plan_segment) == 12, "a segment has 12 bytes");
_Static_assert(sizeof(tseg_plan_operand) == 12, "an operand has 12 bytes");
_Static_assert(sizeof(tseg_plan_operator) == 48, "an operator has 48 bytes");
_Static_assert(sizeof(tseg_plan_store) == 16, "a store has 16 bytes");
_Static_assert(sizeof(tseg_plan_stream) == 28, "a stream has 28 bytes");
_Static_assert(sizeof(tseg_plan_transfer) == 16, "a transfer has 16 bytes");
_Static_assert(sizeof(tseg_plan_port) == 16, "a port has 16 bytes");

/* The checksum of the structure begins after the fields that hold it and the magic. */
#define SUM_BEGIN 16u

/* What a section's entry is held to: bytes of a record, and how many records there may be. */
typedef struct section_rule {
  uint32_t record_bytes;
  uint32_t count_max;
} section_rule;

#define ANY UINT32_MAX

/* In the order of the header's table. */
static const section_rule rules[] = {
    {sizeof(tseg_plan_tensor), ANY},
    {sizeof(tseg_plan_buffer), ANY},
    {sizeof(tseg_plan_segment), ANY},
    {sizeof(tseg_plan_operand), ANY},
    {sizeof(tseg_plan_operator), TSEG_PLAN_OPERATORS_MAX},
    {1, ANY},
    {sizeof(tseg_plan_store), TSEG_PLAN_STORES_MAX},
    {sizeof(tseg_plan_stream), TSEG_PLAN_STREAMS_MAX},
    {sizeof(tseg_plan_transfer), TSEG_PLAN_TRANSFERS_MAX},
    {sizeof(tseg_plan_port), TSEG_PLAN_PORTS_MAX},
    {sizeof(uint16_t), TSEG_PLAN_PLACES_MAX},
    {sizeof(uint32_t), ANY},
    {1, ANY},
};

#define SECTIONS (sizeof rules / sizeof rules[0])

_Static_assert(offsetof(tseg_plan_header, tensors) + SECTIONS * sizeof(tseg_plan_section) ==
                   sizeof(tseg_plan_header),
               "the table of sections ends the header");

/* Sections that hold records stand in order, do not overlap, and lie inside the file; the
 * constants are last, empty or not, so that the structure's checksum covers all the others. */
static tseg_status check_sections(const tseg_plan_header *header) {
  const uint8_t *bytes = (const uint8_t *)header;
  const tseg_plan_section *section = (const void *)(bytes + offsetof(tseg_plan_header, tensors));
  uint32_t end = sizeof(tseg_plan_header);
  for (uint32_t i = 0; i < SECTIONS; i++, section++) {
    const uint64_t size = (uint64_t)section->count * rules[i].record_bytes;
    if (section->offset % TSEG_PLAN_ALIGNMENT != 0u || section->count > rules[i].count_max) {
      return TSEG_ERR_PLAN_RECORD;
    }
    if (!tseg_plan_fits_wide(section->offset, size, header->file_size)) {
      return TSEG_ERR_PLAN_TRUNCATED;
    }
    if (section->count == 0u && i + 1u < SECTIONS) {
      continue;
    }
    if (section->offset < end) {
      return TSEG_ERR_PLAN_RECORD;
    }
    end = section->offset + (uint32_t)size;
  }
  return TSEG_OK;
}

static void point(const tseg_plan_header *header, tseg_plan *plan) {
  const uint8_t *bytes = (const uint8_t *)header;
  plan->header = header;
  plan->tensors = (const void *)(bytes + header->tensors.offset);
  plan->buffers = (const void *)(bytes + header->buffers.offset);
  plan->segments = (const void *)(bytes + header->segments.offset);
  plan->operands = (const void *)(bytes + header->operands.offset);
  plan->operators = (const void *)(bytes + header->operators.offset);
  plan->params = bytes + header->params.offset;
  plan->stores = (const void *)(bytes + header->stores.offset);
  plan->streams = (const void *)(bytes + header->streams.offset);
  plan->transfers = (const void *)(bytes + header->transfers.offset);
  plan->ports = (const void *)(bytes + header->ports.offset);
  plan->places = (const void *)(bytes + header->places.offset);
  plan->program = (const void *)(bytes + header->program.offset);
  plan->constants = bytes + header->constants.offset;
}

tseg_status tseg_plan_check_header(const void *bytes, size_t size, tseg_plan *plan) {
  const tseg_plan_header *header = bytes;
  if (size < sizeof(uint32_t)) {
    return TSEG_ERR_PLAN_TRUNCATED;
  }
  if (header->magic != TSEG_PLAN_MAGIC) {
    return TSEG_ERR_PLAN_MAGIC;
  }
  if (size < sizeof(tseg_plan_header)) {
    return TSEG_ERR_PLAN_TRUNCATED;
  }
  if (header->version != TSEG_PLAN_VERSION) {
    return TSEG_ERR_PLAN_VERSION;
  }
  if (header->header_size != sizeof(tseg_plan_header) || header->flags != 0u) {
    return TSEG_ERR_PLAN_RECORD;
  }
  if (header->file_size > size || header->file_size < sizeof(tseg_plan_header)) {
    return TSEG_ERR_PLAN_TRUNCATED;
  }
  const tseg_status status = check_sections(header);
  if (status != TSEG_OK) {
    return status;
  }
  const uint32_t sum =
      tseg_plan_sum((const uint8_t *)bytes + SUM_BEGIN, header->constants.offset - SUM_BEGIN);
  if (sum != header->structure_sum) {
    return TSEG_ERR_PLAN_CRC;
  }
  point(header, plan);
  return TSEG_OK;
}

tseg_status tseg_plan_load(const void *bytes, size_t size, tseg_plan *plan) {
  static tseg_status (*const checks[])(const tseg_plan *) = {
      tseg_plan_check_tensors,   tseg_plan_check_buffers,   tseg_plan_check_operands,
      tseg_plan_check_operators, tseg_plan_check_transfers, tseg_plan_check_ports,
      tseg_plan_check_program,
  };
  if (bytes == NULL || plan == NULL) {
    return TSEG_ERR_ARGUMENT;
  }
  if ((uintptr_t)bytes % TSEG_PLAN_ALIGNMENT != 0u) {
    return TSEG_ERR_PLAN_ALIGNMENT;
  }
  tseg_plan candidate;
  tseg_status status = tseg_plan_check_header(bytes, size, &candidate);
  for (size_t i = 0; status == TSEG_OK && i < sizeof checks / sizeof checks[0]; i++) {
    status = checks[i](&candidate);
  }
  if (status == TSEG_OK) {
    *plan = candidate;
  }
  return status;
}

tseg_status tseg_plan_check_constants(const tseg_plan *plan) {
  const tseg_plan_section *section = &plan->header->constants;
  return tseg_crc32(0, plan->constants, section->count) == plan->header->constants_crc
             ? TSEG_OK
             : TSEG_ERR_PLAN_CONSTANTS_CRC;
}
