/* SPDX-License-Identifier: Apache-2.0 */
/* Integer Winograd F(2x2, 3x3); see tiles.h. */
#include "tiles.h"

#if TSEG_NN_DSP

#define COLUMNS (TSEG_DSP_TILE_COLUMNS + 2u) /* of input under a block */

/* (2G) times a column of three. */
static inline void by_2g(uint32_t a, uint32_t b, uint32_t c, uint32_t to[4]) {
  const uint32_t outer = tseg_dsp_add_halves(a, c);
  to[0] = tseg_dsp_add_halves(a, a);
  to[1] = tseg_dsp_add_halves(outer, b);
  to[2] = tseg_dsp_subtract_halves(outer, b);
  to[3] = tseg_dsp_add_halves(c, c);
}

/* Two channels of one filter: `taps` are its nine weights as halfwords; products lie `stride` words apart. */
static inline void weigh(const uint32_t taps[9], uint32_t stride, uint32_t *to) {
  uint32_t half[3][4];
  for (uint32_t x = 0; x < 3u; x++) by_2g(taps[x], taps[3u + x], taps[6u + x], half[x]);
  for (uint32_t y = 0; y < 4u; y++, to += 4u * stride) {
    uint32_t row[4];
    by_2g(half[0][y], half[1][y], half[2][y], row);
    for (uint32_t x = 0; x < 4u; x++) to[x * stride] = row[x];
  }
}

static void weigh_filter(const int8_t *filter, uint32_t channels, uint32_t *to) {
  for (uint32_t c = 0; c < channels; c += 4u, filter += 4, to += 4) {
    uint32_t even[9];
    uint32_t odd[9];
    const int8_t *at = filter;
    for (uint32_t i = 0; i < 9u; i++, at += channels) {
      const uint32_t word = tseg_dsp_load(at);
      even[i] = tseg_dsp_widen_even(word);
      odd[i] = tseg_dsp_widen_odd(word);
    }
    weigh(even, channels, to);
    weigh(odd, channels, to + 2);
  }
}

void tseg_dsp_tile_weights(const int8_t *first, const int8_t *second, uint32_t channels,
                           uint32_t *to) {
  weigh_filter(first, channels, to);
  if (second != NULL) {
    weigh_filter(second, channels, to + 1);
    return;
  }
  for (uint32_t i = 0; i < TSEG_DSP_TILE_PRODUCTS * channels; i += 2u) to[i + 1u] = 0;
}

void tseg_dsp_tile_columns(const int8_t *const rows[4], uint32_t channels, uint32_t stride,
                           uint32_t *to) {
  const int8_t *a = rows[0];
  const int8_t *b = rows[1];
  const int8_t *c = rows[2];
  const int8_t *d = rows[3];
  for (const int8_t *end = a + channels; a != end; to += 2) {
    const uint32_t wa = tseg_dsp_load(a);
    const uint32_t wb = tseg_dsp_load(b);
    const uint32_t wc = tseg_dsp_load(c);
    const uint32_t wd = tseg_dsp_load(d);
    a += 4;
    b += 4;
    c += 4;
    d += 4;
    const uint32_t ea = tseg_dsp_widen_even(wa), oa = tseg_dsp_widen_odd(wa);
    const uint32_t eb = tseg_dsp_widen_even(wb), ob = tseg_dsp_widen_odd(wb);
    const uint32_t ec = tseg_dsp_widen_even(wc), oc = tseg_dsp_widen_odd(wc);
    const uint32_t ed = tseg_dsp_widen_even(wd), od = tseg_dsp_widen_odd(wd);
    uint32_t *at = to;
    at[0] = tseg_dsp_subtract_halves(ea, ec);
    at[1] = tseg_dsp_subtract_halves(oa, oc);
    at += stride;
    at[0] = tseg_dsp_add_halves(eb, ec);
    at[1] = tseg_dsp_add_halves(ob, oc);
    at += stride;
    at[0] = tseg_dsp_subtract_halves(ec, eb);
    at[1] = tseg_dsp_subtract_halves(oc, ob);
    at += stride;
    at[0] = tseg_dsp_subtract_halves(eb, ed);
    at[1] = tseg_dsp_subtract_halves(ob, od);
  }
}

