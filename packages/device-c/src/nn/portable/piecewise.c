/* SPDX-License-Identifier: Apache-2.0 */
/* PIECEWISE, int16: each element times one factor from zero on and another below, then clamped. LEAKY_RELU,
 * and RELU and RELU6 with equal factors; of int8 these are LOOKUPs. */
#include "../check.h"
#include "../elements.h"
#include "../kernels.h"
#include "../requantize.h"

static TSEG_NN_ONCE tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 1, 1, sizeof(tseg_params_piecewise))) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_piecewise *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  const bool ok = in->type == TSEG_TYPE_INT16 && tseg_nn_same_shape(in, out) &&
                  tseg_nn_single_segments(plan, op) && tseg_nn_shift_ok(p->shift) &&
                  tseg_nn_shift_ok(p->negative_shift) &&
                  tseg_nn_element_range_ok(TSEG_TYPE_INT16, p->activation_min, p->activation_max);
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

static void run(const tseg_nn_call *call) {
  const tseg_params_piecewise *p = call->params;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    const uint8_t *from = tseg_nn_row(&call->inputs[0]->segments[0], r);
    uint8_t *to = tseg_nn_row(&call->outputs[0]->segments[0], r);
    for (uint32_t i = 0; i < out->w * out->c; i++) {
      const int32_t x = tseg_nn_element(TSEG_TYPE_INT16, from, i);
      int32_t scaled;
      if (x >= 0) {
        scaled = tseg_nn_requantize(x, p->multiplier, p->shift);
      } else {
        scaled = tseg_nn_requantize(x, p->negative_multiplier, p->negative_shift);
        if (p->negate != 0u) scaled = (int32_t)(0u - (uint32_t)scaled);
      }
      tseg_nn_set_element(TSEG_TYPE_INT16, to, i,
                          tseg_nn_clamp(scaled, p->activation_min, p->activation_max));
    }
  }
}

static TSEG_NN_ONCE uint64_t work(const tseg_plan *plan, const tseg_plan_operator *op) {
  return tseg_nn_work(tseg_nn_output(plan, op), 1);
}

const tseg_nn_variant tseg_nn_piecewise_row = {
    .kind = TSEG_KIND_PIECEWISE,
    .id = TSEG_VARIANT(TSEG_KIND_PIECEWISE, 1),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run,
};
