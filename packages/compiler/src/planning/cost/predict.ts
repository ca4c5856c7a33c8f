// SPDX-License-Identifier: Apache-2.0
/** Time, energy and wear of decided plans, stage by stage. */
import { rowCount } from '../../analysis/tensor-size.js';
import { tensorOf, type Graph, type OperatorId, type TensorId } from '../../ir/index.js';
import type { Decisions, SpillDecision } from '../decisions.js';
import { CarriedRows } from '../schedule/carried-rows.js';
import { computeUs, passCost, stageEnergyMj, stageUs, type CostModel } from './cost-model.js';

export interface Prediction {
  readonly latencyMs: number;
  readonly energyMj: number;
  /** Erase units that one inference erases. */
  readonly erasedUnits: number;
}

interface Traffic {
  computeUs: number;
  timeUs: number;
  storeMj: number;
  erasedUnits: number;
  overlap: boolean;
}

/**
 * Adds up over the stages. A tensor is written in the stage that makes it (a model input in the first that reads
 * it) and read in the stages of its fetches' first readers. A stage overlaps when all its fetches are started
 * ahead and its spills have a spare row.
 */
export function predictPlan(graph: Graph, model: CostModel, decisions: Decisions): Prediction {
  const stageOf = new Map(
    decisions.stages.flatMap((stage, index) => stage.map((id) => [id, index] as const)),
  );
  const makerStage = new Map(
    graph.operators.flatMap(({ id, outputs }) =>
      outputs.map((tensor) => [tensor, stageOf.get(id) ?? 0] as const),
    ),
  );
  const traffic = decisions.stages.map(
    (): Traffic => ({ computeUs: 0, timeUs: 0, storeMj: 0, erasedUnits: 0, overlap: true }),
  );
  const add = (
    stage: number,
    id: TensorId,
    spill: SpillDecision,
    verb: 'program' | 'read',
    ahead: boolean,
  ): void => {
    const entry = traffic[stage];
    if (entry === undefined) return;
    const {
      computeUs: codecUs,
      timeUs,
      energyMj,
      erasedUnits,
    } = passCost(graph, model, id, streamOf(graph, id, spill), verb);
    entry.computeUs += codecUs;
    entry.timeUs += timeUs;
    entry.storeMj += energyMj;
    entry.erasedUnits += erasedUnits;
    entry.overlap &&= ahead;
  };
  for (const [tensor, spill] of decisions.spills) {
    const { fetches, spareRows = 1 } = spill;
    add(makerStage.get(tensor) ?? 0, tensor, spill, 'program', spareRows > 0);
    for (const { readers, mode, ahead = true } of fetches) {
      const first = Math.min(...readers.map((reader) => stageOf.get(reader) ?? 0));
      add(first, tensor, spill, 'read', mode === 'streamed' && ahead);
    }
  }
  const totals = { latencyUs: 0, energyMj: 0, erasedUnits: 0 };
  decisions.stages.forEach((stage, index) => {
    const {
      computeUs: codecUs = 0,
      timeUs = 0,
      storeMj = 0,
      erasedUnits = 0,
      overlap = true,
    } = traffic[index] ?? {};
    const time = stageUs(model, computingUs(graph, model, stage) + codecUs, timeUs, overlap);
    totals.latencyUs += time;
    totals.energyMj += stageEnergyMj(model, time, storeMj);
    totals.erasedUnits += erasedUnits;
  });
  const { latencyUs, energyMj, erasedUnits } = totals;
  return { latencyMs: latencyUs / 1000, energyMj, erasedUnits };
}

function computingUs(graph: Graph, model: CostModel, stage: readonly OperatorId[]): number {
  const operators = graph.operators.filter(({ id }) => stage.includes(id));
  return operators.reduce((sum, op) => sum + computeUs(graph, model, op), 0);
}

/** Rows that a spill moves, and how many at once. */
function streamOf(
  graph: Graph,
  id: TensorId,
  { rowsPerBlock, rows = { period: 1, carried: 1 } }: SpillDecision,
): { readonly rowsPerBlock: number; readonly rows: number } {
  const { count } = new CarriedRows(rowCount(tensorOf(graph, id)), rowsPerBlock, rows.period, rows.carried);
  return { rowsPerBlock, rows: count };
}
