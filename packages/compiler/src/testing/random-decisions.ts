// SPDX-License-Identifier: Apache-2.0
// Random decisions about a graph for property tests: any stages, any spills to one store or two, streamed or resident ports.
import type { Graph, OperatorId, TensorId } from '../ir/index.js';
import { Picker } from './random-graph.js';
import type { Decisions, FetchDecision, SpillDecision } from '../planning/decisions.js';
import { fastWays } from '../planning/fast-variants.js';
import { structureOf, type Structure } from '../planning/structure.js';

/** Valid decisions, with reshapes as views or as copies; equal arguments give equal ones. */
export function randomDecisions(graph: Graph, seed: number): Decisions {
  const pick = new Picker(seed);
  const structure = structureOf(graph, { buildConcatenations: pick.chance(3) });
  const copied = pick.chance(3);
  const views = copied ? new Set<OperatorId>() : structure.views;
  const running = graph.operators
    .map(({ id }) => id)
    .filter((id) => !views.has(id) && !structure.dissolved.has(id));
  const stages: OperatorId[][] = [];
  const length = pick.of([1, 2, 3, 5, 100]);
  for (const id of running) {
    const last = stages[stages.length - 1];
    if (last === undefined || last.length >= length || pick.chance(length + 1)) stages.push([id]);
    else last.push(id);
  }
  const spills = new Map<TensorId, SpillDecision>();
  const storeCount = seed % 3 === 0 ? 2 : 1;
  for (const root of structure.roots) {
    // A copied reshape reads the root itself: who reads through it reads another tensor.
    const changed = copied && structure.readersOf(root).some(({ throughView }) => throughView);
    const spill = pick.chance(3) && !changed ? randomSpill(pick, structure, root) : undefined;
    if (spill !== undefined) spills.set(root, { ...spill, store: (root + seed) % storeCount });
  }
  return {
    stages,
    views,
    dissolved: structure.dissolved,
    spills,
    stores: Array.from({ length: storeCount }, () => ({ kind: 0, slotCount: pick.between(1, 4) })),
    streamInputs: pick.chance(2),
    streamOutputs: pick.chance(2),
    variants: randomVariants(graph, structure, new Picker(seed + 1)),
  };
}

/** Some operators in one of the fast ways that would be exact for them. */
function randomVariants(graph: Graph, structure: Structure, pick: Picker): ReadonlyMap<OperatorId, number> {
  return new Map(
    [...fastWays(graph, structure)]
      .filter(() => pick.chance(2))
      .map(([id, ways]) => [id, pick.of(ways.map(({ variant }) => variant.key))] as const),
  );
}

/** Some readers fetch the tensor, alone or together; the others read it where it was made. */
function randomSpill(pick: Picker, structure: Structure, root: TensorId): SpillDecision | undefined {
  const readers = structure.readersOf(root).map(({ operator }) => operator);
  const far = readers.filter(() => !pick.chance(3));
  if (far.length === 0) return undefined;
  const groups = pick.chance(3) ? [far] : far.map((reader) => [reader]);
  const fetches = groups.map((group): FetchDecision => {
    const mode = pick.chance(3) ? 'whole' : 'streamed';
    return { readers: group, mode, ahead: pick.chance(2) };
  });
  return { store: 0, rowsPerBlock: pick.between(1, 4), spareRows: pick.between(1, 3), fetches };
}

/**
 * The same decisions with rows of some or all tensors placed one by one, and some spills cut down to some of their
 * rows; equal arguments give equal ones.
 */
export function withPlacedRows(graph: Graph, decisions: Decisions, seed: number): Decisions {
  const pick = new Picker(seed);
  const { rootOf, roots, readersOf } = structureOf(graph);
  const some = new Set(roots.filter(() => pick.chance(2)));
  const rowPlaced = pick.chance(2) ? 'all' : some;
  const outputs = new Set(graph.outputs.map(rootOf));
  const seenAsOther = (root: TensorId): boolean =>
    readersOf(root).some(({ throughView }) => throughView) ||
    (outputs.has(root) && (!decisions.streamOutputs || !graph.outputs.includes(root))) ||
    (graph.inputs.includes(root) && !decisions.streamInputs);
  const spills = new Map(
    [...decisions.spills].map(([root, spill]) => {
      if (pick.chance(4)) return [root, spill];
      const period = pick.of([2, 3, 5, 1000]);
      const rows = { period, carried: pick.between(1, period === 1000 ? 8 : period) };
      const single = { ...spill, rowsPerBlock: 1, spareRows: pick.between(0, 2) };
      return [root, seenAsOther(root) ? single : { ...single, rows }];
    }),
  );
  return { ...decisions, rowPlaced, spills };
}
