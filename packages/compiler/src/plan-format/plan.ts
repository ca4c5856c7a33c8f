// SPDX-License-Identifier: Apache-2.0
/**
 * The plan as data: what `planning` decides, `emit/plan` encodes to `.tseg`, and `verify` replays.
 * Field for field the records of docs/specs/plan-format.md; units are bytes unless named otherwise.
 */

export interface PlanTensor {
  readonly type: number;
  readonly n: number;
  readonly h: number;
  readonly w: number;
  readonly c: number;
  readonly rowBytes: number;
  /** Index of the tensor whose bytes these are; its own index if none. */
  readonly root: number;
  readonly zeroPoint: number;
  readonly scale: number;
  /** Id of the tensor in the compiled graph. */
  readonly source: number;
}

export const Memory = { arena: 0, constants: 1 } as const;

/** No index: a buffer that is a ring. */
export const PLAN_NONE = 0xffffffff;

/** Bytes in which an entry of `places` counts. */
export const PLACE_UNIT_BYTES = 16;

export interface PlanBuffer {
  readonly tensor: number;
  readonly memory: number;
  readonly offset: number;
  readonly rowStride: number;
  readonly ringRows: number;
  /** Index into `places` of the place of row 0, or PLAN_NONE for a ring. */
  readonly firstPlace: number;
}

export interface PlanSegment {
  readonly buffer: number;
  readonly channelBegin: number;
  readonly channelCount: number;
}

export interface PlanOperand {
  readonly tensor: number;
  readonly firstSegment: number;
  readonly segmentCount: number;
}

export interface PlanOperator {
  readonly kind: number;
  readonly variant: number;
  readonly inputCount: number;
  readonly outputCount: number;
  readonly firstOperand: number;
  readonly callCount: number;
  /** Rows of output 0 that a call makes; of input 0 that it takes, for a variant that accumulates. */
  readonly rowsPerCall: number;
  readonly paramsOffset: number;
  readonly paramsSize: number;
  readonly scratchOffset: number;
  readonly scratchSize: number;
  readonly stateOffset: number;
  readonly stateSize: number;
  /** Id of the operator in the compiled graph. */
  readonly source: number;
}

export interface PlanStore {
  readonly kind: number;
  readonly blockBytesMax: number;
  readonly slotCount: number;
  /** Largest read or program unit of a device that may serve the store: a power of two up to 65,536. */
  readonly unitBytes: number;
}

export interface PlanStream {
  readonly store: number;
  readonly tensor: number;
  readonly rowsPerBlock: number;
  readonly blockCount: number;
  readonly codecs: number;
  /** Rows r with r mod period < carried are carried; 1 and 1: all. */
  readonly period: number;
  readonly carried: number;
}

export const Direction = { spill: 0, fetch: 1 } as const;

export interface PlanTransfer {
  readonly stream: number;
  readonly direction: number;
  readonly buffer: number;
  readonly inFlight: number;
}

export const PortDirection = { input: 0, output: 1 } as const;

export interface PlanPort {
  readonly direction: number;
  readonly buffer: number;
  readonly rowsPerStep: number;
  readonly index: number;
}

export const Opcode = {
  end: 0,
  run: 1,
  spillStart: 2,
  spillWait: 3,
  fetchStart: 4,
  fetchWait: 5,
  input: 6,
  output: 7,
  loop: 8,
  endLoop: 9,
} as const;

/** One step: the word `opcode | argument << 8`. */
export interface Step {
  readonly opcode: number;
  readonly argument: number;
}

export interface Plan {
  readonly arenaBytes: number;
  /** Executed steps of one inference, loops unrolled. */
  readonly tickTotal: number;
  readonly tensors: readonly PlanTensor[];
  readonly buffers: readonly PlanBuffer[];
  readonly segments: readonly PlanSegment[];
  readonly operands: readonly PlanOperand[];
  readonly operators: readonly PlanOperator[];
  readonly params: Uint8Array;
  readonly stores: readonly PlanStore[];
  readonly streams: readonly PlanStream[];
  readonly transfers: readonly PlanTransfer[];
  readonly ports: readonly PlanPort[];
  /** Arena offsets of rows in units of 16 bytes, 0..65535. */
  readonly places: readonly number[];
  readonly program: readonly Step[];
  readonly constants: Uint8Array;
}

/** Operator kinds of the plan; stable numbers (enum tseg_kind). */
export const PlanKind = {
  conv2d: 1,
  depthwiseConv2d: 2,
  transposeConv: 3,
  fullyConnected: 4,
  maxPool2d: 5,
  averagePool2d: 6,
  add: 7,
  sub: 8,
  mul: 9,
  concatenation: 10,
  pad: 11,
  softmax: 12,
  lookup: 13,
  requantize: 14,
  resizeBilinear: 15,
  resizeNearest: 16,
  split: 17,
  mean: 18,
  copy: 19,
  sum: 20,
  reduceMax: 21,
  rearrange: 22,
  piecewise: 23,
  mirrorPad: 24,
  realFunction: 25,
  maximum: 26,
  minimum: 27,
  prelu: 28,
  div: 29,
  convert: 30,
  cast: 31,
  argMax: 32,
  l2Normalization: 33,
  logSoftmax: 34,
  squash: 35,
  softmax16: 36,
} as const;

export const StoreKind = { ram: 0, flash: 1, nor: 2, sd: 3, remote: 4, file: 5 } as const;

/** Element types in a plan: the TFLite schema's numbers. */
export const PlanType = {
  float32: 0,
  int32: 2,
  uint8: 3,
  int64: 4,
  bool: 6,
  int16: 7,
  int8: 9,
} as const;

export const PLAN_MAGIC = 0x47455354;
export const PLAN_VERSION = 0;
export const PLAN_ALIGNMENT = 16;
export const LOOP_DEPTH_MAX = 3;
