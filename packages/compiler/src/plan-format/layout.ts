// SPDX-License-Identifier: Apache-2.0
/**
 * Where each field of each record of a plan lies: the one table that encoder, decoder and
 * `contracts/plan/layout.json` share. Field order and types are those of `tseg/plan.h`; offsets follow
 * from natural alignment, and the contract test holds them against the C compiler's.
 */
import type {
  PlanBuffer,
  PlanOperand,
  PlanOperator,
  PlanPort,
  PlanSegment,
  PlanStore,
  PlanStream,
  PlanTensor,
  PlanTransfer,
} from './plan.js';
import type {
  AxisFields,
  ConvertFields,
  ConvFields,
  ElementwiseFields,
  FullyConnectedFields,
  L2NormalizationFields,
  LogSoftmaxFields,
  LookupFields,
  MirrorPadFields,
  PadFields,
  PiecewiseFields,
  PoolFields,
  RealFunctionFields,
  RearrangeFields,
  ReduceFields,
  RequantizeFields,
  ResizeFields,
  Softmax16Fields,
  SoftmaxFields,
  SquashFields,
} from './params.js';

/** A run of bytes of the constants section. */
export interface PlanRange {
  readonly offset: number;
  readonly size: number;
}

/** A section: `count` records that start `offset` bytes after the start of the file. */
export interface PlanSection {
  readonly offset: number;
  readonly count: number;
}

export interface PlanHeader {
  readonly magic: number;
  readonly version: number;
  readonly headerSize: number;
  readonly fileSize: number;
  readonly structureSum: number;
  readonly constantsCrc: number;
  readonly arenaSize: number;
  readonly tickTotal: number;
  readonly flags: number;
  readonly tensors: PlanSection;
  readonly buffers: PlanSection;
  readonly segments: PlanSection;
  readonly operands: PlanSection;
  readonly operators: PlanSection;
  readonly params: PlanSection;
  readonly stores: PlanSection;
  readonly streams: PlanSection;
  readonly transfers: PlanSection;
  readonly ports: PlanSection;
  readonly places: PlanSection;
  readonly program: PlanSection;
  readonly constants: PlanSection;
}

export type FieldType = 'u16' | 'u32' | 'i32' | 'f32' | 'section' | 'range';

export interface Field<T> {
  readonly name: keyof T & string;
  readonly type: FieldType;
  readonly offset: number;
}

/** A record type: its C name, its size in bytes, and its fields in file order. */
export interface RecordLayout<T> {
  readonly cName: string;
  readonly size: number;
  readonly fields: readonly Field<T>[];
}

const FIELD_BYTES: Record<FieldType, number> = { u16: 2, u32: 4, i32: 4, f32: 4, section: 8, range: 8 };

/** Lays fields out in order, each at a multiple of its alignment (2 for u16, else 4). */
function layoutOf<T>(
  cName: string,
  types: { readonly [K in keyof Required<T>]: FieldType },
): RecordLayout<T> {
  const fields: Field<T>[] = [];
  let end = 0;
  for (const name of Object.keys(types) as (keyof T & string)[]) {
    const type = types[name];
    const alignment = type === 'u16' ? 2 : 4;
    const offset = Math.ceil(end / alignment) * alignment;
    fields.push({ name, type, offset });
    end = offset + FIELD_BYTES[type];
  }
  return { cName, size: Math.ceil(end / 4) * 4, fields };
}

const section = 'section';

export const HEADER_LAYOUT = layoutOf<PlanHeader>('tseg_plan_header', {
  magic: 'u32',
  version: 'u16',
  headerSize: 'u16',
  fileSize: 'u32',
  structureSum: 'u32',
  constantsCrc: 'u32',
  arenaSize: 'u32',
  tickTotal: 'u32',
  flags: 'u32',
  tensors: section,
  buffers: section,
  segments: section,
  operands: section,
  operators: section,
  params: section,
  stores: section,
  streams: section,
  transfers: section,
  ports: section,
  places: section,
  program: section,
  constants: section,
});

export const SECTION_LAYOUT = layoutOf<PlanSection>('tseg_plan_section', { offset: 'u32', count: 'u32' });
export const RANGE_LAYOUT = layoutOf<PlanRange>('tseg_plan_range', { offset: 'u32', size: 'u32' });

export const TENSOR_LAYOUT = layoutOf<PlanTensor>('tseg_plan_tensor', {
  type: 'u32',
  n: 'u32',
  h: 'u32',
  w: 'u32',
  c: 'u32',
  rowBytes: 'u32',
  root: 'u32',
  zeroPoint: 'i32',
  scale: 'f32',
  source: 'u32',
});

