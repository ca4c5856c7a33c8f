/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The C library's functions that move bytes, in a third of newlib's flash. Those for which the compiler calls
 * the library anyway, and no others.
 */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);

/* In a loop: the compiler can't see that it is one of these functions, and call it. */
#define LITERALLY(pointer) __asm__ volatile("" : "+r"(pointer))

/* Four bytes at an address of any alignment, where the processor has it. */
#if defined(__ARM_FEATURE_UNALIGNED)
typedef struct four_bytes {
  uint32_t word;
} __attribute__((packed, may_alias)) four_bytes;
#define WORDS 1
#else
#define WORDS 0
#endif

void *memmove(void *to, const void *from, size_t size) {
  uint8_t *at = to;
  const uint8_t *source = from;
  if ((uintptr_t)to - (uintptr_t)from < size) { /* `to` begins inside: from the end */
    while (size > 0u) {
      size--;
      at[size] = source[size];
      LITERALLY(at);
    }
    return to;
  }
#if WORDS
  for (; size >= 16u; size -= 16u, at += 16, source += 16) {
    const four_bytes *const words = (const void *)source;
    four_bytes *const places = (void *)at;
    const four_bytes a = words[0], b = words[1], c = words[2], d = words[3];
    places[0] = a;
    places[1] = b;
    places[2] = c;
    places[3] = d;
    LITERALLY(at);
  }
  for (; size >= 4u; size -= 4u, at += 4, source += 4) {
    *(four_bytes *)(void *)at = *(const four_bytes *)(const void *)source;
    LITERALLY(at);
  }
#endif
  for (; size > 0u; size--) {
    *at++ = *source++;
    LITERALLY(at);
  }
  return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
    __attribute__((alias("memmove")));

void *memset(void *to, int value, size_t size) {
  uint8_t *at = to;
#if WORDS
  const four_bytes word = {(uint8_t)value * 0x01010101u};
  for (; size >= 16u; size -= 16u, at += 16) {
    four_bytes *const places = (void *)at;
    places[0] = word;
    places[1] = word;
    places[2] = word;
    places[3] = word;
    LITERALLY(at);
  }
  for (; size >= 4u; size -= 4u, at += 4) {
    *(four_bytes *)(void *)at = word;
    LITERALLY(at);
  }
#endif
  for (; size > 0u; size--) {
    *at++ = (uint8_t)value;
    LITERALLY(at);
  }
  return to;
}
