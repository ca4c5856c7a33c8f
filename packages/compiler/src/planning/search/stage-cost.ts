// SPDX-License-Identifier: Apache-2.0
/** The cost of one stage to the search, by objective; over a plan they add up. */
import { assertNever } from '@tinyseg/errors';
import type { Graph, TensorId } from '../../ir/index.js';
import { computeUs, passCost, stageEnergyMj, type CostModel, type Objective } from '../cost/cost-model.js';
import type { Flow } from './flow.js';
import type { Moved, StageCost } from './partition-search.js';
import { carriedCount, isAllRows, type Share } from './share.js';
import type { Pace } from './stage-graph.js';

/** So much weigh bytes read where bytes written are what counts: enough to break ties. */
const READ_TIE = 1 / 1024;

/**
 * Bytes for `bytes` and `wear`; microseconds for `latency`; millijoules for `energy`. With several stores no more
 * than the cost of any division of the streams among them; with one store the cost itself.
 */
export function stageCostOf(
  graph: Graph,
  flow: Flow,
  pace: Pace,
  objective: Objective,
  model: CostModel,
): StageCost {
  if (objective === 'bytes' || objective === 'wear') {
    return ({ written, read }) => movedCost(objective, written.map(movedBytes), read.map(movedBytes));
  }
  const byId = new Map(graph.operators.map((op) => [op.id, op]));
  const computing = flow.order.map((id) => {
    const op = byId.get(id);
    return op === undefined ? 0 : computeUs(graph, model, op);
  });
  const chosenNanoseconds = model.dspNanosecondsPerInstruction ?? model.nanosecondsPerInstruction;
  const leastOf = leastPasses(graph, pace, model);
  const { stores = [] } = model;
  const besideCount = pace.overlap ? stores.filter(({ overlapsCpu }) => overlapsCpu).length : 0;
  const workers = besideCount === stores.length ? besideCount : besideCount + 1;
  const totalOf = lastRemembered((written: readonly Moved[], read: readonly Moved[]): LeastPass => {
    const total = { codecUs: 0, waitedUs: 0, timeUs: 0, energyMj: 0 };
    const add = (moved: readonly Moved[], verb: 'program' | 'read'): void => {
      for (const one of moved) {
        const pass = leastOf(one, verb);
        total.codecUs += pass.codecUs;
        total.waitedUs += pass.waitedUs;
        total.timeUs += pass.timeUs;
        total.energyMj += pass.energyMj;
      }
    };
    add(written, 'program');
    add(read, 'read');
    return total;
  });
  return ({ first, end, written, read, kernels }) => {
    let compute = ((kernels?.instructions ?? 0) * chosenNanoseconds) / 1000;
    for (let at = first; at < end; at++) {
      if (kernels?.variants.has(flow.order[at] ?? -1) !== true) compute += computing[at] ?? 0;
    }
    const total = totalOf(written, read);
    const cpuUs = compute + total.codecUs;
    // All the work that there is, divided evenly among those that can do some of it at a time.
    const work = total.timeUs + (besideCount < stores.length ? cpuUs : 0);
    const timeUs = Math.max(cpuUs + total.waitedUs, besideCount === 0 ? 0 : work / workers);
    switch (objective) {
      case 'latency':
        return timeUs;
      case 'energy':
        return stageEnergyMj(model, timeUs, total.energyMj);
      default:
        return assertNever(objective, 'stageCostOf');
    }
  };
}

/** The cost of bytes: what is written counts, and what is read as much or to break ties. */
export function movedCost(
  objective: 'bytes' | 'wear',
  written: readonly number[],
  read: readonly number[],
): number {
  const sum = (bytes: readonly number[]): number => bytes.reduce((total, one) => total + one, 0);
  return sum(written) + (objective === 'bytes' ? 1 : READ_TIE) * sum(read);
}

/** The same bytes move with each set of kernels. */
function lastRemembered<T>(
  of: (written: readonly Moved[], read: readonly Moved[]) => T,
): (written: readonly Moved[], read: readonly Moved[]) => T {
  let last:
    | { readonly written: readonly Moved[]; readonly read: readonly Moved[]; readonly value: T }
    | undefined;
  return (written, read) => {
    if (last?.written !== written || last.read !== read) last = { written, read, value: of(written, read) };
    return last.value;
  };
}

/** What a pass costs at least, in each respect on the store that is best in it. */
interface LeastPass {
  readonly codecUs: number;
  /** That the CPU can not use. */
  readonly waitedUs: number;
  readonly timeUs: number;
  readonly energyMj: number;
}

function leastPasses(
  graph: Graph,
  pace: Pace,
  model: CostModel,
): (moved: Moved, verb: 'program' | 'read') => LeastPass {
  const known = {
    program: new WeakMap<Share, Map<TensorId, LeastPass>>(),
    read: new WeakMap<Share, Map<TensorId, LeastPass>>(),
  };
  const { stores = [] } = model;
  return ({ tensor: { id, rows }, share }, verb) => {
    let ofShare = known[verb].get(share);
    if (ofShare === undefined) known[verb].set(share, (ofShare = new Map()));
    let least = ofShare.get(id);
    if (least === undefined) {
      const rowsPerBlock = isAllRows(share) ? pace.rowsPerBlock(id) : 1;
      const stream = { rowsPerBlock, rows: carriedCount(share, rows) };
      const passes = stores.map((store, index) => {
        const { timeUs, energyMj, computeUs: codecUs } = passCost(graph, model, index, id, stream, verb);
        return { timeUs, energyMj, codecUs, waitedUs: pace.overlap && store.overlapsCpu ? 0 : timeUs };
      });
      const by = (key: keyof LeastPass): number =>
        passes.length === 0 ? 0 : Math.min(...passes.map((pass) => pass[key]));
      least = {
        ...{ codecUs: by('codecUs'), waitedUs: by('waitedUs') },
        ...{ timeUs: by('timeUs'), energyMj: by('energyMj') },
      };
      ofShare.set(id, least);
    }
    return least;
  };
}

function movedBytes({ tensor, share }: Moved): number {
  return carriedCount(share, tensor.rows) * tensor.rowBytes;
}
