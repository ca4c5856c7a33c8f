// SPDX-License-Identifier: Apache-2.0
// What the user asks of `compile`, turned into what the planner is told: budget, store, pointer size, tensors by name.
import { freeRamBytes, storeUnitBytes, type Board, type BoardStore } from '@tinyseg/boards';
import { compilerError } from './error-codes.js';
import type { Graph, TensorId } from './ir/index.js';
import { StoreKind } from './plan-format/index.js';
import { costModelOf, type Objective } from './planning/cost/cost-model.js';
import type { StoreDecision } from './planning/decisions.js';
import type { PlanModelOptions, Strategy, VariantSet } from './planning/plan-model.js';

export interface CompileOptions {
  readonly board: Board;
  /** Bound on `ramBytes`. Default: the board's free RAM. */
  readonly ramBytes?: number;
  /**
   * Stores that may be spilled to, by their name or kind on the board: each tensor goes to the one that is best for the
   * objective and has room. An empty list forbids spilling. Default: the board's first store that needs no extra
   * hardware.
   */
  readonly stores?: readonly string[];
  /** Take the input and give the output row by row. Default false. */
  readonly streamIo?: boolean;
  /** Only the one or the other of them; default as `streamIo`. */
  readonly streamInput?: boolean;
  readonly streamOutput?: boolean;
  /** Default `auto`. */
  readonly strategy?: Strategy;
  /** What the strategy `auto` aims at: other strategies move the fewest bytes. Default `bytes`: the fewest written to and read from the store. */
  readonly objective?: Objective;
  /** Bytes that one inference may write to stores. Default: no limit. */
  readonly maxWrittenBytes?: number;
  /** Kernels: the default ones, or those that are fast on cores with DSP instructions. Default `portable`. */
  readonly variants?: VariantSet;
  /** Tensors that are spilled whatever the budget: ids (50 or t50), or parts of names that fit one tensor only. */
  readonly spill?: readonly string[];
  /** Whether a refusal says what other options would need, which takes as long again for each. Default true. */
  readonly alternatives?: boolean;
  /** Passes to leave out, by name. */
  readonly disablePasses?: readonly string[];
  /** Name of the model in reports. Default: the name in the file. */
  readonly modelName?: string;
}

export interface PlannerSettings {
  readonly planner: PlanModelOptions & Required<Pick<PlanModelOptions, 'objective' | 'model'>>;
  /** In the order of the planner's stores. */
  readonly stores: readonly BoardStore[];
}

/** Transfers that may be under way at once: one is encoded while the other is with the device. */
const SLOT_COUNT = 2;

/**
 * @throws TinysegError STORE_UNKNOWN when the board lacks one of the stores named; SPILL_UNKNOWN_TENSOR
 *   when a name fits no tensor, or several
 */
export function plannerSettings(graph: Graph, options: CompileOptions): PlannerSettings {
  const { board, streamIo = false, strategy = 'auto', objective = 'bytes', spill = [] } = options;
  const { alternatives = true } = options;
  const budgetBytes = options.ramBytes ?? freeRamBytes(board);
  const stores = storesOf(board, options.stores);
  return {
    stores,
    planner: {
      strategy,
      objective,
      model: costModelOf(board, stores),
      streamInputs: options.streamInput ?? streamIo,
      streamOutputs: options.streamOutput ?? streamIo,
      pointerBytes: board.cpu.core === 'host' ? 8 : 4,
      ...(options.variants === undefined ? {} : { variants: options.variants }),
      ...(options.maxWrittenBytes === undefined ? {} : { maxWrittenBytes: options.maxWrittenBytes }),
      spill: spill.map((name) => tensorNamed(graph, name)),
      ...(budgetBytes === undefined ? {} : { budgetBytes }),
      stores: stores.map(storeDecision),
      ...(alternatives ? { alternatives: { stores: storesOf(board, undefined).map(storeDecision) } } : {}),
    },
  };
}

function storeDecision(store: BoardStore): StoreDecision {
  return {
    kind: StoreKind[store.kind],
    slotCount: SLOT_COUNT,
    unitBytes: storeUnitBytes(store),
    name: store.name,
    capacityBytes: store.capacityBytes,
    eraseBytes: store.erase?.sizeBytes ?? 1,
  };
}

function storesOf(board: Board, wanted: readonly string[] | undefined): readonly BoardStore[] {
  if (wanted === undefined) return board.stores.filter(({ needs }) => needs === undefined).slice(0, 1);
  const found = wanted.map((name) => {
    const store =
      board.stores.find((candidate) => candidate.name === name) ??
      board.stores.find(({ kind }) => kind === name);
    if (store !== undefined) return store;
    throw compilerError(
      'STORE_UNKNOWN',
      `Board "${board.name}" has no store "${name}". It has: ${board.stores.map((one) => one.name).join(', ')}.`,
      { wanted, stores: board.stores.map((one) => one.name) },
    );
  });
  return [...new Set(found)];
}

function tensorNamed(graph: Graph, name: string): TensorId {
  const computed = [...graph.tensors.values()].filter(({ data }) => data === undefined);
  const exact = computed.filter((tensor) =>
    [tensor.name, String(tensor.id), `t${String(tensor.id)}`].includes(name),
  );
  const fitting = exact.length > 0 ? exact : computed.filter((tensor) => tensor.name.includes(name));
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only.id;
  throw compilerError(
    'SPILL_UNKNOWN_TENSOR',
    `${String(fitting.length)} tensors of the model fit "${name}"; exactly one must. ` +
      '`tinyseg inspect` lists tensors with their ids and names.',
    { name, fitting: fitting.map(({ id }) => id) },
  );
}
