/* SPDX-License-Identifier: Apache-2.0 */
/* CONVERT between float32 and quantized integers, and CAST between types of numbers. Rows of any width. */
#include <math.h>

#include "../check.h"
#include "../kernels.h"
#include "../reals.h"

static bool same_rows(const tseg_plan_tensor *a, const tseg_plan_tensor *b) {
  return a->n == b->n && a->h == b->h && a->w == b->w && a->c == b->c;
}

static bool is_integer(uint32_t type) {
  return type == TSEG_TYPE_INT8 || type == TSEG_TYPE_UINT8 || type == TSEG_TYPE_INT16;
}

static TSEG_NN_ONCE tseg_status check_convert(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 1, 1, sizeof(tseg_params_convert))) return TSEG_ERR_PLAN_RECORD;
  const tseg_params_convert *p = tseg_nn_params(plan, op);
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  const bool types_ok = (in->type == TSEG_TYPE_FLOAT32 && is_integer(out->type)) ||
                        (is_integer(in->type) && out->type == TSEG_TYPE_FLOAT32);
  const bool ok = types_ok && same_rows(in, out) && tseg_nn_single_segments(plan, op) &&
                  p->zero_point >= INT16_MIN && p->zero_point <= INT16_MAX;
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

static bool is_castable(uint32_t type) {
  return type == TSEG_TYPE_INT8 || type == TSEG_TYPE_INT16 || type == TSEG_TYPE_INT32 ||
         type == TSEG_TYPE_FLOAT32;
}

static TSEG_NN_ONCE tseg_status check_cast(const tseg_plan *plan, const tseg_plan_operator *op) {
  if (!tseg_nn_has(op, 1, 1, 0)) return TSEG_ERR_PLAN_RECORD;
  const tseg_plan_tensor *in = tseg_nn_tensor(plan, op, 0);
  const tseg_plan_tensor *out = tseg_nn_output(plan, op);
  const bool ok = is_castable(in->type) && is_castable(out->type) && same_rows(in, out) &&
                  tseg_nn_single_segments(plan, op);
  return ok ? TSEG_OK : TSEG_ERR_PLAN_RECORD;
}

static int32_t integer_at(uint32_t type, const uint8_t *row, size_t i) {
  switch (type) {
  case TSEG_TYPE_INT8:
    return ((const int8_t *)row)[i];
  case TSEG_TYPE_UINT8:
    return row[i];
  case TSEG_TYPE_INT16:
    return ((const int16_t *)(const void *)row)[i];
  default:
    return ((const int32_t *)(const void *)row)[i];
  }
}

/* The low bits of the value. */
static void set_integer(uint32_t type, uint8_t *row, size_t i, int32_t value) {
  switch (type) {
  case TSEG_TYPE_INT8:
  case TSEG_TYPE_UINT8:
    row[i] = (uint8_t)value;
    break;
  case TSEG_TYPE_INT16:
    ((uint16_t *)(void *)row)[i] = (uint16_t)value;
    break;
  default:
    ((int32_t *)(void *)row)[i] = value;
  }
}

/* Least and greatest number of an integer type; those of int32 that float32 has. */
static float least(uint32_t type) {
  return type == TSEG_TYPE_UINT8   ? 0.0f
         : type == TSEG_TYPE_INT8  ? -128.0f
         : type == TSEG_TYPE_INT16 ? -32768.0f
                                   : -2147483648.0f;
}
static float most(uint32_t type) {
  return type == TSEG_TYPE_UINT8   ? 255.0f
         : type == TSEG_TYPE_INT8  ? 127.0f
         : type == TSEG_TYPE_INT16 ? 32767.0f
                                   : 2147483520.0f;
}

/* A number without its fraction as an integer of the type; what is beyond it is cut, NaN is 0. */
static int32_t whole(float x, uint32_t type) {
  if (!(x >= least(type))) return x < 0.0f ? (int32_t)least(type) : 0;
  if (x > most(type)) return type == TSEG_TYPE_INT32 ? INT32_MAX : (int32_t)most(type);
  return (int32_t)x;
}

/* Divided by the scale and rounded, halves away from zero, then moved by the zero point. */
static int32_t stored(float x, const tseg_params_convert *p, uint32_t type) {
  const float rounded = roundf(x / tseg_nn_real(p->scale)) + (float)p->zero_point;
  return whole(rounded, type);
}

static void run_convert(const tseg_nn_call *call) {
  const tseg_params_convert *p = call->params;
  const tseg_plan_tensor *in = call->inputs[0]->tensor;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  const float scale = tseg_nn_real(p->scale);
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    const uint8_t *from = tseg_nn_row(&call->inputs[0]->segments[0], r);
    uint8_t *to = tseg_nn_row(&call->outputs[0]->segments[0], r);
    for (uint32_t i = 0; i < out->w * out->c; i++) {
      if (in->type == TSEG_TYPE_FLOAT32) {
        const float x = ((const float *)(const void *)from)[i];
        set_integer(out->type, to, i, stored(x, p, out->type));
      } else {
        ((float *)(void *)to)[i] = scale * (float)(integer_at(in->type, from, i) - p->zero_point);
      }
    }
  }
}

static void cast(uint32_t from_type, const uint8_t *from, uint32_t to_type, uint8_t *to, size_t i) {
  if (from_type == TSEG_TYPE_FLOAT32 && to_type == TSEG_TYPE_FLOAT32) {
    ((float *)(void *)to)[i] = ((const float *)(const void *)from)[i];
  } else if (from_type == TSEG_TYPE_FLOAT32) {
    set_integer(to_type, to, i, whole(((const float *)(const void *)from)[i], to_type));
  } else if (to_type == TSEG_TYPE_FLOAT32) {
    ((float *)(void *)to)[i] = (float)integer_at(from_type, from, i);
  } else {
    set_integer(to_type, to, i, integer_at(from_type, from, i));
  }
}

static void run_cast(const tseg_nn_call *call) {
  const tseg_plan_tensor *in = call->inputs[0]->tensor;
  const tseg_plan_tensor *out = call->outputs[0]->tensor;
  for (uint32_t r = call->first_row; r < call->first_row + call->row_count; r++) {
    const uint8_t *from = tseg_nn_row(&call->inputs[0]->segments[0], r);
    uint8_t *to = tseg_nn_row(&call->outputs[0]->segments[0], r);
    for (uint32_t i = 0; i < out->w * out->c; i++) cast(in->type, from, out->type, to, i);
  }
}

static TSEG_NN_ONCE uint64_t work(const tseg_plan *plan, const tseg_plan_operator *op) {
  return tseg_nn_work(tseg_nn_output(plan, op), 1);
}

const tseg_nn_variant tseg_nn_convert_row = {
    .kind = TSEG_KIND_CONVERT,
    .id = TSEG_VARIANT(TSEG_KIND_CONVERT, 1),
    .check = check_convert,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run_convert,
};

const tseg_nn_variant tseg_nn_cast_row = {
    .kind = TSEG_KIND_CAST,
    .id = TSEG_VARIANT(TSEG_KIND_CAST, 1),
    .check = check_cast,
    .work = TSEG_NN_WORK(work),
    .scratch_bytes = tseg_nn_no_bytes,
    .state_bytes = tseg_nn_no_bytes,
    .run = run_cast,
};
