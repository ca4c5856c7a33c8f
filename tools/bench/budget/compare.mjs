// SPDX-License-Identifier: Apache-2.0
// Measured figures against those of the budget file.

/** A figure may grow by this share. */
export const TOLERANCE = 0.02;

/**
 * @param budget figures by name of case, as the file has them
 * @param measured the same, as they are now
 * @param missing names of cases that could not be measured here
 * @returns a line for everything that is worse than its budget, has none, or was not measured without an excuse: a
 *   figure that is no number counts as not measured
 */
export function regressions(budget, measured, missing = []) {
  const lines = [];
  for (const [name, figures] of Object.entries(measured)) {
    if (!budget[name]) lines.push(`${name}: has no budget`);
    for (const figure of new Set([...Object.keys(budget[name] ?? {}), ...Object.keys(figures)])) {
      const [limit, value] = [budget[name]?.[figure], figures[figure]];
      if (!Number.isFinite(value)) lines.push(`${name}: ${figure} was not measured`);
      else if (budget[name] && !Number.isFinite(limit)) lines.push(`${name}: ${figure} has no budget`);
      if (!Number.isFinite(value) || !Number.isFinite(limit) || value <= limit * (1 + TOLERANCE)) continue;
      const percent = (100 * (value / limit - 1)).toFixed(1);
      lines.push(`${name}: ${figure} is ${value}, ${percent} % above ${limit}`);
    }
  }
  const known = new Set([...Object.keys(measured), ...missing]);
  return [
    ...lines,
    ...Object.keys(budget).flatMap((name) => (known.has(name) ? [] : [`${name}: not measured`])),
  ];
}
