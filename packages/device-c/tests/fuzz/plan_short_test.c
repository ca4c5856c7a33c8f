/* SPDX-License-Identifier: Apache-2.0 */
/* A short run of the plan fuzzer's mutations; the long one is `node build.mjs --fuzz`. */
#include "harness.h"
#include "support/fuzz_plan.h"
#include "support/sample_plans.h"

static void mutations(void) {
  static struct plan_builder b;
  uint32_t ran = 0;
  for (uint32_t i = 0; i < 8000u; i++) {
    if (i % 4u == 3) {
      sample_placed(&b);
    } else if (i % 4u == 2) {
      sample_every_kind(&b);
    } else if (i % 4u == 0) {
      sample_streamed(&b);
    } else {
      sample_two_fetches(&b, 1u + i % 3u, 1u + i % 2u);
    }
    size_t size = 0;
    uint8_t *bytes = plan_builder_finish(&b, &size);
    fuzz_plan_mutate(bytes, &size, &harness_random_state);
    ran += fuzz_plan_case(bytes, size) == TSEG_OK ? 1u : 0u;
    free(bytes);
  }
  CHECK(ran > 60); /* mutations get past the checks often enough to mean something */
}

int main(int argc, char **argv) {
  static const struct harness_test tests[] = {
      {"8000 damaged plans are refused or run within their memory", mutations},
  };
  return HARNESS_RUN(tests, argc, argv);
}
