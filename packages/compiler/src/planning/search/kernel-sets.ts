// SPDX-License-Identifier: Apache-2.0
/**
 * The sets of kernels that the search tries in one stage. Calls of more rows make rings longer, and each ring is
 * paid for; scratch is shared by all operators of a stage, so what one takes all may use.
 */
import type { OperatorId } from '../../ir/index.js';
import type { Flow } from './flow.js';

/** One way to run an operator. */
export interface KernelWay {
  readonly key: number;
  readonly instructions: number;
  readonly scratchBytes: number;
  readonly rowsPerCall: number;
  /** Of the rows of a call: those read and those made. */
  readonly callBytes: number;
}

/** The ways of each operator that has any but the default. */
export type KernelWays = ReadonlyMap<OperatorId, readonly KernelWay[]>;

/** Kernels for all operators of a stage that have a choice. */
export interface KernelSet {
  readonly variants: ReadonlyMap<OperatorId, number>;
  readonly scratchBytes: number;
  readonly instructions: number;
}

/** Sets whose calls make no more rows than those of `traced`. */
export interface KernelSets {
  readonly traced: ReadonlyMap<OperatorId, number>;
  /** By rising scratch and falling instructions. */
  readonly sets: readonly KernelSet[];
}

/** Instructions that each byte of the rows of a call must save. */
const PRICES = [0, 30, 100, 400];

/** More scratch must save this part of the instructions of a stage. */
const GAIN = 0.01;

/** @param limit scratch of no more bytes than this */
export function kernelSets(
  { order }: Flow,
  ways: KernelWays,
  { first, end }: { readonly first: number; readonly end: number },
  limit: number,
): readonly KernelSets[] {
  const choices = order.slice(first, end).flatMap((id): Choice[] => {
    const list = (ways.get(id) ?? []).filter(({ scratchBytes }) => scratchBytes <= limit);
    return list.length === 0 ? [] : [{ id, list }];
  });
  const found = new Map<string, KernelSets>();
  for (const price of PRICES) {
    const traced = choices.map(({ list }) => cheapest(list, price));
    const key = traced.map(({ rowsPerCall }) => rowsPerCall).join();
    if (found.has(key)) continue;
    const within = choices.map(({ id, list }, i) => ({
      id,
      list: list.filter(({ rowsPerCall }) => rowsPerCall <= (traced[i]?.rowsPerCall ?? 1)),
    }));
    found.set(key, { traced: keysOf(choices, traced), sets: setsOf(within, price) });
  }
  return [...found.values()];
}

interface Choice {
  readonly id: OperatorId;
  readonly list: readonly KernelWay[];
}

function keysOf(choices: readonly Choice[], ways: readonly KernelWay[]): ReadonlyMap<OperatorId, number> {
  return new Map(choices.map(({ id }, i) => [id, ways[i]?.key ?? 0]));
}

function setsOf(choices: readonly Choice[], price: number): readonly KernelSet[] {
  const all = choices.flatMap(({ list }) => list.map(({ scratchBytes }) => scratchBytes));
  const least = Math.max(0, ...choices.map(({ list }) => Math.min(...list.map((way) => way.scratchBytes))));
  const sizes = [...new Set([least, ...all])].filter((size) => size >= least).sort((a, b) => a - b);
  const sets: KernelSet[] = [];
  for (const size of sizes) {
    const chosen = choices.map(({ list }) =>
      cheapest(
        list.filter(({ scratchBytes }) => scratchBytes <= size),
        price,
      ),
    );
    const instructions = chosen.reduce((sum, way) => sum + way.instructions, 0);
    const before = sets[sets.length - 1]?.instructions ?? Infinity;
    if (instructions > before * (1 - GAIN)) continue;
    sets.push({ variants: keysOf(choices, chosen), scratchBytes: size, instructions });
  }
  return sets;
}

/** The fewest instructions, where each byte of the rows of a call costs so many. */
function cheapest(list: readonly KernelWay[], price: number): KernelWay {
  const cost = ({ instructions, callBytes }: KernelWay): number => instructions + price * callBytes;
  return list.reduce((best, way) => (cost(way) < cost(best) ? way : best));
}
