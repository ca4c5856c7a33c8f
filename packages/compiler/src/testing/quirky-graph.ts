// SPDX-License-Identifier: Apache-2.0
// Random int8 graphs with what converters leave behind and passes take out; seeded.
import { type Activation, type Graph, GraphBuilder, type TensorId } from '../ir/index.js';
import { Picker } from './random-graph.js';

/** Adds a quirk that reads `from` and returns what the next one reads, an image of rank 4. */
type Quirk = (builder: GraphBuilder, pick: Picker, from: TensorId) => TensorId;

/** Every tensor that a quirk reads is encoded like this; -128 is what a padded maximum needs. */
const ENCODING = { scale: 0.05, zeroPoint: -128 };

/** A graph of 3 to 8 quirks between convolutions, on images of 6 to 10 rows and columns. */
export function quirkyGraph(seed: number): Graph {
  const pick = new Picker(seed);
  const builder = new GraphBuilder(`quirky-${String(seed)}`);
  let at = builder.input([1, pick.between(6, 10), pick.between(6, 10), pick.between(1, 4)], ENCODING);
  const count = pick.between(3, 8);
  for (let index = 0; index < count; index++) {
    at = pick.of(QUIRKS)(builder, pick, at);
  }
  const last = builder.conv2d(at, { filters: 2, kernel: 1, padding: 'valid', output: ENCODING });
  return builder.output(last).build();
}

const conv: Quirk = (builder, pick, from) =>
  builder.conv2d(from, {
    filters: pick.between(1, 4),
    padding: 'same',
    seed: pick.between(1, 999),
    output: ENCODING,
  });

const activations = ['relu', 'relu6', 'reluN1To1'] as const;

/** An activation on its own, sometimes read by others too, sometimes with another scale. */
const loneActivation: Quirk = (builder, pick, from) => {
  const before = pick.of([conv, pool, sum])(builder, pick, from);
  const isRescaled = pick.chance(4);
  const output = isRescaled ? { scale: 0.04, zeroPoint: -100 } : ENCODING;
  const after = builder.operator(pick.of(activations), [before], {}, output);
  if (isRescaled) return builder.operator('quantize', [after], {}, ENCODING);
  return pick.chance(4) ? builder.add(before, after, ENCODING) : after;
};

const fused = (pick: Picker): Activation => pick.of(['none', 'none', 'relu', 'relu6']);

const pool: Quirk = (builder, pick, from) =>
  builder.operator(
    pick.of(['maxPool2d', 'averagePool2d'] as const),
    [from],
    { filterH: 2, filterW: 2, strideH: 1, strideW: 1, padding: 'same', activation: fused(pick) },
    ENCODING,
  );

const sum: Quirk = (builder, pick, from) =>
  builder.operator('add', [from, from], { activation: fused(pick), potScaleInt16: false }, ENCODING);

/** PAD or PADV2 before a window without padding of its own; the value is not always zero. */
const paddedWindow: Quirk = (builder, pick, from) => {
  const [, h = 1, w = 1] = builder.shapeOf(from);
  if (h < 3 || w < 3) return from;
  const amounts = builder.constant(
    [4, 2],
    [0, 0, pick.between(0, 2), pick.between(0, 2), pick.between(0, 2), pick.between(0, 1), 0, 0],
  );
  const value = builder.constant([1], [pick.chance(3) ? 5 : -128], { type: 'int8', ...ENCODING });
  const padded = pick.chance(2)
    ? builder.operator('pad', [from, amounts], {}, ENCODING)
    : builder.operator('padV2', [from, amounts, value], {}, ENCODING);
  const stride = pick.between(1, 2);
  if (pick.chance(3)) {
    const fields = { filterH: 3, filterW: 3, strideH: stride, strideW: stride };
    const kind = pick.of(['maxPool2d', 'averagePool2d'] as const);
    return builder.operator(kind, [padded], { ...fields, padding: 'valid', activation: 'none' }, ENCODING);
  }
  const options = { stride, padding: 'valid', seed: pick.between(1, 99), output: ENCODING } as const;
  return pick.chance(2)
    ? builder.conv2d(padded, { filters: pick.between(1, 4), ...options })
    : builder.depthwiseConv2d(padded, { filters: builder.shapeOf(padded).at(-1) ?? 1, ...options });
};

