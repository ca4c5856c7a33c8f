// SPDX-License-Identifier: Apache-2.0
/**
 * Where a REARRANGE must take its elements from, derived anew from the operator of the model by the rule of
 * docs/specs/plan-format.md: loops over n, h, w, c of the output, blocks as loops of their own, idle loops in front.
 */
import { constantIntegers, type Operator, type Tensor } from '../ir/index.js';

/** One loop: how often it turns, and how far each turn moves in the input. */
interface Turn {
  readonly size: number;
  readonly step: number;
}

type Fields = Readonly<Record<string, number>>;

const LOOPS = 6;

function fields(base: number, rows: readonly Turn[], inside: readonly Turn[]): Fields {
  const idle = LOOPS - rows.length - inside.length;
  const turns = [...Array.from({ length: idle }, (): Turn => ({ size: 1, step: 0 })), ...rows, ...inside];
  const result: Record<string, number> = { base, rowLoops: idle + rows.length };
  turns.forEach(({ size, step }, loop) => {
    result[`size${loop}`] = size;
    result[`step${loop}`] = step;
  });
  return result;
}

/** Elements between neighbours along n, h, w, c. */
function distances([, h = 1, w = 1, c = 1]: readonly number[]): readonly [number, number, number, number] {
  return [h * w * c, w * c, c, 1];
}

function slices(x: Tensor, y: Tensor, starts: readonly number[], strides: readonly number[]): Fields {
  const apart = distances(x.shape);
  const turns = y.shape.map((size, axis) => ({ size, step: apart[axis]! * (strides[axis] ?? 1) }));
  const base = apart.reduce((sum, distance, axis) => sum + distance * (starts[axis] ?? 0), 0);
  return fields(base, turns.slice(0, 2), turns.slice(2));
}

/** Where a STRIDED_SLICE without shrunk or new axes begins along each axis. */
function startsOf(x: Tensor, begins: readonly number[], strides: readonly number[], mask: number): number[] {
  return x.shape.map((size, axis) => {
    const forwards = (strides[axis] ?? 1) > 0;
    if (axis >= begins.length) return 0;
    if (((mask >> axis) & 1) === 1) return forwards ? 0 : size - 1;
    const begin = begins[axis]! < 0 ? begins[axis]! + size : begins[axis]!;
    return forwards ? Math.max(begin, 0) : Math.min(begin, size - 1);
  });
}

function blocksApart({ shape }: Tensor, size: number): Fields {
  const [perImage, perRow, perPixel] = distances(shape);
  const [n = 1, h = 1, w = 1, c = 1] = shape;
  const channels = c / size / size;
  const rows = [
    { size: n, step: perImage },
    { size: h, step: perRow },
    { size, step: size * channels },
  ];
  const inside = [
    { size: w, step: perPixel },
    { size, step: channels },
    { size: channels, step: 1 },
  ];
  return fields(0, rows, inside);
}

/** Rows and columns of blocks from images that each hold one place of all blocks; `phase` elements lie between these. */
function batchesTogether(x: Tensor, y: Tensor, [high = 1, wide = 1]: readonly number[]): Fields {
  const [perImage, perRow, perPixel] = distances(x.shape);
  const [, h = 1, w = 1, c = 1] = x.shape;
  const images = y.shape[0] ?? 1;
  const phase = images * perImage;
  const rows = [
    { size: images, step: perImage },
    { size: h, step: perRow },
    { size: high, step: wide * phase },
  ];
  const inside = [
    { size: w, step: perPixel },
    { size: wide, step: phase },
    { size: c, step: 1 },
  ];
  return fields(0, rows, inside);
}

function batchesApart(x: Tensor, y: Tensor, [high = 1, wide = 1]: readonly number[]): Fields {
  const [perImage, perRow, perPixel] = distances(x.shape);
  const [, h = 1, w = 1, c = 1] = y.shape;
  const rows = [
    { size: high, step: perRow },
    { size: wide, step: perPixel },
    { size: x.shape[0] ?? 1, step: perImage },
    { size: h, step: high * perRow },
  ];
  const inside = [
    { size: w, step: wide * perPixel },
    { size: c, step: 1 },
  ];
  return fields(0, rows, inside);
}

function blocksTogether({ shape }: Tensor, size: number): Fields {
  const [perImage, perRow, perPixel] = distances(shape);
  const [n = 1, h = 1, w = 1, c = 1] = shape;
  const rows = [
    { size: n, step: perImage },
    { size: h / size, step: size * perRow },
  ];
  const inside = [
    { size: w / size, step: size * perPixel },
    { size, step: perRow },
    { size, step: perPixel },
    { size: c, step: 1 },
  ];
  return fields(0, rows, inside);
}

/** Parameters of a rearrangement by name; undefined for other operators and for what no plan holds. */
export function expectedPlaces(
  operator: Operator,
  inputs: readonly (Tensor | undefined)[],
  y: Tensor,
): Fields | undefined {
  const [x] = inputs;
  if (x?.shape.length !== 4 || y.shape.length !== 4) return undefined;
  const integers = (index: number): readonly number[] | undefined =>
    inputs[index] && constantIntegers(inputs[index]);
  switch (operator.kind) {
    case 'slice': {
      const begin = integers(1);
      return begin && slices(x, y, begin, []);
    }
    case 'stridedSlice': {
      const [begin, strides] = [integers(1), integers(3)];
      return begin && strides && slices(x, y, startsOf(x, begin, strides, operator.beginMask), strides);
    }
    case 'transpose': {
      const turns = integers(1)?.map((axis, at) => ({
        size: y.shape[at] ?? 0,
        step: distances(x.shape)[axis < 0 ? axis + 4 : axis]!,
      }));
      return turns && fields(0, turns.slice(0, 2), turns.slice(2));
    }
    case 'depthToSpace':
      return blocksApart(x, operator.blockSize);
    case 'spaceToDepth':
      return blocksTogether(x, operator.blockSize);
    case 'spaceToBatch':
    case 'batchToSpace': {
      const [blocks, margins] = [integers(1), integers(2)];
      if (blocks?.length !== 2 || margins?.some((margin) => margin !== 0) !== false) return undefined;
      return operator.kind === 'spaceToBatch' ? batchesApart(x, y, blocks) : batchesTogether(x, y, blocks);
    }
    default:
      return undefined;
  }
}
