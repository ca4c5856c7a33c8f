// SPDX-License-Identifier: Apache-2.0
/** Gives every buffer its place in the arena: heuristics first, then exact search as far as nodes allow. */
import { overlappingPairs } from '../../analysis/interval-index.js';
import { compilerError } from '../../error-codes.js';
import { fitSteps, MAX_SEARCHED_BUFFERS } from './fit.js';
import { greedyOffsets, improvedOffsets } from './heuristics.js';
import { finish, type Steps } from './steps.js';
import {
  commonAlignment,
  heightBytes,
  heightUnit,
  lowerBoundBytes,
  occupies,
  type Placement,
  type TimedBuffer,
} from './problem.js';

export interface PlaceOptions {
  /** A height that is low enough: the search stops there. Without it the search aims at the lowest. */
  readonly capacityBytes?: number;
  /** Search nodes for the whole call; default 200,000. Fewer nodes never give a wrong answer, only a higher one. */
  readonly nodeLimit?: number;
  /** How often the heuristics reorder; default 64. */
  readonly rounds?: number;
}

/**
 * A low placement; the same problem always gets the same answer.
 *
 * The answer may be higher than `capacityBytes`: the caller compares.
 *
 * @throws TinysegError `PLACEMENT_TOO_DENSE`
 */
export function place(buffers: readonly TimedBuffer[], options: PlaceOptions = {}): Placement {
  return finish(placeSteps(buffers, options));
}

/** `place` in steps: a first fit each, then some thousand search nodes each. */
export function* placeSteps(buffers: readonly TimedBuffer[], options: PlaceOptions = {}): Steps<Placement> {
  refuseTooDense(buffers);
  const bound = lowerBoundBytes(buffers);
  const goal = Math.max(bound, options.capacityBytes ?? 0);
  const first = yield* improvedOffsets(buffers, goal, options.rounds ?? 64);
  const height = heightBytes(buffers, first);
  if (height <= goal) {
    return {
      offsets: first,
      heightBytes: height,
      lowerBoundBytes: bound,
      proved: height === bound,
      nodes: 0,
    };
  }
  if (buffers.filter(occupies).length > MAX_SEARCHED_BUFFERS) {
    const found = { offsets: first, heightBytes: height, lowerBoundBytes: bound };
    return { ...found, proved: false, nodes: 0, limit: 'buffers' };
  }
  return yield* descend(buffers, first, bound, goal, options.nodeLimit ?? 200_000);
}

/** Pairs of buffers that live at the same time, at most: 46,000 buffers that all do have as many. */
export const MAX_LIVE_PAIRS = 2 ** 30;

function refuseTooDense(buffers: readonly TimedBuffer[]): void {
  const pairs = overlappingPairs(buffers);
  if (pairs <= MAX_LIVE_PAIRS) return;
  throw compilerError(
    'PLACEMENT_TOO_DENSE',
    `${pairs} pairs of buffers live at the same time; up to ${MAX_LIVE_PAIRS} can be placed. ` +
      'Place buffers that have the same lifetime as one.',
    { pairs, limit: MAX_LIVE_PAIRS },
  );
}

/** The placement of TFLM-like greedy planners, for comparison. */
export function placeGreedily(buffers: readonly TimedBuffer[]): Placement {
  refuseTooDense(buffers);
  const offsets = greedyOffsets(buffers);
  const height = heightBytes(buffers, offsets);
  const bound = lowerBoundBytes(buffers);
  return { offsets, heightBytes: height, lowerBoundBytes: bound, proved: height === bound, nodes: 0 };
}

/**
 * Bisects between the proven bound and the best height. Each probe fits, is impossible (which raises
 * the bound), or runs out of nodes (then only what lies above it is searched, and nothing is proved).
 */
function* descend(
  buffers: readonly TimedBuffer[],
  first: readonly number[],
  bound: number,
  goal: number,
  nodeLimit: number,
): Steps<Placement> {
  const grain = commonAlignment(buffers);
  const unit = heightUnit(buffers);
  let [offsets, height, proven] = [first, heightBytes(buffers, first), bound];
  let [probe, low, nodes] = [goal, goal, 0];
  let isCut = false;
  while (probe < height && nodes < nodeLimit) {
    const steps = fitSteps(buffers, probe, Math.max(1, Math.ceil((nodeLimit - nodes) / 2)));
    let step = steps.next();
    while (step.done !== true) {
      yield nodes + step.value;
      step = steps.next();
    }
    const result = step.value;
    nodes += result.nodes;
    isCut ||= result.kind === 'unknown';
    if (result.kind === 'fits') {
      offsets = result.offsets;
      height = heightBytes(buffers, offsets);
      if (height <= goal) break;
    } else {
      low = (Math.floor(probe / unit) + 1) * unit;
      if (result.kind === 'impossible') proven = low;
    }
    if (low >= height) break;
    probe = low + Math.floor((height - 1 - low) / (2 * Math.max(grain, unit))) * Math.max(grain, unit);
  }
  const placement = { offsets, heightBytes: height, lowerBoundBytes: proven, nodes };
  if (height <= proven) return { ...placement, proved: true };
  return { ...placement, proved: false, ...(height > goal && isCut ? { limit: 'nodes' } : {}) };
}
