/* SPDX-License-Identifier: Apache-2.0 */
/* Questions of the kernels' check functions; see check.h. */
#include "check.h"

#include "dsp/dsp.h"
#include "requantize.h"

uint32_t tseg_nn_no_bytes(const tseg_plan *plan, const tseg_plan_operator *op) {
  (void)plan;
  (void)op;
  return 0;
}

TSEG_NN_ONCE bool tseg_nn_single_segments(const tseg_plan *plan, const tseg_plan_operator *op) {
  for (uint32_t i = 0; i < op->input_count; i++) {
    if (tseg_nn_segment_count(plan, op, i) != 1u) return false;
  }
  return true;
}

TSEG_NN_ONCE bool tseg_nn_range_ok(const tseg_plan *plan, tseg_plan_range range, uint64_t size,
                                   uint32_t align) {
  const uint32_t total = plan->header->constants.count;
  return (range.offset & (align - 1u)) == 0u && range.size >= size && range.offset <= total &&
         range.size <= total - range.offset;
}

/* The AND of eight words, which `*words` is moved past. */
static inline int32_t common_of_8(const int32_t **words) {
  const int32_t *at = *words;
  int32_t common;
  *words = at + 8;
#if TSEG_NN_DSP
  __asm__("  ldm  %[at], {r4-r10, r12}\n"
          "  ands r4, r5\n"
          "  ands r4, r6\n"
          "  ands r4, r7\n"
          "  and  r4, r8\n"
          "  and  r4, r9\n"
          "  and  r4, r10\n"
          "  and  %[common], r4, r12\n"
          : [common] "=r"(common)
          : [at] "r"(at), "m"(*(const int32_t(*)[8])at)
          : "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r12", "cc");
#else
  common = at[0] & at[1] & at[2] & at[3] & at[4] & at[5] & at[6] & at[7];
#endif
  return common;
}

/* Shifts of -31..-1 alone, which are all that most models have: their complements are 0..30. */
static bool all_right(const int32_t *shifts, uint32_t count) {
  const int32_t *const end = shifts + count;
  const int32_t *at = shifts;
  int32_t common = -1;
  while (end - at >= 8) common &= common_of_8(&at);
  while (at != end) common &= *at++;
  const uint32_t joined = ~(uint32_t)common;
  if (joined != 31u) return joined < 31u;
  /* Several may join to 31; only that of -32 is 31 itself. */
  for (at = shifts; at != end; at++) {
    if (*at == -32) return false;
  }
  return true;
}

bool tseg_nn_factors_ok(const tseg_plan *plan, const tseg_plan_operator *op, uint32_t params_size,
                        uint32_t count, tseg_nn_factors factors) {
  if (count > TSEG_NN_DIMENSION_MAX) return false;
  if (op->params_size < params_size + 8u * count) return false;
  const uint8_t *params = tseg_nn_params(plan, op);
  const int32_t *multipliers = (const int32_t *)(const void *)(params + params_size);
  const int32_t *shifts = multipliers + count;
  if (all_right(shifts, count)) return true;
  for (uint32_t i = 0; i < count; i++) {
    if (!tseg_nn_shift_ok(shifts[i])) return false;
    if (factors == TSEG_NN_FACTORS_RIGHT && shifts[i] >= 0 && multipliers[i] != 0) return false;
  }
  return true;
}

TSEG_NN_ONCE bool tseg_nn_dimensions_ok(const tseg_plan_tensor *tensor) {
  /* Below a power of two is what has no bit from there on. */
  return ((tensor->n - 1u) | (tensor->h - 1u) | (tensor->w - 1u) | (tensor->c - 1u)) <
         TSEG_NN_DIMENSION_MAX;
}

TSEG_NN_ONCE bool tseg_nn_same_shape(const tseg_plan_tensor *a, const tseg_plan_tensor *b) {
  return a->type == b->type && a->n == b->n && a->h == b->h && a->w == b->w && a->c == b->c;
}
