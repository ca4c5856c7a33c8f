/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host program with a store that is as unpleasant to plans as tseg/store.h allows, so that a
 * missing or misplaced WAIT shows as wrong bytes. It takes the place of the store engine, which
 * forgives: that copies rows within START. Here
 *   - a spill takes its rows when it completes, not when it starts;
 *   - a fetch fills its rows with poison when it starts, and with the block when it completes;
 *   - each completes within START, after some steps, or only in its WAIT, as seeded numbers say;
 *   - a WAIT is answered TSEG_PENDING a few times.
 * Blocks are kept in memory, whatever --store says. TINYSEG_ADVERSARY_SEED gives the first seed.
 */
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "tseg/store.h"

#define OPS_MAX     256u
#define POISON      0xDBu
#define NEVER       UINT32_MAX
#define WAITS_MAX   3u
#define SERVICE_MAX 12u

/* A block between its START and its WAIT. */
typedef struct operation {
  bool used, done;
  uint8_t direction;
  uint32_t stream, block;
  uint32_t services; /* until it completes by itself; NEVER: only when waited for */
  uint32_t waits;    /* answers of TSEG_PENDING */
  tseg_store_rows rows;
} operation;

/* What a spill has stored. */
typedef struct stored_block {
  struct stored_block *next;
  const tseg_store *store;
  uint32_t stream, block, size;
  uint8_t bytes[];
} stored_block;

struct tseg_store {
  operation ops[OPS_MAX];
  tseg_store_counters counters;
  uint32_t random;
  bool begun;
};

/* Of all stores; the newest first. */
static stored_block *blocks;

static uint32_t next_random(tseg_store *store) {
  uint32_t x = store->random;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return store->random = x;
}

static uint8_t *row_at(const tseg_store_rows *rows, uint32_t index) {
  return rows->base + (size_t)((rows->first_row + index) % rows->ring_rows) * rows->row_stride;
}

static stored_block *find_block(const tseg_store *store, uint32_t stream, uint32_t block) {
  stored_block *found = blocks;
  while (found != NULL &&
         (found->store != store || found->stream != stream || found->block != block)) {
    found = found->next;
  }
  return found;
}

/* Frees the blocks of one store, or of all. */
static void forget_blocks(const tseg_store *store) {
  stored_block **at = &blocks;
  while (*at != NULL) {
    stored_block *block = *at;
    if (store == NULL || block->store == store) {
      *at = block->next;
      free(block);
    } else {
      at = &block->next;
    }
  }
}

static void take_rows(tseg_store *store, const operation *op) {
  const uint32_t row_bytes = op->rows.row_bytes;
  const uint32_t size = op->rows.row_count * row_bytes;
  stored_block *block = malloc(sizeof *block + size);
  if (block == NULL) {
    abort();
  }
  *block = (stored_block){blocks, store, op->stream, op->block, size};
  for (uint32_t i = 0; i < op->rows.row_count; i++) {
    memcpy(block->bytes + (size_t)i * row_bytes, row_at(&op->rows, i), row_bytes);
  }
  blocks = block;
  store->counters.blocks_written++;
  store->counters.raw_bytes_written += size;
}

static void give_rows(tseg_store *store, const operation *op) {
  const stored_block *block = find_block(store, op->stream, op->block);
  const uint32_t row_bytes = op->rows.row_bytes;
  for (uint32_t i = 0; i < op->rows.row_count; i++) {
    memcpy(row_at(&op->rows, i), block->bytes + (size_t)i * row_bytes, row_bytes);
  }
  store->counters.blocks_read++;
  store->counters.raw_bytes_read += block->size;
}

static void complete(tseg_store *store, operation *op) {
  if (op->direction == TSEG_SPILL) {
    take_rows(store, op);
  } else {
    give_rows(store, op);
  }
  op->done = true;
}

/* True: a START of this block has not been waited for. */
static bool under_way(const tseg_store *store, uint32_t stream, uint32_t direction,
                      uint32_t block) {
  for (uint32_t i = 0; i < OPS_MAX; i++) {
    const operation *op = &store->ops[i];
    if (op->used && op->stream == stream && op->direction == direction && op->block == block) {
      return true;
    }
  }
  return false;
}

