// SPDX-License-Identifier: Apache-2.0
/**
 * The kernel variants that the planner may choose: what it has to know of each to give it rows, scratch
 * and state. The kernels are in `packages/device-c/src/nn`; the sizes here are their `scratch_bytes`.
 */
import type { ElementType } from '../ir/index.js';
import { PlanKind } from '../plan-format/index.js';
import { FAST_KERNELS } from './fast-kernels.js';

/** What a variant's sizes depend on. Lengths are elements, which are bytes for int8. */
export interface VariantShape {
  readonly kernelH: number;
  readonly kernelW: number;
  /** Input channels that one output channel sees: c / groups. */
  readonly channelsPerGroup: number;
  /** Segments of the data input; 1 unless a concatenation was dissolved into it. */
  readonly segmentCount: number;
  /** Elements of output 0, and of one of its rows. */
  readonly outputElements: number;
  readonly outputRowElements: number;
  /** Rows of input 0. */
  readonly inputRows: number;
  /** A reduction adds up rows, not only elements of a row. */
  readonly reducesRows: boolean;
  readonly inputChannels: number;
  readonly outputRows: number;
  /** Of output 0. */
  readonly elementType: ElementType;
  readonly outputWidth: number;
  readonly outputChannels: number;
  /** A transposed convolution whose stride is its kernel, without padding. */
  readonly upsamples: boolean;
  /** A 3x3 convolution of one image, without stride and dilation. */
  readonly plain3x3: boolean;
}

/** How a variant wants its weights: docs/specs/plan-format.md, "Kernel variants and weight layouts". */
export type WeightLayout = 'model' | 'pairs' | 'pairsByTap';

export interface KernelVariant {
  /** Stable: (plan kind << 8) | number. */
  readonly id: number;
  /**
   * What decisions call it: its id, or its id and 65536 times a number, for a kernel that is run in another way (other
   * rows of a call, more scratch).
   */
  readonly key: number;
  readonly planKind: number;
  readonly name: string;
  readonly weightLayout: WeightLayout;
  /** Output rows of one call (input rows, if it accumulates); 'all' for kernels that work in one call. */
  readonly rowsPerCall: number | 'all' | ((shape: VariantShape) => number);
  /**
   * A call takes rows of input 0, the only input, and keeps in the state what it must of them; the last call
   * makes the whole output. Otherwise a call makes rows of the output.
   */
  readonly accumulates: boolean;
  /** Whether it can run an operator of this shape. */
  readonly suits: (shape: VariantShape) => boolean;
  /** Whether its data input may come in several channel segments (at most SEGMENTS_MAX). */
  readonly acceptsSegments: boolean;
  readonly scratchBytes: (shape: VariantShape) => number;
  readonly stateBytes: (shape: VariantShape) => number;
  /** Of a kernel that is chosen for speed; undefined for the others. */
  readonly fast?: FastKernel;
}

export interface FastKernel {
  /** Sums of products, bias included, must stay below this in size for its results to be exact. */
  readonly sumLimit: number;
  /** Instructions of all calls of one inference on a core with DSP instructions. */
  readonly instructions: (shape: VariantShape, rowCount: number, rowsPerCall: number) => number;
}

/** Kernels take at most this many channel segments of one operand (TSEG_NN_SEGMENTS_MAX). */
export const SEGMENTS_MAX = 8;

const none = (): number => 0;

/** Offsets of each input row and segment, then the gathered patch; in units of 16. */
function patchBytes(shape: VariantShape): number {
  const offsets = 4 * shape.kernelH * shape.segmentCount;
  const patch = shape.kernelH * shape.kernelW * shape.channelsPerGroup;
  return Math.ceil((offsets + patch) / 16) * 16;
}

/** An int32 for each element of the output, or of one of its rows. */
const sumBytes = (shape: VariantShape): number => 4 * shape.outputElements;
const rowSumBytes = (shape: VariantShape): number => Math.ceil((4 * shape.outputRowElements) / 16) * 16;

type More = Partial<Omit<KernelVariant, 'id' | 'key' | 'planKind' | 'name'>> & { readonly number?: number };

