// SPDX-License-Identifier: Apache-2.0
// The report that firmware leaves: ports/cortex-m/report.h of device-c has the same layout.

/** Where a run was when it ended. */
export type ReportStage = 'load' | 'memory' | 'store' | 'init' | 'input' | 'run' | 'done';

const STAGES: readonly ReportStage[] = ['load', 'memory', 'store', 'init', 'input', 'run', 'done'];

export interface FaultReport {
  readonly exception: 'HardFault' | 'MemManage' | 'BusFault' | 'UsageFault' | 'other';
  readonly status: number;
  /** That was accessed; 0 where the processor does not know it. */
  readonly address: number;
  /** Of the instruction; 0 where the stack could not be written any more. */
  readonly pc: number;
  readonly lr: number;
}

export interface StoreReport {
  readonly kind: number;
  readonly blocksWritten: number;
  readonly blocksRead: number;
  readonly erases: number;
  readonly rawBytesWritten: number;
  readonly deviceBytesWritten: number;
  readonly rawBytesRead: number;
  readonly deviceBytesRead: number;
  readonly retries: number;
}

export interface FirmwareReport {
  readonly stage: ReportStage;
  /** A tseg_status. */
  readonly status: number;
  /** Program word at which the executor stood. */
  readonly position: number;
  readonly samples: number;
  readonly arenaBytes: number;
  readonly arenaHighWaterBytes: number;
  readonly contextBytes: number;
  readonly storeMemoryBytes: number;
  readonly deviceBytes: number;
  readonly linkBytes: number;
  readonly stackHighWaterBytes: number;
  readonly staticBytes: number;
  readonly freeBytes: number;
  /** Whether the processor guards memory. */
  readonly guarded: boolean;
  /** Whether counts are instructions; they are 0 where the board can't count. */
  readonly counted: boolean;
  readonly missingBytes: number;
  readonly loadInstructions: number;
  /** Of all samples: steps, transfers, codecs, stores. */
  readonly executorInstructions: number;
  /** Operator that ran last. */
  readonly running: number;
  readonly fault?: FaultReport;
  readonly stores: readonly StoreReport[];
  /** Of all samples. */
  readonly operators: readonly { readonly instructions: number; readonly calls: number }[];
}

const MAGIC = 0x52465354;
const VERSION = 1;
const HEAD_BYTES = 128;
const STORE_BYTES = 56;
const OPERATOR_BYTES = 16;
const EXCEPTIONS: Readonly<Record<number, FaultReport['exception']>> = {
  3: 'HardFault',
  4: 'MemManage',
  5: 'BusFault',
  6: 'UsageFault',
};

/** @returns undefined for bytes that are no whole report of this version */
export function decodeReport(bytes: Uint8Array): FirmwareReport | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEAD_BYTES) return undefined;
  const word = (at: number): number => view.getUint32(at, true);
  const long = (at: number): number => Number(view.getBigUint64(at, true));
  const storeCount = word(116);
  const operatorCount = word(120);
  const stage = STAGES[word(8) - 1];
  if (word(0) !== MAGIC || word(4) !== VERSION || stage === undefined) return undefined;
  if (bytes.length !== HEAD_BYTES + storeCount * STORE_BYTES + operatorCount * OPERATOR_BYTES)
    return undefined;
  const operatorsAt = HEAD_BYTES + storeCount * STORE_BYTES;
  return {
    stage,
    status: view.getInt32(12, true),
    position: word(16),
    samples: word(20),
    arenaBytes: word(24),
    arenaHighWaterBytes: word(28),
    contextBytes: word(32),
    storeMemoryBytes: word(36),
    deviceBytes: word(40),
    linkBytes: word(44),
    stackHighWaterBytes: word(48),
    staticBytes: word(52),
    freeBytes: word(56),
    guarded: word(60) === 1,
    counted: word(64) === 1,
    missingBytes: word(68),
    loadInstructions: long(72),
    executorInstructions: long(80),
    running: word(88),
    ...(word(92) === 0 ? {} : { fault: decodeFault(word) }),
    stores: Array.from({ length: storeCount }, (_, i) =>
      decodeStore(word, long, HEAD_BYTES + i * STORE_BYTES),
    ),
    operators: Array.from({ length: operatorCount }, (_, i) => ({
      instructions: long(operatorsAt + i * OPERATOR_BYTES),
      calls: word(operatorsAt + i * OPERATOR_BYTES + 8),
    })),
  };
}

type Read = (at: number) => number;

function decodeFault(word: Read): FaultReport {
  return {
    exception: EXCEPTIONS[word(96)] ?? 'other',
    status: word(100),
    address: word(104),
    pc: word(108),
    lr: word(112),
  };
}

function decodeStore(word: Read, long: Read, at: number): StoreReport {
  return {
    kind: word(at),
    blocksWritten: word(at + 4),
    blocksRead: word(at + 8),
    erases: word(at + 12),
    rawBytesWritten: long(at + 16),
    deviceBytesWritten: long(at + 24),
    rawBytesRead: long(at + 32),
    deviceBytesRead: long(at + 40),
    retries: word(at + 48),
  };
}
