/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a plan once in memory of its own. */
#include "support/plan_runner.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tseg/block_ram.h"

/* Where a row of a port lies in the bytes of all inputs, or of all outputs. */
static size_t port_offset(const tseg_plan *plan, uint32_t direction, uint32_t index) {
  size_t offset = 0;
  for (uint32_t i = 0; i < plan->header->ports.count; i++) {
    const tseg_plan_port *port = &plan->ports[i];
    if (port->direction == direction && port->index < index) {
      const tseg_plan_tensor *t = &plan->tensors[plan->buffers[port->buffer].tensor];
      offset += (size_t)t->n * t->h * t->row_bytes;
    }
  }
  return offset;
}

struct session {
  struct plan_runner *runner;
  tseg_plan plan;
  void *arena, *context;
  tseg_store **stores;
  void **store_memory;
  uint8_t **device_bytes;
  tseg_block_device *devices;
  tseg_block_ram *rams;
};

static int still_pending(struct plan_runner *runner) {
  if (runner->pending_left > 0) {
    runner->pending_left--;
    return 1;
  }
  runner->pending_left = runner->pending_ports;
  return 0;
}

static tseg_status on_input(void *user, const tseg_exec_rows *rows) {
  struct session *s = user;
  struct plan_runner *runner = s->runner;
  if (still_pending(runner)) return TSEG_PENDING;
  size_t from = port_offset(&s->plan, TSEG_PORT_INPUT, rows->index) +
                (size_t)rows->first_row * rows->row_bytes;
  for (uint32_t r = rows->first_row; r < rows->first_row + rows->row_count; r++) {
    uint8_t *to = rows->base + (size_t)(r % rows->ring_rows) * rows->row_stride;
    for (uint32_t i = 0; i < rows->row_bytes; i++, from++) {
      to[i] = runner->input_size > 0 ? runner->input[from % runner->input_size] : (uint8_t)from;
    }
  }
  return TSEG_OK;
}

static tseg_status on_output(void *user, const tseg_exec_rows *rows) {
  struct session *s = user;
  struct plan_runner *runner = s->runner;
  if (still_pending(runner)) return TSEG_PENDING;
  size_t to = port_offset(&s->plan, TSEG_PORT_OUTPUT, rows->index) +
              (size_t)rows->first_row * rows->row_bytes;
  volatile uint8_t seen = 0; /* every byte is read, so that a sanitizer looks at it */
  for (uint32_t r = rows->first_row; r < rows->first_row + rows->row_count; r++) {
    const uint8_t *from = rows->base + (size_t)(r % rows->ring_rows) * rows->row_stride;
    for (uint32_t i = 0; i < rows->row_bytes; i++, to++) {
      seen ^= from[i];
      if (to < runner->output_capacity) runner->output[to] = from[i];
    }
  }
  if (to > runner->output_size) runner->output_size = to;
  return TSEG_OK;
}

static void on_ran(void *user, uint32_t operator_index, uint32_t call) {
  struct session *s = user;
  (void)operator_index;
  (void)call;
  s->runner->runs++;
}

static void on_idle(void *user) {
  struct session *s = user;
  s->runner->idles++;
}

static void *allocate(size_t size) {
  return aligned_alloc(16, size == 0 ? 16 : (size + 15u) & ~(size_t)15u);
}

/* Bytes for a device that holds all blocks of a store, however they are padded. */
static size_t device_capacity(const tseg_plan *plan, uint32_t store) {
  size_t capacity = 0;
  for (uint32_t i = 0; i < plan->header->streams.count; i++) {
    const tseg_plan_stream *stream = &plan->streams[i];
    if (stream->store == store) {
      const size_t raw = (size_t)stream->rows_per_block * plan->tensors[stream->tensor].row_bytes;
      capacity += stream->block_count * (raw + 64u);
    }
  }
  return capacity;
}

