/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store engine: keeps the streams of one plan on one block device. A state machine without
 * threads: it moves only inside the functions below. None of them may be called while another one of
 * the same store runs: an interrupt may call tseg_store_service only when it can't interrupt any.
 * Nor may one during a RUN step, unless the plan is trusted (made by the compiler, which verifies it,
 * or passed by `tinyseg verify`): the loader can't know that a fetch keeps off what a kernel works in,
 * and kernels believe row offsets that they keep there.
 *
 * A stream is a log of blocks, written in order and once per inference; a block is rows_per_block
 * of the rows that the stream carries, encoded by the codec that does best on it (never more than one
 * byte longer than raw, plus the block header with length and CRC-32). Each block has a fixed place on
 * the device. What comes back from a device is never trusted: a block that is damaged, misplaced, of
 * another store, or left over from another inference is read again, then reported. docs/specs/store-format.md has the bytes.
 *
 * A block under way is a record; there are as many records as the plan's transfers may have STARTs
 * without their WAIT. A record needs a transfer slot (a buffer) only while its bytes travel.
 */
#ifndef TSEG_STORE_H
#define TSEG_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "tseg/block.h"
#include "tseg/config.h"
#include "tseg/plan.h"
#include "tseg/rows.h"
#include "tseg/status.h"

#define TSEG_STORE_HEADER_BYTES 8u /* before each encoded block */
#define TSEG_STORE_SLOTS_MAX    4u

/* Counted from tseg_store_init on. Bytes count once they have moved well. */
typedef struct tseg_store_counters {
  uint64_t raw_bytes_written;    /* before encoding */
  uint64_t device_bytes_written; /* what went to the device: headers, encoded payload, padding */
  uint64_t raw_bytes_read;
  uint64_t device_bytes_read; /* repeated reads included */
  uint32_t blocks_written;
  uint32_t blocks_read;
  uint32_t erases;  /* erase units */
  uint32_t retries; /* reads begun again */
} tseg_store_counters;

typedef struct tseg_store tseg_store;

/*
 * Bytes of memory tseg_store_init needs for store `store_index` of the plan: the engine itself,
 * its transfer slots and its block index. A multiple of 16, and the same on every target. A store
 * that the engine can't serve (see init) gives the largest multiple of 16 in a size_t.
 */
size_t tseg_store_memory_size(const tseg_plan *plan, uint32_t store_index);

/*
 * Makes the engine in `memory` (16-byte aligned, owned by the engine until the application stops
 * using it) and stores its address in *store. plan and device must stay in place as long.
 * Returns TSEG_OK, TSEG_ERR_CONTEXT_SIZE, TSEG_ERR_STORE_FULL (the streams don't fit the device's
 * capacity), TSEG_ERR_ARGUMENT: a null or misaligned pointer; no such store; a slot count outside
 * 1..4; a stream whose blocks are larger than the store says or don't make up its tensor; a
 * geometry whose read, program and erase sizes don't divide one another, or whose
 * larger of read and program size doesn't divide the plan's unit_bytes for this store.
 */
tseg_status tseg_store_init(tseg_store **store, const tseg_plan *plan, uint32_t store_index,
                            tseg_block_device *device, void *memory, size_t memory_size);

/*
 * Sets the number of the inference that the next tseg_store_begin begins; each later one is one
 * higher. It enters every checksum, so that blocks of other inferences are known for stale. An
 * application whose device keeps its bytes over a restart gives a number that it did not use
 * before it (a boot counter, random bits). Not calling this starts at 1.
 */
void tseg_store_set_epoch(tseg_store *store, uint32_t epoch);

/*
 * Begins an inference: forgets all blocks, and results nobody asked for. Returns TSEG_OK,
 * TSEG_ERR_STATE while blocks are under way (wait for them, or abort), or the device's error.
 */
tseg_status tseg_store_begin(tseg_store *store);

/*
 * Begins to write block `block` of plan stream `stream`. The rows are encoded into a transfer slot
 * inside this call, so they could be reused at once; plans nevertheless wait (the verifier holds
 * them busy until the WAIT), so that a driver may one day read them in place.
 * TSEG_OK: under way. TSEG_PENDING: all slots are busy: service and ask again (back-pressure).
 * TSEG_ERR_STORE_RANGE: not the next block of its stream. TSEG_ERR_ARGUMENT: rows that are not
 * those of the block. TSEG_ERR_STATE: no inference has begun, or every record holds a result that
 * was not asked for. An error of the device comes from tseg_store_poll.
 */
tseg_status tseg_store_write_start(tseg_store *store, uint32_t stream, uint32_t block,
                                   const tseg_store_rows *rows);

/*
 * Begins to read a block into `rows`; the row bytes belong to the engine until the block is done.
 * Returns as tseg_store_write_start, TSEG_PENDING when all records are busy;
 * TSEG_ERR_STORE_RANGE: the block was not written, or its writing is not done.
 */
tseg_status tseg_store_read_start(tseg_store *store, uint32_t stream, uint32_t block,
                                  const tseg_store_rows *rows);

/* Advances transfers without blocking. Returns TSEG_OK (even when nothing moved); errors of
 * operations are kept and returned by tseg_store_poll. Call it often. */
tseg_status tseg_store_service(tseg_store *store);

/*
 * Asks for a block that was started, direction TSEG_SPILL or TSEG_FETCH; advances transfers too.
 * TSEG_PENDING: unfinished. TSEG_OK: done (and forgotten: ask once). TSEG_ERR_STATE: not started.
 * Errors: TSEG_ERR_STORE_CORRUPT after the retries, TSEG_ERR_CODEC (the checksum is right, the
 * contents are not), TSEG_ERR_DEVICE_*, TSEG_ERR_LINK_*; then the rows of a fetch hold unspecified
 * bytes. When a block is being read more than once, it is unfinished until all of it are done.
 */
tseg_status tseg_store_poll(tseg_store *store, uint32_t stream, uint32_t direction, uint32_t block);

/* Lets the port sleep until the device may have progressed. */
void tseg_store_idle(tseg_store *store);

/* Drops every operation under way and waits until no buffer belongs to the device any more; then
 * only tseg_store_begin is allowed. Returns TSEG_OK. */
tseg_status tseg_store_abort(tseg_store *store);

/* The engine's counters, live; never null. */
const tseg_store_counters *tseg_store_get_counters(const tseg_store *store);

#endif
