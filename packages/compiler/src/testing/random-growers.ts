// SPDX-License-Identifier: Apache-2.0
// The kinds of operators that random graphs are made of: to add one, write how it grows and a line in the table.
import type { TensorId, TensorOptions } from '../ir/index.js';
import {
  activation,
  type Grow,
  type Grower,
  imageOf,
  outputType,
  padding,
  scales,
  windowFields,
} from './grower-fields.js';
import { float32, int16, int8, uint8 } from './operator-cases/operator-case.js';
import type { Growth } from './random-graph.js';

const conv: Grow = (growth, from) => {
  const { bench, pick } = growth;
  const image = imageOf(growth, from);
  const groups = image[3] % 2 === 0 && pick.chance(4) ? 2 : 1;
  const filters = groups * pick.between(1, 4);
  const { kernel, fields, dilations } = windowFields(pick, image);
  const weights = bench.weights([filters, ...kernel, image[3] / groups], scales(pick, filters));
  const bias = pick.chance(5) ? null : bench.bias(filters, 'int32', [0.0005]);
  return [bench.operator('conv2d', [from, weights, bias], { ...fields, ...dilations }, outputType(pick))];
};

const depthwise: Grow = (growth, from) => {
  const { bench, pick } = growth;
  const image = imageOf(growth, from);
  const depthMultiplier = image[3] > 4 ? 1 : pick.between(1, 2);
  const filters = image[3] * depthMultiplier;
  const { kernel, fields, dilations } = windowFields(pick, image);
  const weights = bench.weights([1, ...kernel, filters], scales(pick, filters), 3);
  const bias = pick.chance(5) ? null : bench.bias(filters, 'int32', [0.0005]);
  const all = { ...fields, ...dilations, depthMultiplier };
  return [bench.operator('depthwiseConv2d', [from, weights, bias], all, outputType(pick))];
};

const transposed: Grow = (growth, from) => {
  const { bench, pick } = growth;
  const [n, h, w, c] = imageOf(growth, from);
  if (h > 14 || w > 12) return undefined;
  const [kernelH, kernelW] = [pick.between(1, 4), pick.between(1, 3)];
  const [strideH, strideW] = [pick.between(1, 3), pick.between(1, 2)];
  const how = padding(pick);
  const [height, width] =
    how === 'same' ? [h * strideH, w * strideW] : [(h - 1) * strideH + kernelH, (w - 1) * strideW + kernelW];
  const filters = pick.between(1, 4);
  const shape = bench.integers(n, height, width, filters);
  const weights = bench.weights([filters, kernelH, kernelW, c], scales(pick, filters));
  const bias = pick.chance(4) ? [] : [bench.bias(filters, 'int32', [0.0005])];
  const fields = { strideH, strideW, padding: how, activation: 'none' as const };
  return [bench.operator('transposeConv', [shape, weights, from, ...bias], fields, outputType(pick))];
};

const pool: Grow = (growth, from) => {
  const { bench, pick } = growth;
  const { kernel, fields } = windowFields(pick, imageOf(growth, from));
  const kind = pick.of(['maxPool2d', 'averagePool2d'] as const);
  return [bench.operator(kind, [from], { ...fields, filterH: kernel[0], filterW: kernel[1] })];
};

const resize: Grow = (growth, from) => {
  const { bench, pick } = growth;
  const [, h, w] = imageOf(growth, from);
  if (h > 16) return undefined;
  const size = bench.integers(pick.between(1, 2 * h + 1), pick.between(1, 2 * w));
  const alignCorners = pick.chance(3);
  const fields = { alignCorners, halfPixelCenters: !alignCorners && pick.chance(2) };
  return [bench.operator(pick.of(['resizeBilinear', 'resizeNearest'] as const), [from, size], fields)];
};

