// SPDX-License-Identifier: Apache-2.0
/** The kernel variants that there are, and what each needs beside its rows: the verifier's copy of what kernels say of themselves. */
import {
  decodeParams,
  PlanKind,
  PlanType,
  type Plan,
  type PlanOperator,
  type PlanTensor,
} from '../plan-format/index.js';
import {
  CONV_2D_PATCHES,
  CONV_2D_TILES,
  CONV_2D_WINOGRAD,
  FAST_VARIANTS,
  TRANSPOSE_CONV_PATCHES,
} from './fast-variants.js';

const K = PlanKind;

const up = (bytes: number, unit: number): number => Math.ceil(bytes / unit) * unit;

/** Variants that take input rows and make the whole output in their last call. */
const ACCUMULATING: ReadonlySet<number> = new Set([
  (K.fullyConnected << 8) | 8,
  ...[K.mean, K.sum, K.reduceMax].map((kind) => (kind << 8) | 2),
]);

/** Reductions inside a row. */
const INSIDE_ROWS: ReadonlySet<number> = new Set([K.mean, K.sum, K.reduceMax].map((kind) => (kind << 8) | 3));

/** Numbers of variants that take one type and the kinds that have them, whose other variants don't take it. */
const TYPED: readonly {
  readonly number: number;
  readonly type: number;
  readonly kinds: readonly number[];
}[] = [
  {
    number: 16,
    type: PlanType.int16,
    kinds: [
      ...[K.conv2d, K.depthwiseConv2d, K.transposeConv, K.fullyConnected, K.maxPool2d, K.averagePool2d],
    ],
  },
  {
    number: 32,
    type: PlanType.float32,
    kinds: [
      ...[K.conv2d, K.depthwiseConv2d, K.transposeConv, K.fullyConnected, K.maxPool2d, K.averagePool2d],
      ...[K.add, K.sub, K.mul, K.div, K.prelu, K.softmax, K.logSoftmax],
    ],
  },
];

const TYPED_VARIANTS: ReadonlySet<number> = new Set(
  TYPED.flatMap(({ number, kinds }) => kinds.map((kind) => (kind << 8) | number)),
);

const REDUCTIONS: readonly number[] = [K.mean, K.sum, K.reduceMax];

/** Kernels that runtimes of this format version have (docs/specs/plan-format.md). */
const VARIANTS: ReadonlySet<number> = new Set([
  ...Object.values(PlanKind)
    .filter((kind) => !REDUCTIONS.includes(kind))
    .map((kind) => (kind << 8) | 1),
  ...ACCUMULATING,
  ...INSIDE_ROWS,
  ...TYPED_VARIANTS,
  ...FAST_VARIANTS,
]);

/** Whether a runtime of this format version has the variant. */
export function isKnownVariant(variant: number): boolean {
  return VARIANTS.has(variant);
}

/** Whether calls of the variant take rows of input 0, and only the last one writes. */
export function accumulates(variant: number): boolean {
  return ACCUMULATING.has(variant);
}

function tensorOf(plan: Plan, record: PlanOperator, operand: number): PlanTensor | undefined {
  return plan.tensors[plan.operands[record.firstOperand + operand]?.tensor ?? -1];
}

/** State bytes: one int32 for each element of the output of an accumulation. */
export function stateNeeds(plan: Plan, record: PlanOperator): number {
  const output = tensorOf(plan, record, record.inputCount);
  if (!accumulates(record.variant) || output === undefined) return 0;
  return 4 * output.n * output.h * output.w * output.c;
}

/** Of the Winograd kernel: one set of transformed weights and blocks, whichever way is smaller, and what it works with. */
function tileNeeds(plan: Plan, record: PlanOperator): number {
  const { c: inputs = 0 } = tensorOf(plan, record, 0) ?? {};
  const { c: outputs = 0, w: width = 0 } = tensorOf(plan, record, record.inputCount) ?? {};
  const filters = up(outputs, 2);
  const blocks = Math.ceil(width / 8) * Math.ceil(record.rowsPerCall / 2);
  const sets = Math.min(32 * filters + 128, 64 + 128 * blocks);
  return up(16 * filters + 512 + inputs * (81 + sets), 16);
}

/**
 * Scratch bytes, in units of 16: CONV_2D keeps 4 bytes for each kernel row of each input segment and one gathered
 * patch, or, by pairs of filters, five patches, four of them in 16 bits, and 17 bytes for each output channel; a
 * reduction inside rows one int32 for each element of an output row.
 */
