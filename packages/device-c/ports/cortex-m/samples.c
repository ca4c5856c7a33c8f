/* SPDX-License-Identifier: Apache-2.0 */
/* Rows move between files and arena without a buffer in between. */
#include "samples.h"

#include "meter.h"
#include "semihosting.h"

#define PORTS_MAX 8u

static int32_t inputs[PORTS_MAX];
static int32_t outputs[PORTS_MAX];

static int32_t open_port(bool is_input, uint32_t index) {
  static const char input_name[] = "input#.bin";
  static const char output_name[] = "output#.bin";
  char name[sizeof output_name];
  const char *pattern = is_input ? input_name : output_name;
  uint32_t i = 0;
  do {
    name[i] = pattern[i] == '#' ? (char)('0' + index) : pattern[i];
  } while (pattern[i++] != '\0');
  return tseg_semihosting_open(name, is_input ? TSEG_SEMIHOSTING_READ : TSEG_SEMIHOSTING_WRITE);
}

bool tseg_samples_open(const tseg_plan *plan, uint32_t *sample_count) {
  *sample_count = 1;
  for (uint32_t i = 0; i < plan->header->ports.count; i++) {
    const tseg_plan_port *port = &plan->ports[i];
    const bool is_input = port->direction == TSEG_PORT_INPUT;
    if (port->index >= PORTS_MAX) {
      return false;
    }
    const int32_t handle = open_port(is_input, port->index);
    if (handle < 0) {
      return false;
    }
    *(is_input ? &inputs[port->index] : &outputs[port->index]) = handle;
    if (is_input && port->index == 0u) {
      const tseg_plan_tensor *t = &plan->tensors[plan->buffers[port->buffer].tensor];
      *sample_count = (uint32_t)tseg_semihosting_length(handle) / (t->n * t->h * t->row_bytes);
    }
  }
  return true;
}

/* All rows, one after the other; whether all of them moved. */
static bool move_rows(const tseg_exec_rows *rows, bool is_input) {
  const int32_t handle = is_input ? inputs[rows->index] : outputs[rows->index];
  for (uint32_t r = rows->first_row; r < rows->first_row + rows->row_count; r++) {
    uint8_t *row = rows->base + (size_t)(r % rows->ring_rows) * rows->row_stride;
    if (is_input ? !tseg_semihosting_read(handle, row, rows->row_bytes)
                 : !tseg_semihosting_write(handle, row, rows->row_bytes)) {
      return false;
    }
  }
  return true;
}

tseg_status tseg_samples_input(void *user, const tseg_exec_rows *rows) {
  (void)user;
  tseg_meter_pause();
  const bool moved = move_rows(rows, true);
  tseg_meter_resume();
  return moved ? TSEG_OK : TSEG_ERR_INPUT;
}

tseg_status tseg_samples_output(void *user, const tseg_exec_rows *rows) {
  (void)user;
  tseg_meter_pause();
  const bool moved = move_rows(rows, false);
  tseg_meter_resume();
  return moved ? TSEG_OK : TSEG_ERR_OUTPUT;
}
