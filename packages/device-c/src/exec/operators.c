/* SPDX-License-Identifier: Apache-2.0 */
/* Executor: RUN steps. Operands are resolved to addresses at each call: some twenty instructions a
 * segment, against thousands in any kernel, and no RAM for those that do not run. */
#include "exec_context.h"

#include <string.h>

static void resolve(const tseg_exec *exec, const tseg_plan_operand *from, tseg_nn_operand *to) {
  const tseg_plan *plan = exec->plan;
  to->tensor = &plan->tensors[from->tensor];
  to->segment_count = from->segment_count;
  for (uint32_t i = 0; i < from->segment_count; i++) {
    const tseg_plan_segment *segment = &plan->segments[from->first_segment + i];
    const tseg_plan_buffer *buffer = &plan->buffers[segment->buffer];
    to->segments[i].base = exec_buffer_base(exec, buffer);
    to->segments[i].places = exec_buffer_places(exec, buffer);
    to->segments[i].row_stride = buffer->row_stride;
    to->segments[i].ring_rows = buffer->ring_rows;
    to->segments[i].channel_begin = segment->channel_begin;
    to->segments[i].channel_count = segment->channel_count;
  }
}

void tseg_exec_run_operator(tseg_exec *exec, uint32_t index) {
  const tseg_plan *plan = exec->plan;
  const tseg_plan_operator *op = &plan->operators[index];
  const uint32_t operand_count = (uint32_t)op->input_count + op->output_count;
  const uint32_t call_index = exec->calls[index];
  for (uint32_t i = 0; i < operand_count; i++) {
    resolve(exec, &plan->operands[op->first_operand + i], &exec->operands[i]);
  }
  const uint32_t counting = exec->variants[index]->accumulates ? 0u : op->input_count;
  const tseg_plan_tensor *counted = exec->operands[counting].tensor;
  const uint32_t first_row = call_index * op->rows_per_call;
  const uint32_t left = counted->n * counted->h - first_row;
  const tseg_nn_call call = {
      .op = op,
      .params = plan->params + op->params_offset,
      .constants = plan->constants,
      .inputs = exec->operand_pointers,
      .outputs = exec->operand_pointers + op->input_count,
      .first_row = first_row,
      .row_count = left < op->rows_per_call ? left : op->rows_per_call,
      .scratch = op->scratch_size > 0u ? exec->arena + op->scratch_offset : NULL,
      .state = op->state_size > 0u ? exec->arena + op->state_offset : NULL,
  };
  if (call_index == 0u && op->state_size > 0u) {
    memset(call.state, 0, op->state_size);
  }
  exec->variants[index]->run(&call);
  exec->calls[index] = call_index + 1u;
  if (exec->io.ran != NULL) {
    exec->io.ran(exec->io.user, index, call_index);
  }
}
