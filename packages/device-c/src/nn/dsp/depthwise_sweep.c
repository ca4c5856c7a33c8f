/* SPDX-License-Identifier: Apache-2.0 */
/* The inner loops of 3x3 depthwise convolutions; see depthwise_sweep.h. */
#include "depthwise_sweep.h"

#if TSEG_NN_DSP

/*
 * Registers of both: r0 column of the first row, r1 and r2 distances to the other rows, r6..r10 the
 * weights (fields taps[0] to third_step). A column is r11 (first row low, second high) and lr (third).
 */
#define COLUMN                                                                                     \
  "  ldrsb  r11, [r0]\n"                                                                           \
  "  ldrsb  r12, [r0, r1]\n"                                                                       \
  "  ldrsb  lr, [r0, r2]\n"                                                                        \
  "  add    r0, r0, r10, lsr #16\n"                                                                \
  "  pkhbt  r11, r11, r12, lsl #16\n"

/* Scales the finished sum `a`; clobbers r11, r12, lr. Frame: 0 multiplier, 4 offset, 8 shift. */
#define SCALE(a)                                                                                   \
  "  ldm    sp, {r11, r12, lr}\n"                                                                  \
  "  add    r12, r12, " a ", asr #31\n"                                                            \
  "  smmlar " a ", " a ", r11, r12\n"                                                              \
  "  asr    " a ", " a ", lr\n"                                                                    \
  "  ssat   " a ", #8, " a "\n"

/* The third column of output a, the second of b, the first of c, which begins here. */
#define STEP(a, b, c)                                                                              \
  COLUMN                                                                                           \
  "  smlad  " a ", r11, r8, " a "\n"                                                               \
  "  ldr    " c ", [sp, #12]\n"                                                                    \
  "  smlabb " a ", lr, r10, " a "\n"                                                               \
  "  smlad  " b ", r11, r7, " b "\n"                                                               \
  "  smlabt " b ", lr, r9, " b "\n"                                                                \
  "  smlad  " c ", r11, r6, " c "\n"                                                               \
  "  smlabb " c ", lr, r9, " c "\n" SCALE(a) "  ldr    r11, [sp, #16]\n"                           \
                                             "  strb   " a ", [r0, r11]\n"

/*
 * Three outputs are under way in r3, r4, r5 and change roles at each step: the loop has three, and is
 * entered at the one from which the remaining number is a multiple of three. Frame: 12 bias, 16 to,
 * 20 last column.
 */
__attribute__((naked)) int32_t tseg_dsp_sweep_1(const tseg_dsp_sweep *sweep __attribute__((unused)),
                                                const tseg_dsp_line *line __attribute__((unused)),
                                                uint32_t offset __attribute__((unused))) {
  __asm__ volatile("  push   {r4-r11, lr}\n"
                   "  sub    sp, #28\n"
                   "  mov    r12, r0\n"
                   "  mov    r11, r2\n"
                   "  ldm    r1, {r0, r1, r2, r4}\n"
                   "  add    r0, r11\n"
                   "  ldm    r12!, {r3, r5, r6, r7, r8, r9, r10}\n"
                   "  strd   r5, r4, [sp, #12]\n"
                   "  ldm    r12, {r4, r5, r11, r12, lr}\n"
                   "  strd   r4, r5, [sp]\n"
                   "  str    r11, [sp, #8]\n"
                   "  add    r12, r0\n"
                   "  str    r12, [sp, #20]\n"
                   "  mov    r5, lr\n" COLUMN "  smlad  r3, r11, r7, r3\n"
                   "  ldr    r4, [sp, #12]\n"
                   "  smlabt r3, lr, r9, r3\n"
                   "  smlad  r4, r11, r6, r4\n"
                   "  smlabb r4, lr, r9, r4\n"
                   "  cmp    r5, #1\n"
                   "  bhi    2f\n"
                   "  blo    1f\n"
                   "  mov    r5, r3\n"
                   "  mov    r3, r4\n"
                   "  b      3f\n"
                   "2:\n"
                   "  mov    r5, r4\n"
                   "  mov    r4, r3\n"
                   "  b      4f\n"
                   "1:\n" STEP("r3", "r4", "r5") "4:\n" STEP("r4", "r5", "r3") "3:\n" STEP(
                       "r5", "r3", "r4") "  ldr    r11, [sp, #20]\n"
                                         "  cmp    r0, r11\n"
                                         "  bne    1b\n"
                                         "  mov    r0, r3\n"
                                         "  add    sp, #28\n"
                                         "  pop    {r4-r11, pc}\n");
}

/* r3 the output under way, r4 the one that begins, r5 where it goes. Frame: 12 bias, 16 last column,
 * 20 from one output to the next. */
__attribute__((naked)) int32_t tseg_dsp_sweep_2(const tseg_dsp_sweep *sweep __attribute__((unused)),
                                                const tseg_dsp_line *line __attribute__((unused)),
                                                uint32_t offset __attribute__((unused)),
                                                int8_t *to __attribute__((unused))) {
  __asm__ volatile("  push   {r4-r11, lr}\n"
                   "  sub    sp, #28\n"
                   "  mov    r12, r0\n"
                   "  mov    r11, r2\n"
                   "  mov    r5, r3\n"
                   "  ldm    r1, {r0, r1, r2}\n"
                   "  add    r0, r11\n"
                   "  ldm    r12!, {r3, r4, r6, r7, r8, r9, r10}\n"
                   "  str    r4, [sp, #12]\n"
                   "  ldr    r4, [r12, #16]\n"
                   "  str    r4, [sp, #20]\n"
                   "  ldm    r12, {r4, r11, r12, lr}\n"
                   "  strd   r4, r11, [sp]\n"
                   "  str    r12, [sp, #8]\n"
                   "  add    lr, r0\n"
                   "  str    lr, [sp, #16]\n"
                   "1:\n" COLUMN "  smlad  r3, r11, r7, r3\n"
                   "  smlabt r3, lr, r9, r3\n" COLUMN "  ldr    r4, [sp, #12]\n"
                   "  smlad  r3, r11, r8, r3\n"
                   "  smlabb r3, lr, r10, r3\n"
                   "  smlad  r4, r11, r6, r4\n"
                   "  smlabb r4, lr, r9, r4\n" SCALE("r3") "  strb   r3, [r5]\n"
                                                           "  ldrd   r11, r12, [sp, #16]\n"
                                                           "  add    r5, r5, r12\n"
                                                           "  mov    r3, r4\n"
                                                           "  cmp    r0, r11\n"
                                                           "  bne    1b\n"
                                                           "  mov    r0, r3\n"
                                                           "  add    sp, #28\n"
                                                           "  pop    {r4-r11, pc}\n");
}

#endif
