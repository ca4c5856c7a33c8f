/* SPDX-License-Identifier: Apache-2.0 */
/* Small plans that use every kind of record and step; see each function. */
#ifndef TSEG_TESTS_SAMPLE_PLANS_H
#define TSEG_TESTS_SAMPLE_PLANS_H

#include "support/plan_builder.h"

/*
 * An image of 6 rows of 2 x 3 int8 goes through LOOKUP (+1) row by row, is spilled in blocks of two
 * rows while it streams, is fetched by the same blocks, and goes through LOOKUP (+2): the output is
 * the input plus 3. Rings of 1, 2, 2 and 1 rows; loops nest two deep.
 */
void sample_streamed(struct plan_builder *b);
#define SAMPLE_STREAMED_BYTES 36u

/*
 * The same image, whole: LOOKUP (+1) into A, which is spilled in blocks of one row with up to
 * `in_flight` under way, and fetched twice at the same time (the fetches interleave block by block)
 * by a store of `slots` slots; outputs 0 and 1 are the two fetched copies plus 10 and plus 20.
 */
void sample_two_fetches(struct plan_builder *b, uint32_t in_flight, uint32_t slots);

/*
 * The same image and the same LOOKUPs (+1, then +2), with a place of its own for every row, so that rows
 * of different tensors take turns in four slots. Of each three rows two are spilled; the third stays
 * where it was made, and the second LOOKUP reads it there.
 */
void sample_placed(struct plan_builder *b);

/* Two stores with one stream each of one tensor of 6 rows of 6 bytes, one row a block. */
void sample_two_stores(struct plan_builder *b);
/* One operator of every kind, each with its own resident tensors, run one after the other; no ports.
 * Operator i has kind i + 1. */
void sample_every_kind(struct plan_builder *b);

#endif
