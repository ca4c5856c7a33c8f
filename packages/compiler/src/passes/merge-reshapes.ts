// SPDX-License-Identifier: Apache-2.0
/** Pass: makes one RESHAPE of what only renames dimensions. */
import {
  constantIntegers,
  type Graph,
  type Operator,
  type OperatorOf,
  producers,
  rowShape,
  tensorOf,
  type TensorId,
} from '../ir/index.js';
import { editOperators, type Pass, sameEncoding } from './pass.js';

/**
 * SQUEEZE, EXPAND_DIMS, and a TRANSPOSE that only moves dimensions of length 1, become RESHAPE; a RESHAPE reads the tensor that a chain of them began with. The target is
 * always the output's static shape, so the shape operand goes. All of these keep the bytes. FULLY_CONNECTED flattens its
 * input itself: it reads the tensor before a RESHAPE, if that has rows, which it can
 * take one by one.
 */
export const mergeReshapes: Pass = {
  name: 'merge-reshapes',
  summary: 'turns SQUEEZE, EXPAND_DIMS and trivial TRANSPOSE into RESHAPE and joins chains of them',
  run: (graph) => {
    const edits = new Map<number, Operator>();
    const makers = producers(graph);
    for (const operator of graph.operators) {
      if (operator.kind === 'fullyConnected') {
        const flattened = unflattened(graph, makers, operator);
        if (flattened !== undefined) edits.set(operator.id, flattened);
      }
      if (!isReshape(graph, operator)) continue;
      const source = chainStart(graph, makers, operator);
      if (!isMerged(operator, source)) edits.set(operator.id, reshapeOf(graph, operator, source));
    }
    const merged = editOperators(graph, edits);
    return merged === graph ? graph : withoutUnreadReshapes(merged);
  },
};

function isReshape(graph: Graph, operator: Operator): boolean {
  switch (operator.kind) {
    case 'reshape':
    case 'squeeze':
    case 'expandDims':
      return true;
    case 'transpose':
      return keepsOrder(graph, operator);
    default:
      return false;
  }
}

/** Whether the dimensions longer than 1 stay in order, so that no element moves. */
function keepsOrder(graph: Graph, operator: Operator): boolean {
  const [input, order] = operator.inputs.map((id) => tensorOf(graph, id ?? -1));
  const axes = order === undefined ? undefined : constantIntegers(order);
  if (input === undefined || axes === undefined) return false;
  const rank = input.shape.length;
  const moving = axes
    .map((axis) => (axis < 0 ? axis + rank : axis))
    .filter((axis) => input.shape[axis] !== 1);
  return moving.every((axis, at) => at === 0 || axis > (moving[at - 1] ?? 0));
}

function chainStart(graph: Graph, makers: ReadonlyMap<TensorId, Operator>, operator: Operator): TensorId {
  let source = operator.inputs[0] ?? -1;
  let maker = makers.get(source);
  while (maker !== undefined && isReshape(graph, maker)) {
    source = maker.inputs[0] ?? -1;
    maker = makers.get(source);
  }
  return source;
}

/** A FULLY_CONNECTED that reads what its RESHAPE reads; undefined when there is none, or its output would differ. */
function unflattened(
  graph: Graph,
  makers: ReadonlyMap<TensorId, Operator>,
  operator: OperatorOf<'fullyConnected'>,
): Operator | undefined {
  const [input = -1] = operator.inputs;
  const maker = makers.get(input ?? -1);
  if (input === null || operator.keepNumDims || maker === undefined || !isReshape(graph, maker))
    return undefined;
  const source = chainStart(graph, makers, maker);
  const [from, to] = [tensorOf(graph, source), tensorOf(graph, input)];
  const { n, h } = rowShape(from.shape);
  return n * h > 1 && sameEncoding(from, to)
    ? { ...operator, inputs: operator.inputs.with(0, source) }
    : undefined;
}

/** Links of a chain that nobody reads any more would keep their inputs from later passes. */
function withoutUnreadReshapes(graph: Graph): Graph {
  const needed = new Set<TensorId | null>(graph.outputs);
  const kept = graph.operators.toReversed().filter((operator) => {
    const isUnread = operator.kind === 'reshape' && !operator.outputs.some((id) => needed.has(id));
    if (!isUnread) for (const id of operator.inputs) needed.add(id);
    return !isUnread;
  });
  return { ...graph, operators: kept.toReversed() };
}

function isMerged(operator: Operator, source: TensorId): boolean {
  return (
    operator.kind === 'reshape' &&
    operator.inputs.length === 1 &&
    operator.inputs[0] === source &&
    operator.newShape !== undefined
  );
}

function reshapeOf(graph: Graph, operator: Operator, source: TensorId): Operator {
  const { id, outputs } = operator;
  const newShape = tensorOf(graph, outputs[0] ?? -1).shape;
  const version = operator.kind === 'reshape' ? operator.version : 1;
  return { kind: 'reshape', id, version, inputs: [source], outputs, newShape };
}