static tseg_status open_stores(struct session *s) {
  const uint32_t count = s->plan.header->stores.count;
  s->stores = calloc(count + 1u, sizeof *s->stores);
  s->store_memory = calloc(count + 1u, sizeof *s->store_memory);
  s->device_bytes = calloc(count + 1u, sizeof *s->device_bytes);
  s->devices = calloc(count + 1u, sizeof *s->devices);
  s->rams = calloc(count + 1u, sizeof *s->rams);
  const size_t limit = s->runner->memory_max > 0 ? s->runner->memory_max : SIZE_MAX;
  for (uint32_t i = 0; i < count; i++) {
    const size_t memory = tseg_store_memory_size(&s->plan, i);
    const size_t capacity = device_capacity(&s->plan, i);
    if (memory > limit || capacity > limit) return TSEG_ERR_ARENA_SIZE;
    s->store_memory[i] = allocate(memory);
    s->device_bytes[i] = malloc(capacity + 1u);
    if (s->store_memory[i] == NULL || s->device_bytes[i] == NULL) return TSEG_ERR_ARENA_SIZE;
    tseg_block_device *device = &s->devices[i];
    if (i == 0 && s->runner->device != NULL) device = s->runner->device;
    tseg_status status = tseg_block_ram_init(&s->devices[i], &s->rams[i], s->device_bytes[i],
                                             capacity, s->runner->delay_polls);
    if (status == TSEG_OK) {
      status = tseg_store_init(&s->stores[i], &s->plan, i, device, s->store_memory[i], memory);
    }
    if (status != TSEG_OK) return status;
  }
  return TSEG_OK;
}

static tseg_status run_session(struct session *s, uint32_t inferences) {
  struct plan_runner *runner = s->runner;
  const size_t arena_size = s->plan.header->arena_size;
  if ((runner->memory_max > 0 && arena_size > runner->memory_max) ||
      (runner->work_max > 0 && tseg_plan_work(&s->plan) > runner->work_max)) {
    return TSEG_ERR_ARENA_SIZE;
  }
  tseg_status status = open_stores(s);
  if (status != TSEG_OK) return status;
  const size_t context_size = tseg_exec_context_size(&s->plan);
  /* malloc gives 16-byte alignment, and the sanitizer the exact end. */
  s->arena = malloc(arena_size > 0 ? arena_size : 1u);
  s->context = allocate(context_size);
  memset(s->arena, 0x5A, arena_size > 0 ? arena_size : 1u);
  const tseg_exec_memory memory = {s->arena, arena_size, s->context, context_size};
  const tseg_exec_io io = {s, on_input, on_output, on_ran, on_idle};
  tseg_exec *exec = NULL;
  status = tseg_exec_init(&exec, &s->plan, &memory, &io, s->stores, s->plan.header->stores.count);
  for (uint32_t i = 0; i < inferences && (status == TSEG_OK || runner->ignore_errors); i++) {
    runner->runs = 0;
    runner->idles = 0;
    runner->output_size = 0;
    runner->pending_left = runner->pending_ports;
    status = tseg_exec_run(exec);
    runner->position = tseg_exec_position(exec);
  }
  if (s->plan.header->stores.count > 0) runner->counters = *tseg_store_get_counters(s->stores[0]);
  return status;
}

tseg_status plan_runner_run(struct plan_runner *runner, const uint8_t *bytes, size_t size,
                            uint32_t inferences) {
  struct session s = {.runner = runner};
  tseg_status status = tseg_plan_load(bytes, size, &s.plan);
  if (status != TSEG_OK) return status;
  uint8_t *before = malloc(size);
  assert(before != NULL);
  memcpy(before, bytes, size);
  status = run_session(&s, inferences);
  assert(memcmp(before, bytes, size) == 0); /* flash on a board: nobody writes to it */
  free(before);
  for (uint32_t i = 0; i < s.plan.header->stores.count && s.stores != NULL; i++) {
    free(s.store_memory[i]);
    free(s.device_bytes[i]);
  }
  free(s.stores);
  free(s.store_memory);
  free(s.device_bytes);
  free(s.devices);
  free(s.rams);
  free(s.arena);
  free(s.context);
  return status;
}
