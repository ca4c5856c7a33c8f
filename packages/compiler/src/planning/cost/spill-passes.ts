// SPDX-License-Identifier: Apache-2.0
/** Every time that a plan writes or reads all blocks of a stream: in which stage, and whether arithmetic goes on. */
import { rowCount } from '../../analysis/tensor-size.js';
import { tensorOf, type Graph, type OperatorId, type TensorId } from '../../ir/index.js';
import type { SpillDecision } from '../decisions.js';
import { CarriedRows } from '../schedule/carried-rows.js';

export interface SpillPass {
  readonly tensor: TensorId;
  /** Index of the stage. */
  readonly stage: number;
  readonly verb: 'program' | 'read';
  /** Rows that move, and how many at once. */
  readonly stream: { readonly rowsPerBlock: number; readonly rows: number };
  /** Started ahead of the call that needs it. */
  readonly beside: boolean;
}

/**
 * A tensor is written in the stage that makes it (a model input in the first one) and read in the stages of its
 * fetches' first readers. Spills with a spare row and fetches that are started ahead go on beside arithmetic; a
 * tensor that is fetched whole is waited for before the stage begins.
 */
export function spillPasses(
  graph: Graph,
  stages: readonly (readonly OperatorId[])[],
  spills: ReadonlyMap<TensorId, SpillDecision>,
): SpillPass[] {
  const stageOf = new Map(stages.flatMap((stage, index) => stage.map((id) => [id, index] as const)));
  const makerStage = new Map(
    graph.operators.flatMap(({ id, outputs }) =>
      outputs.map((tensor) => [tensor, stageOf.get(id) ?? 0] as const),
    ),
  );
  return [...spills].flatMap(([tensor, spill]): SpillPass[] => {
    const stream = carriedStream(graph, tensor, spill);
    const { spareRows = 1, fetches } = spill;
    const written: SpillPass = {
      ...{ tensor, stage: makerStage.get(tensor) ?? 0, verb: 'program', stream, beside: spareRows > 0 },
    };
    const read = fetches.map(({ readers, mode, ahead = true }): SpillPass => {
      const stage = Math.min(...readers.map((reader) => stageOf.get(reader) ?? 0));
      return { tensor, stage, verb: 'read', stream, beside: mode === 'streamed' && ahead };
    });
    return [written, ...read];
  });
}

/** Rows that a spill moves, and how many at once. */
function carriedStream(
  graph: Graph,
  id: TensorId,
  { rowsPerBlock, rows = { period: 1, carried: 1 } }: SpillDecision,
): SpillPass['stream'] {
  const { count } = new CarriedRows(rowCount(tensorOf(graph, id)), rowsPerBlock, rows.period, rows.carried);
  return { rowsPerBlock, rows: count };
}
