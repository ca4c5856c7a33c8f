/* SPDX-License-Identifier: Apache-2.0 */
/* Small plans that use every kind of record and step. */
#include "support/sample_plans.h"

void sample_streamed(struct plan_builder *b) {
  plan_builder_begin(b);
  const uint32_t input = plan_builder_tensor(b, 6, 2, 3);
  const uint32_t middle = plan_builder_tensor(b, 6, 2, 3);
  const uint32_t output = plan_builder_tensor(b, 6, 2, 3);
  const uint32_t in_row = plan_builder_buffer(b, input, 1);
  const uint32_t produced = plan_builder_buffer(b, middle, 2);
  const uint32_t fetched = plan_builder_buffer(b, middle, 2);
  const uint32_t out_row = plan_builder_buffer(b, output, 1);
  const uint32_t first = plan_builder_lookup(b, in_row, produced, 1);
  const uint32_t second = plan_builder_lookup(b, fetched, out_row, 2);
  const uint32_t stream = plan_builder_stream(b, middle, 2, 1);
  const uint32_t spill = plan_builder_transfer(b, stream, TSEG_SPILL, produced, 1);
  const uint32_t fetch = plan_builder_transfer(b, stream, TSEG_FETCH, fetched, 1);
  const uint32_t in_port = plan_builder_port(b, TSEG_PORT_INPUT, in_row, 1);
  const uint32_t out_port = plan_builder_port(b, TSEG_PORT_OUTPUT, out_row, 1);
  plan_builder_step(b, TSEG_OP_LOOP, 3);
  plan_builder_step(b, TSEG_OP_LOOP, 2);
  plan_builder_step(b, TSEG_OP_INPUT, in_port);
  plan_builder_step(b, TSEG_OP_RUN, first);
  plan_builder_step(b, TSEG_OP_END_LOOP, 0);
  plan_builder_step(b, TSEG_OP_SPILL_START, spill);
  plan_builder_step(b, TSEG_OP_SPILL_WAIT, spill);
  plan_builder_step(b, TSEG_OP_END_LOOP, 0);
  plan_builder_step(b, TSEG_OP_LOOP, 3);
  plan_builder_step(b, TSEG_OP_FETCH_START, fetch);
  plan_builder_step(b, TSEG_OP_FETCH_WAIT, fetch);
  plan_builder_step(b, TSEG_OP_LOOP, 2);
  plan_builder_step(b, TSEG_OP_RUN, second);
  plan_builder_step(b, TSEG_OP_OUTPUT, out_port);
  plan_builder_step(b, TSEG_OP_END_LOOP, 0);
  plan_builder_step(b, TSEG_OP_END_LOOP, 0);
  plan_builder_step(b, TSEG_OP_END, 0);
}

/* Starts and waits for every block of two transfers at once, at most in_flight of each. */
static void interleave(struct plan_builder *b, uint32_t start, uint32_t wait, uint32_t one,
                       uint32_t other, uint32_t in_flight) {
  for (uint32_t block = 0; block < 6u + in_flight; block++) {
    if (block >= in_flight) {
      plan_builder_step(b, wait, other);
      if (one != other) plan_builder_step(b, wait, one);
    }
    if (block < 6u) {
      plan_builder_step(b, start, one);
      if (one != other) plan_builder_step(b, start, other);
    }
  }
}

void sample_two_fetches(struct plan_builder *b, uint32_t in_flight, uint32_t slots) {
  plan_builder_begin(b);
  const uint32_t input = plan_builder_tensor(b, 6, 2, 3);
  const uint32_t middle = plan_builder_tensor(b, 6, 2, 3);
  const uint32_t left = plan_builder_tensor(b, 6, 2, 3);
  const uint32_t right = plan_builder_tensor(b, 6, 2, 3);
  const uint32_t in_rows = plan_builder_buffer(b, input, 0);
  const uint32_t produced = plan_builder_buffer(b, middle, 0);
  const uint32_t fetched_left = plan_builder_buffer(b, middle, 0);
  const uint32_t fetched_right = plan_builder_buffer(b, middle, 0);
  const uint32_t left_rows = plan_builder_buffer(b, left, 0);
  const uint32_t right_rows = plan_builder_buffer(b, right, 0);
  const uint32_t first = plan_builder_lookup(b, in_rows, produced, 1);
  const uint32_t left_op = plan_builder_lookup(b, fetched_left, left_rows, 10);
  const uint32_t right_op = plan_builder_lookup(b, fetched_right, right_rows, 20);
  const uint32_t stream = plan_builder_stream(b, middle, 1, slots);
  const uint32_t spill = plan_builder_transfer(b, stream, TSEG_SPILL, produced, in_flight);
  const uint32_t fetch_left = plan_builder_transfer(b, stream, TSEG_FETCH, fetched_left, in_flight);
  const uint32_t fetch_right =
      plan_builder_transfer(b, stream, TSEG_FETCH, fetched_right, in_flight);
  const uint32_t in_port = plan_builder_port(b, TSEG_PORT_INPUT, in_rows, 6);
  const uint32_t left_port = plan_builder_port(b, TSEG_PORT_OUTPUT, left_rows, 6);
  const uint32_t right_port = plan_builder_port(b, TSEG_PORT_OUTPUT, right_rows, 6);
  plan_builder_step(b, TSEG_OP_INPUT, in_port);
  plan_builder_step(b, TSEG_OP_LOOP, 6);
  plan_builder_step(b, TSEG_OP_RUN, first);
  plan_builder_step(b, TSEG_OP_END_LOOP, 0);
  interleave(b, TSEG_OP_SPILL_START, TSEG_OP_SPILL_WAIT, spill, spill, in_flight);
  interleave(b, TSEG_OP_FETCH_START, TSEG_OP_FETCH_WAIT, fetch_left, fetch_right, in_flight);
  plan_builder_step(b, TSEG_OP_LOOP, 6);
  plan_builder_step(b, TSEG_OP_RUN, left_op);
  plan_builder_step(b, TSEG_OP_RUN, right_op);
  plan_builder_step(b, TSEG_OP_END_LOOP, 0);
  plan_builder_step(b, TSEG_OP_OUTPUT, left_port);
  plan_builder_step(b, TSEG_OP_OUTPUT, right_port);
  plan_builder_step(b, TSEG_OP_END, 0);
}

