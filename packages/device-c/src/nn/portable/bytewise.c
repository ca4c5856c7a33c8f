/* SPDX-License-Identifier: Apache-2.0 */
/* LOOKUP (any function of one byte), REQUANTIZE (integers) and COPY (rows cut elsewhere). */
#include <string.h>

#include "../check.h"
#include "../elements.h"
#include "../kernels.h"
#include "../requantize.h"

static bool is_byte(const tseg_plan_tensor *t) {
  return t->type == TSEG_TYPE_INT8 || t->type == TSEG_TYPE_UINT8;
}

static bool same_rows(const tseg_plan_tensor *a, const tseg_plan_tensor *b) {
  return a->n == b->n && a->h == b->h && a->w == b->w && a->c == b->c;
}

static TSEG_NN_ONCE tseg_status check_lookup(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 1, 1, sizeof(tseg_params_lookup))) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_lookup *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  const bool ok = is_byte(in) && is_byte(out) && same_rows(in, out) &&
                  tseg_nn_single_segments(plan, op) && tseg_nn_range_ok(plan, p->table, 256, 1);
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

static void run_lookup(const tseg_nn_call *call) {
  const tseg_params_lookup *p = call->params;
  const uint8_t *table = call->constants + p->table.offset;
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    const uint8_t *from = tseg_nn_row(&call->inputs[0]->segments[0], r);
    uint8_t *to = tseg_nn_row(&call->outputs[0]->segments[0], r);
    for (uint32_t i = 0; i < call->outputs[0]->tensor->row_bytes; i++) to[i] = table[from[i]];
  }
}

/* Types between which the reference converts. */
static bool converts(uint32_t from, uint32_t to) {
  switch (from) {
  case TSEG_TYPE_INT8:
    return to == TSEG_TYPE_INT8 || to == TSEG_TYPE_UINT8 || to == TSEG_TYPE_INT16 ||
           to == TSEG_TYPE_INT32;
  case TSEG_TYPE_UINT8:
    return to == TSEG_TYPE_INT8 || to == TSEG_TYPE_UINT8;
  case TSEG_TYPE_INT16:
    return to == TSEG_TYPE_INT8 || to == TSEG_TYPE_INT16 || to == TSEG_TYPE_INT32;
  case TSEG_TYPE_INT32:
    return to == TSEG_TYPE_INT8 || to == TSEG_TYPE_INT16;
  default:
    return false;
  }
}

static TSEG_NN_ONCE tseg_status check_requantize(const tseg_plan *plan,
                                                 const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 1, 1, sizeof(tseg_params_requantize))) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_requantize *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  const bool ok = converts(in->type, out->type) && same_rows(in, out) &&
                  tseg_nn_single_segments(plan, op) && tseg_nn_shift_ok(p->shift);
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

/* Between int8 and uint8 of the same scale, with zero points 128 apart: the top bit of each byte turns.
 * A factor of one is 2^30 * 2^(1 - 31) * 2^0. */
static bool only_flips(const tseg_params_requantize *p, const tseg_plan_tensor *in,
                       const tseg_plan_tensor *out) {
  const bool to_signed = out->type == TSEG_TYPE_INT8;
  return is_byte(in) && is_byte(out) && in->type != out->type && p->multiplier == 1 << 30 &&
         p->shift == 1 && p->input_zero_point >= -128 && p->input_zero_point <= 255 &&
         p->output_zero_point - p->input_zero_point == (to_signed ? -128 : 128);
}

static void flip_row(const uint8_t *from, uint32_t count, uint8_t *to) {
  uint32_t i = 0;
  for (; count - i >= 4u; i += 4u) {
    uint32_t word;
    memcpy(&word, from + i, sizeof word);
    word ^= 0x80808080u;
    memcpy(to + i, &word, sizeof word);
  }
  for (; i < count; i++) to[i] = from[i] ^ 0x80u;
}

