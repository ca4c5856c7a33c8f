/* SPDX-License-Identifier: Apache-2.0 */
/* The inner loop of convolutions; see multiply.h. */
#include "multiply.h"

#if TSEG_NN_DSP

#define STEPS_PER_PASS 16u
#define STEP_BYTES     52u /* 13 instructions of four bytes */

void tseg_dsp_block_steps(tseg_dsp_block *block, uint32_t steps) {
  block->passes = (steps + STEPS_PER_PASS - 1u) / STEPS_PER_PASS;
  block->entry = (block->passes * STEPS_PER_PASS - steps) * STEP_BYTES;
}

/*
 * Registers: r0 weights, r1 patches; sums of pixels 0..3 in r4..r7 for the first channel of the pair and
 * in r8..r11 for the second. A step takes two inputs of both channels (one word of weights) and of four
 * pixels. The loop holds 16 steps and is entered in its middle when there are fewer.
 * Frame: 0 patches, 4 passes, 8 address of the entry, 12 scalings, 16 byte of the pair, 20 its end,
 * 24..36 pixels, 40 passes left.
 */
__attribute__((naked)) const int8_t *tseg_dsp_multiply_4x2(const tseg_dsp_block *block
                                                           __attribute__((unused))) {
  __asm__ volatile(".macro tseg_scale sum\n"
                   "  add    r12, r2, \\sum, asr #31\n"
                   "  lsl.w  \\sum, \\sum, #1\n"
                   "  smmlar \\sum, \\sum, r1, r12\n"
                   "  asr.w  \\sum, \\sum, lr\n"
                   "  ssat   \\sum, #8, \\sum\n"
                   ".endm\n"
                   "  push   {r4-r11, lr}\n"
                   "  sub    sp, #44\n"
                   "  ldm    r0!, {r1-r7}\n"
                   "  ldm    r0, {r8-r10, r12}\n"
                   "  adr.w  lr, 2f\n"
                   "  add    r3, lr\n"
                   "  orr    r3, #1\n"
                   "  mov    r11, sp\n"
                   "  stm    r11!, {r1-r7}\n"
                   "  stm    r11, {r8-r10}\n"
                   "  mov    r0, r12\n"
                   "1:\n"
                   "  ldrd   r1, r2, [sp]\n"
                   "  ldrd   r12, r3, [sp, #8]\n"
                   "  str    r2, [sp, #40]\n"
                   "  ldr    r4, [r3]\n"
                   "  ldr.w  r8, [r3, #16]\n"
                   "  mov    r5, r4\n"
                   "  mov    r6, r4\n"
                   "  mov    r7, r4\n"
                   "  mov    r9, r8\n"
                   "  mov    r10, r8\n"
                   "  mov    r11, r8\n"
                   "  bx     r12\n"
                   "  .balign 4\n"
                   "2:\n"
                   "  .rept  16\n"
                   "  ldr.w  r3, [r0], #4\n"
                   "  ldrd   r12, lr, [r1], #8\n"
                   "  sxtb16.w r2, r3\n"
                   "  sxtb16.w r3, r3, ror #8\n"
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
                   "  ldr    r2, [sp, #40]\n"
                   "  subs   r2, #1\n"
                   "  str    r2, [sp, #40]\n"
                   "  bne.w  2b\n"
                   "  ldr    r3, [sp, #12]\n"
                   "  ldrd   r1, r2, [r3, #4]\n"
                   "  ldr.w  lr, [r3, #12]\n"
                   "  tseg_scale r4\n"
                   "  tseg_scale r5\n"
                   "  tseg_scale r6\n"
                   "  tseg_scale r7\n"
                   "  ldrd   r1, r2, [r3, #20]\n"
                   "  ldr.w  lr, [r3, #28]\n"
                   "  adds   r3, #32\n"
                   "  str    r3, [sp, #12]\n"
                   "  tseg_scale r8\n"
                   "  tseg_scale r9\n"
                   "  tseg_scale r10\n"
                   "  tseg_scale r11\n"
                   "  ldrd   r1, r2, [sp, #16]\n"
                   "  ldrd   r3, r12, [sp, #24]\n"
                   "  bfi    r4, r8, #8, #8\n"
                   "  bfi    r5, r9, #8, #8\n"
                   "  strh   r4, [r3, r1]\n"
                   "  strh   r5, [r12, r1]\n"
                   "  ldrd   r3, r12, [sp, #32]\n"
                   "  bfi    r6, r10, #8, #8\n"
                   "  bfi    r7, r11, #8, #8\n"
                   "  strh   r6, [r3, r1]\n"
                   "  strh   r7, [r12, r1]\n"
                   "  adds   r1, #2\n"
                   "  str    r1, [sp, #16]\n"
                   "  cmp    r1, r2\n"
                   "  bne.w  1b\n"
                   "  add    sp, #44\n"
                   "  pop    {r4-r11, pc}\n"
                   ".purgem tseg_scale\n");
}

uint32_t *tseg_dsp_widen_4(const int8_t *const from[4], uint32_t count, uint32_t *to) {
  const int8_t *a = from[0];
  const int8_t *b = from[1];
  const int8_t *c = from[2];
  const int8_t *d = from[3];
  for (const int8_t *end = a + count; a != end; to += 8) {
    const uint32_t wa = tseg_dsp_load(a);
    const uint32_t wb = tseg_dsp_load(b);
    const uint32_t wc = tseg_dsp_load(c);
    const uint32_t wd = tseg_dsp_load(d);
    a += 4;
    b += 4;
    c += 4;
    d += 4;
    to[0] = tseg_dsp_widen_even(wa);
    to[1] = tseg_dsp_widen_even(wb);
    to[2] = tseg_dsp_widen_even(wc);
    to[3] = tseg_dsp_widen_even(wd);
    to[4] = tseg_dsp_widen_odd(wa);
    to[5] = tseg_dsp_widen_odd(wb);
    to[6] = tseg_dsp_widen_odd(wc);
    to[7] = tseg_dsp_widen_odd(wd);
  }
  return to;
}

uint32_t *tseg_dsp_widen_centred_4(const int8_t *const from[4], uint32_t count, int32_t zero_point,
                                   uint32_t *to) {
  const uint32_t zero = (uint32_t)(uint16_t)zero_point * 0x10001u;
  for (uint32_t i = 0; i < count; i += 4u, to += 8) {
    for (uint32_t k = 0; k < 4u; k++) {
      const uint32_t word = tseg_dsp_load(from[k] + i);
      to[k] = tseg_dsp_subtract_halves(tseg_dsp_widen_even(word), zero);
      to[k + 4u] = tseg_dsp_subtract_halves(tseg_dsp_widen_odd(word), zero);
    }
  }
  return to;
}

void tseg_dsp_widen_1(const int8_t *from, uint32_t count, uint32_t *to) {
  for (const int8_t *end = from + count; from != end; from += 4, to += 8) {
    const uint32_t word = tseg_dsp_load(from);
    to[0] = tseg_dsp_widen_even(word);
    to[4] = tseg_dsp_widen_odd(word);
  }
}

#endif
