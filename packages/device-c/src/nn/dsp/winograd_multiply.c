/* SPDX-License-Identifier: Apache-2.0 */
/* The multiplications of Winograd convolutions; see winograd.h. */
#include "winograd.h"

#if TSEG_NN_DSP

#define STEPS_PER_PASS 16u
#define STEP_BYTES     44u /* 11 instructions of four bytes */

tseg_dsp_winograd_steps tseg_dsp_winograd_steps_of(uint32_t words, uint32_t positions) {
  /* The first step of a position is another: it starts the sums. */
  const uint32_t passes = (words - 1u + STEPS_PER_PASS - 1u) / STEPS_PER_PASS;
  const tseg_dsp_winograd_steps steps = {
      passes, (passes * STEPS_PER_PASS - (words - 1u)) * STEP_BYTES, 32u * positions};
  return steps;
}

/*
 * Registers: r0 filters, r1 block; sums of tiles 0 and 1 in r4, r5 with the first filter and in r6, r7 with
 * the second, of tiles 2 and 3 in r8..r11 likewise. The loop holds 16 steps and is entered in its middle.
 * Frame: 0 products, 4 their end, 8 passes, 12 address of the entry, 16 passes left.
 */
__attribute__((naked)) void
tseg_dsp_winograd_multiply(const uint32_t *filters __attribute__((unused)),
                           const uint32_t *block __attribute__((unused)),
                           int32_t *products __attribute__((unused)),
                           const tseg_dsp_winograd_steps *steps __attribute__((unused))) {
  __asm__ volatile("  push   {r4-r11, lr}\n"
                   "  sub    sp, #20\n"
                   "  ldm    r3, {r4-r6}\n"
                   "  adr.w  lr, 2f\n"
                   "  add    r5, lr\n"
                   "  orr    r5, #1\n"
                   "  add    r6, r2\n"
                   "  strd   r2, r6, [sp]\n"
                   "  strd   r4, r5, [sp, #8]\n"
                   "1:\n"
                   "  ldrd   r2, r3, [r0], #8\n"
                   "  ldrd   r12, lr, [r1], #8\n"
                   "  smuad  r4, r12, r2\n"
                   "  smuad  r5, lr, r2\n"
                   "  smuad  r6, r12, r3\n"
                   "  smuad  r7, lr, r3\n"
                   "  ldrd   r12, lr, [r1], #8\n"
                   "  smuad  r8, r12, r2\n"
                   "  smuad  r9, lr, r2\n"
                   "  smuad  r10, r12, r3\n"
                   "  smuad  r11, lr, r3\n"
                   "  ldr    r2, [sp, #8]\n"
                   "  str    r2, [sp, #16]\n"
                   "  ldr.w  pc, [sp, #12]\n"
                   "  .balign 4\n"
                   "2:\n"
                   "  .rept  16\n"
                   "  ldrd   r2, r3, [r0], #8\n"
                   "  ldrd   r12, lr, [r1], #8\n"
                   "  smlad  r4, r12, r2, r4\n"
                   "  smlad  r5, lr, r2, r5\n"
                   "  smlad  r6, r12, r3, r6\n"
                   "  smlad  r7, lr, r3, r7\n"
                   "  ldrd   r12, lr, [r1], #8\n"
                   "  smlad  r8, r12, r2, r8\n"
                   "  smlad  r9, lr, r2, r9\n"
                   "  smlad  r10, r12, r3, r10\n"
                   "  smlad  r11, lr, r3, r11\n"
                   "  .endr\n"
                   "  ldr    r2, [sp, #16]\n"
                   "  subs   r2, #1\n"
                   "  str    r2, [sp, #16]\n"
                   "  bne.w  2b\n"
                   "  ldrd   r2, r3, [sp]\n"
                   "  stmia  r2!, {r4-r11}\n"
                   "  str    r2, [sp]\n"
                   "  cmp    r2, r3\n"
                   "  bne.w  1b\n"
                   "  add    sp, #20\n"
                   "  pop    {r4-r11, pc}\n");
}

#endif
