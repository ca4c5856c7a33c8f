/* SPDX-License-Identifier: Apache-2.0 */
/* The executor's making, its loop over steps, and its ports; operators and transfers are apart. */
#include "exec_context.h"

#include <string.h>

static size_t align_up(size_t size) {
  return (size + 15u) & ~(size_t)15u;
}

/* Most operands that one operator of the plan has. */
static uint32_t operands_max(const tseg_plan *plan) {
  uint32_t most = 0;
  for (uint32_t i = 0; i < plan->header->operators.count; i++) {
    const tseg_plan_operator *op = &plan->operators[i];
    const uint32_t count = (uint32_t)op->input_count + op->output_count;
    most = count > most ? count : most;
  }
  return most;
}

/* Bytes of each part of the context, in the order in which they lie; and how many operands that is. */
typedef struct context_layout {
  size_t executor, operands, pointers, variants, stores, transfers, calls, port_steps;
  size_t operand_count;
} context_layout;

static context_layout lay_out(const tseg_plan *plan) {
  const tseg_plan_header *header = plan->header;
  const size_t operands = operands_max(plan);
  const context_layout layout = {
      .executor = align_up(sizeof(tseg_exec)),
      .operands = align_up(operands * sizeof(tseg_nn_operand)),
      .pointers = align_up(operands * sizeof(tseg_nn_operand *)),
      .variants = align_up(header->operators.count * sizeof(const tseg_nn_variant *)),
      .stores = align_up(header->stores.count * sizeof(tseg_store *)),
      .transfers = align_up(header->transfers.count * sizeof(transfer_state)),
      .calls = align_up(header->operators.count * sizeof(uint32_t)),
      .port_steps = align_up(header->ports.count * sizeof(uint32_t)),
      .operand_count = operands,
  };
  return layout;
}

static size_t layout_size(const context_layout *layout) {
  return layout->executor + layout->operands + layout->pointers + layout->variants +
         layout->stores + layout->transfers + layout->calls + layout->port_steps;
}

size_t tseg_exec_context_size(const tseg_plan *plan) {
  const context_layout layout = lay_out(plan);
  return layout_size(&layout);
}

/* Takes `size` bytes from the context. */
static void *take(uint8_t **next, size_t size) {
  void *taken = *next;
  *next += size;
  return taken;
}

/* Cuts the context into its parts; operand pointers are set once, the operands at each call. */
static tseg_exec *cut(const context_layout *layout, void *context) {
  uint8_t *next = context;
  tseg_exec *exec = take(&next, layout->executor);
  exec->operands = take(&next, layout->operands);
  exec->operand_pointers = take(&next, layout->pointers);
  exec->variants = take(&next, layout->variants);
  exec->stores = take(&next, layout->stores);
  exec->transfers = take(&next, layout->transfers);
  exec->calls = take(&next, layout->calls);
  exec->port_steps = take(&next, layout->port_steps);
  return exec;
}

static bool aligned(const void *pointer) {
  return pointer != NULL && (uintptr_t)pointer % 16u == 0u;
}

static tseg_status check_arguments(tseg_exec **exec, const tseg_plan *plan,
                                   const tseg_exec_memory *memory, const tseg_exec_io *io,
                                   tseg_store *const *stores, size_t store_count) {
  if (exec == NULL || plan == NULL || memory == NULL || io == NULL || !aligned(memory->context)) {
    return TSEG_ERR_ARGUMENT;
  }
  if (memory->arena_size < plan->header->arena_size) {
    return TSEG_ERR_ARENA_SIZE;
  }
  if (plan->header->arena_size > 0u && !aligned(memory->arena)) {
    return TSEG_ERR_ARGUMENT;
  }
  if (store_count < plan->header->stores.count || (store_count > 0u && stores == NULL)) {
    return TSEG_ERR_PLAN_STORE;
  }
  for (uint32_t i = 0; i < plan->header->ports.count; i++) {
    const bool is_input = plan->ports[i].direction == TSEG_PORT_INPUT;
    if (is_input ? io->input == NULL : io->output == NULL) {
      return TSEG_ERR_ARGUMENT;
    }
  }
  return TSEG_OK;
}

