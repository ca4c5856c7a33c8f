// SPDX-License-Identifier: Apache-2.0
// Behaviour of plans that may use several stores: which tensor goes where, what does not fit, and that each is a verified plan.
import { loadBoard, type BoardStore } from '@tinyseg/boards';
import { isTinysegError } from '@tinyseg/errors';
import { assemblePlan } from '../emit/plan/index.js';
import { GraphBuilder, type Graph, type TensorId } from '../ir/index.js';
import { runPasses } from '../passes/index.js';
import { randomGraph } from '../testing/random-graph.js';
import { verifyPlan } from '../verify/index.js';
import type { Objective } from './cost/cost-model.js';
import { predictPlan } from './cost/predict.js';
import type { SpillDecision, StoreDecision } from './decisions.js';
import { planModel, type PlanModelOptions, type PlannedModel } from './plan-model.js';
import { assignStores } from './store-assignment.js';
import { streamCapacityBytes } from './store-capacity.js';

const board = loadBoard('nano33ble');
const boardStore = (name: string): BoardStore => board.stores.find((store) => store.name === name)!;

/** A chain of convolutions, of which the first three outputs are read again at the end. */
function skips(side: number, kernel = 3): { readonly graph: Graph; readonly tensors: readonly TensorId[] } {
  const builder = new GraphBuilder('skips');
  let at = builder.input([1, side, side, 4]);
  const tensors: TensorId[] = [];
  for (let i = 0; i < 3; i++) {
    at = builder.conv2d(at, { filters: 4, kernel });
    tensors.push(at);
  }
  for (const tensor of [...tensors].reverse())
    at = builder.add(builder.conv2d(at, { filters: 4, kernel }), tensor);
  return { graph: builder.output(at).build(), tensors };
}

const { graph, tensors } = skips(16);
const stages = graph.operators.map(({ id }) => [id]);
const lastReader = (tensor: TensorId): number =>
  graph.operators.filter(({ inputs }) => inputs.includes(tensor)).at(-1)!.id;
const spills = new Map(
  tensors.map((tensor): [TensorId, SpillDecision] => [
    tensor,
    { store: 0, rowsPerBlock: 16, fetches: [{ readers: [lastReader(tensor)], mode: 'streamed' }] },
  ]),
);
/** 16 rows of 64 B in one block with its header and the byte of the codec. */
const STREAM_BYTES = 16 * 64 + 9;

function assigned(
  objective: Objective,
  stores: readonly StoreDecision[],
  boardStores: readonly BoardStore[] = [],
): readonly number[] | undefined {
  const model = { nanosecondsPerInstruction: 10, activeMilliwatts: 20, stores: boardStores };
  const found = assignStores({ graph, stages, spills, stores, objective, model });
  return found && tensors.map((id) => found.spills.get(id)!.store);
}

describe('the division of spilled tensors among stores', () => {
  const plain = { kind: 0, slotCount: 1 };

  it('takes the first store that leaves room for all, where bytes are what counts', () => {
    const room = (streams: number): StoreDecision => ({ ...plain, capacityBytes: streams * STREAM_BYTES });
    expect(streamCapacityBytes(graph, tensors[0]!, spills.get(tensors[0]!)!, plain)).toBe(STREAM_BYTES);
    expect(assigned('bytes', [plain, plain])).toEqual([0, 0, 0]);
    expect(assigned('bytes', [room(2), plain])).toEqual([0, 0, 1]);
    expect(assigned('bytes', [room(1), room(1), room(1)])).toEqual([0, 1, 2]);
    expect(assigned('bytes', [room(1), room(1)])).toBeUndefined();
    expect(assigned('bytes', [{ ...plain, capacityBytes: 3 * STREAM_BYTES - 1 }])).toBeUndefined();
  });

  it('counts units and erase units of the device', () => {
    const [id, spill] = [...spills][0]!;
    expect(streamCapacityBytes(graph, id, spill, { ...plain, unitBytes: 512 })).toBe(1536);
    expect(streamCapacityBytes(graph, id, spill, { ...plain, unitBytes: 4, eraseBytes: 4096 })).toBe(4096);
    const shared = { ...spill, rowsPerBlock: 1, rows: { period: 4, carried: 1 } };
    expect(streamCapacityBytes(graph, id, shared, { ...plain, unitBytes: 4 })).toBe(4 * 76);
  });

  it('costs the least that any division costs', () => {
    const names = ['flash', 'sd', 'remote'];
    const stores = names.map(boardStore);
    for (const objective of ['latency', 'energy'] as const) {
      const model = { nanosecondsPerInstruction: 10, activeMilliwatts: 20, stores };
      const cost = (chosen: readonly number[]): number => {
        const all = new Map(tensors.map((id, i) => [id, { ...spills.get(id)!, store: chosen[i]! }] as const));
        const { latencyMs, energyMj } = predictPlan(graph, model, { stages, spills: all });
        return objective === 'latency' ? latencyMs : energyMj;
      };
      const every = [0, 1, 2].flatMap((a) => [0, 1, 2].flatMap((b) => [0, 1, 2].map((c) => [a, b, c])));
      const found = assigned(objective, [plain, plain, plain], stores)!;
      expect(cost(found)).toBeCloseTo(Math.min(...every.map(cost)), 9);
    }
  });

  it('wears out nothing as long as another store has room', () => {
    const two = [boardStore('flash'), boardStore('sd')];
    expect(assigned('wear', [plain, plain], two)).toEqual([1, 1, 1]);
    const found = assigned('wear', [plain, { ...plain, capacityBytes: 2 * STREAM_BYTES }], two)!;
    expect(found.filter((store) => store === 1)).toHaveLength(2);
  });
});

