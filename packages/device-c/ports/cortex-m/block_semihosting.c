/* SPDX-License-Identifier: Apache-2.0 */
/* Requests are done when they are started: the emulator stands still meanwhile. */
#include "block_semihosting.h"

#include "semihosting.h"

static tseg_status start(tseg_block_device *device, const tseg_block_request *request) {
  tseg_block_semihosting *file = device->context;
  if (file->busy) {
    return TSEG_PENDING;
  }
  const bool is_read = request->verb == TSEG_BLOCK_READ;
  const tseg_status error = is_read ? TSEG_ERR_DEVICE_READ : TSEG_ERR_DEVICE_PROGRAM;
  if (request->verb == TSEG_BLOCK_ERASE || request->size > device->geometry.capacity ||
      request->address > device->geometry.capacity - request->size) {
    return error;
  }
  bool done = tseg_semihosting_seek(file->handle, (uint32_t)request->address);
  if (done && is_read) {
    done = tseg_semihosting_read(file->handle, request->buffer, request->size);
  } else if (done) {
    done = tseg_semihosting_write(file->handle, request->buffer, request->size);
  }
  file->busy = true;
  file->result = done ? TSEG_OK : error;
  return TSEG_OK;
}

static tseg_status poll(tseg_block_device *device) {
  tseg_block_semihosting *file = device->context;
  if (!file->busy) {
    return TSEG_PENDING;
  }
  file->busy = false;
  return file->result;
}

tseg_status tseg_block_semihosting_init(tseg_block_device *device, tseg_block_semihosting *file,
                                        const char *path, uint64_t capacity) {
  if (capacity > INT32_MAX) {
    return TSEG_ERR_STORE_FULL;
  }
  file->handle = tseg_semihosting_open(path, TSEG_SEMIHOSTING_NEW);
  file->busy = false;
  *device = (tseg_block_device){
      .geometry = {.read_size = 1, .prog_size = 1, .capacity = capacity, .queue_depth = 1},
      .context = file,
      .start = start,
      .poll = poll,
  };
  return file->handle < 0 ? TSEG_ERR_DEVICE_PROGRAM : TSEG_OK;
}
