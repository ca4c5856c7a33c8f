// SPDX-License-Identifier: Apache-2.0
// Several --store options of `run`: taken apart, and each store of the plan given the one that was meant for it.
import { StoreKind, type Plan } from '@tinyseg/compiler';
import { cliError } from '../error-codes.js';

/** A store that was named for a run. */
export interface NamedStore {
  /** What the compiler calls it. */
  readonly kind: string;
  /** As the user would write it. */
  readonly name: string;
}

/** A comma divides stores only where a store begins behind it: it may be part of a path or an address. */
const BETWEEN_STORES = /,(?=(?:ram|flash|file|serial)(?:[,:]|$)|(?:tcp|wss?):\/\/)/;

/** `--store ram,file:F` or `--store ram --store file:F`: one text for each store. */
export function storeTexts(options: readonly string[]): readonly string[] {
  return options.flatMap((option) => option.split(BETWEEN_STORES));
}

/** What a run says about its stores; "none" for a plan that spills nothing. */
export function namesOf(stores: readonly NamedStore[]): string {
  return stores.length === 0 ? 'none' : stores.map(({ name }) => name).join(',');
}

/** @throws TinysegError `RUN_STORES` when a model can not tell two of the stores apart */
export function refuseTwins(kinds: readonly string[]): void {
  const twin = kinds.find((kind, index) => kinds.indexOf(kind) < index);
  if (twin === undefined) return;
  throw cliError(
    'RUN_STORES',
    `--store names two stores of kind ${twin}, and a model is compiled for one of each kind. Leave one out, or ` +
      'compile first and run the plan: its stores may be of any kind.',
    { kinds },
  );
}

/**
 * The store of each store of the plan. That of a model, compiled for what was named, spills to some or all of them;
 * to a plan that was given they are bound in its order.
 *
 * @throws TinysegError `RUN_STORES` when a plan that was given needs more stores, or fewer; one that spills nothing
 *   takes any
 */
export function bindStores<T extends NamedStore>(
  { stores }: Plan,
  named: readonly T[],
  isCompiled: boolean,
): readonly T[] {
  if (isCompiled) {
    return stores.flatMap(({ kind }) => named.find((one) => kindOf(one) === kind) ?? []);
  }
  if (stores.length === 0 || stores.length === named.length) return named.slice(0, stores.length);
  const names = new Map<number, string>(Object.entries(StoreKind).map(([name, kind]) => [kind, name]));
  const planned = stores.map(({ kind }) => names.get(kind) ?? String(kind));
  throw cliError(
    'RUN_STORES',
    `The plan spills to ${stores.length} store${stores.length === 1 ? '' : 's'} (as compiled: ${planned.join(', ')}), and --store names ` +
      `${named.length} (${named.map(({ name }) => name).join(', ')}). Name one for each, in this order: ` +
      `--store ${planned.map((_, index) => named[index]?.name ?? 'ram').join(',')}`,
    { planned, named: named.map(({ name }) => name) },
  );
}

function kindOf({ kind }: NamedStore): number | undefined {
  return (StoreKind as Readonly<Record<string, number>>)[kind];
}
