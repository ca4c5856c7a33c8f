// SPDX-License-Identifier: Apache-2.0
/** Time, energy and wear of decided plans, by the figures of the board. */
import type { Graph, OperatorId } from '../../ir/index.js';
import type { Decisions } from '../decisions.js';
import { computeUs, passCost, stageEnergyMj, type CostModel } from './cost-model.js';
import { spillPasses } from './spill-passes.js';
import { StageTime } from './stage-time.js';

export interface Prediction {
  readonly latencyMs: number;
  readonly energyMj: number;
  /** Time that the stores work in one inference, erasing included, whether or not arithmetic overlaps it. */
  readonly transferMs: number;
  /** Erase units that one inference erases. */
  readonly erasedUnits: number;
  /**
   * Inferences until the first store is worn out; null where none wears. Streams keep their place on the device, so
   * each unit in use is erased once in each inference.
   */
  readonly lifetimeInferences: number | null;
}

/** Adds up over the stages: one begins when the one before it is done. */
export function predictPlan(
  graph: Graph,
  model: CostModel,
  { stages, spills }: Pick<Decisions, 'stages' | 'spills'>,
): Prediction {
  const times = stages.map((stage) => {
    const time = new StageTime(model);
    time.computeUs = computingUs(graph, model, stage);
    return time;
  });
  const total = { storeMj: 0, transferUs: 0, erasedUnits: 0, lifetime: Infinity };
  for (const { tensor, stage, verb, stream, beside } of spillPasses(graph, stages, spills)) {
    const store = spills.get(tensor)?.store ?? 0;
    const pass = passCost(graph, model, store, tensor, stream, verb);
    const time = times[stage];
    if (time === undefined) continue;
    time.computeUs += pass.computeUs;
    time.transfer(store, pass.timeUs, beside);
    total.storeMj += pass.energyMj;
    total.transferUs += pass.timeUs;
    total.erasedUnits += pass.erasedUnits;
    const endurance = model.stores?.[store]?.erase?.enduranceCycles.value;
    if (pass.erasedUnits > 0) total.lifetime = Math.min(total.lifetime, endurance ?? Infinity);
  }
  const latencyUs = times.reduce((sum, { totalUs }) => sum + totalUs, 0);
  return {
    latencyMs: latencyUs / 1000,
    energyMj: stageEnergyMj(model, latencyUs, total.storeMj),
    transferMs: total.transferUs / 1000,
    erasedUnits: total.erasedUnits,
    lifetimeInferences: total.lifetime === Infinity ? null : total.lifetime,
  };
}

function computingUs(graph: Graph, model: CostModel, stage: readonly OperatorId[]): number {
  const members = new Set(stage);
  const operators = graph.operators.filter(({ id }) => members.has(id));
  return operators.reduce((sum, op) => sum + computeUs(graph, model, op), 0);
}
