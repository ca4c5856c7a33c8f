/* SPDX-License-Identifier: Apache-2.0 */
/* memcpy, memmove and memset byte by byte, for all alignments, sizes and overlaps that matter. On boards these
 * are the firmware's own (ports/cortex-m/bytes.c); on the host, the C library's. */
#include "harness.h"

#define ROOM 96u

static uint8_t actual[ROOM], before[ROOM];

static void fill(void) {
  for (uint32_t i = 0; i < ROOM; i++) before[i] = (uint8_t)harness_random();
  for (uint32_t i = 0; i < ROOM; i++) actual[i] = before[i];
}

/* Calls that the compiler can't replace by what it knows of these functions. */
static void *(*volatile copy)(void *restrict, const void *restrict, size_t) = memcpy;
static void *(*volatile move)(void *, const void *, size_t) = memmove;
static void *(*volatile set)(void *, int, size_t) = memset;

static void check_moved(uint32_t to, uint32_t from, uint32_t size) {
  for (uint32_t i = 0; i < ROOM; i++) {
    const bool moved = i >= to && i < to + size;
    CHECK_EQ(actual[i], moved ? before[from + (i - to)] : before[i]);
  }
}

static void moves(void) {
  for (uint32_t to = 0; to < 44u; to++) {
    for (uint32_t from = 0; from < 44u; from += 3u) {
      for (uint32_t size = 0; size <= 52u; size += size < 9u ? 1u : 4u) {
        fill();
        CHECK(move(actual + to, actual + from, size) == actual + to);
        check_moved(to, from, size);
      }
    }
  }
}

static void copies(void) {
  for (uint32_t to = 0; to < 4u; to++) {
    for (uint32_t from = 48; from < 52u; from++) {
      for (uint32_t size = 0; size <= 44u; size++) {
        fill();
        CHECK(copy(actual + to, actual + from, size) == actual + to);
        check_moved(to, from, size);
      }
    }
  }
}

static void sets(void) {
  for (uint32_t to = 0; to < 5u; to++) {
    for (uint32_t size = 0; size <= 60u; size++) {
      const int value = (int)harness_random();
      fill();
      CHECK(set(actual + to, value, size) == actual + to);
      for (uint32_t i = 0; i < ROOM; i++) {
        CHECK_EQ(actual[i], i >= to && i < to + size ? (uint8_t)value : before[i]);
      }
    }
  }
}

int main(int argc, char **argv) {
  static const struct harness_test tests[] = {
      {"memmove moves bytes over themselves in both directions, and no others", moves},
      {"memcpy copies bytes, and no others", copies},
      {"memset sets bytes, and no others", sets},
  };
  return HARNESS_RUN(tests, argc, argv);
}
