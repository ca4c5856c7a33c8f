// SPDX-License-Identifier: Apache-2.0
/**
 * Exact tuning: where the budget has room beside a plan with spills, as many rows stay in RAM as fit. The search looks
 * at quarters of tensors; here the shares of a plan that it found shrink by single rows and sixteenths.
 */
import type { TensorId } from '../../ir/index.js';
import type { Attempt } from '../layer-planner.js';
import type { FlowTensor } from './flow.js';
import type { Moved, StageCost, StageStep, Way } from './partition-search.js';
import type { Candidate } from './search-plans.js';
import { carriedCount, sharesOf, type Share } from './share.js';

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
    const long = path.filter(({ way }) => way.cost >= floorCost);
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
          reached = { ...reached, way: reshared(reached, tensor.id, share, costOf) };
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

/** The share of each tensor that moves. */
function spilledShares({ steps }: Way): ReadonlyMap<TensorId, Share> {
  const shares = new Map<TensorId, Share>();
  for (const { made, fetched } of steps) {
    for (const { tensor, choice } of made) if (choice.far) shares.set(tensor, choice.share);
    for (const { tensor, share } of fetched) shares.set(tensor, share);
  }
  return shares;
}

/** The way with another share of one tensor; what the steps cost less is off its cost. */
function reshared({ flow, way }: Candidate, id: TensorId, share: Share, costOf: StageCost): Way {
  const steps = way.steps.map(
    (step): StageStep => ({
      ...step,
      fetched: step.fetched.map((one) => (one.tensor === id ? { ...one, share } : one)),
      made: step.made.map((one) => (one.tensor === id ? { ...one, choice: { ...one.choice, share } } : one)),
    }),
  );
  const total = (all: readonly StageStep[]): number =>
    all.reduce((sum, step) => sum + stepCost(flow.tensors, step, costOf), 0);
  return { ...way, steps, cost: way.cost - total(way.steps) + total(steps) };
}

function stepCost(
  tensors: ReadonlyMap<TensorId, FlowTensor>,
  { first, end, fetched, made }: StageStep,
  costOf: StageCost,
): number {
  const moved = (some: readonly { readonly tensor: TensorId; readonly share: Share }[]): Moved[] =>
    some.flatMap(({ tensor: id, share }) => {
      const tensor = tensors.get(id);
      return tensor === undefined ? [] : [{ tensor, share }];
    });
  const shared = made.map(({ tensor, choice }) => ({ tensor, share: choice.share, choice }));
  const written = shared.filter(({ choice: { kind, far } }) => far || kind === 'kept' || kind === 'written');
  const far = shared.filter(({ choice }) => choice.far);
  return costOf({ first, end, written: moved(written), read: moved([...fetched, ...far]) });
}
