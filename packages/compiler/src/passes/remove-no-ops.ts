// SPDX-License-Identifier: Apache-2.0
/** Pass: removes operators whose output is their input. */
import { equalShapes, type Graph, type Operator, tensorOf, type TensorId } from '../ir/index.js';
import { bypass, type Pass, sameEncoding } from './pass.js';

/**
 * RESHAPE to the same shape, CONCATENATION of one tensor, QUANTIZE to the same type and quantization, SLICE of
 * everything, PAD by nothing: gone when input and output have equal shape and encoding.
 */
export const removeNoOps: Pass = {
  name: 'remove-no-ops',
  summary: 'removes operators whose output has the bytes of their input',
  run: (graph) => {
    let cleaned = graph;
    for (const operator of graph.operators) {
      const input = copiedInput(cleaned, current(cleaned, operator));
      if (input !== undefined) cleaned = bypass(cleaned, current(cleaned, operator), input) ?? cleaned;
    }
    return cleaned;
  },
};

/** The operator as it is now: an earlier removal may have renamed what it reads. */
function current(graph: Graph, operator: Operator): Operator {
  return graph.operators.find(({ id }) => id === operator.id) ?? operator;
}

function copiedInput(graph: Graph, operator: Operator): TensorId | undefined {
  if (!copiesWhenShapesAgree(operator)) return undefined;
  const [input, output] = [operator.inputs[0] ?? -1, operator.outputs[0] ?? -1];
  const [from, to] = [tensorOf(graph, input), tensorOf(graph, output)];
  return equalShapes(from.shape, to.shape) && sameEncoding(from, to) ? input : undefined;
}

/** With equal shapes, these can only copy: a slice takes everything, a padding adds nothing. */
function copiesWhenShapesAgree(operator: Operator): boolean {
  switch (operator.kind) {
    case 'reshape':
    case 'squeeze':
    case 'expandDims':
    case 'quantize':
    case 'slice':
    case 'pad':
    case 'padV2':
    case 'mirrorPad':
      return true;
    case 'concatenation':
      return operator.inputs.length === 1 && operator.activation === 'none';
    default:
      return false;
  }
}
