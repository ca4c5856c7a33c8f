/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The DSP kernels: whether this build has them, and the instructions that they are made of.
 *
 * A kernel of this folder does the same as the portable kernel of the same variant, byte for byte, and
 * takes its place in builds for cores with the DSP instructions (Cortex-M4, M7, M33 and later).
 * TSEG_NN_PORTABLE keeps the portable kernels there, too.
 */
#ifndef TSEG_NN_DSP_H
#define TSEG_NN_DSP_H

#include <stdint.h>
#include <string.h>

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__) && __ARM_ARCH_PROFILE == 'M' &&              \
    !defined(TSEG_NN_PORTABLE)
#define TSEG_NN_DSP 1
#else
#define TSEG_NN_DSP 0
#endif

#if TSEG_NN_DSP

/* Four bytes from anywhere. */
static inline uint32_t tseg_dsp_load(const void *from) {
  uint32_t word;
  memcpy(&word, from, sizeof word);
  return word;
}

/* Bytes 0 and 2 of a word, sign extended to two halfwords. */
static inline uint32_t tseg_dsp_widen_even(uint32_t bytes) {
  uint32_t halves;
  __asm__("sxtb16 %0, %1" : "=r"(halves) : "r"(bytes));
  return halves;
}

/* Bytes 1 and 3. */
static inline uint32_t tseg_dsp_widen_odd(uint32_t bytes) {
  uint32_t halves;
  __asm__("sxtb16 %0, %1, ror #8" : "=r"(halves) : "r"(bytes));
  return halves;
}

/* sum + a.low * b.low + a.high * b.high modulo 2^32. */
static inline int32_t tseg_dsp_multiply_add(uint32_t a, uint32_t b, int32_t sum) {
  int32_t result;
  __asm__("smlad %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
  return result;
}

/* Sums and differences of halfwords. */
static inline uint32_t tseg_dsp_add_halves(uint32_t a, uint32_t b) {
  uint32_t result;
  __asm__("sadd16 %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));
  return result;
}
static inline uint32_t tseg_dsp_subtract_halves(uint32_t a, uint32_t b) {
  uint32_t result;
  __asm__("ssub16 %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));
  return result;
}

#endif
#endif
