// SPDX-License-Identifier: Apache-2.0
/** What a way costs by another measure than the one that it was searched with, or with other shares of its tensors. */
import type { TensorId } from '../../ir/index.js';
import type { Flow, FlowTensor } from './flow.js';
import type { Moved, StageCost, StageStep, Way } from './partition-search.js';
import { ALL_ROWS, type Share } from './share.js';

/** The sum over its stages, and what is written before the first one. */
export function wayCost(flow: Flow, way: Way, costOf: StageCost): number {
  const shares = spilledShares(way);
  const written = [...flow.tensors.values()]
    .filter(({ id, madeAt }) => madeAt < 0 && shares.has(id))
    .map((tensor): Moved => ({ tensor, share: ALL_ROWS }));
  const before = written.length === 0 ? 0 : costOf({ first: 0, end: 0, written, read: [] });
  return way.steps.reduce((sum, step) => sum + stepCost(flow.tensors, step, costOf), before);
}

/** The share of each tensor that moves. */
export function spilledShares({ steps }: Way): ReadonlyMap<TensorId, Share> {
  const shares = new Map<TensorId, Share>();
  for (const { made, fetched } of steps) {
    for (const { tensor, choice } of made) if (choice.far) shares.set(tensor, choice.share);
    for (const { tensor, share } of fetched) shares.set(tensor, share);
  }
  return shares;
}

/** The way with another share of one tensor; what the steps cost less is off its cost. */
export function reshared(flow: Flow, way: Way, id: TensorId, share: Share, costOf: StageCost): Way {
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
