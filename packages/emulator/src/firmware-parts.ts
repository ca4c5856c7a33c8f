// SPDX-License-Identifier: Apache-2.0
// What the firmware of a plan is made of: the runtime without the kernels it does not need, the port, the plan.
import type { Plan } from '@tinyseg/compiler';
import type { ProgramParts } from './build.js';
import {
  PLAN_FILE,
  planSource,
  storeTableSource,
  variantTableSource,
  type StoreBinding,
} from './generated.js';
import { CORE_PORT, sourcesIn, symbolOfVariant, variantsIn } from './sources.js';

/** Sources of the runtime that list all kernels: firmware has a list of its own. */
const ALL_KERNELS = new Set(['src/nn/registry.c', 'src/nn/variants.c']);

/**
 * @param bytes the plan's file
 * @param bindings where its stores are; the last one serves the rest; none: the board's own
 */
export function firmwareParts(
  bytes: Uint8Array,
  plan: Plan,
  bindings: readonly StoreBinding[],
): ProgramParts {
  const stores = plan.stores.map(({ kind }, index) => ({
    kind,
    binding: bindings[Math.min(index, bindings.length - 1)] ?? 'board',
  }));
  return {
    files: sourcesOf(stores.length > 0),
    generated: (objects) => [
      { name: 'plan.S', text: planSource(), files: [{ name: PLAN_FILE, bytes }] },
      { name: 'kernels.c', text: variantTableSource(symbolsOf(plan, objects)) },
      { name: 'stores.c', text: storeTableSource(stores) },
    ],
    linkFlags: ['-Wl,--wrap=tseg_exec_run_operator'],
  };
}

/** The kernels that the plan needs. @throws TinysegError `EMULATOR_PLAN_REFUSED` */
function symbolsOf(plan: Plan, objects: readonly string[]): string[] {
  const variants = variantsIn(objects);
  return [...new Set(plan.operators.map(({ variant }) => symbolOfVariant(variants, variant)))];
}

/** What serves stores; `storeless` has a file for each that others call. */
const STORES = /^src\/((store|codec)\/|(plan|exec)\/transfers\.c$)|\/cortex-m\/stores\.c$/;

/** A plan without stores needs no engine for them. */
function sourcesOf(withStores: boolean): string[] {
  const runtime = sourcesIn('src').filter((file) => !ALL_KERNELS.has(file));
  const sources = [...runtime, ...sourcesIn(CORE_PORT, true)];
  if (withStores) return sources;
  return [...sources.filter((file) => !STORES.test(file)), ...sourcesIn(`${CORE_PORT}/storeless`)];
}