const mirror: Grow = (growth, from) => {
  const { bench, pick } = growth;
  const mode = pick.of(['reflect', 'symmetric'] as const);
  const paddings = imageOf(growth, from).flatMap((size, axis) => {
    const most = axis === 0 ? 0 : Math.min(3, mode === 'reflect' ? size - 1 : size);
    return [pick.between(0, most), pick.between(0, most)];
  });
  return [bench.operator('mirrorPad', [from, bench.constant([4, 2], paddings)], { mode })];
};

const pad: Grow = (growth, from) => {
  const { bench, pick } = growth;
  if (pick.chance(3)) return mirror(growth, from);
  const inside = Array.from({ length: 4 }, () => pick.between(0, 2));
  const outside = (): number[] => (pick.chance(4) ? [pick.between(0, 1), pick.between(0, 1)] : [0, 0]);
  const paddings = bench.constant([4, 2], [...outside(), ...inside, ...outside()]);
  if (pick.chance(2)) return [bench.operator('pad', [from, paddings], {})];
  const value = bench.constant([1], [pick.between(-128, 127)], bench.typeOf(from));
  return [bench.operator('padV2', [from, paddings, value], {})];
};

const unary: Grow = ({ bench, pick }, from) => {
  const kind = pick.of(['relu', 'relu6', 'reluN1To1', 'leakyRelu', 'hardSwish', 'elu', 'quantize'] as const);
  if (kind === 'leakyRelu') {
    return [bench.operator(kind, [from], { alpha: pick.of([0.25, 0.01, 1.5]) }, outputType(pick))];
  }
  return [bench.operator(kind, [from], {}, outputType(pick))];
};

const squash: Grow = ({ bench, pick }, from) => {
  const kind = pick.of(['logistic', 'tanh', 'softmax', 'logSoftmax', 'l2Normalization'] as const);
  if (kind === 'logSoftmax') return [bench.operator(kind, [from], {}, int8(1 / 16, 127))];
  if (kind === 'l2Normalization') {
    return [bench.operator(kind, [from], { activation: 'none' }, int8(1 / 128))];
  }
  if (kind === 'tanh') return [bench.operator(kind, [from], {}, int8(1 / 128))];
  if (kind === 'logistic') return [bench.operator(kind, [from], {}, int8(1 / 256, -128))];
  return [bench.operator(kind, [from], { beta: pick.of([1, 0.5]) }, int8(1 / 256, -128))];
};

/** The other operand: a tensor that fits when lengths of 1 repeat, or a constant. */
function otherOperand({ bench, pick, tensors }: Growth, from: TensorId): TensorId {
  const shape = bench.shapeOf(from);
  const others = tensors.filter(
    (other) =>
      other !== from &&
      bench.shapeOf(other).every((size, axis) => size === shape[axis] || size === 1 || shape[axis] === 1),
  );
  if (others.length > 0 && !pick.chance(4)) return pick.of(others);
  const part = shape.map((size) => (pick.chance(2) ? size : 1));
  const values = Array.from({ length: part.reduce((a, b) => a * b, 1) }, () => pick.between(-128, 127));
  return bench.constant(part, values, outputType(pick));
}

/** The greater or lesser of two tensors of one type, a slope below zero, or a quotient. */
const selection: Grow = (growth, from) => {
  const { bench, pick } = growth;
  const part = bench.shapeOf(from).map((size) => (pick.chance(2) ? size : 1));
  const count = part.reduce((a, b) => a * b, 1);
  const constant = (least: number, type: TensorOptions): TensorId =>
    bench.constant(
      part,
      Array.from({ length: count }, () => pick.between(least, 127)),
      type,
    );
  switch (pick.between(1, 3)) {
    case 1:
      return [
        bench.operator(
          pick.of(['maximum', 'minimum'] as const),
          [from, constant(-128, bench.typeOf(from))],
          {},
        ),
      ];
    case 2:
      return [bench.operator('prelu', [from, constant(-128, int8(0.01, 3))], {}, outputType(pick))];
    default: {
      const quotient = int8(0.02, -9);
      return [bench.operator('div', [from, constant(1, int8(0.02))], { activation: 'none' }, quotient)];
    }
  }
};