function portable(planKind: number, name: string, { number = 1, ...more }: More = {}): KernelVariant {
  return {
    id: (planKind << 8) | number,
    key: (planKind << 8) | number,
    planKind,
    name,
    weightLayout: 'model',
    rowsPerCall: 1,
    accumulates: false,
    suits: () => true,
    acceptsSegments: false,
    scratchBytes: none,
    stateBytes: none,
    ...more,
  };
}

function accumulating(number: number): More {
  return { number, accumulates: true, stateBytes: sumBytes };
}

/** A reduction of elements of a row. */
function insideRows(number: number): More {
  return { number, scratchBytes: rowSumBytes, suits: ({ reducesRows }) => !reducesRows };
}

/** Variants of these numbers take one type; where a kind has such a variant, its others leave that type to it. */
const INT16_NUMBER = 16;
const FLOAT_NUMBER = 32;
const TYPE_NUMBERS: Partial<Record<ElementType, number>> = { int16: INT16_NUMBER, float32: FLOAT_NUMBER };

function typed(variant: KernelVariant, _: number, all: readonly KernelVariant[]): KernelVariant {
  const suitsType = (type: ElementType): boolean => {
    const number = TYPE_NUMBERS[type];
    const isOwn = number !== undefined && all.some(({ id }) => id === ((variant.planKind << 8) | number));
    const own = variant.id & 0xff;
    return isOwn ? own === number : own !== INT16_NUMBER && own !== FLOAT_NUMBER;
  };
  return { ...variant, suits: (shape) => suitsType(shape.elementType) && variant.suits(shape) };
}

