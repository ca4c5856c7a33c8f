/* SPDX-License-Identifier: Apache-2.0 */
/* ARG_MAX over the last axis (c), int8 or float32: the place of the first of the greatest, as int32. */
#include "../check.h"
#include "../kernels.h"
#include "../reals.h"

static TSEG_NN_ONCE tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 1, 1, 0)) return TSEG_ERR_PLAN_RECORD;
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  const bool ok = (in->type == TSEG_TYPE_INT8 || in->type == TSEG_TYPE_FLOAT32) &&
                  out->type == TSEG_TYPE_INT32 && in->n == out->n && in->h == out->h &&
                  in->w == out->w && out->c == 1u && tseg_nn_dimensions_ok(in) &&
                  tseg_nn_single_segments(plan, op);
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

static int32_t place_of_int8(const int8_t *x, uint32_t count) {
  uint32_t best = 0;
  for (uint32_t i = 1; i < count; i++) best = x[i] > x[best] ? i : best;
  return (int32_t)best;
}

static int32_t place_of_real(const float *x, uint32_t count) {
  uint32_t best = 0;
  for (uint32_t i = 1; i < count; i++) best = x[i] > x[best] ? i : best;
  return (int32_t)best;
}

static void run(const tseg_nn_call *call) {
  const tseg_plan_tensor *in = call->inputs[0]->tensor;
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    const uint8_t *from = tseg_nn_row(&call->inputs[0]->segments[0], r);
    int32_t *to = (int32_t *)(void *)tseg_nn_row(&call->outputs[0]->segments[0], r);
    for (uint32_t x = 0; x < in->w; x++) {
      const size_t first = (size_t)x * in->c;
      to[x] = in->type == TSEG_TYPE_INT8
                  ? place_of_int8((const int8_t *)from + first, in->c)
                  : place_of_real((const float *)(const void *)from + first, in->c);
    }
  }
}

static TSEG_NN_ONCE uint64_t work(const tseg_plan *plan, const tseg_plan_operator *op) {
  return tseg_nn_work(tseg_nn_tensor(plan, op, 0), 1);
}

const tseg_nn_variant tseg_nn_arg_max_row = {
    .kind = TSEG_KIND_ARG_MAX,
    .id = TSEG_VARIANT(TSEG_KIND_ARG_MAX, 1),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run,
};
