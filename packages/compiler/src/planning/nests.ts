// SPDX-License-Identifier: Apache-2.0
/** Operators that take elements of an image in another order, as the nest of loops that a REARRANGE runs. */
import type { Nest } from '../analysis/row-windows.js';
import {
  constantIntegers,
  resolveStridedSlice,
  rowShape,
  tensorOf,
  type Graph,
  type OperatorOf,
  type TensorId,
} from '../ir/index.js';

export type RearrangingKind =
  | 'slice'
  | 'stridedSlice'
  | 'transpose'
  | 'depthToSpace'
  | 'spaceToDepth'
  | 'spaceToBatch'
  | 'batchToSpace';

/** Loops over n, h, w, c of the output, with what each moves in the input. */
type Loop = readonly [size: number, step: number];

const DEPTH = 6;

/** The nest; undefined where it can not be one: axes that are not constant, tensors that are no images. */
export function nestOf(graph: Graph, op: OperatorOf<RearrangingKind>): Nest | undefined {
  const [from, to] = [op.inputs[0], op.outputs[0]].map((id) => tensorOf(graph, id as TensorId).shape);
  if (from?.length !== 4 || to?.length !== 4) return undefined;
  const { h, w, c } = rowShape(from);
  const steps = [h * w * c, w * c, c, 1];
  const constant = (index: number): readonly number[] | undefined =>
    constantIntegers(tensorOf(graph, op.inputs[index] ?? -1));
  switch (op.kind) {
    case 'slice':
      return sliced(constant(1), [1, 1, 1, 1], to, steps);
    case 'stridedSlice': {
      const [begin, end, strides] = [constant(1), constant(2), constant(3)];
      if (begin === undefined || end === undefined || strides === undefined) return undefined;
      const axes = resolveStridedSlice(op, from, begin, end, strides);
      if (axes === undefined || axes.some(({ drop }) => drop)) return undefined;
      return sliced(
        axes.map(({ start }) => start),
        axes.map(({ stride }) => stride),
        to,
        steps,
      );
    }
    case 'transpose': {
      const order = constant(1)?.map((axis) => (axis < 0 ? axis + 4 : axis));
      return (
        order &&
        nest(
          0,
          2,
          to.map((size, axis) => [size, steps[order[axis] ?? 0] ?? 0]),
        )
      );
    }
    case 'depthToSpace':
      return depthToSpace(from, to, op.blockSize);
    case 'spaceToDepth':
      return spaceToDepth(from, to, op.blockSize);
    case 'spaceToBatch':
      return withoutMargins(constant(1), constant(2)) && spaceToBatch(from, to, constant(1) ?? []);
    case 'batchToSpace':
      return withoutMargins(constant(1), constant(2)) && batchToSpace(from, to, constant(1) ?? []);
  }
}

/** `outer` loops count rows; loops of one turn stand in front. */
function nest(base: number, outer: number, loops: readonly Loop[]): Nest {
  const idle = DEPTH - loops.length;
  const all = [...Array.from({ length: idle }, (): Loop => [1, 0]), ...loops];
  const sizes = all.map(([size]) => size);
  return { sizes, steps: all.map(([, step]) => step), base, rowLoops: idle + outer };
}

function sliced(
  begin: readonly number[] | undefined,
  strides: readonly number[],
  to: readonly number[],
  steps: readonly number[],
): Nest | undefined {
  if (begin === undefined) return undefined;
  const base = begin.reduce((sum, start, axis) => sum + start * (steps[axis] ?? 0), 0);
  return nest(
    base,
    2,
    to.map((size, axis) => [size, (strides[axis] ?? 1) * (steps[axis] ?? 0)]),
  );
}

/** Channel (by * block + bx) * c' + k becomes channel k of pixel (by, bx) of a block. */
function depthToSpace(from: readonly number[], to: readonly number[], block: number): Nest {
  const [n = 1, h = 1, w = 1, c = 1] = from;
  const channels = to[3] ?? 1;
  return nest(0, 3, [
    [n, h * w * c],
    [h, w * c],
    [block, block * channels],
    [w, c],
    [block, channels],
    [channels, 1],
  ]);
}

function spaceToDepth(from: readonly number[], to: readonly number[], block: number): Nest {
  const [n = 1, h = 1, w = 1, c = 1] = from;
  const [, height = 1, width = 1] = to;
  return nest(0, 2, [
    [n, h * w * c],
    [height, block * w * c],
    [width, block * c],
    [block, w * c],
    [block, c],
    [c, 1],
  ]);
}

/** Blocks of rows and columns; paddings and crops have become operators of their own. */
function withoutMargins(
  blocks: readonly number[] | undefined,
  margins: readonly number[] | undefined,
): true | undefined {
  const isPlain = blocks?.length === 2 && margins?.every((margin) => margin === 0) === true;
  return isPlain ? true : undefined;
}

/** Image (by * blockW + bx) * images + i has pixel (by, bx) of each block of image i. */
function spaceToBatch(from: readonly number[], to: readonly number[], blocks: readonly number[]): Nest {
  const [n = 1, h = 1, w = 1, c = 1] = from;
  const [, height = 1, width = 1] = to;
  const [blockH = 1, blockW = 1] = blocks;
  return nest(0, 4, [
    [blockH, w * c],
    [blockW, c],
    [n, h * w * c],
    [height, blockH * w * c],
    [width, blockW * c],
    [c, 1],
  ]);
}

function batchToSpace(from: readonly number[], to: readonly number[], blocks: readonly number[]): Nest {
  const [, h = 1, w = 1, c = 1] = from;
  const images = to[0] ?? 1;
  const [blockH = 1, blockW = 1] = blocks;
  const phase = images * h * w * c;
  return nest(0, 3, [
    [images, h * w * c],
    [h, w * c],
    [blockH, blockW * phase],
    [w, c],
    [blockW, phase],
    [c, 1],
  ]);
}
