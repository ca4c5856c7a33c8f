/* SPDX-License-Identifier: Apache-2.0 */
/* Four signed bytes at a time. SSUB8 and SEL share the GE flags, so each pair is one piece of assembly. */
#ifndef TSEG_NN_DSP_BYTES_H
#define TSEG_NN_DSP_BYTES_H

#include "dsp.h"

#if TSEG_NN_DSP

/* The larger bytes of two words. */
static inline uint32_t tseg_dsp_larger_bytes(uint32_t a, uint32_t b) {
  uint32_t result;
  __asm__("ssub8 %0, %1, %2\n\tsel %0, %1, %2" : "=&r"(result) : "r"(a), "r"(b));
  return result;
}

/* The smaller ones. */
static inline uint32_t tseg_dsp_smaller_bytes(uint32_t a, uint32_t b) {
  uint32_t result;
  __asm__("ssub8 %0, %1, %2\n\tsel %0, %2, %1" : "=&r"(result) : "r"(a), "r"(b));
  return result;
}

#endif
#endif