const arithmetic: Grow = (growth, from) => {
  const { bench, pick } = growth;
  if (pick.chance(6)) return selection(growth, from);
  const other = otherOperand(growth, from);
  const operands = pick.chance(2) ? [from, other] : [other, from];
  const kind = pick.of(['add', 'add', 'sub', 'mul'] as const);
  const fields = { activation: activation(pick) };
  if (kind === 'mul') return [bench.operator(kind, operands, fields, outputType(pick))];
  return [bench.operator(kind, operands, { ...fields, potScaleInt16: false }, outputType(pick))];
};

/** Joins 2 to 4 tensors that differ along one axis only; those of another quantization are converted before. */
const concatenation: Grow = (growth, from) => {
  const { bench, pick, tensors } = growth;
  const shape = bench.shapeOf(from);
  const axis = pick.of([3, 3, 3, 2, 1, 1, 0]);
  const others = tensors.filter((other) =>
    bench.shapeOf(other).every((size, i) => i === axis || size === shape[i]),
  );
  const parts = [from, ...Array.from({ length: pick.of([1, 1, 2, 3]) }, () => pick.of(others))];
  const type = bench.typeOf(from);
  const [scale] = type.quantization?.scales ?? [];
  const converted = parts.map((part) => {
    const { quantization } = bench.typeOf(part);
    const isSame =
      quantization?.scales[0] === scale && quantization?.zeroPoints[0] === type.quantization?.zeroPoints[0];
    return isSame ? part : bench.operator('quantize', [part], {}, type);
  });
  const turned = pick.chance(2) ? converted : converted.toReversed();
  return [bench.operator('concatenation', turned, { axis, activation: 'none' }, type)];
};

const split: Grow = (growth, from) => {
  const { bench, pick } = growth;
  const shape = imageOf(growth, from);
  const channels = shape[3];
  if (channels < 2) return undefined;
  const part = (c: number): TensorId => bench.tensor([...shape.slice(0, 3), c], bench.typeOf(from));
  const counts = [2, 3, 4, 6].filter((count) => channels % count === 0);
  if (counts.length > 0 && pick.chance(2)) {
    const numSplits = pick.of(counts);
    const parts = Array.from({ length: numSplits }, () => part(channels / numSplits));
    bench.operatorInto('split', [bench.constant([], [pick.of([3, -1])]), from], parts, { numSplits });
    return parts;
  }
  const first = pick.between(1, channels - 1);
  const parts = [part(first), part(channels - first)];
  const operands = [from, bench.integers(first, channels - first), bench.constant([], [3])];
  bench.operatorInto('splitV', operands, parts, { numSplits: 2 });
  return parts;
};

/** The same bytes in other rows. */
const reshape: Grow = (growth, from) => {
  const { bench, pick } = growth;
  const [n, h, w, c] = imageOf(growth, from);
  const newShape = pick.of([
    [n, w, h, c],
    [1, 1, n * h * w, c],
    [1, n * h, w, c],
    [n, h, 1, w * c],
  ]);
  return [bench.operator('reshape', [from, bench.integers(...newShape)], { newShape })];
};

/** A tensor of three dimensions for the length of one operator. */
const squeezed: Grow = (growth, from) => {
  const { bench, pick } = growth;
  const axes = [0, 1, 2].filter((axis) => bench.shapeOf(from)[axis] === 1);
  if (axes.length === 0) return undefined;
  const axis = pick.of(axes);
  const flat = bench.operator('squeeze', [from], { axes: [axis] });
  const changed = pick.chance(2) ? bench.operator('relu', [flat], {}) : flat;
  return [bench.operator('expandDims', [changed, bench.constant([], [axis])], {})];
};

