/* SPDX-License-Identifier: Apache-2.0 */
/* The checksum of a plan's structure against its definition. Runs on the host and on emulated boards, where
 * DSP instructions add it up. */
#include "harness.h"
#include "tseg/plan.h"

#define WORDS 64u

/* Modulo 2^32 and by 2^32, as docs/specs/plan-format.md has it. */
static uint32_t definition(const uint32_t *words, uint32_t count) {
  uint64_t state = 0;
  for (uint32_t i = 0; i < count; i++) {
    state = state % (UINT64_C(1) << 32) * 0xFFFFDA61u + state / (UINT64_C(1) << 32) + words[i];
  }
  state = state % (UINT64_C(1) << 32) * 0xFFFFDA61u + state / (UINT64_C(1) << 32);
  return (uint32_t)(state % (UINT64_C(1) << 32) ^ state / (UINT64_C(1) << 32));
}

static void random_words(void) {
  uint32_t words[WORDS];
  for (uint32_t run = 0; run < 200u; run++) {
    for (uint32_t i = 0; i < WORDS; i++) {
      words[i] = harness_random_below(4) == 0u ? UINT32_MAX : harness_random();
    }
    for (uint32_t count = 0; count <= WORDS; count += 4u) {
      CHECK_EQ(tseg_plan_sum(words, 4u * count), definition(words, count));
    }
  }
}

static void whole_groups(void) {
  const uint32_t words[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  for (uint32_t size = 16; size < 32u; size++) {
    CHECK_EQ(tseg_plan_sum(words, size), definition(words, 4));
  }
  CHECK_EQ(tseg_plan_sum(words, 15), 0);
}

static void every_bit(void) {
  uint32_t words[WORDS] = {0};
  const uint32_t sum = tseg_plan_sum(words, sizeof words);
  for (uint32_t bit = 0; bit < 32u * WORDS; bit++) {
    words[bit / 32u] ^= 1u << bit % 32u;
    CHECK(tseg_plan_sum(words, sizeof words) != sum);
    words[bit / 32u] ^= 1u << bit % 32u;
  }
}

int main(int argc, char **argv) {
  static const struct harness_test tests[] = {
      {"the sum is that of its definition, for any words and any number of groups", random_words},
      {"bytes beyond whole groups of sixteen are not counted", whole_groups},
      {"each bit changes the sum", every_bit},
  };
  return HARNESS_RUN(tests, argc, argv);
}