/** RESHAPE, SQUEEZE and EXPAND_DIMS that end where they began, or with height and width swapped. */
const renamedAxes: Quirk = (builder, pick, from) => {
  const [, h = 1, w = 1, c = 1] = builder.shapeOf(from);
  const flat = builder.operator('squeeze', [from], { axes: [0] }, ENCODING);
  const line = builder.operator(
    'reshape',
    [flat, builder.constant([2], [-1, c])],
    { newShape: [-1, c] },
    ENCODING,
  );
  const [first, second] = pick.chance(2) ? [h, w] : [w, h];
  const newShape = [first, second, c];
  const image = builder.operator('reshape', [line, builder.constant([3], newShape)], { newShape }, ENCODING);
  return builder.operator('expandDims', [image, builder.constant([1], [0])], {}, ENCODING);
};

/** A mean of each row that drops the columns, which come back before it is added. */
const droppedAxis: Quirk = (builder, pick, from) => {
  const kind = pick.of(['mean', 'sum'] as const);
  const line = builder.operator(kind, [from, builder.constant([1], [2])], { keepDims: false }, ENCODING);
  const column = builder.operator('expandDims', [line, builder.constant([1], [2])], {}, ENCODING);
  return builder.add(from, column, ENCODING);
};

/** The first row apart from the others, in two ways, and together again. */
const dividedRows: Quirk = (builder, pick, from) => {
  const [n = 1, h = 1, w = 1, c = 1] = builder.shapeOf(from);
  if (h < 2) return from;
  const top = builder.tensor([n, 1, w, c], ENCODING);
  const rest = builder.tensor([n, h - 1, w, c], ENCODING);
  const sizes = builder.constant([2], [1, h - 1]);
  builder.operatorInto('splitV', [from, sizes, builder.constant([], [1])], [top, rest], { numSplits: 2 });
  if (pick.chance(2)) return builder.concatenation([rest, top], 1);
  const [first, second] = [builder.tensor([n, h, c], ENCODING), builder.tensor([n, h, c], ENCODING)];
  if (w !== 2) return builder.concatenation([top, rest, top], 1);
  builder.operatorInto('unpack', [from], [first, second], { axis: 2, partCount: 2 });
  return builder.operator('pack', [second, first], { axis: 2, valuesCount: 2 }, ENCODING);
};

/** Operators that copy: the same quantization, one input to join, nothing to pad. */
const copies: Quirk = (builder, pick, from) => {
  const nothing = builder.constant([4, 2], [0, 0, 0, 0, 0, 0, 0, 0]);
  const all = builder.constant([4], [-1, -1, -1, -1]);
  const start = builder.constant([4], [0, 0, 0, 0]);
  switch (pick.between(1, 4)) {
    case 1:
      return builder.operator('quantize', [from], {}, ENCODING);
    case 2:
      return builder.operator('concatenation', [from], { axis: -1, activation: 'none' }, ENCODING);
    case 3:
      return builder.operator('pad', [from, nothing], {}, ENCODING);
    default:
      return builder.operator('slice', [from, start, all], {}, ENCODING);
  }
};

