// SPDX-License-Identifier: Apache-2.0
/** What of a graph needs no kernel at all: reshapes that are views, concatenations that are never built. */
import {
  producers,
  rowShape,
  sameQuantization,
  tensorOf,
  type Graph,
  type Operator,
  type OperatorId,
  type TensorId,
} from '../ir/index.js';
import { planKindOf } from './plan-kinds.js';
import { SEGMENTS_MAX, takesSegments } from './variants.js';

export interface Structure {
  /** Operators that run, in the model's order. */
  readonly running: readonly OperatorId[];
  readonly views: ReadonlySet<OperatorId>;
  readonly dissolved: ReadonlySet<OperatorId>;
  /** Root tensors that are computed or given (no constants), in the graph's order. */
  readonly roots: readonly TensorId[];
  /** The tensor whose bytes these are: itself unless it is a view. */
  readonly rootOf: (tensor: TensorId) => TensorId;
  /** Who reads a root when the program runs: through views and dissolved concatenations, in order. */
  readonly readersOf: (root: TensorId) => readonly Reader[];
}

export interface Reader {
  readonly operator: OperatorId;
  /** Index in `running`. */
  readonly stage: number;
  /** True when it reads the bytes as another tensor than the root. */
  readonly throughView: boolean;
  /** Views and the dissolved concatenation that stand between the root and the reader. */
  readonly via: readonly OperatorId[];
}

export interface StructureOptions {
  /** Build every concatenation (for comparison with runtimes that must). Default: dissolve where possible. */
  readonly buildConcatenations?: boolean;
}

/** Decides which operators need no kernel. A pure function of the graph. */
export function structureOf(graph: Graph, options: StructureOptions = {}): Structure {
  const views = new Set(graph.operators.filter((op) => isView(graph, op)).map(({ id }) => id));
  const dissolved = new Set(
    options.buildConcatenations === true
      ? []
      : graph.operators.filter((op) => canDissolve(graph, op)).map(({ id }) => id),
  );
  const running = graph.operators.map(({ id }) => id).filter((id) => !views.has(id) && !dissolved.has(id));
  const parent = new Map<TensorId, TensorId>();
  for (const op of graph.operators) {
    if (views.has(op.id)) parent.set(op.outputs[0] as TensorId, op.inputs[0] as TensorId);
  }
  const rootOf = (tensor: TensorId): TensorId => {
    const up = parent.get(tensor);
    return up === undefined ? tensor : rootOf(up);
  };
  const readers = collectReaders(graph, { views, dissolved, running, rootOf });
  const unbuilt = new Set(
    graph.operators.filter(({ id }) => dissolved.has(id)).map(({ outputs }) => outputs[0] as TensorId),
  );
  const computed = new Set([...graph.inputs, ...graph.operators.flatMap(({ outputs }) => outputs)]);
  const roots = [...graph.tensors.keys()].filter(
    (id) => computed.has(id) && !parent.has(id) && !unbuilt.has(id),
  );
  return { running, views, dissolved, roots, rootOf, readersOf: (root) => readers.get(root) ?? [] };
}

function isView(graph: Graph, op: Operator): boolean {
  if (op.kind !== 'reshape' && op.kind !== 'squeeze' && op.kind !== 'expandDims') return false;
  const input = op.inputs[0];
  return input != null && tensorOf(graph, input).data === undefined;
}

/** A concatenation along channels whose parts have its quantization and whose readers all take segments. */
function canDissolve(graph: Graph, op: Operator): boolean {
  if (op.kind !== 'concatenation' || op.activation !== 'none') return false;
  const output = tensorOf(graph, op.outputs[0] as TensorId);
  // Only kernels of int8 gather their input from segments.
  if (output.type !== 'int8') return false;
  const axis = op.axis < 0 ? op.axis + output.shape.length : op.axis;
  if (output.shape.length !== 4 || axis !== 3 || op.inputs.length > SEGMENTS_MAX) return false;
  if (graph.outputs.includes(output.id)) return false;
  const parts = op.inputs.map((id) => (id === null ? undefined : tensorOf(graph, id)));
  const plain = parts.every(
    (part) =>
      part !== undefined &&
      part.data === undefined &&
      part.type === output.type &&
      sameQuantization(part.quantization, output.quantization) &&
      rowShape(part.shape).h === rowShape(output.shape).h &&
      // A part that is itself a concatenation stays built: segments do not nest.
      !graph.operators.some(({ kind, outputs }) => kind === 'concatenation' && outputs[0] === part.id),
  );
  const readers = graph.operators.filter(({ inputs }) => inputs.includes(output.id));
  const readable = readers.every(
    (reader) =>
      acceptsSegments(reader) &&
      reader.inputs.filter((id) => id === output.id).length === 1 &&
      dataInputOf(reader) === output.id,
  );
  return plain && readable && readers.length > 0;
}

function acceptsSegments(op: Operator): boolean {
  const kind = planKindOf(op);
  return kind !== undefined && takesSegments(kind);
}

function dataInputOf(op: Operator): TensorId | null | undefined {
  return op.kind === 'transposeConv' ? op.inputs[2] : op.inputs[0];
}

function collectReaders(
  graph: Graph,
  parts: Pick<Structure, 'views' | 'dissolved' | 'running' | 'rootOf'>,
): Map<TensorId, Reader[]> {
  const stageOf = new Map(parts.running.map((id, stage) => [id, stage]));
  const made = producers(graph);
  const viewsBelow = (tensor: TensorId): OperatorId[] => {
    const maker = made.get(tensor);
    if (maker === undefined || !parts.views.has(maker.id)) return [];
    return [...viewsBelow(maker.inputs[0] ?? -1), maker.id];
  };
  const readers = new Map<TensorId, Reader[]>();
  for (const op of graph.operators) {
    const stage = stageOf.get(op.id);
    if (stage === undefined) continue;
    for (const { tensor, via } of op.inputs.flatMap((id) => segmentsOf(made, parts.dissolved, id))) {
      if (graph.tensors.get(tensor)?.data !== undefined) continue;
      const root = parts.rootOf(tensor);
      const list = readers.get(root) ?? [];
      if (list.some(({ operator }) => operator === op.id)) continue;
      const through = [...viewsBelow(tensor), ...via];
      list.push({ operator: op.id, stage, throughView: root !== tensor, via: through });
      readers.set(root, list);
    }
  }
  return readers;
}

/** What an input is made of: itself, or the parts of a dissolved concatenation. */
function segmentsOf(
  made: ReadonlyMap<TensorId, Operator>,
  dissolved: ReadonlySet<OperatorId>,
  input: TensorId | null,
): { tensor: TensorId; via: OperatorId[] }[] {
  if (input === null) return [];
  const maker = made.get(input);
  if (maker === undefined || !dissolved.has(maker.id)) return [{ tensor: input, via: [] }];
  return maker.inputs.flatMap((id) => (id === null ? [] : [{ tensor: id, via: [maker.id] }]));
}
