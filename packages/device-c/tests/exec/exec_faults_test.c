/* SPDX-License-Identifier: Apache-2.0 */
/* Every fault at every request of a device: the right bytes or a named error, and the inference after
 * it is right. The device poisons what is being read and takes what is being written only at the end,
 * so an executor that did not wait would show. */
#include "harness.h"
#include "support/emulated_device.h"
#include "support/plan_runner.h"
#include "support/sample_plans.h"

static uint8_t input[SAMPLE_STREAMED_BYTES];

struct fault_case {
  const uint8_t *plan;
  size_t plan_size;
  uint8_t increments[2]; /* output i is the input plus this */
  uint32_t outputs;
  const tseg_block_geometry *geometry;
};

static int outputs_right(const struct fault_case *c, const uint8_t *output) {
  for (uint32_t k = 0; k < c->outputs; k++) {
    for (size_t i = 0; i < sizeof input; i++) {
      if (output[k * sizeof input + i] != (uint8_t)(input[i] + c->increments[k])) return 0;
    }
  }
  return 1;
}

/* One run with a fault; then the same store without. Returns whether the fault was reached. */
static int check_fault(const struct fault_case *c, uint32_t fault, uint32_t at, uint32_t delay) {
  emulated_device device;
  emulated_device_make(&device, c->geometry, harness_random());
  device.delay_polls = delay;
  emulated_device_set_fault(&device, fault, at, 1);
  uint8_t output[2u * SAMPLE_STREAMED_BYTES] = {0};
  struct plan_runner runner = {.device = &device.device,
                               .input = input,
                               .input_size = sizeof input,
                               .output = output,
                               .output_capacity = sizeof output};
  const tseg_status status = plan_runner_run(&runner, c->plan, c->plan_size, 1);
  const int reached = device.faults_shown > 0;
  CHECK(status == TSEG_OK || status <= TSEG_ERR_STORE_FULL);
  CHECK(status != TSEG_OK || outputs_right(c, output));
  CHECK_EQ(device.violations, 0);
  if (reached) {
    emulated_device_set_fault(&device, fault, at, 1);
    memset(output, 0, sizeof output);
    runner.ignore_errors = 1;
    CHECK_EQ(plan_runner_run(&runner, c->plan, c->plan_size, 2), TSEG_OK);
    CHECK(outputs_right(c, output));
    CHECK_EQ(device.violations, 0);
  }
  emulated_device_free(&device);
  return reached;
}

static uint32_t check_plan(const struct fault_case *c) {
  uint32_t cases = 0;
  for (uint32_t fault = EMULATED_REFUSE; fault < EMULATED_FAULT_COUNT; fault++) {
    for (uint32_t delay = 0; delay < 3; delay += 2) {
      uint32_t at = 0;
      while (check_fault(c, fault, at, delay)) {
        at++;
        cases++;
      }
      CHECK(at > 3);
    }
  }
  return cases;
}

static void check_geometry(const tseg_block_geometry *geometry) {
  static struct plan_builder b;
  struct fault_case c = {.geometry = geometry};
  uint32_t cases = 0;
  for (size_t i = 0; i < sizeof input; i++) input[i] = (uint8_t)harness_random();
  for (uint32_t kind = 0; kind < 4; kind++) {
    const bool streamed = kind == 0 || kind == 3;
    if (kind == 0) {
      sample_streamed(&b);
    } else if (kind == 3) {
      sample_placed(&b);
    } else {
      sample_two_fetches(&b, 1u + kind, 3u - kind);
    }
    c.outputs = streamed ? 1 : 2;
    c.increments[0] = streamed ? 3 : 11;
    c.increments[1] = 21;
    b.stores[0].kind = TSEG_STORE_NOR;
    b.stores[0].unit_bytes = 16;
    uint8_t *bytes = plan_builder_finish(&b, &c.plan_size);
    c.plan = bytes;
    cases += check_plan(&c);
    free(bytes);
  }
  printf("  # %" PRIu32 " faults\n", cases);
}

static void plain_device(void) {
  const tseg_block_geometry plain = {
      .read_size = 1, .prog_size = 1, .capacity = 4096, .queue_depth = 2, .overlaps_cpu = true};
  check_geometry(&plain);
}

static void erased_device(void) {
  const tseg_block_geometry nor = {.read_size = 4,
                                   .prog_size = 16,
                                   .erase_size = 64,
                                   .capacity = 4096,
                                   .queue_depth = 1,
                                   .overlaps_cpu = true};
  check_geometry(&nor);
}

int main(int argc, char **argv) {
  static const struct harness_test tests[] = {
      {"a run over a faulty memory gives the right bytes or an error, and then recovers",
       plain_device},
      {"a run over a faulty flash gives the right bytes or an error, and then recovers",
       erased_device},
  };
  return HARNESS_RUN(tests, argc, argv);
}
