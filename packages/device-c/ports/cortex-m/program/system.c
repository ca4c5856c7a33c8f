/* SPDX-License-Identifier: Apache-2.0 */
/* What the C library asks of a system, for test and bench programs: standard output and a heap. Firmware
 * that runs plans has neither. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>

#include "fault.h"
#include "link_map.h"
#include "semihosting.h"

int _write(int file, const char *bytes, int size);
int _read(int file, char *bytes, int capacity);
int _close(int file);
int _fstat(int file, struct stat *status);
int _isatty(int file);
int _lseek(int file, int offset, int origin);
int _getpid(void);
int _kill(int process, int signal);
_Noreturn void _exit(int code);
void *_sbrk(ptrdiff_t size);
void _init(void);
void _fini(void);

/* ":tt" is the terminal; opened for writing it is standard output. */
int _write(int file, const char *bytes, int size) {
  static int32_t terminal = -1;
  (void)file;
  if (terminal < 0) {
    terminal = tseg_semihosting_open(":tt", TSEG_SEMIHOSTING_WRITE);
  }
  return tseg_semihosting_write(terminal, bytes, (uint32_t)size) ? size : -1;
}

int _read(int file, char *bytes, int capacity) {
  (void)file;
  (void)bytes;
  (void)capacity;
  return 0;
}

int _close(int file) {
  (void)file;
  return 0;
}

int _fstat(int file, struct stat *status) {
  (void)file;
  status->st_mode = S_IFCHR;
  return 0;
}

int _isatty(int file) {
  (void)file;
  return 1;
}

int _lseek(int file, int offset, int origin) {
  (void)file;
  (void)offset;
  (void)origin;
  return 0;
}

int _getpid(void) {
  return 1;
}

int _kill(int process, int signal) {
  (void)process;
  (void)signal;
  errno = EINVAL;
  return -1;
}

_Noreturn void _exit(int code) {
  tseg_semihosting_exit(code);
}

/* Called by the C library's start and exit code, which has nothing to do here. */
void _init(void) {}

void _fini(void) {}

void *_sbrk(ptrdiff_t size) {
  static uint8_t *end = tseg_free_begin;
  if (size > tseg_ram_end - end) {
    errno = ENOMEM;
    return (void *)-1; // NOLINT: what the C library expects
  }
  uint8_t *begin = end;
  end += size;
  return begin;
}

_Noreturn void tseg_fault_report(const tseg_fault *fault) {
  (void)printf("fault: exception %u, status 0x%08x, address 0x%08x, pc 0x%08x, lr 0x%08x\n",
               (unsigned)fault->exception, (unsigned)fault->status, (unsigned)fault->address,
               (unsigned)fault->pc, (unsigned)fault->lr);
  tseg_semihosting_exit(70);
}