/** A mean, sum or maximum along any axes; mostly an image of one element, which may gate what it was taken from. */
const reduction: Grow = (growth, from) => {
  const { bench, pick } = growth;
  const [n, , , c] = imageOf(growth, from);
  const axes = pick.of([[1, 2], [2, 1], [-3, -2], [1, 2], [1], [2], [3], [0], [1, 3], [0, 1, 2]]);
  const kind = pick.of(['mean', 'mean', 'sum', 'reduceMax'] as const);
  const type = kind === 'reduceMax' ? undefined : outputType(pick);
  // Rows show what is left of several images only if dimensions are kept; passes see to it in models.
  const keepDims = n > 1 || axes.join() !== '1,2' || pick.chance(2);
  const made = bench.operator(kind, [from, bench.integers(...axes)], { keepDims }, type);
  if (keepDims) return [made];
  return [bench.operator('reshape', [made, bench.integers(n, 1, 1, c)], { newShape: [n, 1, 1, c] })];
};

/** Flattened, through one fully connected operator, and an image again. */
const dense: Grow = (growth, from) => {
  const { bench, pick } = growth;
  const [n, h, w, c] = imageOf(growth, from);
  const features = h * w * c;
  if (features > 600) return undefined;
  const newShape = [n, features];
  const flat = bench.operator('reshape', [from, bench.integers(...newShape)], { newShape });
  const filters = pick.between(1, 7);
  const weights = bench.weights([filters, features], scales(pick, filters));
  const bias = pick.chance(4) ? null : bench.bias(filters, 'int32', [0.0005]);
  const fields = { activation: activation(pick), keepNumDims: false, weightsFormat: 'default' as const };
  const scores = bench.operator('fullyConnected', [flat, weights, bias], fields, outputType(pick));
  const image = [n, 1, 1, filters];
  return [bench.operator('reshape', [scores, bench.integers(...image)], { newShape: image })];
};

/** Pixels of blocks to images and back, or only there. */
const batches: Grow = (growth, from) => {
  const { bench, pick } = growth;
  const [n, h, w] = imageOf(growth, from);
  if (h % 2 !== 0 || w % 2 !== 0 || n > 2) return undefined;
  const blocks = bench.integers(2, 2);
  const none = bench.constant([2, 2], [0, 0, 0, 0]);
  const apart = bench.operator('spaceToBatch', [from, blocks, none], {});
  if (pick.chance(3)) return [apart];
  const changed = bench.operator('relu', [apart], {});
  return [bench.operator('batchToSpace', [changed, blocks, none], {})];
};

/** Some of an image, with strides that may go backwards, or its axes in another order. */
const rearranged: Grow = (growth, from) => {
  const { bench, pick } = growth;
  const [n, h, w, c] = imageOf(growth, from);
  switch (pick.between(1, 4)) {
    case 1: {
      const begin = [h, w, c].map((size) => pick.between(0, size - 1));
      const size = [h, w, c].map((whole, axis) => pick.between(1, whole - (begin[axis] ?? 0)));
      return [bench.operator('slice', [from, bench.integers(0, ...begin), bench.integers(-1, ...size)], {})];
    }
    case 2: {
      const strides = [1, ...[h, w, c].map(() => pick.of([1, 1, 2, -1, -2]))];
      const zeros = strides.map(() => 0);
      const masks = {
        beginMask: 15,
        endMask: 15,
        ellipsisMask: 0,
        newAxisMask: 0,
        shrinkAxisMask: 0,
        offset: false,
      };
      const operands = [from, bench.integers(...zeros), bench.integers(...zeros), bench.integers(...strides)];
      return [bench.operator('stridedSlice', operands, masks)];
    }
    case 3: {
      const order = pick.of([
        [0, 2, 1, 3],
        [0, 1, 3, 2],
        [0, 3, 1, 2],
        [1, 0, 2, 3],
      ]);
      return [bench.operator('transpose', [from, bench.integers(...order)], {})];
    }
    default:
      if (pick.chance(2)) return batches(growth, from);
      if (c % 4 === 0) return [bench.operator('depthToSpace', [from], { blockSize: 2 })];
      return h % 2 === 0 && w % 2 === 0 && n * c < 40
        ? [bench.operator('spaceToDepth', [from], { blockSize: 2 })]
        : undefined;
  }
};

