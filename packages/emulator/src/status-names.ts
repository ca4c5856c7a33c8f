// SPDX-License-Identifier: Apache-2.0
// The statuses of the runtime by number; a spec holds them to include/tseg/status.h.

export const STATUS_NAMES: Readonly<Record<number, string>> = {
  0: 'OK',
  1: 'PENDING',
  [-1]: 'ARGUMENT',
  [-2]: 'ARENA_SIZE',
  [-3]: 'CONTEXT_SIZE',
  [-4]: 'STATE',
  [-10]: 'PLAN_MAGIC',
  [-11]: 'PLAN_VERSION',
  [-12]: 'PLAN_TRUNCATED',
  [-13]: 'PLAN_CRC',
  [-14]: 'PLAN_CONSTANTS_CRC',
  [-15]: 'PLAN_RECORD',
  [-16]: 'PLAN_PROGRAM',
  [-17]: 'PLAN_VARIANT',
  [-18]: 'PLAN_STORE',
  [-19]: 'PLAN_ALIGNMENT',
  [-30]: 'STORE_FULL',
  [-31]: 'STORE_CORRUPT',
  [-32]: 'STORE_RANGE',
  [-33]: 'DEVICE_READ',
  [-34]: 'DEVICE_PROGRAM',
  [-35]: 'DEVICE_ERASE',
  [-36]: 'DEVICE_TIMEOUT',
  [-37]: 'CODEC',
  [-50]: 'LINK_PACKET',
  [-51]: 'LINK_TIMEOUT',
  [-52]: 'LINK_CLOSED',
  [-53]: 'LINK_VERSION',
  [-54]: 'LINK_TOKEN',
  [-55]: 'LINK_REFUSED',
  [-56]: 'LINK_SESSION',
  [-70]: 'INPUT',
  [-71]: 'OUTPUT',
};

/** "PLAN_CRC", or "-99" for a status of another version. */
export function statusName(status: number): string {
  return STATUS_NAMES[status] ?? String(status);
}
