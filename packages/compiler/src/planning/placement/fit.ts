// SPDX-License-Identifier: Apache-2.0
/** Whether buffers can be placed below a capacity: the exact search under a node limit, several rankings taking turns. */
import { ExactSearch } from './exact-search.js';
import { occupies, type TimedBuffer } from './problem.js';
import { finish, type Steps } from './steps.js';
import { RANKINGS, type Ranking } from './ranking.js';
import { searchTables } from './search-tables.js';
import { ALL_TRICKS, type SearchTricks } from './tricks.js';

export type FitResult =
  | { readonly kind: 'fits'; readonly offsets: readonly number[]; readonly nodes: number }
  | { readonly kind: 'impossible'; readonly nodes: number }
  /** The node limit was reached, or there are more buffers than the search takes. */
  | { readonly kind: 'unknown'; readonly nodes: number };

export interface FitOptions {
  /** Tricks to switch off; what is not named stays on. */
  readonly tricks?: Partial<SearchTricks>;
  /** Rankings that take turns, at least one; default `RANKINGS`. */
  readonly rankings?: readonly Ranking[];
}

/** Buffers that the exact search takes at most: its memory grows with the square. */
export const MAX_SEARCHED_BUFFERS = 2048;

/** Nodes of each ranking's first turn; each later turn has `TURN_GROWTH` times as many. */
const FIRST_TURN_NODES = 1280;
const TURN_GROWTH = 4;

/**
 * Looks for offsets such that nothing ends above `capacity`.
 *
 * @param nodeLimit search nodes after which it gives up; the only limit, so that answers repeat
 */
export function fitWithin(
  buffers: readonly TimedBuffer[],
  capacity: number,
  nodeLimit: number,
  options: FitOptions = {},
): FitResult {
  return finish(fitSteps(buffers, capacity, nodeLimit, options));
}

/** `fitWithin` in steps of some thousand nodes. */
export function* fitSteps(
  buffers: readonly TimedBuffer[],
  capacity: number,
  nodeLimit: number,
  options: FitOptions = {},
): Steps<FitResult> {
  const tricks = { ...ALL_TRICKS, ...options.tricks };
  // The tables grow with the square as well.
  if (buffers.filter(occupies).length > MAX_SEARCHED_BUFFERS) return { kind: 'unknown', nodes: 0 };
  const tables = searchTables(buffers, capacity);
  const search = new ExactSearch(tables, capacity, tricks);
  const rankings = options.rankings?.length ? options.rankings : RANKINGS;
  let nodes = 0;
  let turn = tricks.portfolio ? FIRST_TURN_NODES : nodeLimit;
  for (;;) {
    for (const ranking of tricks.portfolio ? rankings : rankings.slice(0, 1)) {
      const run = search.run(ranking, Math.min(turn, nodeLimit - nodes));
      let step = run.next();
      while (step.done !== true) {
        yield nodes + search.nodes;
        step = run.next();
      }
      const outcome = step.value;
      nodes += search.nodes;
      if (outcome === 'fits') {
        const offsets = new Array<number>(buffers.length).fill(0);
        tables.index.forEach((original, i) => (offsets[original] = search.offsets()[i] ?? 0));
        return { kind: 'fits', offsets, nodes };
      }
      if (outcome === 'impossible') return { kind: 'impossible', nodes };
      if (nodes >= nodeLimit) return { kind: 'unknown', nodes };
    }
    turn *= TURN_GROWTH;
  }
}
