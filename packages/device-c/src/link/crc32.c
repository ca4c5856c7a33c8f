/* SPDX-License-Identifier: Apache-2.0 */
/* CRC-32, four bits at a time: a compromise between flash (64 bytes of table) and speed. */
#include "tseg/crc32.h"

static const uint32_t nibble_table[16] = {
    0x00000000U, 0x1db71064U, 0x3b6e20c8U, 0x26d930acU, 0x76dc4190U, 0x6b6b51f4U,
    0x4db26158U, 0x5005713cU, 0xedb88320U, 0xf00f9344U, 0xd6d6a3e8U, 0xcb61b38cU,
    0x9b64c2b0U, 0x86d3d2d4U, 0xa00ae278U, 0xbdbdf21cU,
};

static uint32_t byte_done(uint32_t value) {
  value = (value >> 4) ^ nibble_table[value & 0xFU];
  return (value >> 4) ^ nibble_table[value & 0xFU];
}

uint32_t tseg_crc32(uint32_t previous, const void *bytes, size_t size) {
  const uint8_t *at = (const uint8_t *)bytes;
  uint32_t value = ~previous;
  size_t left = size;
  for (; left >= 4; left -= 4, at += 4) {
    value ^= (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
    value = byte_done(byte_done(byte_done(byte_done(value))));
  }
  for (; left > 0; left--) {
    value = byte_done(value ^ *at++);
  }
  return ~value;
}
