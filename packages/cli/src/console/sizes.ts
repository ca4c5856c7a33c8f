// SPDX-License-Identifier: Apache-2.0
// Sizes as people write them: 65536, 64K, 64KiB (1,024 each) and 64kB (1,000 each).
import { cliError } from '../error-codes.js';

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  K: 1024,
  KiB: 1024,
  M: 1024 ** 2,
  MiB: 1024 ** 2,
  G: 1024 ** 3,
  GiB: 1024 ** 3,
  kB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
};

/**
 * A whole number of bytes.
 *
 * @param what the option it was given to, for the message
 * @param least bytes that make sense
 * @throws TinysegError `CLI_BAD_SIZE`
 */
export function parseSize(text: string, what: string, least = 1): number {
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text.trim());
  const unit = match === null ? undefined : UNITS[match[2] as string];
  const bytes = match === null || unit === undefined ? NaN : Number(match[1]) * unit;
  if (Number.isInteger(bytes) && bytes >= least && bytes <= Number.MAX_SAFE_INTEGER) return bytes;
  throw cliError(
    'CLI_BAD_SIZE',
    `${what} "${text}" is not a size. Write bytes (65536), KiB (64K or 64KiB) or kB (64kB).`,
    { option: what, text },
  );
}

/** 65536 -> "65,536 B (64 KiB)"; the second form only where it is whole. */
export function formatSize(bytes: number): string {
  const grouped = `${formatCount(bytes)} B`;
  if (bytes >= 1024 ** 2 && bytes % 1024 ** 2 === 0) return `${grouped} (${bytes / 1024 ** 2} MiB)`;
  return bytes >= 1024 && bytes % 1024 === 0 ? `${grouped} (${bytes / 1024} KiB)` : grouped;
}

/** 1234567 -> "1,234,567". */
export function formatCount(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}
