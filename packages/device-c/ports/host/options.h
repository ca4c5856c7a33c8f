/* SPDX-License-Identifier: Apache-2.0 */
/* Host program: the command line. */
#ifndef TSEG_PORTS_HOST_OPTIONS_H
#define TSEG_PORTS_HOST_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define HOST_INPUTS_MAX 32u
#define HOST_STORES_MAX 8u

/* Strings belong to argv. */
typedef struct host_options {
  const char *plan;
  const char *inputs[HOST_INPUTS_MAX]; /* "-" is standard input */
  uint32_t input_count;
  const char *output;                  /* null: outputs are computed and dropped */
  const char *stores[HOST_STORES_MAX]; /* fewer than the plan's: the last one serves the rest */
  uint32_t store_count;
  const char *jobs;     /* file of the command lines of many runs, or null */
  const char *layers;   /* folder for every operator's output, or null */
  uint64_t arena_bytes; /* 0: as the plan says */
  uint64_t work_limit;  /* refuse plans of more element operations; 0: any */
  uint32_t repeat;      /* runs of each sample */
  uint32_t link_timeout_ms;
  bool guard;
  bool with_parent; /* end when the parent process does */
  bool info;
  bool help;
} host_options;

/* Reads the command line. Returns null, or a sentence that says what is wrong with it (in a static
 * buffer). */
const char *host_options_parse(host_options *options, int argc, char **argv);

/* The text of --help. */
const char *host_options_help(void);

#endif
