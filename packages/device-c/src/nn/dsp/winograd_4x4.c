/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Winograd's F(4x4, 3x3) on the points 0, 1, -1, 2, -2 and infinity; see winograd.h. In one direction,
 *     V = 4 d0 - 5 d2 + d4, (d4 - 4 d2) + (d3 - 4 d1), (d4 - 4 d2) - (d3 - 4 d1),
 *         (d4 - d2) + 2 (d3 - d1), (d4 - d2) - 2 (d3 - d1), 4 d1 - 5 d3 + d5
 *     U = 6 g0, 4 (g0 + g1 + g2), 4 (g0 - g1 + g2), g0 + 2 g1 + 4 g2, g0 - 2 g1 + 4 g2, 12 g2
 *     m = U * V, and with s = m1 + m2, d = m1 - m2, p = m3 + m4, q = m3 - m4
 *     24 y = m0 - s + p, 2 q - d, 4 p - s, 8 q - d + 2 m5
 *
 * In both directions |U| <= 144 * 128 < 2^15. Inputs are taken as x + 128, 0..255: the coefficients of V
 * sum to 68 at most (of one sign, at position (1, 1)), and 68 * 255 < 2^15. Of all positions only (1, 1) has
 * coefficients whose sum is not 0 but 36: there 36 * 128 is taken away again.
 *
 * Outputs come 576 times. Times 1/9 modulo 2^32 that is 64 times, exact for sums below 2^25.
 *
 * Transforms work on two halfwords in a word as on one number, high * 2^16 + low: they are linear, so that
 * holds with a negative low half, too, that borrows from the high one. In the end 2^15 is added, after which
 * low is not negative and high is right; the low half as a number of its own is then off by its highest bit.
 */
#include "winograd.h"

#if TSEG_NN_DSP

#define COLUMNS    18u         /* of four tiles */
#define BIASED     0x00800080u /* 128 in both halves */
#define MIDDLE     0x8000u     /* of the range of a low half */
#define BIAS_OF_11 0x12001200u /* 36 * 128 in both halves, of V at (1, 1) */

/* Bytes 0 and 2 of a word, 128 more each. */
static inline uint32_t biased_even(uint32_t bytes) {
  uint32_t halves;
  __asm__("sxtab16 %0, %1, %2" : "=r"(halves) : "r"(BIASED), "r"(bytes));
  return halves;
}

/* Bytes 1 and 3. */
static inline uint32_t biased_odd(uint32_t bytes) {
  uint32_t halves;
  __asm__("sxtab16 %0, %1, %2, ror #8" : "=r"(halves) : "r"(BIASED), "r"(bytes));
  return halves;
}

/* V in one direction; numbers of a word stay together. */
typedef struct six {
  uint32_t v0, v1, v2, v3, v4, v5;
} six;

static inline six transform_six(uint32_t d0, uint32_t d1, uint32_t d2, uint32_t d3, uint32_t d4,
                                uint32_t d5) {
  const uint32_t c = d4 - d2, f = d3 - d1;
  const uint32_t a = d4 - (d2 << 2), b = d3 - (d1 << 2);
  const six result = {c + ((d0 - d2) << 2), a + b,        a - b,
                      c + (f << 1),         c - (f << 1), (d5 - d3) - (f << 2)};
  return result;
}

/* Puts what a column became below each other. */
static inline void store_columns(uint32_t *to, six column) {
  to[0] = column.v0;
  to[2u * COLUMNS] = column.v1;
  to[4u * COLUMNS] = column.v2;
  to[6u * COLUMNS] = column.v3;
  to[8u * COLUMNS] = column.v4;
  to[10u * COLUMNS] = column.v5;
}

