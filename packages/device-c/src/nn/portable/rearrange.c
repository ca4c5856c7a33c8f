/* SPDX-License-Identifier: Apache-2.0 */
/*
 * REARRANGE: the output's elements, counted through, are those of the input at the places of a nest of
 * six loops: base + i0*step0 + ... + i5*step5, each step positive, negative or zero. SLICE,
 * STRIDED_SLICE, TRANSPOSE, DEPTH_TO_SPACE and SPACE_TO_DEPTH, of elements of any type.
 */
#include <string.h>

#include "../check.h"
#include "../kernels.h"

#define DEPTH TSEG_NEST_DEPTH

static TSEG_NN_ONCE tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 1, 1, sizeof(tseg_params_rearrange))) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_rearrange *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  if (in->type != out->type || !tseg_nn_single_segments(plan, op) || !tseg_nn_dimensions_ok(in) ||
      !tseg_nn_dimensions_ok(out) || p->row_loops >= DEPTH) {
    return TSEG_ERR_PLAN_RECORD;
  }
  const uint64_t elements = (uint64_t)in->n * in->h * in->w * in->c;
  uint64_t rows = 1, inside = 1;
  int64_t low = p->base, high = p->base;
  for (uint32_t i = 0; i < DEPTH; i++) {
    if (p->size[i] - 1u >= TSEG_NN_DIMENSION_MAX) return TSEG_ERR_PLAN_RECORD;
    uint64_t *part = i < p->row_loops ? &rows : &inside;
    *part *= p->size[i];
    if (*part > TSEG_PLAN_TENSOR_BYTES_MAX) return TSEG_ERR_PLAN_RECORD;
    const int64_t reach = (int64_t)(p->size[i] - 1u) * p->step[i];
    low += reach < 0 ? reach : 0;
    high += reach > 0 ? reach : 0;
  }
  const bool ok = rows == (uint64_t)out->n * out->h && inside == (uint64_t)out->w * out->c &&
                  low >= 0 && (uint64_t)high < elements;
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

/* Where an output row begins: the place that the outer loops lead to. */
static int64_t row_base(const tseg_params_rearrange *p, uint32_t row) {
  int64_t place = p->base;
  for (uint32_t i = p->row_loops; i > 0u; i--) {
    place += (int64_t)(row % p->size[i - 1u]) * p->step[i - 1u];
    row /= p->size[i - 1u];
  }
  return place;
}

/* One run of the innermost loop. */
static void copy_run(const tseg_nn_operand *in, const tseg_params_rearrange *p, int64_t place,
                     uint32_t element, uint8_t *to) {
  const uint32_t row_elements = in->tensor->w * in->tensor->c;
  const uint32_t count = p->size[DEPTH - 1u];
  const int32_t step = p->step[DEPTH - 1u];
  for (uint32_t done = 0; done < count;) {
    const uint32_t at = (uint32_t)(place + (int64_t)done * step);
    const uint32_t column = at % row_elements;
    const uint32_t left = row_elements - column;
    /* Neighbours that lie in one row move together. */
    const uint32_t run = step != 1 ? 1u : count - done < left ? count - done : left;
    const uint8_t *from = tseg_nn_row(&in->segments[0], at / row_elements);
    memmove(to, from + (size_t)column * element, (size_t)run * element);
    to += (size_t)run * element;
    done += run;
  }
}

static void run(const tseg_nn_call *call) {
  const tseg_params_rearrange *p = call->params;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  const uint32_t element = out->row_bytes / (out->w * out->c);
  const uint32_t run_elements = p->size[DEPTH - 1u];
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    uint8_t *to = tseg_nn_row(&call->outputs[0]->segments[0], r);
    const int64_t base = row_base(p, r);
    for (uint32_t i = 0; i < out->w * out->c / run_elements; i++) {
      int64_t place = base;
      uint32_t rest = i;
      for (uint32_t k = DEPTH - 1u; k > p->row_loops; k--) {
        place += (int64_t)(rest % p->size[k - 1u]) * p->step[k - 1u];
        rest /= p->size[k - 1u];
      }
      copy_run(call->inputs[0], p, place, element, to);
      to += (size_t)run_elements * element;
    }
  }
}

static TSEG_NN_ONCE uint64_t work(const tseg_plan *plan, const tseg_plan_operator *op) {
  return tseg_nn_work(tseg_nn_output(plan, op), 1);
}

const tseg_nn_variant tseg_nn_rearrange_row = {
    .kind = TSEG_KIND_REARRANGE,
    .id = TSEG_VARIANT(TSEG_KIND_REARRANGE, 1),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run,
};