static int32_t integer_at(uint32_t type, const uint8_t *row, size_t i) {
  if (type == TSEG_TYPE_INT32) return ((const int32_t *)(const void *)row)[i];
  return type == TSEG_TYPE_UINT8 ? row[i] : tseg_nn_element(type, row, i);
}

static void set_integer(uint32_t type, uint8_t *row, size_t i, int32_t value) {
  if (type == TSEG_TYPE_INT32) {
    ((int32_t *)(void *)row)[i] = value;
  } else if (type == TSEG_TYPE_UINT8) {
    row[i] = (uint8_t)tseg_nn_clamp(value, 0, UINT8_MAX);
  } else {
    tseg_nn_set_element(type, row, i,
                        tseg_nn_clamp(value, tseg_nn_element_min(type), tseg_nn_element_max(type)));
  }
}

static void run_requantize(const tseg_nn_call *call) {
  const tseg_params_requantize *p = call->params;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  const uint32_t type = call->inputs[0]->tensor->type;
  const bool flips = only_flips(p, call->inputs[0]->tensor, out);
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    const uint8_t *from = tseg_nn_row(&call->inputs[0]->segments[0], r);
    uint8_t *to = tseg_nn_row(&call->outputs[0]->segments[0], r);
    if (flips) {
      flip_row(from, out->row_bytes, to);
      continue;
    }
    for (uint32_t i = 0; i < out->w * out->c; i++) {
      const uint32_t x = (uint32_t)integer_at(type, from, i);
      const int32_t centred = (int32_t)(x - (uint32_t)p->input_zero_point);
      const int32_t scaled = tseg_nn_requantize(centred, p->multiplier, p->shift);
      set_integer(out->type, to, i, tseg_nn_wrap_add(scaled, p->output_zero_point));
    }
  }
}

static uint64_t total_bytes(const tseg_plan_tensor *t) {
  return (uint64_t)t->n * t->h * t->row_bytes;
}

static TSEG_NN_ONCE tseg_status check_copy(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 1, 1, 0)) return TSEG_ERR_PLAN_RECORD;
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  const bool ok = in->type == out->type && tseg_nn_single_segments(plan, op) &&
                  total_bytes(in) == total_bytes(out) && total_bytes(in) <= UINT32_MAX;
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

static void run_copy(const tseg_nn_call *call) {
  const tseg_nn_segment *in = &call->inputs[0]->segments[0];
  const uint32_t in_bytes = call->inputs[0]->tensor->row_bytes;
  const uint32_t out_bytes = call->outputs[0]->tensor->row_bytes;
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    uint8_t *to = tseg_nn_row(&call->outputs[0]->segments[0], r);
    uint32_t at = r * out_bytes;
    const uint32_t end = at + out_bytes;
    while (at < end) {
      const uint32_t column = at % in_bytes;
      const uint32_t left = in_bytes - column;
      const uint32_t run = end - at < left ? end - at : left;
      memmove(to, tseg_nn_row(in, at / in_bytes) + column, run);
      to += run;
      at += run;
    }
  }
}

static TSEG_NN_ONCE uint64_t work(const tseg_plan *plan, const tseg_plan_operator *op) {
  return tseg_nn_work(tseg_nn_output(plan, op), 1);
}

const tseg_nn_variant tseg_nn_lookup_row = {
    .kind = TSEG_KIND_LOOKUP,
    .id = TSEG_VARIANT(TSEG_KIND_LOOKUP, 1),
    .check = check_lookup,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run_lookup,
};

const tseg_nn_variant tseg_nn_requantize_row = {
    .kind = TSEG_KIND_REQUANTIZE,
    .id = TSEG_VARIANT(TSEG_KIND_REQUANTIZE, 1),
    .check = check_requantize,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run_requantize,
};

const tseg_nn_variant tseg_nn_copy_row = {
    .kind = TSEG_KIND_COPY,
    .id = TSEG_VARIANT(TSEG_KIND_COPY, 1),
    .check = check_copy,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run_copy,
};