/* Down the columns: rows of inputs to rows of V's first half, each COLUMNS pixels of two words. */
static void transform_columns(const int8_t *const *rows, uint32_t step, uint32_t count,
                              uint32_t *to) {
  const int8_t *r0 = rows[0], *r1 = rows[1], *r2 = rows[2];
  const int8_t *r3 = rows[3], *r4 = rows[4], *r5 = rows[5];
  for (uint32_t *end = to + (size_t)2u * count; to != end; to += 2) {
    const uint32_t b0 = tseg_dsp_load(r0), b1 = tseg_dsp_load(r1), b2 = tseg_dsp_load(r2);
    const uint32_t b3 = tseg_dsp_load(r3), b4 = tseg_dsp_load(r4), b5 = tseg_dsp_load(r5);
    r0 += step;
    r1 += step;
    r2 += step;
    r3 += step;
    r4 += step;
    r5 += step;
    store_columns(to, transform_six(biased_even(b0), biased_even(b1), biased_even(b2),
                                    biased_even(b3), biased_even(b4), biased_even(b5)));
    store_columns(to + 1, transform_six(biased_odd(b0), biased_odd(b1), biased_odd(b2),
                                        biased_odd(b3), biased_odd(b4), biased_odd(b5)));
  }
}

/* Along a row: `tiles` tiles from pixels two words apart. */
static inline void transform_row(const uint32_t *from, uint32_t tiles, uint32_t *at,
                                 uint32_t position) {
  uint32_t d0 = from[0], d1 = from[2];
  for (uint32_t *end = at + tiles; at != end; at++, from += 8) {
    const uint32_t d2 = from[4], d3 = from[6], d4 = from[8], d5 = from[10];
    const six across = transform_six(d0, d1, d2, d3, d4 + MIDDLE, d5 + MIDDLE);
    uint32_t *v = at;
    *v = across.v0 ^ MIDDLE;
    v += position;
    *v = across.v1 ^ MIDDLE;
    v += position;
    *v = across.v2 ^ MIDDLE;
    v += position;
    *v = across.v3 ^ MIDDLE;
    v += position;
    *v = across.v4 ^ MIDDLE;
    v += position;
    *v = across.v5 ^ MIDDLE;
    d0 = d4;
    d1 = d5;
  }
}

void tseg_dsp_winograd_input(const int8_t *const *rows, uint32_t step, uint32_t tiles,
                             uint32_t *columns, uint32_t *to, uint32_t position) {
  transform_columns(rows, step, 4u * tiles + 2u, columns);
  uint32_t *at = to;
  for (uint32_t i = 0; i < 6u; i++, at += (size_t)6u * position, columns += 2u * COLUMNS) {
    transform_row(columns, tiles, at, position);
    transform_row(columns + 1, tiles, at + 4, position);
  }
  uint32_t *unbiased = to + (size_t)7u * position;
  for (uint32_t t = 0; t < tiles; t++) {
    unbiased[t] = tseg_dsp_subtract_halves(unbiased[t], BIAS_OF_11);
    unbiased[4u + t] = tseg_dsp_subtract_halves(unbiased[4u + t], BIAS_OF_11);
  }
}

/* U in one direction, of halfwords. */
static inline six transform_taps(uint32_t g0, uint32_t g1, uint32_t g2) {
  const uint32_t sum = tseg_dsp_add_halves(g0, g2), twice1 = tseg_dsp_add_halves(g1, g1);
  const uint32_t twice0 = tseg_dsp_add_halves(g0, g0), twice2 = tseg_dsp_add_halves(g2, g2);
  const uint32_t four2 = tseg_dsp_add_halves(twice2, twice2);
  const uint32_t far = tseg_dsp_add_halves(g0, four2);
  const uint32_t plus = tseg_dsp_add_halves(sum, g1), minus = tseg_dsp_subtract_halves(sum, g1);
  const uint32_t plus2 = tseg_dsp_add_halves(plus, plus);
  const uint32_t minus2 = tseg_dsp_add_halves(minus, minus);
  const six result = {tseg_dsp_add_halves(tseg_dsp_add_halves(twice0, twice0), twice0),
                      tseg_dsp_add_halves(plus2, plus2),
                      tseg_dsp_add_halves(minus2, minus2),
                      tseg_dsp_add_halves(far, twice1),
                      tseg_dsp_subtract_halves(far, twice1),
                      tseg_dsp_add_halves(tseg_dsp_add_halves(four2, four2), four2)};
  return result;
}