void tseg_dsp_tile_inputs(const uint32_t *columns, uint32_t words, uint32_t *to) {
  const uint32_t product = 4u * words;
  for (uint32_t y = 0; y < 4u; y++, columns += (COLUMNS - 1u) * words, to += 3u * product) {
    for (uint32_t k = 0; k < words; k++, columns++, to += 4) {
      const uint32_t *x = columns;
      uint32_t *at = to;
      uint32_t a = x[0];
      uint32_t b = x[words];
#pragma GCC unroll 4
      for (uint32_t tile = 0; tile < 4u; tile++, at++) {
        x += 2u * words;
        const uint32_t c = x[0];
        const uint32_t d = x[words];
        at[0] = tseg_dsp_subtract_halves(a, c);
        at[product] = tseg_dsp_add_halves(b, c);
        at[2u * product] = tseg_dsp_subtract_halves(c, b);
        at[3u * product] = tseg_dsp_subtract_halves(b, d);
        a = c;
        b = d;
      }
    }
  }
}

/*
 * r0 weights, r1 inputs; sums of tiles 0..3 in r4..r7 for the first filter, r8..r11 for the second. The
 * first step sets them; of the 31 others the last `words - 1` are run. Frame: 0 sums, 4 their end, 8 entry.
 */
__attribute__((naked)) void tseg_dsp_tile_multiply(const uint32_t *weights __attribute__((unused)),
                                                   const uint32_t *inputs __attribute__((unused)),
                                                   uint32_t words __attribute__((unused)),
                                                   int32_t sums[TSEG_DSP_TILE_PRODUCTS][2][4]
                                                   __attribute__((unused))) {
  __asm__ volatile("  push   {r4-r11, lr}\n"
                   "  sub    sp, #12\n"
                   "  add    r4, r3, #512\n"
                   "  strd   r3, r4, [sp]\n"
                   "  rsb    r2, r2, #32\n"
                   "  movs   r3, #44\n"
                   "  adr.w  r4, 2f\n"
                   "  mla    r2, r2, r3, r4\n"
                   "  orr    r2, #1\n"
                   "  str    r2, [sp, #8]\n"
                   "1:\n"
                   "  ldrd   r2, r3, [r0], #8\n"
                   "  ldrd   r12, lr, [r1], #8\n"
                   "  smuad  r4, r12, r2\n"
                   "  smuad  r5, lr, r2\n"
                   "  smuad  r8, r12, r3\n"
                   "  smuad  r9, lr, r3\n"
                   "  ldrd   r12, lr, [r1], #8\n"
                   "  smuad  r6, r12, r2\n"
                   "  smuad  r7, lr, r2\n"
                   "  smuad  r10, r12, r3\n"
                   "  smuad  r11, lr, r3\n"
                   "  ldr    r2, [sp, #8]\n"
                   "  bx     r2\n"
                   "  .balign 4\n"
                   "2:\n"
                   "  .rept  31\n"
                   "  ldrd   r2, r3, [r0], #8\n"
                   "  ldrd   r12, lr, [r1], #8\n"
                   "  smlad  r4, r12, r2, r4\n"
                   "  smlad  r5, lr, r2, r5\n"
                   "  smlad  r8, r12, r3, r8\n"
                   "  smlad  r9, lr, r3, r9\n"
                   "  ldrd   r12, lr, [r1], #8\n"
                   "  smlad  r6, r12, r2, r6\n"
                   "  smlad  r7, lr, r2, r7\n"
                   "  smlad  r10, r12, r3, r10\n"
                   "  smlad  r11, lr, r3, r11\n"
                   "  .endr\n"
                   "  ldrd   r2, r3, [sp]\n"
                   "  stmia  r2!, {r4-r11}\n"
                   "  str    r2, [sp]\n"
                   "  cmp    r2, r3\n"
                   "  bne.w  1b\n"
                   "  add    sp, #12\n"
                   "  pop    {r4-r11, pc}\n");
}

/* 4 * acc in `a` to a byte: half of it is what scaling wants. r4 multiplier, r5 offset, r6 shift. */
#define SCALE(a)                                                                                   \
  "  add    r2, r5, " a ", asr #31\n"                                                              \
  "  asr    " a ", " a ", #1\n"                                                                    \
  "  smmlar " a ", " a ", r4, r2\n"                                                                \
  "  asr    " a ", " a ", r6\n"                                                                    \
  "  ssat   " a ", #8, " a "\n"

