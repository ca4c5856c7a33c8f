/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The test harness of the runtime: a list of sentences with a function each, checks that name the
 * place and both values, and a seeded random source. One program per test file.
 *
 *   static void wraps(void) { CHECK_EQ(7 % 3, 1); }
 *   int main(int argc, char **argv) {
 *     static const struct harness_test tests[] = {{"row 7 of a ring of 3 lies in slot 1", wraps}};
 *     return HARNESS_RUN(tests, argc, argv);
 *   }
 *
 * Prints one TAP line per test; exits with 1 if any failed. An argument runs only the tests whose
 * sentence contains it. The environment variable TINYSEG_SEED replaces the seed.
 */
#ifndef TSEG_TESTS_HARNESS_H
#define TSEG_TESTS_HARNESS_H

#include <inttypes.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct harness_test {
  const char *sentence;
  void (*body)(void);
};

struct harness_state {
  jmp_buf escape;
  uint32_t seed;
};

/* The one state of a test program. Each program includes this header in one file. */
static struct harness_state harness;

/* newlib-nano has neither %zu nor PRId64; without %lld it still says which check failed. */

/* Ends the running test as failed; the message says why. */
static inline _Noreturn void harness_fail(const char *file, int line, const char *message) {
  printf("  ---\n  at: %s:%d\n  message: %s\n  seed: %" PRIu32 "\n  ...\n", file, line, message,
         harness.seed);
  longjmp(harness.escape, 1);
}

static inline void harness_check_eq(const char *file, int line, const char *what, int64_t actual,
                                    int64_t expected) {
  if (actual != expected) {
    char message[256];
    (void)snprintf(message, sizeof message, "%s is %lld, expected %lld", what, (long long)actual,
                   (long long)expected);
    harness_fail(file, line, message);
  }
}

static inline void harness_check_bytes(const char *file, int line, const char *what,
                                       const void *actual, const void *expected, size_t size) {
  const uint8_t *a = actual;
  const uint8_t *b = expected;
  for (size_t i = 0; i < size; i++) {
    if (a[i] != b[i]) {
      char message[256];
      (void)snprintf(message, sizeof message, "byte %lu of %lu of %s is %u, expected %u",
                     (unsigned long)i, (unsigned long)size, what, a[i], b[i]);
      harness_fail(file, line, message);
    }
  }
}

/* The condition holds. */
#define CHECK(condition)                                                                           \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      harness_fail(__FILE__, __LINE__, "not true: " #condition);                                   \
    }                                                                                              \
  } while (0)

/* Two integers (statuses, counts) are equal. */
#define CHECK_EQ(actual, expected)                                                                 \
  harness_check_eq(__FILE__, __LINE__, #actual, (int64_t)(actual), (int64_t)(expected))

/* Two runs of bytes are equal. */
#define CHECK_BYTES(actual, expected, size)                                                        \
  harness_check_bytes(__FILE__, __LINE__, #actual, actual, expected, size)

/* The next number of the seeded source (xorshift32); the state starts anew with each test. */
static uint32_t harness_random_state;
static inline uint32_t harness_random(void) {
  uint32_t x = harness_random_state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  harness_random_state = x;
  return x;
}

/* A number in 0..bound-1; bound >= 1. */
static inline uint32_t harness_random_below(uint32_t bound) {
  return harness_random() % bound;
}

static inline int harness_run(const struct harness_test *tests, size_t count, int argc,
                              char **argv) {
  const char *filter = argc > 1 ? argv[1] : "";
  const char *seed = getenv("TINYSEG_SEED");
  volatile size_t failed = 0;
  harness.seed = seed != NULL ? (uint32_t)strtoul(seed, NULL, 10) : 1u;
  if (harness.seed == 0) {
    harness.seed = 1;
  }
  for (volatile size_t i = 0; i < count; i++) {
    if (strstr(tests[i].sentence, filter) == NULL) {
      continue;
    }
    harness_random_state = harness.seed;
    if (setjmp(harness.escape) == 0) {
      tests[i].body();
      printf("ok %lu - %s\n", (unsigned long)i + 1u, tests[i].sentence);
    } else {
      printf("not ok %lu - %s\n", (unsigned long)i + 1u, tests[i].sentence);
      failed++;
    }
    (void)fflush(stdout);
  }
  return failed == 0 ? 0 : 1;
}

#define HARNESS_RUN(tests, argc, argv)                                                             \
  harness_run(tests, sizeof(tests) / sizeof((tests)[0]), argc, argv)

#endif
