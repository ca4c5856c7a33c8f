/* SPDX-License-Identifier: Apache-2.0 */
/* Loader: ports. */
#include "check.h"

/* Inputs 0, 1, .. then outputs 0, 1, ..; all in the arena, which the application may write to. */
tseg_status tseg_plan_check_ports(const tseg_plan *plan) {
  const tseg_plan_header *header = plan->header;
  uint32_t direction = TSEG_PORT_INPUT;
  uint32_t index = 0;
  for (uint32_t i = 0; i < header->ports.count; i++, index++) {
    const tseg_plan_port *port = &plan->ports[i];
    if (port->direction == TSEG_PORT_OUTPUT && direction == TSEG_PORT_INPUT) {
      direction = TSEG_PORT_OUTPUT;
      index = 0;
    }
    if (port->direction != direction || port->index != index ||
        port->buffer >= header->buffers.count) {
      return TSEG_ERR_PLAN_RECORD;
    }
    const tseg_plan_buffer *buffer = &plan->buffers[port->buffer];
    if (port->rows_per_step == 0u || port->rows_per_step > buffer->ring_rows ||
        (buffer->first_place != TSEG_PLAN_NONE && port->rows_per_step != 1u) ||
        buffer->memory != TSEG_MEMORY_ARENA) {
      return TSEG_ERR_PLAN_RECORD;
    }
  }
  return TSEG_OK;
}
