/* SPDX-License-Identifier: Apache-2.0 */
/* PAD with a constant value on n, h, w and c, of elements of 1, 2 or 4 bytes. */
#include <string.h>

#include "../check.h"
#include "../kernels.h"

static bool fits(uint32_t before, uint32_t inside, uint32_t whole) {
  return inside <= whole && before <= whole - inside;
}

static TSEG_NN_ONCE tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 1, 1, sizeof(tseg_params_pad))) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_pad *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  if (in->type == TSEG_TYPE_BOOL || in->type == TSEG_TYPE_INT64 || in->type != out->type ||
      !tseg_nn_single_segments(plan, op) || !tseg_nn_dimensions_ok(in) ||
      !tseg_nn_dimensions_ok(out) || !fits(p->before_n, in->n, out->n) ||
      !fits(p->before_h, in->h, out->h) || !fits(p->before_w, in->w, out->w) ||
      !fits(p->before_c, in->c, out->c)) {
    return TSEG_ERR_PLAN_RECORD;
  }
  return TSEG_OK;
}

/* `count` elements of the padding's value: its low bytes, as the type has. */
static void fill(uint8_t *to, uint32_t count, uint32_t element, int32_t value) {
  if (element == 1u) {
    memset(to, (uint8_t)value, count);
    return;
  }
  const uint16_t half = (uint16_t)value;
  const void *bits = element == 2u ? (const void *)&half : (const void *)&value;
  for (uint32_t i = 0; i < count; i++) memcpy(to + (size_t)i * element, bits, element);
}

static void run(const tseg_nn_call *call) {
  const tseg_params_pad *p = call->params;
  const uint32_t element = call->outputs[0]->tensor->row_bytes /
                           (call->outputs[0]->tensor->w * call->outputs[0]->tensor->c);
  const tseg_plan_tensor *in = call->inputs[0]->tensor;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    uint8_t *to = tseg_nn_row(&call->outputs[0]->segments[0], r);
    /* Unsigned subtraction wraps before the first row: one comparison tells both sides. */
    const uint32_t image = r / out->h - p->before_n;
    const uint32_t y = r % out->h - p->before_h;
    fill(to, out->w * out->c, element, p->value);
    if (image >= in->n || y >= in->h) continue;
    const uint8_t *from = tseg_nn_row(&call->inputs[0]->segments[0], image * in->h + y);
    to += ((size_t)p->before_w * out->c + p->before_c) * element;
    for (uint32_t x = 0; x < in->w; x++) {
      memmove(to, from, (size_t)in->c * element);
      from += (size_t)in->c * element;
      to += (size_t)out->c * element;
    }
  }
}

static TSEG_NN_ONCE uint64_t work(const tseg_plan *plan, const tseg_plan_operator *op) {
  return tseg_nn_work(tseg_nn_output(plan, op), 1);
}

const tseg_nn_variant tseg_nn_pad_row = {
    .kind = TSEG_KIND_PAD,
    .id = TSEG_VARIANT(TSEG_KIND_PAD, 1),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run,
};