void sample_placed(struct plan_builder *b) {
  static const uint16_t in_places[] = {0, 0, 0, 0, 0, 0};
  static const uint16_t made_places[] = {1, 1, 2, 1, 1, 3};
  static const uint16_t read_places[] = {0, 0, 2, 0, 0, 3};
  static const uint16_t out_places[] = {1, 1, 1, 2, 2, 2};
  plan_builder_begin(b);
  const uint32_t input = plan_builder_tensor(b, 6, 2, 3);
  const uint32_t middle = plan_builder_tensor(b, 6, 2, 3);
  const uint32_t output = plan_builder_tensor(b, 6, 2, 3);
  const uint32_t in_rows = plan_builder_placed(b, input, in_places);
  const uint32_t made = plan_builder_placed(b, middle, made_places);
  const uint32_t read = plan_builder_placed(b, middle, read_places);
  const uint32_t out_rows = plan_builder_placed(b, output, out_places);
  const uint32_t first = plan_builder_lookup(b, in_rows, made, 1);
  const uint32_t second = plan_builder_lookup(b, read, out_rows, 2);
  const uint32_t stream = plan_builder_stream(b, middle, 1, 1);
  plan_builder_carry(b, stream, 3, 2);
  const uint32_t spill = plan_builder_transfer(b, stream, TSEG_SPILL, made, 1);
  const uint32_t fetch = plan_builder_transfer(b, stream, TSEG_FETCH, read, 1);
  const uint32_t in_port = plan_builder_port(b, TSEG_PORT_INPUT, in_rows, 1);
  const uint32_t out_port = plan_builder_port(b, TSEG_PORT_OUTPUT, out_rows, 1);
  for (uint32_t row = 0; row < 6u; row++) {
    plan_builder_step(b, TSEG_OP_INPUT, in_port);
    plan_builder_step(b, TSEG_OP_RUN, first);
    if (row % 3u == 2u) continue;
    plan_builder_step(b, TSEG_OP_SPILL_START, spill);
    plan_builder_step(b, TSEG_OP_SPILL_WAIT, spill);
  }
  plan_builder_step(b, TSEG_OP_LOOP, 2);
  plan_builder_step(b, TSEG_OP_LOOP, 2);
  plan_builder_step(b, TSEG_OP_FETCH_START, fetch);
  plan_builder_step(b, TSEG_OP_FETCH_WAIT, fetch);
  plan_builder_step(b, TSEG_OP_RUN, second);
  plan_builder_step(b, TSEG_OP_OUTPUT, out_port);
  plan_builder_step(b, TSEG_OP_END_LOOP, 0);
  plan_builder_step(b, TSEG_OP_RUN, second);
  plan_builder_step(b, TSEG_OP_OUTPUT, out_port);
  plan_builder_step(b, TSEG_OP_END_LOOP, 0);
  plan_builder_step(b, TSEG_OP_END, 0);
}

void sample_two_stores(struct plan_builder *b) {
  plan_builder_begin(b);
  const uint32_t input = plan_builder_tensor(b, 6, 2, 3);
  const uint32_t rows = plan_builder_buffer(b, input, 0);
  const uint32_t in_port = plan_builder_port(b, TSEG_PORT_INPUT, rows, 6);
  plan_builder_step(b, TSEG_OP_INPUT, in_port);
  for (uint32_t i = 0; i < 2; i++) {
    const uint32_t stream = plan_builder_stream(b, input, 1, 1);
    const uint32_t spill = plan_builder_transfer(b, stream, TSEG_SPILL, rows, 1);
    const uint32_t fetch = plan_builder_transfer(b, stream, TSEG_FETCH, rows, 1);
    plan_builder_step(b, TSEG_OP_LOOP, 6);
    plan_builder_step(b, TSEG_OP_SPILL_START, spill);
    plan_builder_step(b, TSEG_OP_SPILL_WAIT, spill);
    plan_builder_step(b, TSEG_OP_FETCH_START, fetch);
    plan_builder_step(b, TSEG_OP_FETCH_WAIT, fetch);
    plan_builder_step(b, TSEG_OP_END_LOOP, 0);
  }
  b->stores[b->store_count++] = b->stores[0];
  b->streams[1].store = 1;
  plan_builder_step(b, TSEG_OP_END, 0);
}