export const BUFFER_LAYOUT = layoutOf<PlanBuffer>('tseg_plan_buffer', {
  tensor: 'u32',
  memory: 'u32',
  offset: 'u32',
  rowStride: 'u32',
  ringRows: 'u32',
  firstPlace: 'u32',
});

export const SEGMENT_LAYOUT = layoutOf<PlanSegment>('tseg_plan_segment', {
  buffer: 'u32',
  channelBegin: 'u32',
  channelCount: 'u32',
});

export const OPERAND_LAYOUT = layoutOf<PlanOperand>('tseg_plan_operand', {
  tensor: 'u32',
  firstSegment: 'u32',
  segmentCount: 'u32',
});

export const OPERATOR_LAYOUT = layoutOf<PlanOperator>('tseg_plan_operator', {
  kind: 'u16',
  variant: 'u16',
  inputCount: 'u16',
  outputCount: 'u16',
  firstOperand: 'u32',
  callCount: 'u32',
  rowsPerCall: 'u32',
  paramsOffset: 'u32',
  paramsSize: 'u32',
  scratchOffset: 'u32',
  scratchSize: 'u32',
  stateOffset: 'u32',
  stateSize: 'u32',
  source: 'u32',
});

export const STORE_LAYOUT = layoutOf<PlanStore>('tseg_plan_store', {
  kind: 'u32',
  blockBytesMax: 'u32',
  slotCount: 'u32',
  unitBytes: 'u32',
});

export const STREAM_LAYOUT = layoutOf<PlanStream>('tseg_plan_stream', {
  store: 'u32',
  tensor: 'u32',
  rowsPerBlock: 'u32',
  blockCount: 'u32',
  codecs: 'u32',
  period: 'u32',
  carried: 'u32',
});

export const TRANSFER_LAYOUT = layoutOf<PlanTransfer>('tseg_plan_transfer', {
  stream: 'u32',
  direction: 'u32',
  buffer: 'u32',
  inFlight: 'u32',
});

export const PORT_LAYOUT = layoutOf<PlanPort>('tseg_plan_port', {
  direction: 'u32',
  buffer: 'u32',
  rowsPerStep: 'u32',
  index: 'u32',
});

export const CONV_LAYOUT = layoutOf<ConvFields>('tseg_params_conv', {
  kernelH: 'u32',
  kernelW: 'u32',
  strideH: 'u32',
  strideW: 'u32',
  dilationH: 'u32',
  dilationW: 'u32',
  padTop: 'i32',
  padLeft: 'i32',
  depthMultiplier: 'u32',
  inputZeroPoint: 'i32',
  outputZeroPoint: 'i32',
  activationMin: 'i32',
  activationMax: 'i32',
  weights: 'range',
  bias: 'range',
});

export const FULLY_CONNECTED_LAYOUT = layoutOf<FullyConnectedFields>('tseg_params_fully_connected', {
  batches: 'u32',
  inFeatures: 'u32',
  outFeatures: 'u32',
  channelCount: 'u32',
  outputZeroPoint: 'i32',
  activationMin: 'i32',
  activationMax: 'i32',
  weights: 'range',
  bias: 'range',
});

export const POOL_LAYOUT = layoutOf<PoolFields>('tseg_params_pool', {
  kernelH: 'u32',
  kernelW: 'u32',
  strideH: 'u32',
  strideW: 'u32',
  padTop: 'i32',
  padLeft: 'i32',
  activationMin: 'i32',
  activationMax: 'i32',
});

export const ELEMENTWISE_LAYOUT = layoutOf<ElementwiseFields>('tseg_params_elementwise', {
  leftShift: 'i32',
  input1Offset: 'i32',
  input1Multiplier: 'i32',
  input1Shift: 'i32',
  input2Offset: 'i32',
  input2Multiplier: 'i32',
  input2Shift: 'i32',
  outputOffset: 'i32',
  outputMultiplier: 'i32',
  outputShift: 'i32',
  activationMin: 'i32',
  activationMax: 'i32',
});

export const AXIS_LAYOUT = layoutOf<AxisFields>('tseg_params_axis', { axis: 'u32' });

export const PAD_LAYOUT = layoutOf<PadFields>('tseg_params_pad', {
  beforeN: 'u32',
  beforeH: 'u32',
  beforeW: 'u32',
  beforeC: 'u32',
  value: 'i32',
});

export const MIRROR_PAD_LAYOUT = layoutOf<MirrorPadFields>('tseg_params_mirror_pad', {
  beforeN: 'u32',
  beforeH: 'u32',
  beforeW: 'u32',
  beforeC: 'u32',
  edge: 'u32',
});

export const SOFTMAX_LAYOUT = layoutOf<SoftmaxFields>('tseg_params_softmax', {
  inputBetaMultiplier: 'i32',
  inputBetaLeftShift: 'i32',
  diffMin: 'i32',
});

