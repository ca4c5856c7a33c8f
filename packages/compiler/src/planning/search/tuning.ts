// SPDX-License-Identifier: Apache-2.0
/**
 * Exact tuning: where the budget has room beside a plan with spills, as many rows stay in RAM as fit. The search looks
 * at quarters of tensors; here the shares of a plan that it found shrink by single rows and sixteenths.
 */
import type { Attempt } from '../layer-planner.js';
import type { FlowTensor } from './flow.js';
import type { StageCost } from './partition-search.js';
import type { Candidate, SearchSetting } from './search-plans.js';
import { ALL_ROWS, carriedCount, isAllRows, sharesOf, type Share } from './share.js';
import { stageCostOf } from './stage-cost.js';
import { reshared, spilledShares } from './way-cost.js';

/** Parts of a tensor by which a periodic share shrinks. */
const PARTS = 16;

/** So many tensors are tried as the first to shrink. */
const FIRST_TENSORS = 2;

export interface Tuned {
  readonly candidate: Candidate;
  readonly attempt: Attempt;
}

/**
 * The cheapest plan that fits among the candidate's with smaller shares; undefined when none fits.
 *
 * Shares shrink along fixed paths, and a path ends before it costs less than `floorCost`, the next cheaper candidate:
 * so more room never gives a dearer plan.
 *
 * @param fitting schedules and places a candidate; undefined when it does not fit. What fits must fit with more room
 */
export function tuneShares(
  candidate: Candidate,
  floorCost: number,
  costOf: StageCost,
  fitting: (candidate: Candidate) => Attempt | undefined,
): Tuned | undefined {
  let best: Tuned | undefined;
  for (const path of pathsOf(candidate, costOf)) {
    let reached = candidate.way.cost;
    const long = path.filter(({ way: { cost } }) => {
      if (cost < floorCost || cost >= reached) return false;
      reached = cost;
      return true;
    });
    const found = furthest(long, fitting);
    if (found !== undefined && found.candidate.way.cost < (best?.candidate.way.cost ?? candidate.way.cost)) {
      best = found;
    }
  }
  return best;
}

/** The last of the path that fits, by bisection. */
function furthest(
  path: readonly Candidate[],
  fitting: (candidate: Candidate) => Attempt | undefined,
): Tuned | undefined {
  let best: Tuned | undefined;
  let [low, high] = [0, path.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const candidate = path[middle] as Candidate;
    const attempt = fitting(candidate);
    if (attempt === undefined) high = middle;
    else {
      best = { candidate, attempt };
      low = middle + 1;
    }
  }
  return best;
}

/** Ways to shrink the shares one after the other, by falling cost. */
function* pathsOf(candidate: Candidate, costOf: StageCost): Generator<Candidate[]> {
  const { flow, way } = candidate;
  const shares = spilledShares(way);
  const tensors = [...flow.tensors.values()]
    .filter((tensor) => shares.has(tensor.id) && sharesOf(tensor).length > 1)
    .sort((a, b) => b.movedBytes - a.movedBytes || a.id - b.id);
  for (const first of tensors.slice(0, FIRST_TENSORS)) {
    const order = [first, ...tensors.filter((tensor) => tensor !== first)];
    for (const shrink of [smallerPeriodic, smallerContiguous]) {
      const path: Candidate[] = [];
      let reached = candidate;
      for (const tensor of order) {
        for (const share of shrink(tensor, shares.get(tensor.id) as Share)) {
          reached = { ...reached, way: reshared(flow, reached.way, tensor.id, share, costOf) };
          path.push(reached);
        }
      }
      yield path;
    }
  }
}

/** Shares of fewer rows than this one, the largest first: runs of a shorter period. */
function smallerPeriodic({ rows }: FlowTensor, share: Share): Share[] {
  const period = Math.min(PARTS, rows);
  return Array.from({ length: period - 1 }, (_, i): Share => ({ period, carried: period - 1 - i })).filter(
    (smaller) => carriedCount(smaller, rows) < carriedCount(share, rows),
  );
}

/** The same with the first rows spilled and the last ones kept. */
function smallerContiguous({ rows }: FlowTensor, share: Share): Share[] {
  const carried = carriedCount(share, rows);
  return Array.from({ length: carried - 1 }, (_, i): Share => ({ period: rows, carried: carried - 1 - i }));
}

/** The candidate with all rows of what it spills in part; undefined where there is no such thing. */
export function withAllRows(
  { graph, objective, model }: SearchSetting,
  candidate: Candidate,
): Candidate | undefined {
  const { flow, way, pace } = candidate;
  const parts = [...spilledShares(way)].filter(([, share]) => !isAllRows(share));
  if (parts.length === 0) return undefined;
  const costOf = stageCostOf(graph, flow, pace, objective, model);
  const whole = parts.reduce((to, [id]) => reshared(flow, to, id, ALL_ROWS, costOf), way);
  // It holds fewer rows.
  return { ...candidate, way: { ...whole, peakBytes: 0 }, lowerBoundBytes: 0, leastRamBytes: 0 };
}