/** All variants; the first of a kind that suits an operator is its default. */
export const KERNEL_VARIANTS: readonly KernelVariant[] = [
  portable(PlanKind.conv2d, 'conv_2d.pixel', { acceptsSegments: true, scratchBytes: patchBytes }),
  portable(PlanKind.depthwiseConv2d, 'depthwise_conv_2d.block'),
  portable(PlanKind.transposeConv, 'transpose_conv.pixel'),
  portable(PlanKind.fullyConnected, 'fully_connected.row', {
    rowsPerCall: 'all',
    suits: ({ inputRows }) => inputRows === 1,
  }),
  portable(PlanKind.fullyConnected, 'fully_connected.rows', accumulating(8)),
  portable(PlanKind.maxPool2d, 'max_pool_2d.row'),
  portable(PlanKind.averagePool2d, 'average_pool_2d.row'),
  portable(PlanKind.add, 'add.row'),
  portable(PlanKind.sub, 'sub.row'),
  portable(PlanKind.mul, 'mul.row'),
  portable(PlanKind.concatenation, 'concatenation.row'),
  portable(PlanKind.pad, 'pad.row'),
  portable(PlanKind.mirrorPad, 'mirror_pad.row'),
  portable(PlanKind.softmax, 'softmax.row'),
  portable(PlanKind.lookup, 'lookup.row'),
  portable(PlanKind.requantize, 'requantize.row'),
  portable(PlanKind.resizeBilinear, 'resize_bilinear.row'),
  portable(PlanKind.resizeNearest, 'resize_nearest.row'),
  portable(PlanKind.split, 'split.row'),
  portable(PlanKind.mean, 'mean.row', insideRows(3)),
  portable(PlanKind.mean, 'mean.rows', accumulating(2)),
  portable(PlanKind.copy, 'copy.row'),
  portable(PlanKind.rearrange, 'rearrange.row'),
  portable(PlanKind.piecewise, 'piecewise.row'),
  portable(PlanKind.conv2d, 'conv_2d.int16', { number: INT16_NUMBER }),
  portable(PlanKind.transposeConv, 'transpose_conv.int16', { number: INT16_NUMBER }),
  portable(PlanKind.sum, 'sum.row', insideRows(3)),
  portable(PlanKind.sum, 'sum.rows', accumulating(2)),
  portable(PlanKind.reduceMax, 'reduce_max.row', insideRows(3)),
  portable(PlanKind.reduceMax, 'reduce_max.rows', accumulating(2)),
  portable(PlanKind.conv2d, 'conv_2d.float', { number: FLOAT_NUMBER }),
  portable(PlanKind.depthwiseConv2d, 'depthwise_conv_2d.float', { number: FLOAT_NUMBER }),
  portable(PlanKind.transposeConv, 'transpose_conv.float', { number: FLOAT_NUMBER }),
  portable(PlanKind.fullyConnected, 'fully_connected.float', { number: FLOAT_NUMBER, rowsPerCall: 'all' }),
  portable(PlanKind.maxPool2d, 'max_pool_2d.float', { number: FLOAT_NUMBER }),
  portable(PlanKind.averagePool2d, 'average_pool_2d.float', { number: FLOAT_NUMBER }),
  portable(PlanKind.add, 'add.float', { number: FLOAT_NUMBER }),
  portable(PlanKind.sub, 'sub.float', { number: FLOAT_NUMBER }),
  portable(PlanKind.mul, 'mul.float', { number: FLOAT_NUMBER }),
  portable(PlanKind.softmax, 'softmax.float', { number: FLOAT_NUMBER }),
  portable(PlanKind.realFunction, 'real_function.row'),
  portable(PlanKind.depthwiseConv2d, 'depthwise_conv_2d.int16', { number: INT16_NUMBER }),
  portable(PlanKind.fullyConnected, 'fully_connected.int16', { number: INT16_NUMBER, rowsPerCall: 'all' }),
  portable(PlanKind.maxPool2d, 'max_pool_2d.int16', { number: INT16_NUMBER }),
  portable(PlanKind.averagePool2d, 'average_pool_2d.int16', { number: INT16_NUMBER }),
  portable(PlanKind.squash, 'squash.row'),
  portable(PlanKind.softmax16, 'softmax_16.row'),
  portable(PlanKind.maximum, 'maximum.row'),
  portable(PlanKind.minimum, 'minimum.row'),
  portable(PlanKind.prelu, 'prelu.row'),
  portable(PlanKind.prelu, 'prelu.float', { number: FLOAT_NUMBER }),
  portable(PlanKind.div, 'div.row'),
  portable(PlanKind.div, 'div.float', { number: FLOAT_NUMBER }),
  portable(PlanKind.convert, 'convert.row'),
  portable(PlanKind.cast, 'cast.row'),
  portable(PlanKind.argMax, 'arg_max.row'),
  portable(PlanKind.l2Normalization, 'l2_normalization.row'),
  portable(PlanKind.logSoftmax, 'log_softmax.row'),
  portable(PlanKind.logSoftmax, 'log_softmax.float', { number: FLOAT_NUMBER }),
  ...FAST_KERNELS,
].map(typed);

const BY_KEY = new Map(KERNEL_VARIANTS.map((variant) => [variant.key, variant]));

/** The variant that decisions call so, or undefined. */
export function variantByKey(key: number): KernelVariant | undefined {
  return BY_KEY.get(key);
}

/** The layout of the weights of a variant, by the id that plans hold. */
export function weightLayoutOf(id: number): WeightLayout {
  return KERNEL_VARIANTS.find((variant) => variant.id === id)?.weightLayout ?? 'model';
}

/** Rows of one call for a tensor of `rowCount` rows. */
export function callRows({ rowsPerCall }: KernelVariant, shape: VariantShape, rowCount: number): number {
  if (rowsPerCall === 'all') return rowCount;
  return Math.min(typeof rowsPerCall === 'number' ? rowsPerCall : rowsPerCall(shape), rowCount);
}

/** The variant used when nothing else is chosen. */
export function defaultVariant(planKind: number, shape: VariantShape): KernelVariant | undefined {
  return KERNEL_VARIANTS.find((variant) => variant.planKind === planKind && variant.suits(shape));
}

/** Whether operators of this kind may read their data input in channel segments. */
export function takesSegments(planKind: number): boolean {
  return KERNEL_VARIANTS.some((variant) => variant.planKind === planKind && variant.acceptsSegments);
}