/** SHAPE, STRIDED_SLICE and PACK compute the output shape of a TRANSPOSE_CONV; then a pool halves it again. */
const computedShape: Quirk = (builder, pick, from) => {
  const [n = 1, h = 1, w = 1, c = 1] = builder.shapeOf(from);
  const int32 = { type: 'int32' } as const;
  const filters = pick.between(1, 3);
  const sizes = builder.operator('shape', [from], { outType: 'int32' }, int32);
  const [begin, end, step] = [0, 1, 1].map((value) => builder.constant([1], [value]));
  const masks = { beginMask: 0, endMask: 0, ellipsisMask: 0, newAxisMask: 0 };
  const batch = builder.operator(
    'stridedSlice',
    [sizes, begin ?? -1, end ?? -1, step ?? -1],
    { ...masks, shrinkAxisMask: 1, offset: false },
    int32,
  );
  const rest = [2 * h, 2 * w, filters].map((value) => builder.constant([], [value]));
  const shape = builder.operator('pack', [batch, ...rest], { axis: 0, valuesCount: 4 }, int32);
  const weights = builder.constant(
    [filters, 2, 2, c],
    Array.from({ length: filters * 4 * c }, () => pick.between(-127, 127)),
    { type: 'int8', scale: 0.01 },
  );
  const up = builder.tensor([n, 2 * h, 2 * w, filters], ENCODING);
  builder.operatorInto('transposeConv', [shape, weights, from], [up], {
    ...{ strideH: 2, strideW: 2, padding: 'same', activation: 'none' },
  });
  const fields = { filterH: 2, filterW: 2, strideH: 2, strideW: 2 };
  return builder.operator('maxPool2d', [up], { ...fields, padding: 'valid', activation: 'none' }, ENCODING);
};

/** An operator whose result nobody reads. */
const unread: Quirk = (builder, pick, from) => {
  conv(builder, pick, from);
  return from;
};

/** A bias with the quantization axis of the weights. */
const strayAxis: Quirk = (builder, pick, from) => {
  const channels = builder.shapeOf(from).at(-1) ?? 1;
  const scales = Array.from({ length: channels }, (_, index) => Math.fround(0.01 + 0.001 * index));
  const quantization = { scales, zeroPoints: scales.map(() => 0), axis: 3 };
  const values = Array.from({ length: 9 * channels }, () => pick.between(-127, 127));
  const weights = builder.constant([1, 3, 3, channels], values, { type: 'int8', quantization });
  const bias = builder.constant(
    [channels],
    scales.map(() => pick.between(-500, 500)),
    { type: 'int32', quantization },
  );
  const window = { strideH: 1, strideW: 1, dilationH: 1, dilationW: 1, depthMultiplier: 1 };
  return builder.operator(
    'depthwiseConv2d',
    [from, weights, bias],
    { ...window, padding: 'same', activation: fused(pick) },
    ENCODING,
  );
};

/** A tensor that waits in a store, as a model rewritten by `tinyseg optimize` has it, and comes back in three ways. */
const spilled: Quirk = (builder, pick, from) => {
  const store = 'remote';
  const token = builder.tensor([1], { type: 'int8' });
  builder.operatorInto('spill', [from], [token], { store });
  const other = conv(builder, pick, from);
  const [, h = 1, w = 1, c = 1] = builder.shapeOf(from);
  const channels = c + (builder.shapeOf(other).at(-1) ?? 1);
  const activation = 'none' as const;
  switch (pick.between(1, 3)) {
    case 1: {
      const fetched = builder.tensor([1, h, w, c], ENCODING);
      builder.operatorInto('fetch', [token], [fetched], { store });
      return builder.concatenation([fetched, other]);
    }
    case 2: {
      const joined = builder.tensor([1, h, w, channels], ENCODING);
      const fetched = [true, false];
      builder.operatorInto('fusedConcatenation', [token, other], [joined], { axis: 3, activation, fetched });
      return joined;
    }
    default: {
      const values = Array.from({ length: 2 * 9 * channels }, () => pick.between(-127, 127));
      const weights = builder.constant([2, 3, 3, channels], values, { type: 'int8', scale: 0.01 });
      const bias = builder.constant([2], [pick.between(-500, 500), 7]);
      const output = builder.tensor([1, h, w, 2], ENCODING);
      const window = { strideH: 1, strideW: 1, dilationH: 1, dilationW: 1, padding: 'same' } as const;
      const fields = { ...window, activation, fetched: [false, true] };
      builder.operatorInto('fusedConv2d', [other, token, weights, bias], [output], fields);
      return output;
    }
  }
};

const QUIRKS: readonly Quirk[] = [
  ...[spilled, loneActivation, loneActivation, paddedWindow, paddedWindow],
  ...[renamedAxes, dividedRows, droppedAxis, copies, computedShape, unread, strayAxis],
];
