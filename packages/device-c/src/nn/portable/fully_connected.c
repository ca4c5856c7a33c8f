/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FULLY_CONNECTED, int8: weights [out][in], zero point folded into the bias.
 *
 * `row` makes all outputs in one call, of an input of one row. `rows` accumulates: it takes an input of
 * several rows one by one, whatever its shape, keeps an int32 for each output in its state, and makes
 * the outputs in the last call.
 */
#include "../check.h"
#include "../kernels.h"
#include "../requantize.h"

static uint64_t elements(const tseg_plan_tensor *t) {
  return (uint64_t)t->n * t->h * t->w * t->c;
}

static TSEG_NN_ONCE tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 1, 1, sizeof(tseg_params_fully_connected))) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_fully_connected *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  if (in->type != TSEG_TYPE_INT8 || out->type != TSEG_TYPE_INT8 ||
      !tseg_nn_single_segments(plan, op) || !tseg_nn_dimensions_ok(in) ||
      !tseg_nn_dimensions_ok(out) || out->n * out->h != 1u || p->batches == 0u ||
      p->in_features == 0u || (uint64_t)p->batches * p->in_features != elements(in) ||
      (uint64_t)p->batches * p->out_features != elements(out) ||
      (p->channel_count != 1u && p->channel_count != p->out_features) ||
      !tseg_nn_int8_range_ok(p->activation_min, p->activation_max)) {
    return TSEG_ERR_PLAN_RECORD;
  }
  const uint64_t weights = (uint64_t)p->in_features * p->out_features;
  if (!tseg_nn_range_ok(plan, p->weights, weights, 1) ||
      !tseg_nn_range_ok(plan, p->bias, UINT64_C(4) * p->out_features, 4) ||
      !tseg_nn_quantization_ok(plan, op, sizeof(tseg_params_fully_connected), p->channel_count)) {
    return TSEG_ERR_PLAN_RECORD;
  }
  return TSEG_OK;
}

static TSEG_NN_ONCE tseg_status check_row(const tseg_plan *plan, const tseg_plan_operator *op) {
  const tseg_status status = check(plan, op);
  if (status != TSEG_OK) return status;
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  return in->n * in->h == 1u ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

static uint32_t dot(const int8_t *x, const int8_t *w, uint32_t count) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < count; i++) sum += (uint32_t)((int32_t)x[i] * w[i]);
  return sum;
}

/* Output `o` of the sum of its products. */
static int8_t output_of(const tseg_nn_call *call, uint32_t o, uint32_t sum) {
  const tseg_params_fully_connected *p = call->params;
  const int32_t *multipliers = (const int32_t *)(const void *)(p + 1);
  const int32_t *shifts = multipliers + p->channel_count;
  const int32_t *bias = (const int32_t *)(const void *)(call->constants + p->bias.offset);
  const uint32_t q = p->channel_count == 1u ? 0u : o;
  const int32_t whole = (int32_t)(sum + (uint32_t)bias[o]);
  const int32_t scaled = tseg_nn_requantize(whole, multipliers[q], shifts[q]);
  return (int8_t)tseg_nn_clamp(tseg_nn_wrap_add(scaled, p->output_zero_point), p->activation_min,
                               p->activation_max);
}

static void run_row(const tseg_nn_call *call) {
  const tseg_params_fully_connected *p = call->params;
  const int8_t *weights = (const int8_t *)call->constants + p->weights.offset;
  const int8_t *x = (const int8_t *)tseg_nn_row(&call->inputs[0]->segments[0], 0);
  int8_t *to = (int8_t *)tseg_nn_row(&call->outputs[0]->segments[0], 0);
  for (uint32_t b = 0; b < p->batches; b++, x += p->in_features) {
    for (uint32_t o = 0; o < p->out_features; o++, to++) {
      *to = output_of(call, o, dot(x, weights + (size_t)o * p->in_features, p->in_features));
    }
  }
}

/* Adds the products of `count` features of batch `b`, from feature `first` on, to its sums. */
static void take(const tseg_nn_call *call, uint32_t b, uint32_t first, const int8_t *x,
                 uint32_t count) {
  const tseg_params_fully_connected *p = call->params;
  const int8_t *weights = (const int8_t *)call->constants + p->weights.offset + first;
  uint32_t *sums = (uint32_t *)call->state + (size_t)b * p->out_features;
  for (uint32_t o = 0; o < p->out_features; o++) {
    sums[o] += dot(x, weights + (size_t)o * p->in_features, count);
  }
}

static void run_rows(const tseg_nn_call *call) {
  const tseg_params_fully_connected *p = call->params;
  const tseg_plan_tensor *in = call->inputs[0]->tensor;
  const uint32_t row_elements = in->w * in->c;
  const uint32_t end = call->first_row + call->row_count;
  for (uint32_t r = call->first_row; r < end; r++) {
    const int8_t *x = (const int8_t *)tseg_nn_row(&call->inputs[0]->segments[0], r);
    /* A row may hold the end of one batch and the beginning of the next. */
    for (uint32_t done = 0; done < row_elements;) {
      const uint32_t at = r * row_elements + done;
      const uint32_t feature = at % p->in_features;
      const uint32_t rest = row_elements - done;
      const uint32_t run = p->in_features - feature < rest ? p->in_features - feature : rest;
      take(call, at / p->in_features, feature, x + done, run);
      done += run;
    }
  }
  if (end < in->n * in->h) return;
  const uint32_t *sums = call->state;
  int8_t *to = (int8_t *)tseg_nn_row(&call->outputs[0]->segments[0], 0);
  for (uint32_t i = 0; i < p->batches * p->out_features; i++) {
    to[i] = output_of(call, i % p->out_features, sums[i]);
  }
}

static TSEG_NN_ONCE uint32_t state_bytes(const tseg_plan *plan, const tseg_plan_operator *op) {
  const uint64_t bytes = UINT64_C(4) * elements(tseg_nn_output(plan, op));
  return bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes;
}

static TSEG_NN_ONCE uint64_t work(const tseg_plan *plan, const tseg_plan_operator *op) {
  const tseg_params_fully_connected *p = tseg_nn_params(plan, op);
  return tseg_nn_work(tseg_nn_output(plan, op), p->in_features);
}

const tseg_nn_variant tseg_nn_fully_connected_row = {
    .kind = TSEG_KIND_FULLY_CONNECTED,
    .id = TSEG_VARIANT(TSEG_KIND_FULLY_CONNECTED, 1),
    .check = check_row,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run_row,
};

const tseg_nn_variant tseg_nn_fully_connected_rows = {
    .kind = TSEG_KIND_FULLY_CONNECTED,
    .id = TSEG_VARIANT(TSEG_KIND_FULLY_CONNECTED, 8),
    .accumulates = true,
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = state_bytes,
    .run = run_rows,
};
