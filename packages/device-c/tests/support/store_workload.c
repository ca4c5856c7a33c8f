/* SPDX-License-Identifier: Apache-2.0 */
/* Plans with streams only, and a workload over them. */
#include "support/store_workload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 200000u
#define GAP       3u /* bytes between rows that nobody may touch */
#define GAP_BYTE  0x5Au

void workload_plan_make(workload_plan *made, const workload_stream *streams, uint32_t count,
                        uint32_t unit_bytes, uint32_t slot_count) {
  memset(made, 0, sizeof *made);
  uint32_t transfers = 0;
  for (uint32_t i = 0; i < count; i++) {
    const workload_stream *stream = &streams[i];
    made->tensors[i].type = TSEG_TYPE_INT8;
    made->tensors[i].n = 1;
    made->tensors[i].h = stream->rows;
    made->tensors[i].w = 1;
    made->tensors[i].c = stream->row_bytes;
    made->tensors[i].row_bytes = stream->row_bytes;
    made->streams[i].tensor = i;
    made->streams[i].rows_per_block = stream->rows_per_block;
    made->streams[i].block_count =
        (stream->rows + stream->rows_per_block - 1) / stream->rows_per_block;
    made->streams[i].codecs = stream->codecs;
    made->streams[i].period = made->streams[i].carried = 1;
    if (stream->rows_per_block * stream->row_bytes > made->store.block_bytes_max) {
      made->store.block_bytes_max = stream->rows_per_block * stream->row_bytes;
    }
    for (uint32_t t = 0; t <= stream->fetches; t++) {
      tseg_plan_transfer *transfer = &made->transfers[transfers++];
      transfer->stream = i;
      transfer->direction = t == 0 ? TSEG_SPILL : TSEG_FETCH;
      transfer->in_flight = stream->in_flight;
    }
  }
  made->store.kind = TSEG_STORE_RAM;
  made->store.unit_bytes = unit_bytes;
  made->store.slot_count = slot_count;
  made->header.tensors.count = count;
  made->header.stores.count = 1;
  made->header.streams.count = count;
  made->header.transfers.count = transfers;
  made->plan.header = &made->header;
  made->plan.tensors = made->tensors;
  made->plan.stores = &made->store;
  made->plan.streams = made->streams;
  made->plan.transfers = made->transfers;
}

static uint32_t mix(uint32_t x) {
  x ^= x >> 16;
  x *= 0x7FEB352Du;
  x ^= x >> 15;
  x *= 0x846CA68Bu;
  return x ^ x >> 16;
}

uint8_t workload_byte(uint32_t inference, uint32_t stream, uint32_t row, uint32_t column) {
  uint32_t value = mix(mix(mix(inference * 4u + stream) + row) + column);
  switch (stream % 3u) {
  case 0: /* mostly the zero point, as after a ReLU */
    return value % 100u < 70u ? 0x80u : (uint8_t)(value >> 16);
  case 1:
    return (uint8_t)(value >> 16);
  default:
    return (uint8_t)(inference * 16u + row);
  }
}

/* A transfer at work: blocks started and finished, and the ring its rows are in. */
typedef struct cursor {
  const tseg_plan_transfer *transfer;
  uint32_t started;
  uint32_t finished;
  uint32_t ring_rows;
  uint32_t stride;
  uint8_t *ring;
  size_t ring_bytes;
} cursor;

typedef struct run {
  tseg_store *store;
  const workload_plan *made;
  uint32_t inference;
  uint32_t random;
  uint32_t count;
  cursor cursors[WORKLOAD_STREAMS_MAX * 3];
  workload_result result;
} run;

static uint32_t next_random(run *r) {
  r->random ^= r->random << 13;
  r->random ^= r->random >> 17;
  r->random ^= r->random << 5;
  return r->random;
}

static const tseg_plan_stream *stream_of(const run *r, const cursor *c) {
  return &r->made->streams[c->transfer->stream];
}

static tseg_store_rows block_rows(const run *r, const cursor *c, uint32_t block) {
  const tseg_plan_stream *stream = stream_of(r, c);
  const tseg_plan_tensor *tensor = &r->made->tensors[stream->tensor];
  uint32_t first = block * stream->rows_per_block;
  uint32_t left = tensor->h - first;
  tseg_store_rows rows = {
      .base = c->ring,
      .row_stride = c->stride,
      .ring_rows = c->ring_rows,
      .row_bytes = tensor->row_bytes,
      .first_row = first,
      .row_count = left < stream->rows_per_block ? left : stream->rows_per_block,
  };
  return rows;
}

static uint8_t *row_at(const tseg_store_rows *rows, uint32_t row) {
  return rows->base + (size_t)(row % rows->ring_rows) * rows->row_stride;
}

static void fill(const run *r, const cursor *c, uint32_t block) {
  tseg_store_rows rows = block_rows(r, c, block);
  for (uint32_t row = rows.first_row; row < rows.first_row + rows.row_count; row++) {
    for (uint32_t i = 0; i < rows.row_bytes; i++) {
      row_at(&rows, row)[i] = workload_byte(r->inference, c->transfer->stream, row, i);
    }
  }
}

