// SPDX-License-Identifier: Apache-2.0
/** What a plan costs on a board, as predicted from its file: time of kernels and stores, energy, wear. */
import { storeTimeUs, type Board, type BoardStore } from '@tinyseg/boards';
import { alignUp } from '../../analysis/first-fit.js';
import { rowSizeBytes } from '../../analysis/tensor-size.js';
import { tensorOf, type Graph, type Operator, type OperatorId, type TensorId } from '../../ir/index.js';
import { BLOCK_OVERHEAD_BYTES } from '../store-capacity.js';
import {
  INSTRUCTIONS_PER_COPIED_BYTE,
  INSTRUCTIONS_PER_MOVED_BYTE,
  instructionsOf,
} from './kernel-instructions.js';

/** What the search may aim at. bytes: written and read. wear: written, then read. */
export type Objective = 'latency' | 'energy' | 'wear' | 'bytes';

export const OBJECTIVES: readonly Objective[] = ['latency', 'energy', 'wear', 'bytes'];

/** Figures of a board that predictions need. */
export interface CostModel {
  readonly nanosecondsPerInstruction: number;
  /** The same of kernels for cores with DSP instructions; undefined where the core has none. */
  readonly dspNanosecondsPerInstruction?: number;
  /** Of operators whose kernels are not the default ones, in all. */
  readonly operatorUs?: ReadonlyMap<OperatorId, number>;
  /** Power of the board while the CPU works; milliwatts. */
  readonly activeMilliwatts: number;
  /** Of each store that a plan may use, in the order of `Decisions.stores`; one that is missing costs nothing. */
  readonly stores?: readonly BoardStore[];
}

/** The model of a board at its default clock. */
export function costModelOf(board: Board, stores: readonly BoardStore[] = []): CostModel {
  const { cpu, power } = board;
  const clock = cpu.clocks.find(({ name }) => name === cpu.defaultClock) ?? cpu.clocks[0];
  const { portable, dsp } = cpu.cyclesPerInstruction;
  const nanoseconds = (cycles: number): number => (cycles * 1e9) / (clock?.hz ?? 1e9);
  return {
    nanosecondsPerInstruction: nanoseconds(portable?.value ?? 1),
    ...(dsp === undefined ? {} : { dspNanosecondsPerInstruction: nanoseconds(dsp.value) }),
    activeMilliwatts: (clock?.activeMilliamps.value ?? 0) * power.supplyVolts.value,
    stores,
  };
}

export function computeUs(graph: Graph, model: CostModel, op: Operator): number {
  return model.operatorUs?.get(op.id) ?? (instructionsOf(graph, op) * model.nanosecondsPerInstruction) / 1000;
}

/** What one pass over a tensor's blocks costs its store. */
export interface PassCost {
  /** Time of the CPU: codec and checksum. Never overlaps arithmetic. */
  readonly computeUs: number;
  /** Time of the store. */
  readonly timeUs: number;
  readonly energyMj: number;
  readonly erasedUnits: number;
}

const NO_COST: PassCost = { computeUs: 0, timeUs: 0, energyMj: 0, erasedUnits: 0 };

/** Writing (with the erasing that it needs) or reading the blocks of a stream once. Blocks count with header, raw. */
export function passCost(
  graph: Graph,
  model: CostModel,
  storeIndex: number,
  id: TensorId,
  stream: { readonly rowsPerBlock: number; readonly rows: number },
  verb: 'program' | 'read',
): PassCost {
  const store = model.stores?.[storeIndex];
  if (store === undefined) return NO_COST;
  const tensor = tensorOf(graph, id);
  const rows = Math.max(1, Math.min(stream.rowsPerBlock, stream.rows));
  const unit = Math.max(store.readSizeBytes, store.programSizeBytes);
  const blockBytes = alignUp(rows * rowSizeBytes(tensor) + BLOCK_OVERHEAD_BYTES, unit);
  const blocks = Math.ceil(stream.rows / rows);
  const nanojoules = verb === 'program' ? store.programNanojoulesPerByte : store.readNanojoulesPerByte;
  const rawBytes = stream.rows * rowSizeBytes(tensor);
  const pass = {
    computeUs: (rawBytes * instructionsPerByte(store) * model.nanosecondsPerInstruction) / 1000,
    timeUs: blocks * storeTimeUs(store, verb, blockBytes),
    energyMj: (blocks * blockBytes * nanojoules.value) / 1e6,
    erasedUnits: 0,
  };
  const { erase } = store;
  if (verb === 'read' || erase === undefined) return pass;
  const erasedUnits = Math.ceil((blocks * blockBytes) / erase.sizeBytes);
  return {
    computeUs: pass.computeUs,
    timeUs: pass.timeUs + storeTimeUs(store, 'erase', erasedUnits * erase.sizeBytes),
    energyMj: pass.energyMj + erasedUnits * erase.energyMillijoules.value,
    erasedUnits,
  };
}

/** Of the CPU for what is written or read: codec and checksum. */
function instructionsPerByte({ kind }: BoardStore): number {
  return kind === 'ram' ? INSTRUCTIONS_PER_COPIED_BYTE : INSTRUCTIONS_PER_MOVED_BYTE;
}

/** Energy of a stage, in millijoules: the CPU for as long as the stage takes, and what the store draws. */
export function stageEnergyMj(model: CostModel, timeUs: number, storeMj: number): number {
  return (timeUs * model.activeMilliwatts) / 1e6 + storeMj;
}
