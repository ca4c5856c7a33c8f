/* SPDX-License-Identifier: Apache-2.0 */
/* Host program: files of layers. */
#include "layers.h"

#include <stdio.h>

void host_layers_name(char name[HOST_LAYER_NAME], uint32_t sample, uint32_t operator_index,
                      uint32_t output) {
  (void)snprintf(name, HOST_LAYER_NAME, "s%u-op%u-out%u.bin", (unsigned)sample,
                 (unsigned)operator_index, (unsigned)output);
}

/* Rows [first, first + count) of a buffer, appended to the file. */
static bool append_rows(FILE *file, const host_layers *layers, const tseg_plan_buffer *buffer,
                        uint32_t first, uint32_t count) {
  const uint32_t row_bytes = layers->plan->tensors[buffer->tensor].row_bytes;
  bool ok = true;
  for (uint32_t r = first; ok && r < first + count; r++) {
    const size_t at =
        buffer->first_place != TSEG_PLAN_NONE
            ? (size_t)layers->plan->places[buffer->first_place + r] * TSEG_PLAN_PLACE_UNIT
            : buffer->offset + (size_t)(r % buffer->ring_rows) * buffer->row_stride;
    const uint8_t *row = layers->arena + at;
    ok = fwrite(row, 1, row_bytes, file) == row_bytes;
  }
  return ok;
}

void host_layers_take(host_layers *layers, uint32_t sample, uint32_t operator_index,
                      uint32_t call) {
  const tseg_plan *plan = layers->plan;
  const tseg_plan_operator *op = &plan->operators[operator_index];
  for (uint32_t output = 0; output < op->output_count; output++) {
    const tseg_plan_operand *operand =
        &plan->operands[op->first_operand + op->input_count + output];
    const tseg_plan_tensor *tensor = &plan->tensors[operand->tensor];
    const uint32_t first = call * op->rows_per_call;
    const uint32_t left = tensor->n * tensor->h - first;
    char name[HOST_LAYER_NAME];
    char path[4096];
    host_layers_name(name, sample, operator_index, output);
    const int length = snprintf(path, sizeof path, "%s/%s", layers->folder, name);
    FILE *file =
        length > 0 && (size_t)length < sizeof path ? fopen(path, call == 0u ? "wb" : "ab") : NULL;
    if (file == NULL) {
      layers->failed = true;
      return;
    }
    const bool written =
        append_rows(file, layers, &plan->buffers[plan->segments[operand->first_segment].buffer],
                    first, left < op->rows_per_call ? left : op->rows_per_call);
    if (fclose(file) != 0 || !written) {
      layers->failed = true;
    }
  }
}
