/* SPDX-License-Identifier: Apache-2.0 */
/* SQUASH (LOGISTIC and TANH) and SOFTMAX_16 of int16, by tables that the plan holds. */
#include "../check.h"
#include "../exponential.h"
#include "../kernels.h"
#include "../requantize.h"

#define SQUASH_ENTRIES  256u /* of uint16: 65536 / (1 + exp(-i / 24)) */
#define SOFTMAX_ENTRIES 513u /* of int16: ends of 512 straight pieces over all int16 */

static bool same_int16(const tseg_plan *plan, const tseg_plan_operator *op) {
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  return in->type == TSEG_TYPE_INT16 && tseg_nn_same_shape(in, tseg_nn_output(plan, op)) &&
         tseg_nn_single_segments(plan, op);
}

static TSEG_NN_ONCE tseg_status check_squash(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 1, 1, sizeof(tseg_params_squash))) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_squash *p = tseg_nn_params(plan, op);
  const bool ok = same_int16(plan, op) &&
                  tseg_nn_range_ok(plan, p->table, 2u * SQUASH_ENTRIES, 2) && p->tangent <= 1u &&
                  p->multiplier >= 0 && p->multiplier <= INT16_MAX && p->right_shift <= 31u;
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

static const int16_t *table_of(const tseg_nn_call *call, tseg_plan_range range) {
  return (const int16_t *)(const void *)(call->constants + range.offset);
}

/* 65536 times the logistic function at size / 2^bits / 24, times 2^bits; one from its end on. */
static uint32_t logistic(const uint16_t *table, uint32_t size, uint32_t bits, uint32_t one) {
  const uint32_t index = size >> bits;
  if (index >= SQUASH_ENTRIES - 1u) return one;
  const uint32_t rest = size & ((1u << bits) - 1u);
  return ((uint32_t)table[index] << bits) + rest * (uint32_t)(table[index + 1u] - table[index]);
}

static int16_t squashed(const tseg_params_squash *p, const uint16_t *table, int16_t stored) {
  const int64_t half = p->right_shift > 0u ? INT64_C(1) << (p->right_shift - 1u) : 0;
  const int32_t x = (int32_t)(((int64_t)stored * p->multiplier + half) >> p->right_shift);
  const uint32_t size = (uint32_t)(x < 0 ? -x : x);
  if (p->tangent == 0u) {
    const int32_t y = (int32_t)logistic(table, size, 9, 0x7FFFu << 10);
    return (int16_t)((x >= 0 ? y + (1 << 9) : (1 << 25) - y + (1 << 9) - 1) >> 10);
  }
  /* tanh(x) = 2 * logistic(2x) - 1 */
  const int32_t y = (int32_t)logistic(table, size, 8, 0xFFFFu << 8) - (1 << 23);
  return (int16_t)((x >= 0 ? y + (1 << 7) : -y + (1 << 7) - 1) >> 8);
}

static void run_squash(const tseg_nn_call *call) {
  const tseg_params_squash *p = call->params;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  const uint16_t *table = (const uint16_t *)table_of(call, p->table);
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    const int16_t *from =
        (const int16_t *)(const void *)tseg_nn_row(&call->inputs[0]->segments[0], r);
    int16_t *to = (int16_t *)(void *)tseg_nn_row(&call->outputs[0]->segments[0], r);
    for (uint32_t i = 0; i < out->w * out->c; i++) to[i] = squashed(p, table, from[i]);
  }
}

static TSEG_NN_ONCE tseg_status check_softmax(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 1, 1, sizeof(tseg_params_softmax_16))) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_softmax_16 *p = tseg_nn_params(plan, op);
  const bool ok = same_int16(plan, op) && tseg_nn_dimensions_ok(tseg_nn_output(plan, op)) &&
                  tseg_nn_shift_ok(p->shift) &&
                  tseg_nn_range_ok(plan, p->exponentials, 2u * SOFTMAX_ENTRIES, 2) &&
                  tseg_nn_range_ok(plan, p->reciprocals, 2u * SOFTMAX_ENTRIES, 2);
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

/* A table's straight pieces are 128 numbers long. */
static int32_t look_up(const int16_t *table, int32_t x) {
  const int32_t index = 256 + (x >> 7);
  const int32_t slope = table[index + 1] - table[index];
  return table[index] + ((slope * (x & 127) + 64) >> 7);
}

static void softmax(const tseg_nn_call *call, const int16_t *x, uint32_t count, int16_t *to) {
  const tseg_params_softmax_16 *p = call->params;
  int32_t most = INT16_MIN;
  for (uint32_t i = 0; i < count; i++) most = x[i] > most ? x[i] : most;
  int32_t sum = 0;
  for (uint32_t i = 0; i < count; i++) {
    const int32_t scaled = tseg_nn_requantize(x[i] - most, p->multiplier, p->shift);
    const int32_t moved = tseg_nn_clamp(tseg_nn_wrap_add(scaled, INT16_MAX), INT16_MIN, INT16_MAX);
    to[i] = (int16_t)look_up(table_of(call, p->exponentials), moved);
    sum = tseg_nn_wrap_add(sum, to[i]);
  }
  /* Only tables that no model has make it less. */
  const uint32_t positive = sum > 0 ? (uint32_t)sum : 1u;
  const uint32_t zeros = tseg_nn_leading_zeros(positive);
  const int32_t normal = (int32_t)(((positive << (zeros - 1u)) + (1u << 13)) >> 14);
  const int32_t place = tseg_nn_clamp(normal - (1 << 15) - (1 << 16), INT16_MIN, INT16_MAX);
  const int32_t reciprocal = look_up(table_of(call, p->reciprocals), place);
  const uint32_t right = 31u - zeros;
  const int64_t half = right > 0u ? INT64_C(1) << (right - 1u) : 0;
  for (uint32_t i = 0; i < count; i++) {
    const int64_t share = ((int64_t)to[i] * reciprocal + half) >> right;
    to[i] = (int16_t)(share < 0 ? 0 : share > INT16_MAX ? INT16_MAX : share);
  }
}

static void run_softmax(const tseg_nn_call *call) {
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    const int16_t *from =
        (const int16_t *)(const void *)tseg_nn_row(&call->inputs[0]->segments[0], r);
    int16_t *to = (int16_t *)(void *)tseg_nn_row(&call->outputs[0]->segments[0], r);
    for (uint32_t x = 0; x < out->w; x++, from += out->c, to += out->c) {
      softmax(call, from, out->c, to);
    }
  }
}

static TSEG_NN_ONCE uint64_t work(const tseg_plan *plan, const tseg_plan_operator *op) {
  return tseg_nn_work(tseg_nn_output(plan, op), 4);
}

const tseg_nn_variant tseg_nn_squash_row = {
    .kind = TSEG_KIND_SQUASH,
    .id = TSEG_VARIANT(TSEG_KIND_SQUASH, 1),
    .check = check_squash,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run_squash,
};

const tseg_nn_variant tseg_nn_softmax_16_row = {
    .kind = TSEG_KIND_SOFTMAX_16,
    .id = TSEG_VARIANT(TSEG_KIND_SOFTMAX_16, 1),
    .check = check_softmax,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run_softmax,
};
