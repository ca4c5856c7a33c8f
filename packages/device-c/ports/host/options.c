/* SPDX-License-Identifier: Apache-2.0 */
/* Host program: the command line. */
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char complaint[256];

const char *host_options_help(void) {
  return "Usage: tinyseg-host [options] PLAN.tseg\n"
         "\n"
         "Runs a plan on this computer, and prints one line of JSON on standard output.\n"
         "\n"
         "  --input FILE        raw bytes of an input tensor; once for each input, in the model's\n"
         "                      order. A file may hold several samples, one after the other, as\n"
         "                      many in each. '-' is standard input (frames: input 0, input 1, "
         "..)\n"
         "  --output FILE       outputs, one after the other, sample by sample\n"
         "  --store STORE       where store 0, 1, .. of the plan is; the last serves the rest,\n"
         "                      files with the store's number appended to the path\n"
         "                        ram              memory of this process (default)\n"
         "                        file:PATH        a new file, gone after the run\n"
         "                        serial           a pseudo terminal of its own; a line of JSON "
         "on\n"
         "                                         standard error names it\n"
         "                        tcp:HOST:PORT    a store server\n"
         "                      The token of a server is taken from TINYSEG_STORE_TOKEN.\n"
         "  --link-timeout MS   before a request to a server is repeated first (500)\n"
         "  --arena BYTES       give the plan an arena of so many bytes (default: as it asks)\n"
         "  --work-limit N      refuse a plan of more than N element operations (default: none)\n"
         "  --arena-guard       check for writes outside the arena after every operator\n"
         "  --dump-layers DIR   write every operator's output of each sample to DIR\n"
         "  --repeat N          run each sample N times (1)\n"
         "  --jobs FILE         many runs in one process, in place of PLAN.tseg: each line of FILE "
         "has\n"
         "                      the options and the plan of one, separated by tabs; prints a line "
         "of "
         "JSON\n"
         "                      for each, and exits with the first code that is not 0\n"
         "  --with-parent       end when the process that started this one ends (Linux)\n"
         "  --info              only load the plan and say what it needs\n"
         "  --help              this text\n"
         "\n"
         "Exit codes: 0 done, 1 internal, 2 usage, 3 plan or input, 4 does not fit, 5 store or "
         "link\n"
         "\n"
         "  tinyseg-host --input picture.bin --output mask.bin unet.tseg\n"
         "  tinyseg-host --store file:spill.bin --input pictures.bin --output masks.bin "
         "unet.tseg\n";
}

/* A whole number from 1 on. */
static bool parse_count(const char *text, uint64_t max, uint64_t *value) {
  char *end = NULL;
  errno = 0;
  const unsigned long long parsed = strtoull(text, &end, 10);
  *value = parsed;
  return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && parsed >= 1u &&
         parsed <= max;
}

static const char *complain(const char *format, const char *what) {
  (void)snprintf(complaint, sizeof complaint, format, what);
  return complaint;
}

static bool append(const char **list, uint32_t *count, uint32_t max, const char *value) {
  if (*count == max) {
    return false;
  }
  list[(*count)++] = value;
  return true;
}

/* One option with a value. Null, or what is wrong. */
static const char *take_value(host_options *o, const char *name, const char *value) {
  uint64_t number = 0;
  if (strcmp(name, "--input") == 0) {
    return append(o->inputs, &o->input_count, HOST_INPUTS_MAX, value) ? NULL
                                                                      : "too many --input options";
  }
  if (strcmp(name, "--store") == 0) {
    return append(o->stores, &o->store_count, HOST_STORES_MAX, value) ? NULL
                                                                      : "too many --store options";
  }
  if (strcmp(name, "--output") == 0) {
    o->output = value;
    return NULL;
  }
  if (strcmp(name, "--jobs") == 0) {
    o->jobs = value;
    return NULL;
  }
  if (strcmp(name, "--dump-layers") == 0) {
    o->layers = value;
    return NULL;
  }
  if (strcmp(name, "--arena") == 0) {
    return parse_count(value, UINT32_MAX, &o->arena_bytes)
               ? NULL
               : complain("--arena takes a number of bytes, not '%s'", value);
  }
  if (strcmp(name, "--work-limit") == 0) {
    return parse_count(value, UINT64_MAX, &o->work_limit)
               ? NULL
               : complain("--work-limit takes a number of operations, not '%s'", value);
  }
  if (strcmp(name, "--repeat") == 0) {
    const bool ok = parse_count(value, 1000000u, &number);
    o->repeat = (uint32_t)number;
    return ok ? NULL : complain("--repeat takes a number from 1 to 1000000, not '%s'", value);
  }
  if (strcmp(name, "--link-timeout") == 0) {
    const bool ok = parse_count(value, 8000u, &number);
    o->link_timeout_ms = (uint32_t)number;
    return ok ? NULL : complain("--link-timeout takes 1 to 8000 milliseconds, not '%s'", value);
  }
  return complain("there is no option '%s'; --help lists them", name);
}

static bool take_flag(host_options *o, const char *name) {
  if (strcmp(name, "--arena-guard") == 0) {
    o->guard = true;
  } else if (strcmp(name, "--with-parent") == 0) {
    o->with_parent = true;
  } else if (strcmp(name, "--info") == 0) {
    o->info = true;
  } else if (strcmp(name, "--help") == 0) {
    o->help = true;
  } else {
    return false;
  }
  return true;
}

const char *host_options_parse(host_options *options, int argc, char **argv) {
  memset(options, 0, sizeof *options);
  options->repeat = 1;
  options->link_timeout_ms = 500;
  for (int i = 1; i < argc; i++) {
    if (argv[i][0] != '-') {
      if (options->plan != NULL) {
        return complain("there is one plan, but '%s' is another", argv[i]);
      }
      options->plan = argv[i];
      continue;
    }
    if (take_flag(options, argv[i])) {
      continue;
    }
    if (i + 1 == argc) {
      return complain("option '%s' is unknown or lacks its value", argv[i]);
    }
    const char *wrong = take_value(options, argv[i], argv[i + 1]);
    if (wrong != NULL) {
      return wrong;
    }
    i++;
  }
  if (options->jobs != NULL && options->plan != NULL) {
    return "--jobs names the plans: give no other";
  }
  const bool named = options->plan != NULL || options->jobs != NULL;
  return !named && !options->help ? "which plan? Name a .tseg file" : NULL;
}
