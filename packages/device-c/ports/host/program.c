/* SPDX-License-Identifier: Apache-2.0 */
/* Host program: runs plans on this computer. See options.c for its use, README.md for its JSON. */
#define _POSIX_C_SOURCE 200809L

#include "program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <signal.h>
#include <sys/prctl.h>
#endif

#include "arena.h"
#include "jobs.h"
#include "layers.h"
#include "options.h"
#include "report.h"
#include "samples.h"
#include "stack.h"
#include "stores.h"

/* Everything of one run of the program. */
typedef struct host_run {
  host_options options;
  uint8_t *plan_bytes;
  tseg_plan plan;
  host_samples samples;
  host_stores stores;
  host_arena arena;
  void *context;
  tseg_exec *exec;
  host_layers layers;
  host_figures figures;
  bool guard_broken;
  uint32_t guard_operator; /* after which the arena's guard was found broken */
  tseg_status status;      /* of the last inference */
} host_run;

static host_run run;

static int fail(const char *stage, tseg_status status, const char *message, int exit_code) {
  const uint32_t position =
      strcmp(stage, "run") == 0 ? tseg_exec_position(run.exec) : TSEG_PLAN_NONE;
  host_report_failure(stage, tseg_status_name(status), message, position, exit_code);
  return exit_code;
}

/* Moves rows between a tensor of the sample and the arena. */
static void move_rows(const tseg_exec_rows *rows, host_tensor *tensor, bool to_arena) {
  for (uint32_t r = rows->first_row; r < rows->first_row + rows->row_count; r++) {
    uint8_t *arena_row = rows->base + (size_t)(r % rows->ring_rows) * rows->row_stride;
    uint8_t *sample_row = tensor->bytes + (size_t)r * rows->row_bytes;
    memcpy(to_arena ? arena_row : sample_row, to_arena ? sample_row : arena_row, rows->row_bytes);
  }
}

static tseg_status on_input(void *user, const tseg_exec_rows *rows) {
  (void)user;
  move_rows(rows, &run.samples.inputs[rows->index], true);
  return TSEG_OK;
}

static tseg_status on_output(void *user, const tseg_exec_rows *rows) {
  (void)user;
  move_rows(rows, &run.samples.outputs[rows->index], false);
  return TSEG_OK;
}

static void on_ran(void *user, uint32_t operator_index, uint32_t call) {
  (void)user;
  if (run.options.guard && !run.guard_broken && !host_arena_intact(&run.arena)) {
    run.guard_broken = true;
    run.guard_operator = operator_index;
  }
  if (run.options.layers != NULL) {
    host_layers_take(&run.layers, run.figures.samples, operator_index, call);
  }
}