tseg_status tseg_exec_init(tseg_exec **exec, const tseg_plan *plan, const tseg_exec_memory *memory,
                           const tseg_exec_io *io, tseg_store *const *stores, size_t store_count) {
  const tseg_status status = check_arguments(exec, plan, memory, io, stores, store_count);
  if (status != TSEG_OK) {
    return status;
  }
  const context_layout layout = lay_out(plan);
  if (memory->context_size < layout_size(&layout)) {
    return TSEG_ERR_CONTEXT_SIZE;
  }
  memset(memory->context, 0, layout_size(&layout));
  tseg_exec *made = cut(&layout, memory->context);
  made->plan = plan;
  made->arena = memory->arena;
  made->io = *io;
  made->store_count = plan->header->stores.count;
  made->phase = PHASE_IDLE;
  for (size_t i = 0; i < layout.operand_count; i++) {
    made->operand_pointers[i] = &made->operands[i];
  }
  for (uint32_t i = 0; i < plan->header->operators.count; i++) {
    made->variants[i] = tseg_nn_find(plan->operators[i].variant);
    if (made->variants[i] == NULL) {
      return TSEG_ERR_PLAN_VARIANT;
    }
  }
  for (uint32_t i = 0; i < made->store_count; i++) {
    if (stores[i] == NULL) {
      return TSEG_ERR_PLAN_STORE;
    }
    made->stores[i] = stores[i];
  }
  *exec = made;
  return TSEG_OK;
}

tseg_status tseg_exec_begin(tseg_exec *exec) {
  if (exec == NULL) {
    return TSEG_ERR_ARGUMENT;
  }
  const tseg_plan_header *header = exec->plan->header;
  exec->phase = PHASE_IDLE;
  for (uint32_t i = 0; i < exec->store_count; i++) {
    tseg_status status = TSEG_OK;
    if (exec->in_flight > 0u) {
      status = tseg_store_abort(exec->stores[i]);
    }
    if (status == TSEG_OK) {
      status = tseg_store_begin(exec->stores[i]);
    }
    if (status != TSEG_OK) {
      return status;
    }
  }
  exec->in_flight = 0;
  exec->position = 0;
  exec->loop_depth = 0;
  exec->waiting = NULL;
  memset(exec->calls, 0, header->operators.count * sizeof(uint32_t));
  memset(exec->port_steps, 0, header->ports.count * sizeof(uint32_t));
  memset(exec->transfers, 0, header->transfers.count * sizeof(transfer_state));
  exec->phase = PHASE_RUNNING;
  return TSEG_OK;
}

/* INPUT, OUTPUT: asks the application for the port's next rows. */
static tseg_status move_port(tseg_exec *exec, uint32_t index) {
  const tseg_plan *plan = exec->plan;
  const tseg_plan_port *port = &plan->ports[index];
  const tseg_plan_buffer *buffer = &plan->buffers[port->buffer];
  const tseg_plan_tensor *tensor = &plan->tensors[buffer->tensor];
  const uint32_t total = tensor->n * tensor->h;
  const uint32_t first = exec->port_steps[index] * port->rows_per_step;
  const uint32_t left = total - first;
  const exec_strip strip = exec_strip_of(exec, buffer, first);
  const tseg_exec_rows rows = {
      .index = port->index,
      .first_row = first,
      .row_count = left < port->rows_per_step ? left : port->rows_per_step,
      .row_bytes = tensor->row_bytes,
      .row_total = total,
      .row_stride = strip.row_stride,
      .ring_rows = strip.ring_rows,
      .base = strip.base,
  };
  const bool is_input = port->direction == TSEG_PORT_INPUT;
  const tseg_status status =
      is_input ? exec->io.input(exec->io.user, &rows) : exec->io.output(exec->io.user, &rows);
  if (status == TSEG_OK) {
    exec->port_steps[index]++;
    return TSEG_OK;
  }
  if (status == TSEG_PENDING) {
    return TSEG_PENDING;
  }
  return is_input ? TSEG_ERR_INPUT : TSEG_ERR_OUTPUT;
}