export function scratchNeeds(plan: Plan, record: PlanOperator): number {
  if (INSIDE_ROWS.has(record.variant)) {
    const output = tensorOf(plan, record, record.inputCount);
    return Math.ceil((4 * (output?.w ?? 0) * (output?.c ?? 0)) / 16) * 16;
  }
  const channels = up(tensorOf(plan, record, record.inputCount)?.c ?? 0, 2);
  if (record.variant === TRANSPOSE_CONV_PATCHES) {
    return up(8 * (tensorOf(plan, record, 0)?.c ?? 0) + 17 * channels, 16);
  }
  if (record.variant === CONV_2D_TILES) return tileNeeds(plan, record);
  if (TYPED_VARIANTS.has(record.variant)) return 0;
  if (record.kind !== PlanKind.conv2d) return 0;
  const input = plan.operands[record.firstOperand];
  const bytes = plan.params.slice(record.paramsOffset, record.paramsOffset + record.paramsSize);
  const params = decodeParams(record.kind, bytes);
  if (input === undefined || params.shape !== 'conv') return 0;
  const { kernelH, kernelW, depthMultiplier: groups } = params.values;
  const patch = kernelH * kernelW * ((plan.tensors[input.tensor]?.c ?? 0) / Math.max(groups, 1));
  const offsets = 4 * kernelH * input.segmentCount;
  if (record.variant === CONV_2D_WINOGRAD) {
    return winogradNeeds(tensorOf(plan, record, 0)?.c ?? 0, channels, input.segmentCount);
  }
  if (record.variant !== CONV_2D_PATCHES) return up(offsets + patch, 16);
  return up(9 * up(patch, 4) + 4 + 17 * channels + offsets, 16);
}

/**
 * A run of four tiles of four channels in 16 bits, transformed in one direction, and in 8 bits as it comes; products of four
 * tiles with two filters; spare outputs; offsets of rows; 16 bytes for each channel; two filters in 16 bits; four tiles.
 */
function winogradNeeds(inputs: number, outputs: number, segments: number): number {
  const run = 6 * (4 * 4 + 2) * 4;
  const spare = 4 * 16 * 2;
  const fixed = 2 * run + run + 36 * 8 * 4 + spare + up(6 * segments * 4, 8) + 16 * outputs;
  return up(fixed + 36 * up(inputs, 4) * (2 + 4) * 2, 16);
}

function upsamples(plan: Plan, record: PlanOperator, input: PlanTensor, output: PlanTensor): boolean {
  const bytes = plan.params.slice(record.paramsOffset, record.paramsOffset + record.paramsSize);
  const params = decodeParams(record.kind, bytes);
  if (params.shape !== 'conv') return false;
  const { kernelH, kernelW, strideH, strideW, padTop, padLeft } = params.values;
  const covers = output.h === input.h * strideH && output.w === input.w * strideW;
  return (
    kernelH === strideH && kernelW === strideW && padTop === 0 && padLeft === 0 && covers && input.c % 4 === 0
  );
}

/** A window of 3x3 that moves by one, over one image and all its channels. */
function isPlain3x3(plan: Plan, record: PlanOperator, input: PlanTensor): boolean {
  const bytes = plan.params.slice(record.paramsOffset, record.paramsOffset + record.paramsSize);
  const params = decodeParams(record.kind, bytes);
  if (params.shape !== 'conv') return false;
  const { kernelH, kernelW, strideH, strideW, dilationH, dilationW, depthMultiplier } = params.values;
  const ones = [strideH, strideW, dilationH, dilationW, depthMultiplier, input.n];
  return kernelH === 3 && kernelW === 3 && ones.every((value) => value === 1);
}

/** Why the variant can not run an operator of these shapes; undefined when it can. */
export function misfit(plan: Plan, record: PlanOperator): string | undefined {
  const input = tensorOf(plan, record, 0);
  const output = tensorOf(plan, record, record.inputCount);
  if (input === undefined || output === undefined) return 'operands are missing';
  if (record.variant === ((K.fullyConnected << 8) | 1) && input.n * input.h !== 1) {
    return 'this FULLY_CONNECTED takes one input row';
  }
  if (record.variant === CONV_2D_WINOGRAD && !isPlain3x3(plan, record, input)) {
    return 'this CONV_2D is 3x3 with stride 1, of one image, neither dilated nor in groups';
  }
  const inFours = input.c % 4 === 0 && input.c <= 64;
  if (record.variant === CONV_2D_TILES && !(inFours && isPlain3x3(plan, record, input))) {
    return 'this CONV_2D is 3x3, without stride, of 4 to 64 channels in fours';
  }
  if (record.variant === TRANSPOSE_CONV_PATCHES && !upsamples(plan, record, input, output)) {
    return 'this TRANSPOSE_CONV has its kernel as stride and no padding';
  }
  const isMistyped = TYPED.some(
    ({ number, type, kinds }) =>
      kinds.includes(record.kind) && (output.type === type) !== ((record.variant & 0xff) === number),
  );
  if (isMistyped) return 'its variant takes another type';
  if (INSIDE_ROWS.has(record.variant) && input.n * input.h !== output.n * output.h) {
    return 'this reduction keeps rows';
  }
  return undefined;
}
