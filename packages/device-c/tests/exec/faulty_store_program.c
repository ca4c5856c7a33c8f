/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A compiled plan on a store that fails, as a program, for tests of the planner's own plans:
 *
 *   faulty_store_program PLAN INPUTS OUTPUTS PLACES
 *
 * INPUTS and OUTPUTS are files with the bytes of all tensors of one inference. Each fault that the
 * emulated device has is shown at up to PLACES of the plan's requests, once and from then on (so a
 * full store, too): the inference must give the right bytes or a named error of a store, and after
 * a fault that is over, the next inference the right bytes. Prints what went wrong, then
 * "cases N errors N wrong N"; the exit code is 0 when all is well.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/emulated_device.h"
#include "support/plan_runner.h"

#define FOREVER UINT32_MAX

typedef struct file_bytes {
  uint8_t *bytes; /* 16-byte aligned */
  size_t size;
} file_bytes;

typedef struct fault_run {
  file_bytes plan, inputs, outputs;
  uint8_t *actual;
  tseg_block_geometry geometry;
  uint32_t cases, errors, wrong;
} fault_run;

static bool read_file(const char *path, file_bytes *file) {
  FILE *stream = fopen(path, "rb");
  if (stream == NULL || fseek(stream, 0, SEEK_END) != 0) {
    return false;
  }
  const long length = ftell(stream);
  bool ok = length > 0 && fseek(stream, 0, SEEK_SET) == 0;
  if (ok) {
    file->size = (size_t)length;
    file->bytes = aligned_alloc(16, (file->size + 15u) & ~(size_t)15u);
    ok = file->bytes != NULL && fread(file->bytes, 1, file->size, stream) == file->size;
  }
  (void)fclose(stream);
  return ok;
}

/* Units as the plan's store 0 wants them; a flash that is erased where they are larger than a byte. */
static tseg_block_geometry geometry_of(const tseg_plan *plan) {
  const uint32_t unit = plan->stores[0].unit_bytes;
  tseg_block_geometry geometry = {.read_size = 1, .prog_size = unit, .queue_depth = 2};
  geometry.overlaps_cpu = true;
  geometry.erase_size = unit > 1u ? 16u * unit : 0u;
  for (uint32_t i = 0; i < plan->header->streams.count; i++) {
    const tseg_plan_stream *stream = &plan->streams[i];
    const uint64_t block =
        (uint64_t)stream->rows_per_block * plan->tensors[stream->tensor].row_bytes + 64u + unit;
    geometry.capacity += stream->block_count * block + geometry.erase_size + unit;
  }
  const uint32_t round = geometry.erase_size > 0u ? geometry.erase_size : 1u;
  geometry.capacity = (geometry.capacity + round - 1u) / round * round;
  return geometry;
}

static bool is_right(const fault_run *run, const struct plan_runner *runner) {
  return runner->output_size == run->outputs.size &&
         memcmp(run->actual, run->outputs.bytes, run->outputs.size) == 0;
}

static void complain(fault_run *run, const char *what, uint32_t fault, uint32_t at, uint32_t count,
                     tseg_status status) {
  run->wrong++;
  printf("fault %" PRIu32 " at request %" PRIu32 ", %s: %s, status %s\n", fault, at,
         count == FOREVER ? "from then on" : "once", what, tseg_status_name(status));
}

static tseg_status infer(fault_run *run, emulated_device *device, struct plan_runner *runner,
                         uint32_t inferences) {
  *runner = (struct plan_runner){.device = &device->device,
                                 .input = run->inputs.bytes,
                                 .input_size = run->inputs.size,
                                 .output = run->actual,
                                 .output_capacity = run->outputs.size,
                                 .ignore_errors = 1};
  memset(run->actual, 0, run->outputs.size);
  return plan_runner_run(runner, run->plan.bytes, run->plan.size, inferences);
}

/* One fault at one request. */
static void check_fault(fault_run *run, uint32_t fault, uint32_t at, uint32_t count) {
  emulated_device device;
  struct plan_runner runner;
  emulated_device_make(&device, &run->geometry, 1u + at);
  device.delay_polls = at % 3u;
  emulated_device_set_fault(&device, fault, at, count);
  const tseg_status status = infer(run, &device, &runner, 1);
  run->cases++;
  run->errors += status != TSEG_OK ? 1u : 0u;
  if (status == TSEG_OK && !is_right(run, &runner)) {
    complain(run, "wrong bytes", fault, at, count, status);
  } else if (status != TSEG_OK && status > TSEG_ERR_STORE_FULL) {
    complain(run, "not an error of a store", fault, at, count, status);
  } else if (device.violations > 0u) {
    complain(run, device.violation, fault, at, count, status);
  }
  if (count == 1u && device.faults_shown > 0u) {
    emulated_device_set_fault(&device, fault, at, 1);
    const tseg_status next = infer(run, &device, &runner, 2);
    if (next != TSEG_OK || !is_right(run, &runner)) {
      complain(run, "the inference after it", fault, at, count, next);
    }
  }
  emulated_device_free(&device);
}

/* Requests of an inference without a fault; 0: it went wrong. */
static uint32_t count_requests(fault_run *run) {
  emulated_device device;
  struct plan_runner runner;
  emulated_device_make(&device, &run->geometry, 1);
  const tseg_status status = infer(run, &device, &runner, 1);
  const uint32_t count = device.request_count;
  if (status != TSEG_OK || !is_right(run, &runner) || device.violations > 0u) {
    complain(run, "without a fault", EMULATED_NO_FAULT, 0, 1, status);
  }
  emulated_device_free(&device);
  return run->wrong == 0u ? count : 0u;
}

int main(int argc, char **argv) {
  fault_run run;
  tseg_plan plan;
  memset(&run, 0, sizeof run);
  if (argc != 5 || !read_file(argv[1], &run.plan) || !read_file(argv[2], &run.inputs) ||
      !read_file(argv[3], &run.outputs) ||
      tseg_plan_load(run.plan.bytes, run.plan.size, &plan) != TSEG_OK ||
      plan.header->stores.count == 0u) {
    (void)fputs("faulty_store_program PLAN INPUTS OUTPUTS PLACES: files can't be used\n", stderr);
    return 2;
  }
  run.actual = malloc(run.outputs.size);
  run.geometry = geometry_of(&plan);
  const uint32_t places = (uint32_t)strtoul(argv[4], NULL, 10);
  const uint32_t requests = run.actual == NULL ? 0u : count_requests(&run);
  for (uint32_t fault = EMULATED_REFUSE; requests > 0u && fault < EMULATED_FAULT_COUNT; fault++) {
    for (uint32_t place = 0; place < places && place < requests; place++) {
      const uint32_t at =
          requests <= places ? place : (uint32_t)((uint64_t)place * requests / places);
      check_fault(&run, fault, at, 1);
      check_fault(&run, fault, at, FOREVER);
    }
  }
  printf("cases %" PRIu32 " errors %" PRIu32 " wrong %" PRIu32 "\n", run.cases, run.errors,
         run.wrong);
  free(run.plan.bytes);
  free(run.inputs.bytes);
  free(run.outputs.bytes);
  free(run.actual);
  return run.wrong == 0u && run.cases > 0u ? 0 : 1;
}