static double now_ms(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void infer(void *user) {
  (void)user;
  const double begin = now_ms();
  run.status = tseg_exec_run(run.exec);
  run.figures.elapsed_ms += now_ms() - begin;
}

/* Reads the plan's file to a 16-byte aligned place. */
static bool read_plan(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  long length = -1;
  if (file != NULL && fseek(file, 0, SEEK_END) == 0) {
    length = ftell(file);
  }
  bool ok = length >= 0 && fseek(file, 0, SEEK_SET) == 0;
  if (ok) {
    *size = (size_t)length;
    run.plan_bytes = malloc(*size > 0u ? *size : 1u);
    ok = run.plan_bytes != NULL && fread(run.plan_bytes, 1, *size, file) == *size;
  }
  if (file != NULL) {
    (void)fclose(file);
  }
  return ok;
}

/* What a sound plan may ask for and this computer can't, or shall not, give. */
static int check_limits(void) {
  if (!host_stores_memory(&run.plan, &run.figures.store_memory_bytes)) {
    return fail("load", TSEG_ERR_CONTEXT_SIZE,
                "a store of the plan needs more memory than there is: compile the model with fewer "
                "blocks in flight",
                HOST_EXIT_CAPACITY);
  }
  const uint64_t work = tseg_plan_work(&run.plan);
  if (run.options.work_limit > 0u && work > run.options.work_limit) {
    char message[128];
    (void)snprintf(message, sizeof message,
                   "the plan takes %llu element operations; --work-limit allows %llu",
                   (unsigned long long)work, (unsigned long long)run.options.work_limit);
    host_report_failure("load", "WORK_LIMIT", message, TSEG_PLAN_NONE, HOST_EXIT_CAPACITY);
    return HOST_EXIT_CAPACITY;
  }
  return HOST_EXIT_OK;
}

static int load(void) {
  size_t size = 0;
  if (!read_plan(run.options.plan, &size)) {
    char message[512];
    (void)snprintf(message, sizeof message, "plan '%s' can't be read: %s", run.options.plan,
                   strerror(errno));
    host_report_failure("load", "PLAN_FILE", message, TSEG_PLAN_NONE, HOST_EXIT_INPUT);
    return HOST_EXIT_INPUT;
  }
  tseg_status status = tseg_plan_load(run.plan_bytes, size, &run.plan);
  if (status == TSEG_OK) {
    status = tseg_plan_check_constants(&run.plan);
  }
  if (status != TSEG_OK) {
    return fail("load", status,
                status == TSEG_ERR_PLAN_VARIANT || status == TSEG_ERR_PLAN_VERSION
                    ? "the plan needs another version of this runtime: compile the model again"
                    : "the plan is damaged: compile the model again",
                HOST_EXIT_INPUT);
  }
  run.figures.context_bytes = tseg_exec_context_size(&run.plan);
  return check_limits();
}

/* Why an executor could not be made, and what to do. */
static const char *init_remedy(tseg_status status) {
  static char text[160];
  if (status == TSEG_ERR_ARENA_SIZE) {
    (void)snprintf(text, sizeof text,
                   "the plan needs an arena of %lu bytes: raise --arena, or compile the model with "
                   "less --ram",
                   (unsigned long)run.plan.header->arena_size);
    return text;
  }
  return "the runtime and the plan do not fit each other: compile the model again";
}

/* Why an inference ended, and what to do. */
static const char *run_remedy(tseg_status status) {
  if (status == TSEG_ERR_PLAN_PROGRAM) {
    return "the plan's program breaks the rules of transfers: compile the model again";
  }
  if (host_exit_code(status) == HOST_EXIT_STORE) {
    return "the inference ended because a store failed: check it, or choose another with --store";
  }
  return "the inference ended early";
}

/* Arena, context, executor. */
static int prepare(void) {
  const char *message = NULL;
  const size_t arena_size =
      run.options.arena_bytes > 0u ? (size_t)run.options.arena_bytes : run.plan.header->arena_size;
  run.context = aligned_alloc(16, run.figures.context_bytes);
  if (run.context == NULL || !host_arena_open(&run.arena, arena_size, run.options.guard)) {
    return fail("init", TSEG_ERR_ARENA_SIZE,
                "this computer has no room for the arena: close other programs, or compile the "
                "model with less --ram",
                HOST_EXIT_CAPACITY);
  }
  tseg_status status = host_stores_open(&run.stores, &run.plan, &run.options, &message);
  if (status != TSEG_OK) {
    return fail("store", status, message,
                status == TSEG_ERR_ARGUMENT ? HOST_EXIT_USAGE : host_exit_code(status));
  }
  const tseg_exec_memory memory = {run.arena.bytes, run.arena.size, run.context,
                                   run.figures.context_bytes};
  const bool watched = run.options.guard || run.options.layers != NULL;
  const tseg_exec_io io = {NULL, on_input, on_output, watched ? on_ran : NULL, NULL};
  run.layers = (host_layers){run.options.layers, &run.plan, run.arena.bytes, false};
  status = tseg_exec_init(&run.exec, &run.plan, &memory, &io, run.stores.engines, run.stores.count);
  return status == TSEG_OK ? HOST_EXIT_OK
                           : fail("init", status, init_remedy(status), host_exit_code(status));
}

/* Runs one sample as often as asked, on a painted stack. */
static int run_sample(void) {
  for (uint32_t i = 0; i < run.options.repeat; i++) {
    size_t stack_bytes = 0;
    host_arena_poison(&run.arena, run.figures.samples + i + 1u);
    if (!host_stack_call(infer, NULL, &stack_bytes)) {
      return fail("init", TSEG_ERR_ARGUMENT, "no thread could be started", HOST_EXIT_INTERNAL);
    }
    if (stack_bytes > run.figures.stack_high_water) {
      run.figures.stack_high_water = stack_bytes;
    }
    host_arena_measure(&run.arena);
    run.figures.arena_high_water = run.arena.high_water;
    if (run.guard_broken || !host_arena_intact(&run.arena)) {
      char message[128];
      (void)snprintf(message, sizeof message, "something wrote outside the arena, operator %u",
                     (unsigned)run.guard_operator);
      return fail("run", TSEG_ERR_ARENA_SIZE, message, HOST_EXIT_INTERNAL);
    }
    if (run.status != TSEG_OK) {
      return fail("run", run.status, run_remedy(run.status), host_exit_code(run.status));
    }
  }
  run.figures.samples++;
  if (run.layers.failed) {
    return fail("output", TSEG_ERR_OUTPUT, "a file of layers can't be written", HOST_EXIT_USAGE);
  }
  if (!host_samples_write(&run.samples)) {
    return fail("output", TSEG_ERR_OUTPUT, "the output can't be written", HOST_EXIT_USAGE);
  }
  return HOST_EXIT_OK;
}

static int run_samples(void) {
  int wrong_code = HOST_EXIT_INPUT;
  const char *wrong = host_samples_open(&run.samples, &run.plan, &run.options, &wrong_code);
  if (wrong != NULL) {
    return fail("input", TSEG_ERR_INPUT, wrong, wrong_code);
  }
  int code = prepare();
  bool more = code == HOST_EXIT_OK;
  while (more) {
    const enum host_samples_result next = host_samples_next(&run.samples, &wrong);
    if (next == HOST_SAMPLES_BAD) {
      return fail("input", TSEG_ERR_INPUT, wrong, HOST_EXIT_INPUT);
    }
    if (next == HOST_SAMPLES_END) {
      break;
    }
    code = run_sample();
    more = code == HOST_EXIT_OK && run.samples.input_count > 0u;
  }
  if (code == HOST_EXIT_OK && run.figures.samples == 0u) {
    return fail("input", TSEG_ERR_INPUT, "the input is empty", HOST_EXIT_INPUT);
  }
  return code;
}

/* Has the kernel kill this process when the one that started it ends, by whatever means. Where the
 * kernel can't, the process ends when its work does. */
static void end_with_parent(pid_t parent) {
#ifdef __linux__
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) {
    _exit(HOST_EXIT_INTERNAL); /* it ended meanwhile */
  }
#else
  (void)parent;
#endif
}