export const LOG_SOFTMAX_LAYOUT = layoutOf<LogSoftmaxFields>('tseg_params_log_softmax', {
  inputMultiplier: 'i32',
  inputLeftShift: 'i32',
  reverseMultiplier: 'i32',
  reverseShift: 'i32',
  diffMin: 'i32',
});

export const L2_NORMALIZATION_LAYOUT = layoutOf<L2NormalizationFields>('tseg_params_l2_normalization', {
  inputZeroPoint: 'i32',
});

export const CONVERT_LAYOUT = layoutOf<ConvertFields>('tseg_params_convert', {
  zeroPoint: 'i32',
  scale: 'i32',
});

export const SQUASH_LAYOUT = layoutOf<SquashFields>('tseg_params_squash', {
  tangent: 'u32',
  multiplier: 'i32',
  rightShift: 'u32',
  table: 'range',
});

export const SOFTMAX_16_LAYOUT = layoutOf<Softmax16Fields>('tseg_params_softmax_16', {
  multiplier: 'i32',
  shift: 'i32',
  exponentials: 'range',
  reciprocals: 'range',
});

export const LOOKUP_LAYOUT = layoutOf<LookupFields>('tseg_params_lookup', { table: 'range' });

export const REQUANTIZE_LAYOUT = layoutOf<RequantizeFields>('tseg_params_requantize', {
  inputZeroPoint: 'i32',
  outputZeroPoint: 'i32',
  multiplier: 'i32',
  shift: 'i32',
});

export const RESIZE_LAYOUT = layoutOf<ResizeFields>('tseg_params_resize', {
  alignCorners: 'u32',
  halfPixelCenters: 'u32',
});

export const REDUCE_LAYOUT = layoutOf<ReduceFields>('tseg_params_reduce', {
  inputZeroPoint: 'i32',
  outputZeroPoint: 'i32',
  multiplier: 'i32',
  shift: 'i32',
  axes: 'u32',
});

export const PIECEWISE_LAYOUT = layoutOf<PiecewiseFields>('tseg_params_piecewise', {
  multiplier: 'i32',
  shift: 'i32',
  negativeMultiplier: 'i32',
  negativeShift: 'i32',
  negate: 'u32',
  activationMin: 'i32',
  activationMax: 'i32',
});

export const REAL_FUNCTION_LAYOUT = layoutOf<RealFunctionFields>('tseg_params_real_function', {
  function: 'u32',
  alpha: 'i32',
});

export const REARRANGE_LAYOUT = layoutOf<RearrangeFields>('tseg_params_rearrange', {
  size0: 'u32',
  size1: 'u32',
  size2: 'u32',
  size3: 'u32',
  size4: 'u32',
  size5: 'u32',
  step0: 'i32',
  step1: 'i32',
  step2: 'i32',
  step3: 'i32',
  step4: 'i32',
  step5: 'i32',
  base: 'i32',
  rowLoops: 'u32',
});

/** All records, in the order of `tseg/plan.h`. */
export const ALL_LAYOUTS: readonly RecordLayout<never>[] = [
  SECTION_LAYOUT,
  HEADER_LAYOUT,
  TENSOR_LAYOUT,
  BUFFER_LAYOUT,
  SEGMENT_LAYOUT,
  OPERAND_LAYOUT,
  OPERATOR_LAYOUT,
  STORE_LAYOUT,
  STREAM_LAYOUT,
  TRANSFER_LAYOUT,
  PORT_LAYOUT,
  RANGE_LAYOUT,
  CONV_LAYOUT,
  FULLY_CONNECTED_LAYOUT,
  POOL_LAYOUT,
  ELEMENTWISE_LAYOUT,
  AXIS_LAYOUT,
  PAD_LAYOUT,
  MIRROR_PAD_LAYOUT,
  SOFTMAX_LAYOUT,
  LOG_SOFTMAX_LAYOUT,
  L2_NORMALIZATION_LAYOUT,
  CONVERT_LAYOUT,
  SQUASH_LAYOUT,
  SOFTMAX_16_LAYOUT,
  LOOKUP_LAYOUT,
  REQUANTIZE_LAYOUT,
  RESIZE_LAYOUT,
  REDUCE_LAYOUT,
  PIECEWISE_LAYOUT,
  REAL_FUNCTION_LAYOUT,
  REARRANGE_LAYOUT,
] as readonly unknown[] as readonly RecordLayout<never>[];

/** The name of a field in C: `rowsPerBlock` is `rows_per_block`, `kernelH` is `kernel_h`, `size0` is `size[0]`. */
export function cFieldName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/\d$/, '[$&]');
}