/** Real numbers and back: a convolution, a sum or a maximum of a window of float32. */
const reals: Grow = (growth, from) => {
  const { bench, pick } = growth;
  const image = imageOf(growth, from);
  const x = bench.operator('dequantize', [from], {}, float32);
  const { kernel, fields, dilations } = windowFields(pick, image);
  const filters = pick.between(1, 3);
  const window = { ...fields, filterH: kernel[0], filterW: kernel[1] };
  const result = pick.chance(2)
    ? bench.operator('maxPool2d', [x], window, float32)
    : bench.operator(
        'conv2d',
        [x, bench.weights([filters, ...kernel, image[3]], 'float'), null],
        { ...fields, ...dilations },
        float32,
      );
  return [bench.operator('quantize', [result], {}, outputType(pick))];
};

/** int16 and back: a pool, a depthwise convolution or a function of one element. */
const wide: Grow = (growth, from) => {
  const { bench, pick } = growth;
  const image = imageOf(growth, from);
  const x = bench.operator('quantize', [from], {}, int16(1 / 4000));
  const { kernel, fields, dilations } = windowFields(pick, image);
  const made = (): TensorId => {
    switch (pick.between(1, 3)) {
      case 1: {
        const kind = pick.of(['maxPool2d', 'averagePool2d'] as const);
        return bench.operator(kind, [x], { ...fields, filterH: kernel[0], filterW: kernel[1] });
      }
      case 2: {
        const weights = bench.weights([1, ...kernel, image[3]], scales(pick, image[3]), 3);
        const all = { ...fields, ...dilations, depthMultiplier: 1 };
        return bench.operator('depthwiseConv2d', [x, weights], all, int16(1 / 2000));
      }
      default:
        return bench.operator(pick.of(['tanh', 'logistic'] as const), [x], {}, int16(1 / 32768));
    }
  };
  return [bench.operator('quantize', [made()], {}, outputType(pick))];
};

/** Through other types and back: unsigned bytes, int16 or float32. */
const unsigned: Grow = (growth, from) => {
  const { bench, pick } = growth;
  if (pick.chance(3)) return wide(growth, from);
  if (pick.chance(2)) return reals(growth, from);
  const bytes = bench.operator('quantize', [from], {}, uint8(0.06, 120));
  return [bench.operator('quantize', [bytes], {}, int8(0.06, -8))];
};

export const GROWERS: readonly Grower[] = [
  { name: 'conv2d', weight: 8, grow: conv },
  { name: 'depthwiseConv2d', weight: 4, grow: depthwise },
  { name: 'transposeConv', weight: 3, grow: transposed },
  { name: 'pool', weight: 3, grow: pool },
  { name: 'resize', weight: 3, grow: resize },
  { name: 'pad', weight: 2, grow: pad },
  { name: 'unary', weight: 3, grow: unary },
  { name: 'squash', weight: 1, grow: squash },
  { name: 'arithmetic', weight: 6, grow: arithmetic },
  { name: 'concatenation', weight: 6, grow: concatenation },
  { name: 'split', weight: 2, grow: split },
  { name: 'reshape', weight: 1, grow: reshape },
  { name: 'squeeze and expandDims', weight: 1, grow: squeezed },
  { name: 'rearranged', weight: 3, grow: rearranged },
  { name: 'reduction', weight: 2, grow: reduction },
  { name: 'dense', weight: 1, grow: dense },
  { name: 'other types', weight: 2, grow: unsigned },
];
