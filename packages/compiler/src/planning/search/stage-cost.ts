// SPDX-License-Identifier: Apache-2.0
/** The cost of one stage to the search, by objective; over a plan they add up. */
import { assertNever } from '@tinyseg/errors';
import type { Graph } from '../../ir/index.js';
import {
  computeUs,
  passCost,
  stageEnergyMj,
  stageUs,
  type CostModel,
  type Objective,
  type PassCost,
} from '../cost/cost-model.js';
import type { Flow } from './flow.js';
import type { Moved, StageCost } from './partition-search.js';
import { carriedCount, isAllRows } from './share.js';
import type { Pace } from './stage-graph.js';

/** So much weigh bytes read where bytes written are what counts: enough to break ties. */
const READ_TIE = 1 / 1024;

/** Bytes for `bytes` and `wear`; microseconds for `latency`; millijoules for `energy`. */
export function stageCostOf(
  graph: Graph,
  flow: Flow,
  pace: Pace,
  objective: Objective,
  model: CostModel,
): StageCost {
  const bytes = (moved: readonly Moved[]): number => moved.reduce((sum, one) => sum + movedBytes(one), 0);
  if (objective === 'bytes') return ({ written, read }) => bytes(written) + bytes(read);
  if (objective === 'wear') return ({ written, read }) => bytes(written) + READ_TIE * bytes(read);
  const byId = new Map(graph.operators.map((op) => [op.id, op]));
  const computing = flow.order.map((id) => {
    const op = byId.get(id);
    return op === undefined ? 0 : computeUs(graph, model, op);
  });
  return ({ first, end, written, read }) => {
    const pass = ({ tensor: { id, rows }, share }: Moved, verb: 'program' | 'read'): PassCost => {
      const rowsPerBlock = isAllRows(share) ? pace.rowsPerBlock(id) : 1;
      return passCost(graph, model, id, { rowsPerBlock, rows: carriedCount(share, rows) }, verb);
    };
    const passes = [...written.map((one) => pass(one, 'program')), ...read.map((one) => pass(one, 'read'))];
    const transferring = passes.reduce((sum, { timeUs }) => sum + timeUs, 0);
    const codec = passes.reduce((sum, { computeUs: us }) => sum + us, 0);
    const compute = computing.slice(first, end).reduce((sum, us) => sum + us, codec);
    const time = stageUs(model, compute, transferring, pace.overlap);
    switch (objective) {
      case 'latency':
        return time;
      case 'energy':
        return stageEnergyMj(
          model,
          time,
          passes.reduce((sum, { energyMj }) => sum + energyMj, 0),
        );
      default:
        return assertNever(objective, 'stageCostOf');
    }
  };
}

function movedBytes({ tensor, share }: Moved): number {
  return carriedCount(share, tensor.rows) * tensor.rowBytes;
}
