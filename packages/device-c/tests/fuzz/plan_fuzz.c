/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mutation fuzzer of loader, executor, kernels and store: plan_fuzz [MUTATIONS] [SEED] [PLAN...]
 * Damages the sample plans, the contracts' plans and those named, and runs what still loads, under
 * sanitizers. A case that takes more than a second is a failure, too; it is written to
 * dist/plan-fuzz-slow.tseg. A crash is repeated with the mutation count and seed printed last.
 */
#define _POSIX_C_SOURCE 200809L

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/fuzz_plan.h"
#include "support/sample_plans.h"

#define PLANS_MAX 64u

struct corpus {
  uint8_t *plans[PLANS_MAX];
  size_t sizes[PLANS_MAX];
  uint32_t count;
};

static void add_file(struct corpus *corpus, const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL || corpus->count == PLANS_MAX || fseek(file, 0, SEEK_END) != 0) {
    (void)fprintf(stderr, "can't read %s\n", path);
    exit(1);
  }
  const size_t size = (size_t)ftell(file);
  uint8_t *bytes = malloc(size > 0 ? size : 1u);
  rewind(file);
  if (bytes == NULL || fread(bytes, 1, size, file) != size) exit(1);
  (void)fclose(file);
  corpus->plans[corpus->count] = bytes;
  corpus->sizes[corpus->count++] = size;
}

static void add_folder(struct corpus *corpus, const char *folder) {
  DIR *directory = opendir(folder);
  if (directory == NULL) return;
  for (const struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
    const char *end = strrchr(entry->d_name, '.');
    if (end != NULL && strcmp(end, ".tseg") == 0) {
      char path[1024];
      (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
      add_file(corpus, path);
    }
  }
  (void)closedir(directory);
}

static void add_samples(struct corpus *corpus) {
  static struct plan_builder b;
  sample_streamed(&b);
  corpus->plans[corpus->count] = plan_builder_finish(&b, &corpus->sizes[corpus->count]);
  corpus->count++;
  sample_every_kind(&b);
  corpus->plans[corpus->count] = plan_builder_finish(&b, &corpus->sizes[corpus->count]);
  corpus->count++;
  sample_placed(&b);
  corpus->plans[corpus->count] = plan_builder_finish(&b, &corpus->sizes[corpus->count]);
  corpus->count++;
  sample_two_fetches(&b, 2, 2);
  corpus->plans[corpus->count] = plan_builder_finish(&b, &corpus->sizes[corpus->count]);
  corpus->count++;
}

static double seconds(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The first number that a case draws from: cases are independent of each other. */
static uint32_t case_seed(uint32_t seed, uint32_t index) {
  uint32_t x = seed * 2654435761u + index * 2246822519u;
  x ^= x >> 16;
  x *= 2246822519u;
  x ^= x >> 13;
  return x != 0 ? x : 1u;
}

int main(int argc, char **argv) {
  const uint32_t mutations = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 200000u;
  const uint32_t seed = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1u;
  static struct corpus corpus;
  add_samples(&corpus);
  add_folder(&corpus, "../../contracts/plan");
  for (int i = 3; i < argc; i++) add_file(&corpus, argv[i]);
  size_t largest = 0;
  for (uint32_t i = 0; i < corpus.count; i++) {
    largest = corpus.sizes[i] > largest ? corpus.sizes[i] : largest;
  }
  uint8_t *bytes = malloc(largest);
  if (bytes == NULL) return 1;
  uint32_t ran = 0, refused = 0, slow = 0;
  double slowest = 0;
  for (uint32_t i = 0; i < mutations; i++) {
    uint32_t random = case_seed(seed, i);
    const uint32_t chosen = random % corpus.count;
    size_t size = corpus.sizes[chosen];
    memcpy(bytes, corpus.plans[chosen], size);
    fuzz_plan_mutate(bytes, &size, &random);
    const double begin = seconds();
    const tseg_status status = fuzz_plan_case(bytes, size);
    const double took = seconds() - begin;
    ran += status == TSEG_OK ? 1u : 0u;
    refused += status != TSEG_OK ? 1u : 0u;
    slowest = took > slowest ? took : slowest;
    if (took > 1.0) {
      slow++;
      (void)fprintf(stderr, "case %" PRIu32 " of seed %" PRIu32 " took %.1f s\n", i, seed, took);
      FILE *file = fopen("dist/plan-fuzz-slow.tseg", "wb");
      if (file != NULL) {
        (void)fwrite(bytes, 1, size, file);
        (void)fclose(file);
      }
    }
  }
  printf("%" PRIu32 " mutations of %" PRIu32 " plans, seed %" PRIu32 ": %" PRIu32 " ran, %" PRIu32
         " were refused, slowest %.3f s\n",
         mutations, corpus.count, seed, ran, refused, slowest);
  free(bytes);
  for (uint32_t i = 0; i < corpus.count; i++) free(corpus.plans[i]);
  return slow == 0 ? 0 : 1;
}
