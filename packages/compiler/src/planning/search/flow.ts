// SPDX-License-Identifier: Apache-2.0
/**
 * What the search over stages has to know of a graph in one operator order: where each tensor is made and
 * read, and how large it is. Positions count the operators that run, from 0.
 */
import { rowCount, rowSizeBytes, tensorSizeBytes } from '../../analysis/tensor-size.js';
import { tensorOf, type Graph, type OperatorId, type TensorId } from '../../ir/index.js';
import type { Structure } from '../structure.js';

export interface FlowReader {
  readonly operator: OperatorId;
  readonly position: number;
  /** Reads the bytes as another tensor: rows may be cut elsewhere, so that a fetched copy is fetched whole. */
  readonly throughView: boolean;
}

/** A root tensor on its way from its maker to its readers. */
export interface FlowTensor {
  readonly id: TensorId;
  /** Bytes that move when it is written or read once. */
  readonly movedBytes: number;
  readonly rows: number;
  readonly rowBytes: number;
  /** Position of its maker; of the first reader for an input that is taken row by row; -1 for a resident input. */
  readonly madeAt: number;
  /** In order of position. */
  readonly readers: readonly FlowReader[];
  /** Last position that needs it; the number of operators for an output that stays until the end. */
  readonly lastNeed: number;
  readonly spillable: boolean;
  /** Must be spilled, whatever it costs. */
  readonly forced: boolean;
  /** Whether some of its rows may be spilled and others not: they need places of their own. */
  readonly divisible: boolean;
  /** Of its shares only half of the rows is looked at. */
  readonly halves: boolean;
  /** How many readers in its own stage read it at home when it is spilled for the others. */
  readonly homeReaders: number;
}

export interface Flow {
  readonly order: readonly OperatorId[];
  readonly tensors: ReadonlyMap<TensorId, FlowTensor>;
  /** For each cut 0..order.length, the tensors made before it and needed after it, by id. */
  readonly crossing: readonly (readonly FlowTensor[])[];
  /** Kernel variants that are not the default ones. */
  readonly variants?: ReadonlyMap<OperatorId, number>;
}

export interface FlowOptions {
  readonly streamInputs: boolean;
  readonly streamOutputs: boolean;
  readonly canSpill: boolean;
  /** Tensors that every plan spills. Default: none. */
  readonly forced?: ReadonlySet<TensorId>;
  readonly variants?: ReadonlyMap<OperatorId, number>;
  /** Default false. */
  readonly halves?: boolean;
}

/** A pure function of its arguments; `order` holds each running operator once, makers before readers. */
export function flowOf(
  graph: Graph,
  structure: Structure,
  order: readonly OperatorId[],
  options: FlowOptions,
): Flow {
  const positionOf = new Map(order.map((id, position) => [id, position]));
  const makerOf = new Map(
    graph.operators.flatMap((op) => op.outputs.map((tensor) => [tensor, positionOf.get(op.id)] as const)),
  );
  const outputs = new Set(graph.outputs.map(structure.rootOf));
  const tensors = new Map<TensorId, FlowTensor>();
  for (const id of structure.roots) {
    const readers = structure
      .readersOf(id)
      .map(({ operator, throughView }) => ({
        operator,
        throughView,
        position: positionOf.get(operator) ?? 0,
      }))
      .sort((a, b) => a.position - b.position);
    const firstRead = readers[0]?.position ?? -1;
    const isInput = graph.inputs.includes(id);
    const tensor = tensorOf(graph, id);
    const movedBytes = tensorSizeBytes(tensor);
    const forced = options.forced?.has(id) === true;
    const stays = outputs.has(id) && !options.streamOutputs;
    tensors.set(id, {
      id,
      movedBytes,
      rows: rowCount(tensor),
      rowBytes: rowSizeBytes(tensor),
      madeAt: isInput ? (options.streamInputs ? firstRead : -1) : (makerOf.get(id) ?? -1),
      readers,
      lastNeed: stays ? order.length : (readers[readers.length - 1]?.position ?? -1),
      spillable: options.canSpill && !outputs.has(id) && movedBytes > 0,
      forced,
      halves: options.halves === true,
      divisible:
        !forced && !readers.some(({ throughView }) => throughView) && (!isInput || options.streamInputs),
      // One that must be spilled and has one reader is fetched by that one.
      homeReaders: forced && readers.length === 1 ? 0 : 1,
    });
  }
  const crossing = [...order, -1].map((_, cut) =>
    [...tensors.values()].filter(({ madeAt, lastNeed }) => madeAt < cut && lastNeed >= cut),
  );
  const { variants } = options;
  return { order, tensors, crossing, ...(variants === undefined ? {} : { variants }) };
}

/** Tensors made in [first, end): by an operator there, or taken row by row for one. */
export function madeIn(flow: Flow, first: number, end: number): FlowTensor[] {
  return [...flow.tensors.values()].filter(({ madeAt }) => madeAt >= first && madeAt < end);
}

export function readersIn(tensor: FlowTensor, first: number, end: number): readonly FlowReader[] {
  return tensor.readers.filter(({ position }) => position >= first && position < end);
}
