/* SPDX-License-Identifier: Apache-2.0 */
/* Semihosting: files and the exit code of the computer that runs the emulator or the debugger. */
#ifndef TSEG_PORTS_CORTEX_M_SEMIHOSTING_H
#define TSEG_PORTS_CORTEX_M_SEMIHOSTING_H

#include <stdbool.h>
#include <stdint.h>

enum tseg_semihosting_mode {
  TSEG_SEMIHOSTING_READ = 1,  /* "rb" */
  TSEG_SEMIHOSTING_WRITE = 5, /* "wb" */
  TSEG_SEMIHOSTING_NEW = 7    /* "w+b": read and written */
};

/* A handle, or negative when the file can't be opened. */
int32_t tseg_semihosting_open(const char *path, enum tseg_semihosting_mode mode);
void tseg_semihosting_close(int32_t handle);

/* Each returns whether all bytes were moved. */
bool tseg_semihosting_read(int32_t handle, void *bytes, uint32_t size);
bool tseg_semihosting_write(int32_t handle, const void *bytes, uint32_t size);
bool tseg_semihosting_seek(int32_t handle, uint32_t position);

/* Bytes of an open file; negative when unknown. */
int32_t tseg_semihosting_length(int32_t handle);

/* Ends the emulation. */
_Noreturn void tseg_semihosting_exit(int code);

#endif
