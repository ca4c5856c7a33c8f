/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a built plan on random input: what tests of the executor share. */
#ifndef STREAMED_RUN_H
#define STREAMED_RUN_H

#include <stdlib.h>

#include "harness.h"
#include "support/plan_builder.h"
#include "support/plan_runner.h"
#include "support/sample_plans.h"

static uint8_t input[SAMPLE_STREAMED_BYTES];

static void fill_input(void) {
  for (size_t i = 0; i < sizeof input; i++) input[i] = (uint8_t)harness_random();
}

/* Runs a built plan; the output of the last of `inferences` runs. */
static tseg_status run(const struct plan_builder *b, struct plan_runner *runner, uint8_t *output,
                       size_t capacity, uint32_t inferences) {
  size_t size = 0;
  uint8_t *bytes = plan_builder_finish(b, &size);
  runner->input = input;
  runner->input_size = sizeof input;
  runner->output = output;
  runner->output_capacity = capacity;
  const tseg_status status = plan_runner_run(runner, bytes, size, inferences);
  free(bytes);
  return status;
}

static void check_plus(const uint8_t *output, uint8_t increment) {
  for (size_t i = 0; i < sizeof input; i++) {
    CHECK_EQ(output[i], (uint8_t)(input[i] + increment));
  }
}

#endif
