// SPDX-License-Identifier: Apache-2.0
/** The most of everything that a plan may hold: docs/specs/plan-format.md, "Limits"; include/tseg/plan.h and nn.h. */
export const PLAN_LIMITS = {
  operators: 4096,
  stores: 8,
  streams: 1024,
  transfers: 2048,
  ports: 64,
  /** Entries of the section, and the rows of all buffers with places together. */
  places: 262_144,
  /** Inputs and outputs of one operator. */
  operands: 16,
  /** Channel segments of one operand. */
  segments: 8,
  /** n * h * rowBytes of one tensor. */
  tensorBytes: 2 ** 31 - 1,
  /** Not of the format: larger arenas are not replayed, because that needs ten times as much memory. */
  arenaBytes: 2 ** 28,
} as const;