/* Runs the plan that the options in `run` name, and prints its report. */
static int run_plan(void) {
  int code = load();
  if (code == HOST_EXIT_OK && !run.options.info) {
    run.figures.ran = true;
    run.figures.layers = run.options.layers != NULL;
    code = run_samples();
    const bool closed = host_samples_close(&run.samples, code == HOST_EXIT_OK);
    if (code == HOST_EXIT_OK && !closed) {
      code = fail("output", TSEG_ERR_OUTPUT, "the output can't be written", HOST_EXIT_USAGE);
    }
  }
  if (code == HOST_EXIT_OK) {
    host_report_success(&run.plan, &run.stores, &run.figures);
  }
  host_stores_close(&run.stores);
  host_arena_close(&run.arena);
  free(run.context);
  free(run.plan_bytes);
  return code;
}

static int refuse(const char *wrong) {
  host_report_failure("usage", "ARGUMENT", wrong, TSEG_PLAN_NONE, HOST_EXIT_USAGE);
  return HOST_EXIT_USAGE;
}

/* One line of a file of jobs. */
static int run_job(int argc, char **argv) {
  memset(&run, 0, sizeof run);
  const char *wrong = host_options_parse(&run.options, argc, argv);
  if (wrong == NULL && (run.options.jobs != NULL || run.options.help)) {
    wrong = "a job is the options of one run";
  }
  return wrong != NULL ? refuse(wrong) : run_plan();
}

int host_program(int argc, char **argv) {
  const pid_t parent = getppid();
  const char *wrong = host_options_parse(&run.options, argc, argv);
  if (wrong != NULL) {
    return refuse(wrong);
  }
  if (run.options.help) {
    (void)fputs(host_options_help(), stdout);
    return HOST_EXIT_OK;
  }
  if (run.options.with_parent) {
    end_with_parent(parent);
  }
  if (run.options.jobs == NULL) {
    return run_plan();
  }
  int code = HOST_EXIT_OK;
  wrong = host_jobs_run(run.options.jobs, run_job, &code);
  return wrong != NULL ? refuse(wrong) : code;
}
