// SPDX-License-Identifier: Apache-2.0
// The certificate's bound against brute force: no plan of the space of a small graph holds fewer bytes at its cost.
import { isTinysegError } from '@tinyseg/errors';
import { rowCount } from '../../analysis/tensor-size.js';
import { tensorOf, type Graph, type OperatorId, type TensorId } from '../../ir/index.js';
import { runPasses } from '../../passes/index.js';
import { randomGraph } from '../../testing/random-graph.js';
import type { Decisions, Draft, FetchDecision, SpillDecision } from '../decisions.js';
import { streamBytes } from '../layer-planner.js';
import { leastHeightBytes } from '../live-spans.js';
import { ramParts, ramShapeOf } from '../ram.js';
import { scheduleProgram } from '../schedule/index.js';
import { structureOf, type Structure } from '../structure.js';
import { searchPlans } from './search-plans.js';

const STORE = { kind: 0, slotCount: 1 };
const PORTS = { streamed: ports(true), resident: ports(false) };
const MOST_OPERATORS = 5;
const MOST_PLANS = 600;

interface Ports {
  readonly streamInputs: boolean;
  readonly streamOutputs: boolean;
}

function ports(streams: boolean): Ports {
  return { streamInputs: streams, streamOutputs: streams };
}

/** Every way to cut a list into contiguous parts. */
function partitions<T>(list: readonly T[]): T[][][] {
  const [head, ...rest] = list;
  if (head === undefined) return [[]];
  if (rest.length === 0) return [[[head]]];
  return partitions(rest).flatMap((parts) => [
    [[head], ...parts],
    [[head, ...(parts[0] ?? [])], ...parts.slice(1)],
  ]);
}

/** Ways of the plan space to spill one tensor, given the stages; undefined: not at all. */
function spillsOf(
  graph: Graph,
  structure: Structure,
  id: TensorId,
  stages: readonly (readonly OperatorId[])[],
  { streamInputs }: Ports,
): (SpillDecision | undefined)[] {
  const stageOf = (operator: OperatorId): number => stages.findIndex((stage) => stage.includes(operator));
  const readers = structure.readersOf(id);
  const maker = graph.operators.find(({ outputs }) => outputs.includes(id));
  const isResidentInput = maker === undefined && !streamInputs;
  const madeIn = isResidentInput ? -1 : stageOf(maker?.id ?? readers[0]?.operator ?? -1);
  const groups = stages
    .map((_, stage) => readers.filter(({ operator }) => stageOf(operator) === stage))
    .filter(({ length }) => length > 0);
  const own = groups.filter(([one]) => one !== undefined && stageOf(one.operator) === madeIn).length;
  const isOutput = graph.outputs.map(structure.rootOf).includes(id);
  if (isOutput) return [undefined];
  const views = readers.some(({ throughView }) => throughView);
  const rows = rowCount(tensorOf(graph, id));
  const shares =
    views || rows < 8 || isResidentInput
      ? [undefined]
      : [undefined, { period: 4, carried: 1 }, { period: 4, carried: 3 }];
  const found: (SpillDecision | undefined)[] = [undefined];
  for (let atHome = own; atHome < groups.length; atHome++) {
    const fetches = groups.slice(atHome).map(
      (group): FetchDecision => ({
        readers: group.map(({ operator }) => operator),
        ...(group.some(({ throughView }) => throughView)
          ? { mode: 'whole' }
          : { mode: 'streamed', ahead: false }),
      }),
    );
    // Kept at home for later stages, it is written as a whole.
    for (const share of atHome === own ? shares : [undefined]) {
      found.push({
        ...{ store: 0, rowsPerBlock: 1, fetches, spareRows: 0 },
        ...(share === undefined ? {} : { rows: share }),
      });
    }
  }
  return found;
}

/** Drafts of about MOST_PLANS plans of the space at most, of all partitions alike, in the model's order. */
function* drafts(graph: Graph, structure: Structure, streams: Ports): Generator<[Decisions, Draft]> {
  const everyPartition = [...partitions(structure.running)];
  const quota = Math.ceil(MOST_PLANS / everyPartition.length);
  for (const stages of everyPartition) {
    let all: Map<TensorId, SpillDecision>[] = [new Map()];
    for (const id of structure.roots) {
      const ways = spillsOf(graph, structure, id, stages, streams);
      all = all.flatMap((spills) =>
        ways.map((way) => (way === undefined ? spills : new Map([...spills, [id, way]]))),
      );
    }
    const each = Math.ceil(all.length / quota);
    for (const spills of all.filter((_, i) => i % each === 0)) {
      const { dissolved, views } = structure;
      const decisions: Decisions = {
        ...{ stages, dissolved, views, spills, stores: spills.size > 0 ? [STORE] : [] },
        ...streams,
        rowPlaced: 'all',
      };
      const draft = scheduled(graph, decisions);
      if (draft !== undefined) yield [decisions, draft];
    }
  }
}

/** Undefined for what no kernel runs in such a stage: it is no plan. */
function scheduled(graph: Graph, decisions: Decisions): Draft | undefined {
  try {
    return scheduleProgram(graph, decisions);
  } catch (thrown) {
    if (isTinysegError(thrown, 'PLAN_UNSUPPORTED_OPERATOR')) return undefined;
    throw thrown;
  }
}

describe('the bound of the certificate', () => {
  const small = Array.from({ length: 60 }, (_, i) => i + 1).filter((seed) => {
    const graph = runPasses(randomGraph(seed, 5));
    return structureOf(graph).running.length <= MOST_OPERATORS;
  });

  it('is tried on graphs of several operators', () => {
    expect(small.length).toBeGreaterThan(12);
  });

  const cases = small.slice(0, 16).flatMap((seed) => [
    { seed, streams: 'streamed' as const },
    { seed, streams: 'resident' as const },
  ]);

  it.each(cases)('seed $seed, ports $streams: no plan needs less for its cost', ({ seed, streams }) => {
    const graph = runPasses(randomGraph(seed, 5));
    const structure = structureOf(graph);
    const { list, exhaustive, bounds } = searchPlans({
      ...{ graph, structure, forced: new Map(), stores: [STORE], pointerBytes: 4, objective: 'bytes' },
      ...{ model: { nanosecondsPerInstruction: 1, activeMilliwatts: 0 }, ...PORTS[streams] },
    });
    expect(exhaustive).toBe(true);
    const cut = new Set<string>();
    for (const [decisions, draft] of drafts(graph, structure, PORTS[streams])) {
      const cost = draft.transfers.reduce((sum, { stream }) => sum + streamBytes(graph, draft, stream), 0);
      const within = list.filter(({ way }) => way.cost <= cost).map(({ way }) => way.peakBytes);
      const height = leastHeightBytes(draft);
      expect(Math.min(...within)).toBeLessThanOrEqual(height);
      // What is said where a limit was met, and of the RAM in all.
      expect(bounds.anyPeakBytes).toBeLessThanOrEqual(height);
      const { totalBytes } = ramParts(height, ramShapeOf(graph, decisions, draft), 4);
      expect(bounds.leastRamBelow(cost + 1)).toBeLessThanOrEqual(totalBytes);
      cut.add(JSON.stringify(decisions.stages));
    }
    // Every way to cut the operators into stages.
    expect(cut.size).toBe(2 ** (structure.running.length - 1));
  });
});
