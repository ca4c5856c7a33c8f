// SPDX-License-Identifier: Apache-2.0
/** A way that the search found, written as the decisions that scheduler and verifier understand. */
import type { OperatorId, TensorId } from '../../ir/index.js';
import type { SpillDecision } from '../decisions.js';
import { readersIn, type Flow, type FlowReader } from './flow.js';
import type { Way } from './partition-search.js';
import { ALL_ROWS, type Share } from './share.js';
import { farReaders, spillDecision, type Pace } from './stage-graph.js';

export interface WayDecisions {
  readonly stages: readonly (readonly OperatorId[])[];
  readonly spills: ReadonlyMap<TensorId, SpillDecision>;
  /** Where the search chose kernels. */
  readonly variants?: ReadonlyMap<OperatorId, number>;
}

export function decisionsOfWay(flow: Flow, way: Way, pace: Pace): WayDecisions {
  const groups = new Map<TensorId, (readonly FlowReader[])[]>();
  const shares = new Map<TensorId, Share>();
  const add = (id: TensorId, readers: readonly FlowReader[], share: Share): void => {
    groups.set(id, [...(groups.get(id) ?? []), readers]);
    shares.set(id, share);
  };
  for (const { first, end, made, fetched } of way.steps) {
    for (const { tensor: id, choice } of made) {
      const tensor = flow.tensors.get(id);
      if (tensor !== undefined && choice.far) add(id, farReaders(tensor, first, end), choice.share);
    }
    for (const { tensor: id, share } of fetched) {
      const tensor = flow.tensors.get(id);
      if (tensor !== undefined) add(id, readersIn(tensor, first, end), share);
    }
  }
  const spills = new Map(
    [...groups].map(([id, readers]) => [id, spillDecision(pace, id, readers, shares.get(id) ?? ALL_ROWS)]),
  );
  const stages = way.steps.map(({ first, end }) => flow.order.slice(first, end));
  const chosen = way.steps.flatMap(({ kernels }) => (kernels === undefined ? [] : [...kernels.variants]));
  const variants = chosen.length === 0 ? {} : { variants: new Map([...(flow.variants ?? []), ...chosen]) };
  return { stages, spills, ...variants };
}