static void compare(run *r, const cursor *c, uint32_t block) {
  tseg_store_rows rows = block_rows(r, c, block);
  for (uint32_t row = rows.first_row; row < rows.first_row + rows.row_count; row++) {
    for (uint32_t i = 0; i < rows.row_bytes; i++) {
      r->result.wrong |=
          row_at(&rows, row)[i] != workload_byte(r->inference, c->transfer->stream, row, i);
    }
  }
  r->result.blocks++;
}

static bool gaps_are_whole(const run *r, const cursor *c) {
  const tseg_plan_tensor *tensor = &r->made->tensors[stream_of(r, c)->tensor];
  for (size_t at = 0; at < c->ring_bytes; at++) {
    if (at % c->stride >= tensor->row_bytes && c->ring[at] != GAP_BYTE) {
      return false;
    }
  }
  return true;
}

static void make_cursors(run *r) {
  r->count = r->made->header.transfers.count;
  for (uint32_t i = 0; i < r->count; i++) {
    cursor *c = &r->cursors[i];
    c->transfer = &r->made->transfers[i];
    const tseg_plan_stream *stream = stream_of(r, c);
    uint32_t block_rows_max = stream->rows_per_block * c->transfer->in_flight;
    c->ring_rows = block_rows_max + next_random(r) % 3u;
    c->stride = r->made->tensors[stream->tensor].row_bytes + GAP;
    c->ring_bytes = (size_t)c->ring_rows * c->stride;
    c->ring = malloc(c->ring_bytes);
    if (c->ring == NULL) {
      abort();
    }
    memset(c->ring, GAP_BYTE, c->ring_bytes);
  }
}

/* Blocks of the cursor's stream whose writing was waited for. */
static uint32_t written_blocks(const run *r, const cursor *c) {
  for (uint32_t i = 0; i < r->count; i++) {
    if (r->cursors[i].transfer->stream == c->transfer->stream &&
        r->cursors[i].transfer->direction == TSEG_SPILL) {
      return r->cursors[i].finished;
    }
  }
  return 0;
}

static tseg_status start_next(run *r, cursor *c) {
  bool spills = c->transfer->direction == TSEG_SPILL;
  uint32_t limit = spills ? stream_of(r, c)->block_count : written_blocks(r, c);
  if (c->started >= limit || c->started - c->finished >= c->transfer->in_flight) {
    return TSEG_PENDING;
  }
  tseg_store_rows rows = block_rows(r, c, c->started);
  if (spills) {
    fill(r, c, c->started);
  }
  tseg_status status =
      spills ? tseg_store_write_start(r->store, c->transfer->stream, c->started, &rows)
             : tseg_store_read_start(r->store, c->transfer->stream, c->started, &rows);
  c->started += status == TSEG_OK;
  return status;
}

static tseg_status wait_oldest(run *r, cursor *c) {
  if (c->started == c->finished) {
    return TSEG_PENDING;
  }
  tseg_status status =
      tseg_store_poll(r->store, c->transfer->stream, c->transfer->direction, c->finished);
  if (status == TSEG_OK) {
    if (c->transfer->direction == TSEG_FETCH) {
      compare(r, c, c->finished);
    }
    c->finished++;
  } else if (status == TSEG_PENDING) {
    tseg_store_idle(r->store);
  }
  return status;
}

static bool is_over(const run *r) {
  for (uint32_t i = 0; i < r->count; i++) {
    if (r->cursors[i].finished != stream_of(r, &r->cursors[i])->block_count) {
      return false;
    }
  }
  return true;
}

static tseg_status run_steps(run *r) {
  for (uint32_t step = 0; !is_over(r); step++) {
    if (step == STEPS_MAX) {
      r->result.stuck = true;
      return TSEG_PENDING;
    }
    cursor *c = &r->cursors[next_random(r) % r->count];
    tseg_status status = next_random(r) % 2u == 0 ? start_next(r, c) : wait_oldest(r, c);
    if (status < 0) {
      return status;
    }
  }
  return TSEG_OK;
}

workload_result workload_run(tseg_store *store, const workload_plan *plan, uint32_t inference,
                             uint32_t seed) {
  run r;
  memset(&r, 0, sizeof r);
  r.store = store;
  r.made = plan;
  r.inference = inference;
  r.random = seed != 0 ? seed : 1;
  make_cursors(&r);
  r.result.status = tseg_store_begin(store);
  if (r.result.status == TSEG_OK) {
    r.result.status = run_steps(&r);
  }
  if (r.result.status != TSEG_OK) {
    (void)tseg_store_abort(store);
  }
  for (uint32_t i = 0; i < r.count; i++) {
    r.result.spilled_over |= !gaps_are_whole(&r, &r.cursors[i]);
    free(r.cursors[i].ring);
  }
  return r.result;
}

tseg_store *workload_engine(const workload_plan *plan, tseg_block_device *device, void **memory) {
  size_t size = tseg_store_memory_size(&plan->plan, 0);
  *memory = aligned_alloc(16, size);
  tseg_store *store = NULL;
  tseg_status status = *memory == NULL
                           ? TSEG_ERR_CONTEXT_SIZE
                           : tseg_store_init(&store, &plan->plan, 0, device, *memory, size);
  if (status != TSEG_OK) {
    (void)fprintf(stderr, "workload_engine: init gives %d\n", (int)status);
    abort();
  }
  return store;
}
