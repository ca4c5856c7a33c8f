/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checksum of a plan's structure. With words w and 64 bits of state s, each step is
 *     s = (s mod 2^32) * m + floor(s / 2^32) + w
 * which is s * 2^-32 + w modulo the prime m * 2^32 - 1, so no change of one word goes unseen in s. Cores with
 * DSP instructions do a step in one: UMAAL. The CRC-32 takes ten instructions a byte.
 */
#include "tseg/plan.h"

#include "../nn/dsp/dsp.h"

#define MULTIPLIER  0xFFFFDA61u
#define GROUP_BYTES 16u

#if TSEG_NN_DSP

/* Two groups of four words in turns, so that the low half of the state stays where it was made; the loop is
 * entered at the second when their number is odd. */
uint32_t tseg_plan_sum(const void *bytes, size_t size) {
  const uint8_t *at = bytes;
  const uint8_t *const end = at + (size & ~(size_t)(GROUP_BYTES - 1u));
  uint32_t low = 0;
  uint32_t high = 0;
  if (at == end) return 0;
  __asm__ volatile("  movs   r7, #0\n"
                   "  movs   r12, #0\n"
                   "  tst    %[odd], #16\n"
                   "  bne    2f\n"
                   "1:\n"
                   "  ldm    %[at]!, {r4-r7}\n"
                   "  umaal  r4, %[high], r12, %[m]\n"
                   "  umaal  r5, %[high], r4, %[m]\n"
                   "  umaal  r6, %[high], r5, %[m]\n"
                   "  umaal  r7, %[high], r6, %[m]\n"
                   "2:\n"
                   "  ldm    %[at]!, {r8-r10, r12}\n"
                   "  umaal  r8, %[high], r7, %[m]\n"
                   "  umaal  r9, %[high], r8, %[m]\n"
                   "  umaal  r10, %[high], r9, %[m]\n"
                   "  umaal  r12, %[high], r10, %[m]\n"
                   "  cmp    %[at], %[end]\n"
                   "  bne    1b\n"
                   "  umaal  %[low], %[high], r12, %[m]\n"
                   : [at] "+&r"(at), [low] "+&r"(low), [high] "+&r"(high)
                   : [end] "r"(end), [m] "r"(MULTIPLIER), [odd] "r"(size)
                   : "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r12", "cc", "memory");
  return low ^ high;
}

#else

uint32_t tseg_plan_sum(const void *bytes, size_t size) {
  const uint32_t *word = bytes;
  const uint32_t *const end = word + size / GROUP_BYTES * (GROUP_BYTES / sizeof *word);
  uint64_t state = 0;
  while (word != end) {
    state = (uint64_t)(uint32_t)state * MULTIPLIER + (state >> 32) + *word++;
  }
  state = (uint64_t)(uint32_t)state * MULTIPLIER + (state >> 32);
  return (uint32_t)state ^ (uint32_t)(state >> 32);
}

#endif
