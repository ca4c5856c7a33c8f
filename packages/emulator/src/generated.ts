// SPDX-License-Identifier: Apache-2.0
// The sources that are made anew for each firmware: the plan's bytes, the kernels it carries, and where its stores are.
import { assertNever } from '@tinyseg/errors';

/** Where a store of the plan is: the board's own of the plan's kind, a file of this computer, or the serial line. */
export type StoreBinding = 'board' | 'file' | 'serial';

/** The name under which the assembler finds the plan. */
export const PLAN_FILE = 'plan.tseg';

/** Assembler that includes the plan's file; much faster than an array in C, to the same section. */
export function planSource(): string {
  return [
    '/* SPDX-License-Identifier: Apache-2.0 */',
    '  .section .plan, "a", %progbits',
    '  .balign 16',
    '  .global tseg_firmware_plan',
    'tseg_firmware_plan:',
    `  .incbin "${PLAN_FILE}"`,
    '9:',
    '  .section .rodata.tseg_firmware_plan_size, "a", %progbits',
    '  .balign 4',
    '  .global tseg_firmware_plan_size',
    'tseg_firmware_plan_size:',
    '  .word 9b - tseg_firmware_plan',
    '',
  ].join('\n');
}

/** The table of kernels: those of the plan and no others, so that the linker drops the rest. */
export function variantTableSource(symbols: readonly string[]): string {
  const names = [...symbols].sort();
  return `/* SPDX-License-Identifier: Apache-2.0 */
#include "nn/kernels.h"

static const tseg_nn_variant *const carried[] = {
${names.map((name) => `    &${name},`).join('\n')}
};

const tseg_nn_variant *tseg_nn_find(uint16_t id) {
  for (uint32_t i = 0; i < sizeof carried / sizeof carried[0]; i++) {
    if (carried[i]->id == id) {
      return carried[i];
    }
  }
  return NULL;
}

uint32_t tseg_nn_list(uint16_t *ids, uint32_t capacity) {
  const uint32_t count = sizeof carried / sizeof carried[0];
  for (uint32_t i = 0; i < count && i < capacity; i++) {
    ids[i] = carried[i]->id;
  }
  return count;
}
`;
}

/** @param stores for each store of the plan its kind (StoreKind) and where it is */
export function storeTableSource(
  stores: readonly { readonly kind: number; readonly binding: StoreBinding }[],
): string {
  const cases = stores.map(({ kind, binding }, index) => [
    `  case ${index}:`,
    ...storeLines(kind, binding, index),
  ]);
  const files = stores.flatMap(({ binding }, index) =>
    binding === 'file' ? [`static tseg_block_semihosting file${index};`] : [],
  );
  return `/* SPDX-License-Identifier: Apache-2.0 */
#include "block_semihosting.h"
#include "firmware.h"
#include "port.h"
#include "serial_store.h"

${files.join('\n')}

tseg_status tseg_firmware_store(tseg_block_device *device, uint32_t index, uint64_t capacity,
                                uint32_t *device_size, uint32_t *link_size) {
  (void)device;
  (void)capacity;
  (void)device_size;
  (void)link_size;
  switch (index) {
${cases.flat().join('\n')}
  default:
    return TSEG_ERR_PLAN_STORE;
  }
}
`;
}

function storeLines(kind: number, binding: StoreBinding, index: number): string[] {
  switch (binding) {
    case 'board':
      return [`    return tseg_port_store(device, ${kind}, ${index}, capacity);`];
    case 'file':
      return [
        `    *device_size += (uint32_t)sizeof file${index};`,
        `    return tseg_block_semihosting_init(device, &file${index}, "store${index}.bin", capacity);`,
      ];
    case 'serial':
      return ['    return tseg_serial_store(device, link_size);'];
    default:
      return assertNever(binding, 'storeLines');
  }
}
