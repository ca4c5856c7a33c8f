// SPDX-License-Identifier: Apache-2.0
/** Pass: makes one dilated convolution of what converters write as a convolution between batches. */
import {
  axisPadding,
  consumers,
  type ExplicitPadding,
  type Graph,
  type Operator,
  type OperatorOf,
  producers,
  tensorOf,
  type TensorId,
} from '../ir/index.js';
import { constantInput, editOperators, isReadOnce, type Pass, sameEncoding } from './pass.js';

type Convolution = OperatorOf<'conv2d' | 'depthwiseConv2d'>;

/**
 * SPACE_TO_BATCH_ND, a convolution of stride 1 without padding, BATCH_TO_SPACE_ND: each batch holds the pixels of one
 * phase, so a tap to the next pixel is a tap `block` pixels further in the image. SPACE_TO_BATCH_ND pads with what
 * stands for zero, and cropping the result is padding less. The sums have the same terms: exact. The tensors between
 * are read by nobody else.
 */
export const fuseDilation: Pass = {
  name: 'fuse-dilation',
  summary: 'makes a dilated convolution of SPACE_TO_BATCH_ND, a convolution and BATCH_TO_SPACE_ND',
  run: (graph) => {
    const makers = producers(graph);
    const readers = consumers(graph);
    const edits = new Map<number, Operator | undefined>();
    for (const last of graph.operators) {
      if (last.kind !== 'batchToSpace') continue;
      const middle = makers.get(last.inputs[0] ?? -1);
      const first = makers.get(middle?.inputs[0] ?? -1);
      if (!isPlainConvolution(middle) || first?.kind !== 'spaceToBatch') continue;
      const between = [first.outputs[0] ?? -1, middle.outputs[0] ?? -1];
      if (!between.every((id) => isReadOnce(graph, readers, id))) continue;
      const fused = dilated(graph, first, middle, last);
      if (fused === undefined) continue;
      edits.set(first.id, undefined);
      edits.set(middle.id, undefined);
      edits.set(last.id, fused);
    }
    return editOperators(graph, edits);
  },
};

function isPlainConvolution(operator: Operator | undefined): operator is Convolution {
  if (operator?.kind !== 'conv2d' && operator?.kind !== 'depthwiseConv2d') return false;
  const { padding, explicitPadding, strideH, strideW, dilationH, dilationW } = operator;
  const isPlain = [strideH, strideW, dilationH, dilationW].every((value) => value === 1);
  return isPlain && padding === 'valid' && explicitPadding === undefined;
}

function dilated(graph: Graph, first: Operator, middle: Convolution, last: Operator): Operator | undefined {
  const [source, target] = [first.inputs[0] ?? -1, last.outputs[0] ?? -1];
  const block = constantInput(graph, first, 1);
  const pads = constantInput(graph, first, 2);
  const crops = constantInput(graph, last, 2);
  const sameBlock = block?.join() === constantInput(graph, last, 1)?.join();
  const isImage = tensorOf(graph, source).shape.length === 4 && block?.length === 2;
  if (!isImage || !sameBlock || pads?.length !== 4 || crops?.length !== 4) return undefined;
  if (!alike(graph, source, first.outputs[0] ?? -1) || !alike(graph, middle.outputs[0] ?? -1, target))
    return undefined;
  const [top = 0, bottom = 0, left = 0, right = 0] = pads.map((pad, at) => pad - (crops[at] ?? 0));
  const padding: ExplicitPadding = { top, bottom, left, right };
  const [dilationH = 1, dilationW = 1] = block;
  const fused = {
    ...middle,
    id: last.id,
    dilationH,
    dilationW,
    inputs: middle.inputs.with(0, source),
    outputs: last.outputs,
  };
  return fits(graph, fused, padding) ? withPadding(graph, fused, padding) : undefined;
}

function alike(graph: Graph, a: TensorId, b: TensorId): boolean {
  return sameEncoding(tensorOf(graph, a), tensorOf(graph, b));
}

/** Whether the padding is none below zero and gives the height and width that the output has. */
function fits(graph: Graph, operator: Convolution, padding: ExplicitPadding): boolean {
  if (Object.values(padding).some((value) => value < 0)) return false;
  const [, heightIn = 0, widthIn = 0] = tensorOf(graph, operator.inputs[0] ?? -1).shape;
  const [, heightOut = 0, widthOut = 0] = tensorOf(graph, operator.outputs[0] ?? -1).shape;
  const [, kernelH = 1, kernelW = 1] = tensorOf(graph, operator.inputs[1] ?? -1).shape;
  return (
    heightIn + padding.top + padding.bottom - (kernelH - 1) * operator.dilationH === heightOut &&
    widthIn + padding.left + padding.right - (kernelW - 1) * operator.dilationW === widthOut
  );
}

function withPadding(graph: Graph, operator: Convolution, padding: ExplicitPadding): Operator {
  const { top, bottom, left, right } = padding;
  if (top + bottom + left + right === 0) return operator;
  const [, height = 0, width = 0] = tensorOf(graph, operator.inputs[0] ?? -1).shape;
  const [, kernelH = 1, kernelW = 1] = tensorOf(graph, operator.inputs[1] ?? -1).shape;
  const h = axisPadding(height, { kernel: kernelH, stride: 1, dilation: operator.dilationH }, 'same');
  const w = axisPadding(width, { kernel: kernelW, stride: 1, dilation: operator.dilationW }, 'same');
  const isSame = h.before === top && h.after === bottom && w.before === left && w.after === right;
  return isSame ? { ...operator, padding: 'same' } : { ...operator, explicitPadding: padding };
}
