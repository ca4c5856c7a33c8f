/* SPDX-License-Identifier: Apache-2.0 */
/* MIRROR_PAD on n, h, w and c, of elements of any size: outside the input stands its mirror image. */
#include <string.h>

#include "../check.h"
#include "../kernels.h"

/* Where the mirror image begins: with the edge itself (1) or beside it (0). */
static bool mirrors(uint32_t before, uint32_t inside, uint32_t whole, uint32_t edge) {
  const uint32_t most = inside - 1u + edge;
  return before <= most && inside <= whole && before <= whole - inside &&
         whole - inside - before <= most;
}

static TSEG_NN_ONCE tseg_status check(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 1, 1, sizeof(tseg_params_mirror_pad))) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_mirror_pad *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  const bool ok =
      in->type != TSEG_TYPE_BOOL && in->type == out->type && tseg_nn_single_segments(plan, op) &&
      tseg_nn_dimensions_ok(in) && tseg_nn_dimensions_ok(out) && p->edge <= 1u &&
      mirrors(p->before_n, in->n, out->n, p->edge) &&
      mirrors(p->before_h, in->h, out->h, p->edge) &&
      mirrors(p->before_w, in->w, out->w, p->edge) && mirrors(p->before_c, in->c, out->c, p->edge);
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

/* The position of the input that output position `at` shows. */
static uint32_t mirrored(uint32_t at, uint32_t before, uint32_t inside, uint32_t edge) {
  if (at < before) return before - at - edge;
  const uint32_t place = at - before;
  return place < inside ? place : 2u * (inside - 1u) + edge - place;
}

static void run(const tseg_nn_call *call) {
  const tseg_params_mirror_pad *p = call->params;
  const tseg_plan_tensor *in = call->inputs[0]->tensor;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  const size_t element = in->row_bytes / (in->w * in->c);
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    const uint32_t image = mirrored(r / out->h, p->before_n, in->n, p->edge);
    const uint32_t y = mirrored(r % out->h, p->before_h, in->h, p->edge);
    const uint8_t *row = tseg_nn_row(&call->inputs[0]->segments[0], image * in->h + y);
    uint8_t *to = tseg_nn_row(&call->outputs[0]->segments[0], r);
    for (uint32_t x = 0; x < out->w; x++) {
      const uint8_t *pixel =
          row + (size_t)mirrored(x, p->before_w, in->w, p->edge) * in->c * element;
      for (uint32_t c = 0; c < out->c; c++, to += element) {
        memcpy(to, pixel + mirrored(c, p->before_c, in->c, p->edge) * element, element);
      }
    }
  }
}

static TSEG_NN_ONCE uint64_t work(const tseg_plan *plan, const tseg_plan_operator *op) {
  return tseg_nn_work(tseg_nn_output(plan, op), 1);
}

const tseg_nn_variant tseg_nn_mirror_pad_row = {
    .kind = TSEG_KIND_MIRROR_PAD,
    .id = TSEG_VARIANT(TSEG_KIND_MIRROR_PAD, 1),
    .check = check,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run,
};
