/* SPDX-License-Identifier: Apache-2.0 */
/* The link client over the port's serial functions. */
#include "serial_store.h"

#include "count.h"
#include "port.h"
#include "tseg/block_remote.h"
#include "tseg/link.h"
#include "tseg/nn.h"

/* An emulated board's clock runs ahead of the computer's: seconds here may be a fraction of one there. */
#define TIMEOUT_MS 20000u

static int32_t read_line(void *context, uint8_t *bytes, uint32_t capacity) {
  (void)context;
  return (int32_t)tseg_port_serial_read(bytes, capacity);
}

static int32_t write_line(void *context, const uint8_t *bytes, uint32_t size) {
  (void)context;
  return (int32_t)tseg_port_serial_write(bytes, size);
}

static uint32_t now_ms(void *context) {
  (void)context;
  return tseg_count_ms();
}

static void wait(void *context, uint32_t at_most_ms) {
  (void)context;
  (void)at_most_ms;
  tseg_port_idle();
}

tseg_status tseg_serial_store(tseg_block_device *device, uint32_t *link_size) {
  static tseg_link_client client;
  static tseg_block_remote remote;
  static bool open;
  if (open) {
    return TSEG_ERR_PLAN_STORE;
  }
  open = true;
  *link_size += (uint32_t)(sizeof client + sizeof remote);
  uint16_t variants[TSEG_LINK_MAX_VARIANTS];
  const uint32_t listed = tseg_nn_list(variants, TSEG_LINK_MAX_VARIANTS);
  const tseg_link_transport line = {NULL, read_line, write_line, now_ms, NULL, wait};
  const tseg_link_config config = {
      .name = "tinyseg-firmware",
      .variants = variants,
      .variant_count = (uint8_t)(listed < TSEG_LINK_MAX_VARIANTS ? listed : TSEG_LINK_MAX_VARIANTS),
      .timeout_ms = TIMEOUT_MS,
      .nonce = tseg_port_ticks(),
  };
  tseg_status status = tseg_link_client_init(&client, &config, &line);
  if (status == TSEG_OK) {
    status = tseg_link_client_open(&client);
  }
  if (status == TSEG_OK) {
    status = tseg_link_client_wait_open(&client);
  }
  return status == TSEG_OK ? tseg_block_remote_init(device, &remote, &client) : status;
}
