// SPDX-License-Identifier: Apache-2.0
/** What is said where no plan fits: the least that would, who holds it, and what other options would need. */
import { compilerError } from '../error-codes.js';
import { tensorOf, type Graph, type TensorId } from '../ir/index.js';
import type { StoreDecision } from './decisions.js';
import type { Attempt } from './layer-planner.js';
import { peakOf, rowsText } from './peak.js';
import type { PlanModelOptions } from './plan-model.js';

/** The same options but for one that keeps RAM high. */
export interface Relaxation {
  /** As on the command line, to be given or left out. */
  readonly option: string;
  readonly options: PlanModelOptions;
}

/** Each option that may be relaxed by itself, those first that help most as a rule. */
export function relaxations(
  options: PlanModelOptions,
  alternatives: { readonly stores: readonly StoreDecision[] },
): Relaxation[] {
  const { strategy, stores = [], streamInputs, streamOutputs, variants } = options;
  const all: Relaxation[] = [];
  const relax = (option: string, changed: Partial<PlanModelOptions>): void => {
    all.push({ option, options: { ...options, ...changed } });
  };
  if (strategy !== 'auto') relax('--strategy auto', { strategy: 'auto' });
  if (stores.length === 0 && alternatives.stores.length > 0) {
    const names = alternatives.stores.map(({ name = '' }) => name).join(',');
    relax(`--store ${names}`, { stores: alternatives.stores });
  }
  if (!streamInputs || !streamOutputs) relax('--stream-io', { streamInputs: true, streamOutputs: true });
  if (variants === 'fast') relax('--variants portable', { variants: 'portable' });
  return all;
}

/** What a relaxed option comes to. */
export interface LeastWith {
  readonly option: string;
  readonly leastBytes: number;
}

/** @param attempt the plan that needs the least RAM */
export function budgetTooSmall(
  graph: Graph,
  { budgetBytes = 0, strategy, maxWrittenBytes = Infinity }: PlanModelOptions,
  attempt: Attempt,
  leastWith: readonly LeastWith[],
): Error {
  const { holders } = peakOf(attempt.draft, attempt.placement.offsets);
  // Converters join the names of fused operators with ";": the first says enough.
  const nameOf = (id: TensorId): string => `"${tensorOf(graph, id).name.split(';')[0] ?? ''}"`;
  const inTheWay = holders.map(({ item: { kind, tensor, operators }, bytes, rows }) =>
    tensor === undefined
      ? { what: kind, operators, bytes }
      : {
          ...{ what: kind, tensor, name: tensorOf(graph, tensor).name, bytes },
          ...(rows === undefined ? {} : { rows }),
        },
  );
  const named = holders
    .filter(({ item }) => item.tensor !== undefined)
    .slice(0, 4)
    .map(({ item: { tensor }, bytes, rows }) => {
      const which = rows === undefined ? '' : `${rowsText(rows)} of `;
      return `${which}${nameOf(tensor as TensorId)} (${String(bytes)} B)`;
    });
  const { totalBytes: leastBytes, arenaBytes } = attempt.ram;
  const written =
    maxWrittenBytes === Infinity
      ? ''
      : ', however much it writes (writing no more than --max-written allows may take more)';
  const atPeak = named.length === 0 ? '' : `, at whose peak stand ${named.join(', ')}`;
  return compilerError(
    'BUDGET_TOO_SMALL',
    `A budget of ${String(budgetBytes)} B is too small: the least that the strategy "${strategy}" found with these ` +
      `options is ${String(leastBytes)} B, ${String(arenaBytes)} B of it arena${atPeak}${written}. ${wayOut(leastBytes, leastWith)}`,
    { budgetBytes, leastBytes, ram: attempt.ram, inTheWay, leastWith },
  );
}

/** What else the user may try. */
function wayOut(leastBytes: number, leastWith: readonly LeastWith[]): string {
  const helping = leastWith.filter((one) => one.leastBytes < leastBytes);
  if (helping.length === 0) return 'Give at least that much, or choose a board with more RAM.';
  const each = helping.map(({ option, leastBytes: bytes }) => `with ${option} ${String(bytes)} B`);
  return `Give at least that much, or change an option; the least would be: ${each.join('; ')}.`;
}
