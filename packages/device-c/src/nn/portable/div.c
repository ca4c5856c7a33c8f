/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DIV, int8, with broadcasting: the dividend, shifted as far to the left as it can be, times the
 * reciprocal of the divisor, times the factor of the scales. By zero it gives zero: the reference has no
 * answer.
 */
#include "../broadcast.h"
#include "../check.h"
#include "../exponential.h"
#include "../kernels.h"
#include "../requantize.h"

/* With these no element needs a shift to the left or one beyond 31. */
#define SHIFT_MIN 7
#define SHIFT_MAX 23

static TSEG_NN_ONCE tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 2, 1, sizeof(tseg_params_elementwise))) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_elementwise *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  const bool ok =
      out->type == TSEG_TYPE_INT8 && tseg_nn_dimensions_ok(out) &&
      tseg_nn_single_segments(plan, op) && tseg_nn_broadcasts(tseg_nn_tensor(plan, op, 0), out) &&
      tseg_nn_broadcasts(tseg_nn_tensor(plan, op, 1), out) && p->input1_offset >= -127 &&
      p->input1_offset <= 128 && p->input2_offset >= -127 && p->input2_offset <= 128 &&
      p->output_shift >= SHIFT_MIN && p->output_shift <= SHIFT_MAX &&
      tseg_nn_int8_range_ok(p->activation_min, p->activation_max);
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

/* Both are from -255 to 255. */
static int32_t quotient(const tseg_params_elementwise *p, int32_t dividend, int32_t divisor) {
  if (dividend == 0 || divisor == 0) return 0;
  const int32_t x = divisor < 0 ? -dividend : dividend;
  const uint32_t size = (uint32_t)(divisor < 0 ? -divisor : divisor);
  const uint32_t zeros = tseg_nn_leading_zeros(size);
  const int32_t reciprocal =
      tseg_nn_one_over_one_plus((int32_t)((size << zeros) - (UINT32_C(1) << 31)));
  const uint32_t room = tseg_nn_leading_zeros((uint32_t)(x < 0 ? ~x : x)) - 1u;
  const int32_t whole = tseg_nn_high_mul(tseg_nn_wrap_shl(x, room), reciprocal);
  const uint32_t right = room + 31u - zeros - (uint32_t)p->output_shift;
  return tseg_nn_divide_by_pot(tseg_nn_high_mul(whole, p->output_multiplier), right);
}

static void run(const tseg_nn_call *call) {
  const tseg_params_elementwise *p = call->params;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    const int8_t *a = (const int8_t *)tseg_nn_broadcast_row(call->inputs[0], out, r);
    const int8_t *b = (const int8_t *)tseg_nn_broadcast_row(call->inputs[1], out, r);
    int8_t *to = (int8_t *)tseg_nn_row(&call->outputs[0]->segments[0], r);
    for (uint32_t i = 0; i < out->w * out->c; i++) {
      const size_t ia = tseg_nn_broadcast_at(call->inputs[0]->tensor, i / out->c, i % out->c);
      const size_t ib = tseg_nn_broadcast_at(call->inputs[1]->tensor, i / out->c, i % out->c);
      const int32_t q = quotient(p, a[ia] + p->input1_offset, b[ib] + p->input2_offset);
      to[i] = (int8_t)tseg_nn_clamp(tseg_nn_wrap_add(q, p->output_offset), p->activation_min,
                                    p->activation_max);
    }
  }
}

/* Three steps of Newton's method an element. */
static TSEG_NN_ONCE uint64_t work(const tseg_plan *plan, const tseg_plan_operator *op) {
  return tseg_nn_work(tseg_nn_output(plan, op), 10);
}

const tseg_nn_variant tseg_nn_div_row = {
    .kind = TSEG_KIND_DIV,
    .id = TSEG_VARIANT(TSEG_KIND_DIV, 1),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run,
};