/* Puts six words down, `step` apart. */
static inline void store(six values, uint32_t *at, uint32_t step) {
  *at = values.v0;
  at += step;
  *at = values.v1;
  at += step;
  *at = values.v2;
  at += step;
  *at = values.v3;
  at += step;
  *at = values.v4;
  at += step;
  *at = values.v5;
}

/* The three columns are transformed into the first half of each row of U, then the rows where they are. */
void tseg_dsp_winograd_filter(const int8_t *from, uint32_t step, uint32_t *to, uint32_t position) {
  const uint32_t down = 6u * position; /* to the next row */
  for (uint32_t x = 0; x < 3u; x++, from += step) {
    const uint32_t g0 = tseg_dsp_load(from), g1 = tseg_dsp_load(from + (size_t)3u * step);
    const uint32_t g2 = tseg_dsp_load(from + (size_t)6u * step);
    uint32_t *at = to + (size_t)x * position;
    store(transform_taps(tseg_dsp_widen_even(g0), tseg_dsp_widen_even(g1), tseg_dsp_widen_even(g2)),
          at, down);
    store(transform_taps(tseg_dsp_widen_odd(g0), tseg_dsp_widen_odd(g1), tseg_dsp_widen_odd(g2)),
          at + 2, down);
  }
  for (uint32_t y = 0; y < 6u; y++, to += down) {
    store(transform_taps(to[0], to[position], to[2u * position]), to, position);
    store(transform_taps(to[2], to[position + 2u], to[2u * position + 2u]), to + 2, position);
  }
}

/*
 * Registers: r0 a row of the tile, r1 products, r2 the inverse of 9 modulo 2^32, or where a column goes;
 * r3 step between pixels; r4 multiplier, r5 offset, r6 shift; m0..m5 in r7..r12 become y0..y3 in r7, r8, r9, r11.
 * Frame: 0 bias, 8 tile, 12 scaling, 16 count: tiles + 4 * channel, 20 the inverse, 24 the tile's rows,
 * 40 six columns of four rows.
 */
