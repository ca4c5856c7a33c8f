/* SPDX-License-Identifier: Apache-2.0 */
/* Which factors of channels the loader takes, whatever stands beside them: against the definition, for any
 * number of channels. Runs on the host and on emulated boards, where shifts are looked at eight at a time. */
#include "harness.h"
#include "nn/check.h"

#define CHANNELS 40u

static int32_t factors[2u * CHANNELS];

static bool taken(uint32_t count, tseg_nn_factors which) {
  const tseg_plan plan = {.params = (const uint8_t *)factors};
  const tseg_plan_operator op = {.params_size = 8u * count};
  return tseg_nn_factors_ok(&plan, &op, 0, count, which);
}

static bool definition(uint32_t count, tseg_nn_factors which) {
  for (uint32_t i = 0; i < count; i++) {
    const int32_t multiplier = factors[i];
    const int32_t shift = factors[count + i];
    if (shift < -31 || shift > 30) return false;
    if (which == TSEG_NN_FACTORS_RIGHT && shift >= 0 && multiplier != 0) return false;
  }
  return true;
}

static void compare(uint32_t count) {
  CHECK_EQ(taken(count, TSEG_NN_FACTORS_ANY), definition(count, TSEG_NN_FACTORS_ANY));
  CHECK_EQ(taken(count, TSEG_NN_FACTORS_RIGHT), definition(count, TSEG_NN_FACTORS_RIGHT));
}

/* One channel is out of the ordinary, in each place. */
static void one_of_many(void) {
  static const int32_t odd[] = {INT32_MIN, -65536, -64, -33, -32, -31, -30, -17,      -1,
                                0,         1,      29,  30,  31,  32,  64,  INT32_MAX};
  for (uint32_t count = 1; count <= CHANNELS; count++) {
    for (uint32_t place = 0; place < count; place++) {
      for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        for (uint32_t c = 0; c < count; c++) {
          factors[c] = (int32_t)c % 3;
          factors[count + c] = -8;
        }
        factors[count + place] = odd[i];
        compare(count);
      }
    }
  }
}

static void any(void) {
  for (uint32_t run = 0; run < 3000u; run++) {
    const uint32_t count = 1u + harness_random_below(CHANNELS);
    const uint32_t kinds = harness_random_below(4);
    for (uint32_t c = 0; c < count; c++) {
      factors[c] = (int32_t)harness_random_below(2);
      factors[count + c] = -1 - (int32_t)harness_random_below(31);
      if (kinds == 1u && harness_random_below(8) == 0u) factors[count + c] = 0;
      if (kinds == 2u && harness_random_below(64) == 0u) factors[count + c] = -32;
      if (kinds == 3u) factors[count + c] = (int32_t)harness_random_below(64) - 32;
    }
    compare(count);
  }
}

static void too_few(void) {
  const tseg_plan plan = {.params = (const uint8_t *)factors};
  const tseg_plan_operator op = {.params_size = 63};
  CHECK(!tseg_nn_factors_ok(&plan, &op, 0, 8, TSEG_NN_FACTORS_ANY));
}

int main(int argc, char **argv) {
  static const struct harness_test tests[] = {
      {"one factor out of the ordinary is seen in each place", one_of_many},
      {"any factors are judged by the definition", any},
      {"fewer bytes than factors are refused", too_few},
  };
  return HARNESS_RUN(tests, argc, argv);
}