describe('plans with several stores', () => {
  const options = (more: Partial<PlanModelOptions>): PlanModelOptions => ({
    ...{ strategy: 'auto', streamInputs: true, streamOutputs: true, pointerBytes: 4 },
    ...more,
  });
  const least = (model: Graph, wanted: PlanModelOptions): number => {
    try {
      planModel(model, { ...wanted, budgetBytes: 1 });
    } catch (thrown) {
      if (isTinysegError(thrown, 'BUDGET_TOO_SMALL')) return thrown.data['leastBytes'] as number;
      throw thrown;
    }
    throw new Error('a plan fits 1 B');
  };
  const sizes = (capacities: readonly number[]): StoreDecision[] =>
    capacities.map((capacityBytes, i) => ({
      ...{ kind: i === 0 ? 0 : 5, slotCount: 2, unitBytes: 1, name: `store${String(i)}`, capacityBytes },
    }));
  const used = ({ attempt }: PlannedModel): Set<number> =>
    new Set([...attempt.decisions.spills.values()].map(({ store }) => store));

  it('divide what one store can not hold, and say which has no room when none can', () => {
    const { graph: large } = skips(96, 7);
    const budgetBytes = least(large, options({ stores: sizes([1e6]) }));
    const alone = planModel(large, options({ stores: sizes([1e6]), budgetBytes }));
    const needed = [...alone.attempt.decisions.spills].map(([id, spill]) =>
      streamCapacityBytes(large, id, spill, sizes([1e6])[0]!),
    );
    expect(needed.length).toBeGreaterThan(1);
    const most = needed.reduce((sum, bytes) => sum + bytes, 0);
    const both = planModel(
      large,
      options({ stores: sizes([Math.floor(most / 2), 1e6]), budgetBytes: budgetBytes + 1600 }),
    );
    expect(used(both)).toEqual(new Set([0, 1]));
    const { decisions, draft, placement } = both.attempt;
    expect(verifyPlan(assemblePlan(large, decisions, draft, placement.offsets), large)).toEqual([]);
    let refused: unknown;
    try {
      planModel(large, options({ stores: sizes([100]), budgetBytes }));
    } catch (thrown) {
      refused = thrown;
    }
    if (!isTinysegError(refused, 'STORE_TOO_SMALL')) throw new Error('a plan in a store of 100 B');
    expect(refused.data).toMatchObject({ store: 'store0', capacityBytes: 100 });
    expect(refused.data['neededBytes']).toBeGreaterThan(100);
    expect(refused.data['neededBytes']).toBeLessThanOrEqual(most);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])(
    'seed %i: are verified and hold to the capacity of each store, at the least budget',
    (seed) => {
      const random = runPasses(randomGraph(seed, 8));
      const wanted = (stores: readonly StoreDecision[]): PlanModelOptions =>
        options({
          stores,
          objective: (['bytes', 'latency', 'energy', 'wear'] as const)[seed % 4]!,
          model: MODEL,
        });
      const budgetBytes = least(random, wanted(sizes([1e6, 1e6])));
      const planned = planModel(random, { ...wanted(sizes([1e6, 1e6])), budgetBytes });
      const total = [...planned.attempt.decisions.spills].reduce(
        (sum, [id, spill]) => sum + streamCapacityBytes(random, id, spill, sizes([1])[0]!),
        0,
      );
      const stores = sizes([Math.floor(total / 2), 1e6]);
      const { attempt } = planModel(random, { ...wanted(stores), budgetBytes: budgetBytes + 4000 });
      const { decisions, draft, placement } = attempt;
      stores.forEach((store, index) => {
        const held = [...decisions.spills].filter(([, spill]) => spill.store === index);
        const bytes = held.reduce(
          (sum, [id, spill]) => sum + streamCapacityBytes(random, id, spill, store),
          0,
        );
        expect(bytes).toBeLessThanOrEqual(store.capacityBytes!);
      });
      const plan = assemblePlan(random, decisions, draft, placement.offsets);
      expect(verifyPlan(plan, random)).toEqual([]);
      expect(plan.stores).toHaveLength(used({ attempt } as PlannedModel).size);
    },
  );

  const MODEL = {
    ...{
      nanosecondsPerInstruction: 20,
      activeMilliwatts: 20,
      stores: [boardStore('sd'), boardStore('remote')],
    },
  };
});