static void enter_loop(tseg_exec *exec, uint32_t times) {
  loop_state *loop = &exec->loops[exec->loop_depth++];
  loop->body = exec->position + 1u;
  loop->left = times;
}

/* Position of the next step after END_LOOP. */
static uint32_t leave_loop(tseg_exec *exec) {
  loop_state *loop = &exec->loops[exec->loop_depth - 1u];
  loop->left--;
  if (loop->left > 0u) {
    return loop->body;
  }
  exec->loop_depth--;
  return exec->position + 1u;
}

/* Runs the step at the current position, and moves on when it is done. */
static tseg_status step(tseg_exec *exec) {
  const uint32_t word = exec->plan->program[exec->position];
  const uint32_t argument = word >> 8;
  uint32_t next = exec->position + 1u;
  tseg_status status = TSEG_OK;
  switch (word & 0xFFu) {
  case TSEG_OP_RUN:
    tseg_exec_run_operator(exec, argument);
    break;
  case TSEG_OP_SPILL_START:
  case TSEG_OP_FETCH_START:
    status = tseg_exec_start_transfer(exec, argument);
    break;
  case TSEG_OP_SPILL_WAIT:
  case TSEG_OP_FETCH_WAIT:
    status = tseg_exec_wait_transfer(exec, argument);
    break;
  case TSEG_OP_INPUT:
  case TSEG_OP_OUTPUT:
    status = move_port(exec, argument);
    break;
  case TSEG_OP_LOOP:
    enter_loop(exec, argument);
    break;
  case TSEG_OP_END_LOOP:
    next = leave_loop(exec);
    break;
  default:
    exec->phase = PHASE_DONE;
    return TSEG_OK;
  }
  if (status == TSEG_OK) {
    exec->position = next;
  }
  return status;
}

/* Gives up the inference: no buffer belongs to a device afterwards. Keeps the first error. */
static tseg_status fail(tseg_exec *exec, tseg_status status) {
  exec->phase = PHASE_IDLE;
  for (uint32_t i = 0; i < exec->store_count; i++) {
    (void)tseg_store_abort(exec->stores[i]);
  }
  exec->in_flight = 0;
  return status;
}

tseg_status tseg_exec_advance(tseg_exec *exec) {
  if (exec == NULL) {
    return TSEG_ERR_ARGUMENT;
  }
  if (exec->phase == PHASE_IDLE) {
    return TSEG_ERR_STATE;
  }
  exec->waiting = NULL;
  while (exec->phase == PHASE_RUNNING) {
    const tseg_status serviced = tseg_exec_service(exec);
    if (serviced != TSEG_OK) {
      return fail(exec, serviced);
    }
    const tseg_status status = step(exec);
    if (status == TSEG_PENDING) {
      return TSEG_PENDING;
    }
    if (status != TSEG_OK) {
      return fail(exec, status);
    }
  }
  return TSEG_OK;
}

tseg_status tseg_exec_run(tseg_exec *exec) {
  tseg_status status = tseg_exec_begin(exec);
  if (status != TSEG_OK) {
    return status;
  }
  status = tseg_exec_advance(exec);
  while (status == TSEG_PENDING) {
    if (exec->waiting != NULL) {
      tseg_store_idle(exec->waiting);
    } else if (exec->io.idle != NULL) {
      exec->io.idle(exec->io.user);
    }
    status = tseg_exec_advance(exec);
  }
  return status;
}

uint32_t tseg_exec_position(const tseg_exec *exec) {
  return exec->position;
}
