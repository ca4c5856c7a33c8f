/* SPDX-License-Identifier: Apache-2.0 */
/* Firmware that runs the plan it is linked with over all samples of its input, and reports. */
#include "firmware.h"

#include "arena.h"
#include "count.h"
#include "fault.h"
#include "guard.h"
#include "link_map.h"
#include "memory.h"
#include "meter.h"
#include "port.h"
#include "report.h"
#include "samples.h"
#include "semihosting.h"
#include "stack.h"
#include "stores.h"
#include "tseg/exec.h"

int main(int argc, char **argv);

typedef struct inference {
  tseg_exec *exec;
  tseg_status status;
} inference;

static tseg_report report;
static tseg_plan plan;
static tseg_stores stores;
static inference current;
static uint8_t *arena;

static bool write_stores(int32_t file) {
  for (uint32_t i = 0; i < stores.count; i++) {
    const tseg_store_counters *c = tseg_store_get_counters(stores.engines[i]);
    const tseg_report_store record = {
        .kind = plan.stores[i].kind,
        .blocks_written = c->blocks_written,
        .blocks_read = c->blocks_read,
        .erases = c->erases,
        .raw_bytes_written = c->raw_bytes_written,
        .device_bytes_written = c->device_bytes_written,
        .raw_bytes_read = c->raw_bytes_read,
        .device_bytes_read = c->device_bytes_read,
        .retries = c->retries,
    };
    if (!tseg_semihosting_write(file, &record, sizeof record)) {
      return false;
    }
  }
  return true;
}

static bool write_operators(int32_t file) {
  for (uint32_t i = 0; i < report.operator_count; i++) {
    const tseg_report_operator record = {tseg_meter_sums.operators[i], tseg_meter_sums.calls[i], 0};
    if (!tseg_semihosting_write(file, &record, sizeof record)) {
      return false;
    }
  }
  return true;
}

/* Writes the report; the exit code of the program. */
static int finish(enum tseg_report_stage stage, tseg_status status) {
  report.magic = TSEG_REPORT_MAGIC;
  report.version = TSEG_REPORT_VERSION;
  report.stage = stage;
  report.status = status;
  report.position = current.exec != NULL ? tseg_exec_position(current.exec) : 0u;
  report.store_memory_size = stores.memory_size;
  report.device_size = stores.device_size;
  report.link_size = stores.link_size;
  report.static_size = (uint32_t)(tseg_bss_end - tseg_data_begin);
  report.free_size = tseg_memory_free();
  report.missing_size = tseg_memory_missing();
  report.guarded = tseg_guard_present() ? 1u : 0u;
  report.counted = tseg_port_clock_rate.count_numerator > 0u ? 1u : 0u;
  report.executor_count = tseg_meter_sums.executor;
  report.running = tseg_meter_sums.running;
  report.store_count = stores.count;
  report.operator_count = tseg_meter_sums.operators != NULL ? plan.header->operators.count : 0u;
  const int32_t file = tseg_semihosting_open(TSEG_REPORT_FILE, TSEG_SEMIHOSTING_WRITE);
  const bool written = file >= 0 && tseg_semihosting_write(file, &report, sizeof report) &&
                       write_stores(file) && write_operators(file);
  return written && status == TSEG_OK && report.faulted == 0u ? 0 : 1;
}

_Noreturn void tseg_fault_report(const tseg_fault *fault) {
  if (report.faulted != 0u) {
    tseg_semihosting_exit(2); /* a fault in here */
  }
  report.faulted = 1;
  report.fault = *fault;
  tseg_semihosting_exit(finish(report.stage, TSEG_ERR_STATE));
}

static void infer(void *argument) {
  inference *one = argument;
  tseg_meter_resume();
  one->status = tseg_exec_run(one->exec);
  tseg_meter_pause();
}

static tseg_status take_memory(tseg_exec_memory *memory) {
  const uint32_t operators = plan.header->operators.count;
  uint64_t *counts = tseg_memory_take(operators * (uint32_t)sizeof *counts);
  uint32_t *calls = tseg_memory_take(operators * (uint32_t)sizeof *calls);
  memory->context_size = tseg_exec_context_size(&plan);
  memory->context = tseg_memory_take((uint32_t)memory->context_size);
  memory->arena_size = plan.header->arena_size;
  arena = tseg_memory_take_arena(plan.header->arena_size);
  memory->arena = arena;
  report.context_size = (uint32_t)memory->context_size;
  report.arena_size = plan.header->arena_size;
  if (tseg_memory_missing() > 0u) {
    return TSEG_ERR_ARENA_SIZE;
  }
  tseg_meter_start(counts, calls, operators);
  return TSEG_OK;
}

static tseg_status run_samples(uint32_t sample_count) {
  for (uint32_t i = 0; i < sample_count; i++) {
    tseg_arena_paint(arena, report.arena_size, i);
    const uint32_t depth = tseg_stack_call(infer, &current);
    const uint32_t height = tseg_arena_high_water(arena, report.arena_size, i);
    report.stack_high_water = depth > report.stack_high_water ? depth : report.stack_high_water;
    report.arena_high_water = height > report.arena_high_water ? height : report.arena_high_water;
    if (current.status != TSEG_OK) {
      return current.status;
    }
    report.samples++;
  }
  return TSEG_OK;
}

static int run(void) {
  uint64_t begin = tseg_count();
  report.stage = TSEG_STAGE_LOAD;
  tseg_status status = tseg_plan_load(tseg_firmware_plan, tseg_firmware_plan_size, &plan);
  report.load_count = tseg_count() - begin;
  if (status != TSEG_OK) {
    return finish(TSEG_STAGE_LOAD, status);
  }
  report.stage = TSEG_STAGE_STORE;
  status = tseg_stores_open(&stores, &plan);
  if (status != TSEG_OK) {
    return finish(tseg_memory_missing() > 0u ? TSEG_STAGE_MEMORY : TSEG_STAGE_STORE, status);
  }
  tseg_exec_memory memory;
  status = take_memory(&memory);
  if (status != TSEG_OK) {
    return finish(TSEG_STAGE_MEMORY, status);
  }
  report.stage = TSEG_STAGE_INIT;
  const tseg_exec_io io = {.input = tseg_samples_input, .output = tseg_samples_output};
  begin = tseg_count();
  status = tseg_exec_init(&current.exec, &plan, &memory, &io, stores.engines, stores.count);
  report.load_count += tseg_count() - begin;
  if (status != TSEG_OK) {
    return finish(TSEG_STAGE_INIT, status);
  }
  uint32_t sample_count = 0;
  if (!tseg_samples_open(&plan, &sample_count)) {
    return finish(TSEG_STAGE_INPUT, TSEG_ERR_INPUT);
  }
  report.stage = TSEG_STAGE_RUN;
  status = run_samples(sample_count);
  return finish(status == TSEG_OK ? TSEG_STAGE_DONE : TSEG_STAGE_RUN, status);
}

int main(int argc, char **argv) {
  (void)argc;
  (void)argv;
  return run();
}