__attribute__((naked)) void
tseg_dsp_winograd_finish(const tseg_dsp_tile *tiles __attribute__((unused)),
                         const int32_t *products __attribute__((unused)),
                         const tseg_nn_scaling *scalings __attribute__((unused)),
                         uint32_t channel __attribute__((unused))) {
  __asm__ volatile(".macro tseg_four\n"
                   "  add    lr, r8, r9\n"
                   "  sub    r8, r8, r9\n"
                   "  add    r9, r10, r11\n"
                   "  sub    r10, r10, r11\n"
                   "  sub    r7, r7, lr\n"
                   "  add    r7, r7, r9\n"
                   "  rsb    r9, lr, r9, lsl #2\n"
                   "  rsb    r11, r8, r10, lsl #3\n"
                   "  add    r11, r11, r12, lsl #1\n"
                   "  rsb    r8, r8, r10, lsl #1\n"
                   ".endm\n"
                   ".macro tseg_column j\n"
                   "  ldr    r7, [r1, #32 * \\j]\n"
                   "  ldr    r8, [r1, #32 * \\j + 192]\n"
                   "  ldr    r9, [r1, #32 * \\j + 384]\n"
                   "  ldr    r10, [r1, #32 * \\j + 576]\n"
                   "  ldr    r11, [r1, #32 * \\j + 768]\n"
                   "  ldr    r12, [r1, #32 * \\j + 960]\n"
                   "  .if \\j == 1\n"
                   "  ldr    lr, [sp]\n"
                   "  add    r8, r8, lr\n"
                   "  .endif\n"
                   "  tseg_four\n"
                   "  stmia  r2!, {r7, r8, r9, r11}\n"
                   ".endm\n"
                   ".macro tseg_scale_576 sum\n"
                   "  mul    \\sum, \\sum, r2\n"
                   "  add    lr, r5, \\sum, asr #31\n"
                   "  asr.w  \\sum, \\sum, #5\n"
                   "  smmlar \\sum, \\sum, r4, lr\n"
                   "  asr.w  \\sum, \\sum, r6\n"
                   "  ssat   \\sum, #8, \\sum\n"
                   ".endm\n"
                   ".macro tseg_row i\n"
                   "  ldr    r7, [sp, #4 * \\i + 40]\n"
                   "  ldr    r8, [sp, #4 * \\i + 56]\n"
                   "  ldr    r9, [sp, #4 * \\i + 72]\n"
                   "  ldr    r10, [sp, #4 * \\i + 88]\n"
                   "  ldr    r11, [sp, #4 * \\i + 104]\n"
                   "  ldr    r12, [sp, #4 * \\i + 120]\n"
                   "  ldr    r0, [sp, #4 * \\i + 24]\n"
                   "  tseg_four\n"
                   "  tseg_scale_576 r7\n"
                   "  strb   r7, [r0]\n"
                   "  tseg_scale_576 r8\n"
                   "  strb   r8, [r0, r3]\n"
                   "  add    r0, r0, r3, lsl #1\n"
                   "  tseg_scale_576 r9\n"
                   "  strb   r9, [r0]\n"
                   "  tseg_scale_576 r11\n"
                   "  strb   r11, [r0, r3]\n"
                   ".endm\n"
                   "  push   {r4-r11, lr}\n"
                   "  sub    sp, #140\n"
                   "  lsl    r3, r3, #2\n"
                   "  strd   r0, r2, [sp, #8]\n"
                   "  movw   r4, #0x8e39\n"
                   "  movt   r4, #0x38e3\n"
                   "  strd   r3, r4, [sp, #16]\n"
                   "1:\n" /* a channel */
                   "  ldr    r3, [sp, #12]\n"
                   "  ldm    r3!, {r2, r4, r5, r6}\n"
                   "  str    r3, [sp, #12]\n"
                   "  str    r2, [sp]\n"
                   "2:\n" /* a tile */
                   "  ldr    r12, [sp, #8]\n"
                   "  ldr    lr, [sp, #16]\n"
                   "  ldm    r12!, {r0, r2, r7, r8}\n"
                   "  ldr    r3, [r12], #4\n"
                   "  str    r12, [sp, #8]\n"
                   "  add    r0, r0, lr, lsr #2\n"
                   "  add    r2, r2, lr, lsr #2\n"
                   "  add    r7, r7, lr, lsr #2\n"
                   "  add    r8, r8, lr, lsr #2\n"
                   "  strd   r0, r2, [sp, #24]\n"
                   "  strd   r7, r8, [sp, #32]\n"
                   "  add    r2, sp, #40\n"
                   "  tseg_column 0\n"
                   "  tseg_column 1\n"
                   "  tseg_column 2\n"
                   "  tseg_column 3\n"
                   "  tseg_column 4\n"
                   "  tseg_column 5\n"
                   "  ldr    r2, [sp, #20]\n"
                   "  tseg_row 0\n"
                   "  tseg_row 1\n"
                   "  tseg_row 2\n"
                   "  tseg_row 3\n"
                   /* Products of tile t and channel c lie at word t % 2 + 2 * c + t / 2 * 4. */
                   "  ldr    lr, [sp, #16]\n"
                   "  add    r1, #4\n"
                   "  add    lr, #1\n"
                   "  str    lr, [sp, #16]\n"
                   "  tst    lr, #1\n"
                   "  bne.w  2b\n"
                   "  add    r1, #8\n"
                   "  tst    lr, #2\n"
                   "  bne.w  2b\n"
                   "  tst    lr, #4\n"
                   "  beq    3f\n"
                   "  ldr    r0, [sp, #8]\n"
                   "  sub    r1, #24\n"
                   "  sub    r0, #80\n"
                   "  str    r0, [sp, #8]\n"
                   "  b.w    1b\n"
                   "3:\n"
                   "  add    sp, #140\n"
                   "  pop    {r4-r11, pc}\n"
                   ".purgem tseg_four\n"
                   ".purgem tseg_column\n"
                   ".purgem tseg_scale_576\n"
                   ".purgem tseg_row\n");
}

#endif
