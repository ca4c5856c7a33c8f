/* SPDX-License-Identifier: Apache-2.0 */
/* Requests are done when they are started: the processor can't run from flash while it is written. */
#include "nvmc.h"

#include <string.h>

#define NVMC_READY     (*(volatile uint32_t *)0x4001E400u)
#define NVMC_CONFIG    (*(volatile uint32_t *)0x4001E504u)
#define NVMC_ERASEPAGE (*(volatile uint32_t *)0x4001E508u)

enum { NVMC_READ = 0, NVMC_WRITE = 1, NVMC_ERASE = 2 };

#define STORE_BEGIN 0x000A0000u
#define STORE_SIZE  0x00060000u
#define PAGE_SIZE   1024u

static bool busy;

static void set_mode(uint32_t mode) {
  NVMC_CONFIG = mode;
  while (NVMC_READY == 0u) {
  }
}

static void erase(uint32_t address, uint32_t size) {
  set_mode(NVMC_ERASE);
  for (uint32_t page = address; page < address + size; page += PAGE_SIZE) {
    NVMC_ERASEPAGE = page;
    while (NVMC_READY == 0u) {
    }
  }
  set_mode(NVMC_READ);
}

static void program(uint32_t address, const uint8_t *bytes, uint32_t size) {
  set_mode(NVMC_WRITE);
  for (uint32_t i = 0; i < size; i += 4u) {
    uint32_t word;
    memcpy(&word, bytes + i, sizeof word);
    *(volatile uint32_t *)(uintptr_t)(address + i) = word;
    while (NVMC_READY == 0u) {
    }
  }
  set_mode(NVMC_READ);
}

static tseg_status start(tseg_block_device *device, const tseg_block_request *request) {
  (void)device;
  if (busy) {
    return TSEG_PENDING;
  }
  const bool inside = request->size <= STORE_SIZE && request->address <= STORE_SIZE - request->size;
  const uint32_t address = STORE_BEGIN + (uint32_t)request->address;
  switch (request->verb) {
  case TSEG_BLOCK_READ:
    if (!inside) {
      return TSEG_ERR_DEVICE_READ;
    }
    memcpy(request->buffer, (const void *)(uintptr_t)address, request->size);
    break;
  case TSEG_BLOCK_PROG:
    if (!inside || request->address % 4u != 0u || request->size % 4u != 0u) {
      return TSEG_ERR_DEVICE_PROGRAM;
    }
    program(address, request->buffer, request->size);
    break;
  default:
    if (!inside || request->address % PAGE_SIZE != 0u || request->size % PAGE_SIZE != 0u) {
      return TSEG_ERR_DEVICE_ERASE;
    }
    erase(address, request->size);
    break;
  }
  busy = true;
  return TSEG_OK;
}

static tseg_status poll(tseg_block_device *device) {
  (void)device;
  const bool done = busy;
  busy = false;
  return done ? TSEG_OK : TSEG_PENDING;
}

tseg_status tseg_nvmc_store(tseg_block_device *device, uint64_t capacity) {
  static bool taken;
  if (taken || capacity > STORE_SIZE) {
    return TSEG_ERR_STORE_FULL;
  }
  taken = true;
  *device = (tseg_block_device){
      .geometry = {.read_size = 1,
                   .prog_size = 4,
                   .erase_size = PAGE_SIZE,
                   .capacity = STORE_SIZE,
                   .queue_depth = 1},
      .start = start,
      .poll = poll,
  };
  return TSEG_OK;
}
