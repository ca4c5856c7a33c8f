// SPDX-License-Identifier: Apache-2.0
/**
 * One stage cut out of a graph, so that it can be scheduled alone: what it reads from elsewhere becomes an
 * input, what it spills for later stages gets a reader in a stage of its own behind it.
 */
import { freshIds } from '../../ir/uses.js';
import {
  producers,
  tensorOf,
  type Graph,
  type Operator,
  type OperatorId,
  type Tensor,
  type TensorId,
} from '../../ir/index.js';
import type { FetchDecision, SpillDecision, Decisions } from '../decisions.js';
import type { Structure } from '../structure.js';
import { ALL_ROWS, isAllRows, type Share } from './share.js';
import { madeIn, readersIn, type Flow, type FlowReader, type FlowTensor } from './flow.js';

/** How fetches and spills of a stage are timed. */
export interface Pace {
  /** Single rows, one after the other: no pace holds fewer bytes. */
  readonly isTight: boolean;
  /** Blocks are on their way while arithmetic goes on, at the price of a row for each stream. */
  readonly overlap: boolean;
  /** Rows of one block of this tensor. */
  readonly rowsPerBlock: (tensor: TensorId) => number;
}

export interface StageGraph {
  readonly graph: Graph;
  readonly decisions: Decisions;
  /** Tensors that are fetched from outside. */
  readonly fetched: ReadonlySet<TensorId>;
}

/** Readers that would fetch a tensor made in their own stage, if it is spilled there: all but the first as a rule. */
export function farReaders(tensor: FlowTensor, first: number, end: number): readonly FlowReader[] {
  return readersIn(tensor, first, end).slice(tensor.homeReaders);
}

/** What a spill says beside who fetches. */
export function spillDecision(
  pace: Pace,
  tensor: TensorId,
  groups: readonly (readonly FlowReader[])[],
  share: Share = ALL_ROWS,
): SpillDecision {
  const fetches = groups.map(
    (readers): FetchDecision => ({
      readers: readers.map(({ operator }) => operator),
      ...(readers.some(({ throughView }) => throughView)
        ? { mode: 'whole' }
        : { mode: 'streamed', ahead: pace.overlap }),
    }),
  );
  const spareRows = pace.overlap ? 1 : 0;
  if (isAllRows(share)) return { store: 0, rowsPerBlock: pace.rowsPerBlock(tensor), fetches, spareRows };
  return { store: 0, rowsPerBlock: 1, fetches, spareRows, rows: share };
}

/**
 * The operators at [first, end) as a program of their own, with every stream that the stage can have:
 * what may be spilled and comes from before is fetched, what may be spilled and is read later is spilled.
 *
 * @param inside tensors made in the stage that its far readers fetch
 */
export function stageGraph(
  graph: Graph,
  structure: Structure,
  flow: Flow,
  range: { readonly first: number; readonly end: number },
  inside: ReadonlySet<TensorId>,
  pace: Pace,
): StageGraph {
  const { first, end } = range;
  const stage = flow.order.slice(first, end);
  const part = new Set<OperatorId>([...stage, ...helpers(graph, structure, stage)]);
  const operators: Operator[] = graph.operators.filter(({ id }) => part.has(id));
  const tensors = new Map<TensorId, Tensor>(graph.tensors);
  const ids = freshIds(graph);
  const stages: OperatorId[][] = [[...stage]];
  const spills = new Map<TensorId, SpillDecision>();
  const fetched = new Set<TensorId>();
  for (const tensor of flow.crossing[first] ?? []) {
    const readers = readersIn(tensor, first, end);
    if (readers.length === 0 || !tensor.spillable) continue;
    spills.set(tensor.id, spillDecision(pace, tensor.id, [readers]));
    fetched.add(tensor.id);
  }
  for (const tensor of madeIn(flow, first, end)) {
    if (!tensor.spillable) continue;
    const groups: FlowReader[][] = [];
    if (inside.has(tensor.id)) groups.push([...farReaders(tensor, first, end)]);
    if (tensor.lastNeed >= end) {
      const sink = addSink(tensors, operators, tensorOf(graph, tensor.id), ids);
      stages.push([sink]);
      groups.push([{ operator: sink, position: end, throughView: false }]);
    }
    if (groups.length > 0) spills.set(tensor.id, spillDecision(pace, tensor.id, groups));
  }
  const made = new Set(operators.flatMap(({ outputs }) => outputs));
  const read = new Set(operators.flatMap(({ inputs }) => inputs));
  const inputs = [...tensors.values()]
    .filter(({ id, data }) => data === undefined && read.has(id) && !made.has(id))
    .map(({ id }) => id);
  const decisions: Decisions = {
    stages,
    views: new Set([...structure.views].filter((id) => part.has(id))),
    dissolved: new Set([...structure.dissolved].filter((id) => part.has(id))),
    spills,
    stores: [{ kind: 0, slotCount: 2 }],
    streamInputs: true,
    streamOutputs: true,
    variants: new Map([...(flow.variants ?? [])].filter(([id]) => part.has(id))),
  };
  const outputs = graph.outputs.filter((id) => made.has(id));
  return { graph: { ...graph, tensors, operators, inputs, outputs }, decisions, fetched };
}

/** A reader of the whole tensor, row by row. */
function addSink(
  tensors: Map<TensorId, Tensor>,
  operators: Operator[],
  from: Tensor,
  ids: ReturnType<typeof freshIds>,
): OperatorId {
  const [tensor, id] = [ids.tensor(), ids.operator()];
  tensors.set(tensor, { ...from, id: tensor });
  operators.push({ kind: 'relu', id, inputs: [from.id], outputs: [tensor], version: 1 } as Operator);
  return id;
}

/** Views and dissolved concatenations through which the stage reads. */
function helpers(graph: Graph, structure: Structure, stage: readonly OperatorId[]): OperatorId[] {
  const made = producers(graph);
  const found = new Set<OperatorId>();
  const members = new Set(stage);
  const visit = (tensor: TensorId | null): void => {
    const maker = tensor === null ? undefined : made.get(tensor);
    if (maker === undefined || found.has(maker.id)) return;
    if (!structure.views.has(maker.id) && !structure.dissolved.has(maker.id)) return;
    found.add(maker.id);
    maker.inputs.forEach(visit);
  };
  for (const op of graph.operators) if (members.has(op.id)) op.inputs.forEach(visit);
  // A streamed output may be a view of what the stage makes.
  for (const output of graph.outputs) {
    const root = made.get(structure.rootOf(output));
    if (root !== undefined && members.has(root.id)) visit(output);
  }
  return [...found];
}