/*
 * r0 output, r1 sums, r3 step; the four outputs of a tile in r7 (upper left), r10 (upper right), r8, r11.
 * Column j of a tile's sums gives upper = s0j + s1j + s2j and lower = s1j - s2j - s3j, and the columns are
 * joined in the same way. Four times the bias goes to the one sum that is in all outputs, s11.
 * Frame: 0 four times the bias, 4 row, 8 tiles left.
 */
__attribute__((naked)) void tseg_dsp_tile_outputs(const int32_t *sums __attribute__((unused)),
                                                  const tseg_nn_scaling *scaling
                                                  __attribute__((unused)),
                                                  int8_t *to __attribute__((unused)),
                                                  uint32_t step __attribute__((unused)),
                                                  uint32_t row __attribute__((unused))) {
  __asm__ volatile("  push   {r4-r11, lr}\n"
                   "  sub    sp, #12\n"
                   "  ldr    r7, [sp, #48]\n"
                   "  ldr    r8, [r1]\n"
                   "  ldrd   r4, r5, [r1, #4]\n"
                   "  ldr    r6, [r1, #12]\n"
                   "  lsl    r8, r8, #2\n"
                   "  strd   r8, r7, [sp]\n"
                   "  movs   r7, #4\n"
                   "  str    r7, [sp, #8]\n"
                   "  mov    r1, r0\n"
                   "  mov    r0, r2\n"
                   "1:\n"
                   "  ldr    r7, [r1]\n"
                   "  ldr    r8, [r1, #128]\n"
                   "  ldr    r9, [r1, #256]\n"
                   "  ldr    lr, [r1, #384]\n"
                   "  add    r7, r8\n"
                   "  add    r7, r9\n"
                   "  sub    r8, r8, r9\n"
                   "  sub    r8, r8, lr\n"
                   "  ldr    r9, [r1, #160]\n"
                   "  ldr    r12, [sp]\n"
                   "  ldr    r10, [r1, #32]\n"
                   "  ldr    r11, [r1, #288]\n"
                   "  ldr    lr, [r1, #416]\n"
                   "  add    r9, r12\n"
                   "  add    r10, r9\n"
                   "  add    r10, r11\n"
                   "  sub    r11, r9, r11\n"
                   "  sub    r11, r11, lr\n"
                   "  add    r7, r10\n"
                   "  add    r8, r11\n"
                   "  ldr    r2, [r1, #64]\n"
                   "  ldr    r9, [r1, #192]\n"
                   "  ldr    r12, [r1, #320]\n"
                   "  ldr    lr, [r1, #448]\n"
                   "  add    r2, r9\n"
                   "  add    r2, r12\n"
                   "  sub    r9, r9, r12\n"
                   "  sub    r9, r9, lr\n"
                   "  add    r7, r2\n"
                   "  sub    r10, r10, r2\n"
                   "  add    r8, r9\n"
                   "  sub    r11, r11, r9\n"
                   "  ldr    r2, [r1, #96]\n"
                   "  ldr    r9, [r1, #224]\n"
                   "  ldr    r12, [r1, #352]\n"
                   "  ldr    lr, [r1, #480]\n"
                   "  add    r2, r9\n"
                   "  add    r2, r12\n"
                   "  sub    r9, r9, r12\n"
                   "  sub    r9, r9, lr\n"
                   "  sub    r10, r10, r2\n"
                   "  sub    r11, r11, r9\n" SCALE("r7") SCALE("r10") SCALE("r8")
                       SCALE("r11") "  ldr    r2, [sp, #4]\n"
                                    "  strb   r7, [r0]\n"
                                    "  add    r2, r0\n"
                                    "  strb   r10, [r0, r3]\n"
                                    "  strb   r8, [r2]\n"
                                    "  strb   r11, [r2, r3]\n"
                                    "  ldr    r2, [sp, #8]\n"
                                    "  add    r0, r0, r3, lsl #1\n"
                                    "  adds   r1, #4\n"
                                    "  subs   r2, #1\n"
                                    "  str    r2, [sp, #8]\n"
                                    "  bne.w  1b\n"
                                    "  add    sp, #12\n"
                                    "  pop    {r4-r11, pc}\n");
}

#endif
