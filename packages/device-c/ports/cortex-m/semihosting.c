/* SPDX-License-Identifier: Apache-2.0 */
/* The semihosting calls that firmware uses. */
#include "semihosting.h"

enum {
  SYS_OPEN = 0x01,
  SYS_CLOSE = 0x02,
  SYS_WRITE = 0x05,
  SYS_READ = 0x06,
  SYS_SEEK = 0x0A,
  SYS_FLEN = 0x0C,
  SYS_EXIT_EXTENDED = 0x20
};

#define APPLICATION_EXIT 0x20026u

static int32_t call(uint32_t number, const void *arguments) {
  register uint32_t r0 __asm("r0") = number;
  register const void *r1 __asm("r1") = arguments;
  __asm volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
  return (int32_t)r0;
}

static uint32_t address(const void *pointer) {
  return (uint32_t)(uintptr_t)pointer;
}

int32_t tseg_semihosting_open(const char *path, enum tseg_semihosting_mode mode) {
  uint32_t length = 0;
  while (path[length] != '\0') {
    length++;
    __asm__ volatile(
        ""
        : "+r"(length)); /* or the compiler calls strlen, which is ten times as large */
  }
  const uint32_t arguments[3] = {address(path), (uint32_t)mode, length};
  return call(SYS_OPEN, arguments);
}

void tseg_semihosting_close(int32_t handle) {
  const uint32_t arguments[1] = {(uint32_t)handle};
  (void)call(SYS_CLOSE, arguments);
}

bool tseg_semihosting_read(int32_t handle, void *bytes, uint32_t size) {
  const uint32_t arguments[3] = {(uint32_t)handle, address(bytes), size};
  return call(SYS_READ, arguments) == 0;
}

bool tseg_semihosting_write(int32_t handle, const void *bytes, uint32_t size) {
  const uint32_t arguments[3] = {(uint32_t)handle, address(bytes), size};
  return call(SYS_WRITE, arguments) == 0;
}

bool tseg_semihosting_seek(int32_t handle, uint32_t position) {
  const uint32_t arguments[2] = {(uint32_t)handle, position};
  return call(SYS_SEEK, arguments) == 0;
}

int32_t tseg_semihosting_length(int32_t handle) {
  const uint32_t arguments[1] = {(uint32_t)handle};
  return call(SYS_FLEN, arguments);
}

_Noreturn void tseg_semihosting_exit(int code) {
  const uint32_t arguments[2] = {APPLICATION_EXIT, (uint32_t)code};
  for (;;) {
    (void)call(SYS_EXIT_EXTENDED, arguments);
  }
}
