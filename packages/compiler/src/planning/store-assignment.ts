// SPDX-License-Identifier: Apache-2.0
/** Which spilled tensor goes to which store: the cheapest choice that fits all of them, by a small exact search. */
import type { Graph, OperatorId, TensorId } from '../ir/index.js';
import {
  computeUs,
  passCost,
  stageEnergyMj,
  type CostModel,
  type Objective,
  type PassCost,
} from './cost/cost-model.js';
import { spillPasses, type SpillPass } from './cost/spill-passes.js';
import { StageTime } from './cost/stage-time.js';
import type { SpillDecision, StoreDecision } from './decisions.js';
import { streamCapacityBytes } from './store-capacity.js';

export interface AssignmentProblem {
  readonly graph: Graph;
  readonly stages: readonly (readonly OperatorId[])[];
  readonly spills: ReadonlyMap<TensorId, SpillDecision>;
  readonly stores: readonly StoreDecision[];
  /**
   * What shall be least: predicted time or energy; for `wear`, erase cycles used up; for `bytes`, the stores are
   * alike, and each tensor takes the first that leaves room for the others.
   */
  readonly objective: Objective;
  readonly model: CostModel;
  /** Only this store. Default: all of them. */
  readonly only?: number;
}

export interface Assignment {
  readonly spills: ReadonlyMap<TensorId, SpillDecision>;
  /** False: the limit was met, and another choice may be cheaper. */
  readonly exhaustive: boolean;
}

const NODE_LIMIT = 4000;

/** The spills with their stores; undefined when they do not fit, or nothing was found within the limit. */
export function assignStores(problem: AssignmentProblem): Assignment | undefined {
  const { spills, stores, only } = problem;
  if (spills.size === 0) return { spills, exhaustive: true };
  const search = new AssignmentSearch(problem, only === undefined ? stores.map((_, i) => i) : [only]);
  search.visit(0);
  const { best } = search;
  if (best === undefined) return undefined;
  return {
    spills: new Map(
      [...spills].map(([id, spill], i): [TensorId, SpillDecision] => [
        id,
        { ...spill, store: best[i] as number },
      ]),
    ),
    exhaustive: search.nodes <= NODE_LIMIT,
  };
}

/** Each tensor on the first store that leaves room for the others; all on the first where there is no room. */
export function firstWithRoom(
  graph: Graph,
  spills: ReadonlyMap<TensorId, SpillDecision>,
  stores: readonly StoreDecision[],
): ReadonlyMap<TensorId, SpillDecision> {
  const model: CostModel = { nanosecondsPerInstruction: 1, activeMilliwatts: 0 };
  const found = assignStores({ graph, stages: [], spills, stores, objective: 'bytes', model });
  return found?.spills ?? spills;
}

class AssignmentSearch {
  nodes = 0;
  best: readonly number[] | undefined;
  private bestCost = Infinity;
  private readonly chosen: number[] = [];
  private readonly room: number[];
  /** Bytes of each spill on each store. */
  private readonly needed: readonly (readonly number[])[];
  private readonly costOf: (chosen: readonly number[]) => number;

  constructor(
    { graph, spills, stores, ...rest }: AssignmentProblem,
    private readonly allowed: readonly number[],
  ) {
    this.room = stores.map(({ capacityBytes = Infinity }) => capacityBytes);
    this.needed = [...spills].map(([id, spill]) =>
      stores.map((store) => streamCapacityBytes(graph, id, spill, store)),
    );
    this.costOf = assignmentCost({ graph, spills, stores, ...rest });
  }

  /** Tensors before `at` have their stores. What they cost together only grows with the others. */
  visit(at: number): void {
    if (++this.nodes > NODE_LIMIT) return;
    const cost = this.costOf(this.chosen);
    if (cost >= this.bestCost) return;
    const needed = this.needed[at];
    if (needed === undefined) {
      this.best = [...this.chosen];
      this.bestCost = cost;
      return;
    }
    for (const store of this.allowed) {
      const bytes = needed[store] ?? 0;
      const room = this.room[store] ?? 0;
      if (bytes > room) continue;
      this.room[store] = room - bytes;
      this.chosen.push(store);
      this.visit(at + 1);
      this.chosen.pop();
      this.room[store] = room;
    }
  }
}

/** The cost of the first spills on these stores, without the others. */
function assignmentCost(problem: AssignmentProblem): (chosen: readonly number[]) => number {
  const { graph, stages, spills, stores, objective, model } = problem;
  if (objective === 'bytes' || stores.length < 2) return () => 0;
  const index = new Map([...spills.keys()].map((id, i) => [id, i] as const));
  const passes = spillPasses(graph, stages, spills).map((pass) => ({
    ...{ pass, spill: index.get(pass.tensor) ?? 0 },
    costs: stores.map((_, store) => passCost(graph, model, store, pass.tensor, pass.stream, pass.verb)),
  }));
  const taken = (chosen: readonly number[]): Taken[] =>
    passes.flatMap(({ pass, spill, costs }): Taken[] => {
      const store = chosen[spill];
      const cost = store === undefined ? undefined : costs[store];
      return store === undefined || cost === undefined ? [] : [{ pass, store, cost }];
    });
  if (objective === 'wear') {
    const cycles = (store: number): number => model.stores?.[store]?.erase?.enduranceCycles.value ?? Infinity;
    return (chosen) =>
      taken(chosen).reduce((sum, { store, cost }) => sum + cost.erasedUnits / cycles(store), 0);
  }
  const byId = new Map(graph.operators.map((op) => [op.id, op]));
  const computing = stages.map((stage) =>
    stage.reduce((sum, id) => {
      const op = byId.get(id);
      return op === undefined ? sum : sum + computeUs(graph, model, op);
    }, 0),
  );
  return (chosen) => {
    const { timeUs, storeMj } = timed(model, computing, taken(chosen));
    return objective === 'latency' ? timeUs : stageEnergyMj(model, timeUs, storeMj);
  };
}

/** A pass on its store. */
interface Taken {
  readonly pass: SpillPass;
  readonly store: number;
  readonly cost: PassCost;
}

function timed(
  model: CostModel,
  computing: readonly number[],
  taken: readonly Taken[],
): { readonly timeUs: number; readonly storeMj: number } {
  const times = computing.map((us) => {
    const time = new StageTime(model);
    time.computeUs = us;
    return time;
  });
  let storeMj = 0;
  for (const { pass, store, cost } of taken) {
    const time = times[pass.stage];
    if (time === undefined) continue;
    time.computeUs += cost.computeUs;
    time.transfer(store, cost.timeUs, pass.beside);
    storeMj += cost.energyMj;
  }
  return { timeUs: times.reduce((sum, { totalUs }) => sum + totalUs, 0), storeMj };
}