static tseg_status begin_operation(tseg_store *store, uint32_t direction, uint32_t stream,
                                   uint32_t block, const tseg_store_rows *rows) {
  operation *op = store->ops;
  while (op < store->ops + OPS_MAX && op->used) {
    op++;
  }
  if (op == store->ops + OPS_MAX) {
    return TSEG_ERR_STATE;
  }
  *op = (operation){.used = true,
                    .direction = (uint8_t)direction,
                    .stream = stream,
                    .block = block,
                    .waits = next_random(store) % (WAITS_MAX + 1u),
                    .rows = *rows};
  const uint32_t when = next_random(store) % 4u;
  op->services = when == 0u ? 0u : when == 1u ? 1u + next_random(store) % SERVICE_MAX : NEVER;
  if (direction == TSEG_FETCH) {
    for (uint32_t i = 0; i < rows->row_count; i++) {
      memset(row_at(rows, i), POISON, rows->row_bytes);
    }
  }
  if (op->services == 0u) {
    complete(store, op);
  }
  return TSEG_OK;
}

size_t tseg_store_memory_size(const tseg_plan *plan, uint32_t store_index) {
  (void)plan;
  (void)store_index;
  return (sizeof(tseg_store) + 15u) / 16u * 16u;
}

tseg_status tseg_store_init(tseg_store **store, const tseg_plan *plan, uint32_t store_index,
                            tseg_block_device *device, void *memory, size_t memory_size) {
  (void)plan;
  (void)device;
  if (store_index == 0u) {
    forget_blocks(NULL); /* those of the plan that this process ran before */
  }
  const char *seed = getenv("TINYSEG_ADVERSARY_SEED");
  memset(memory, 0, memory_size);
  *store = memory;
  const unsigned long first = seed != NULL ? strtoul(seed, NULL, 10) : 1u;
  (*store)->random = ((uint32_t)first * 2654435761u + store_index * 40503u) | 1u;
  return TSEG_OK;
}

tseg_status tseg_store_begin(tseg_store *store) {
  forget_blocks(store);
  memset(store->ops, 0, sizeof store->ops);
  store->begun = true;
  return TSEG_OK;
}

tseg_status tseg_store_abort(tseg_store *store) {
  memset(store->ops, 0, sizeof store->ops);
  forget_blocks(store);
  store->begun = false;
  return TSEG_OK;
}

tseg_status tseg_store_write_start(tseg_store *store, uint32_t stream, uint32_t block,
                                   const tseg_store_rows *rows) {
  const bool in_order = block == 0u || find_block(store, stream, block - 1u) != NULL ||
                        under_way(store, stream, TSEG_SPILL, block - 1u);
  if (!in_order || find_block(store, stream, block) != NULL ||
      under_way(store, stream, TSEG_SPILL, block)) {
    return TSEG_ERR_STORE_RANGE;
  }
  return begin_operation(store, TSEG_SPILL, stream, block, rows);
}

tseg_status tseg_store_read_start(tseg_store *store, uint32_t stream, uint32_t block,
                                  const tseg_store_rows *rows) {
  const stored_block *stored = find_block(store, stream, block);
  if (stored == NULL || stored->size != rows->row_count * rows->row_bytes) {
    return TSEG_ERR_STORE_RANGE;
  }
  return begin_operation(store, TSEG_FETCH, stream, block, rows);
}

tseg_status tseg_store_service(tseg_store *store) {
  for (uint32_t i = 0; i < OPS_MAX; i++) {
    operation *op = &store->ops[i];
    if (op->used && !op->done && op->services != NEVER && --op->services == 0u) {
      complete(store, op);
    }
  }
  return TSEG_OK;
}

/* As tseg/store.h says: a block that is read more than once is unfinished until all of it are done. */
tseg_status tseg_store_poll(tseg_store *store, uint32_t stream, uint32_t direction,
                            uint32_t block) {
  operation *found = NULL;
  for (uint32_t i = 0; i < OPS_MAX; i++) {
    operation *op = &store->ops[i];
    if (!op->used || op->stream != stream || op->direction != direction || op->block != block) {
      continue;
    }
    if (op->waits > 0u) {
      op->waits--;
      return TSEG_PENDING;
    }
    if (!op->done) {
      complete(store, op);
    }
    found = op;
  }
  if (found == NULL) {
    return TSEG_ERR_STATE;
  }
  found->used = false;
  return TSEG_OK;
}

void tseg_store_idle(tseg_store *store) {
  (void)store;
}

const tseg_store_counters *tseg_store_get_counters(const tseg_store *store) {
  return &store->counters;
}

int main(int argc, char **argv) {
  const int code = host_program(argc, argv);
  forget_blocks(NULL);
  return code;
}
