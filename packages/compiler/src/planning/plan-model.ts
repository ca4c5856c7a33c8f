// SPDX-License-Identifier: Apache-2.0
/** From a graph and a budget to decisions, schedule and places: the entry of the planner. */
import { isTinysegError } from '@tinyseg/errors';
import { compilerError } from '../error-codes.js';
import { rowCount, rowSizeBytes } from '../analysis/tensor-size.js';
import {
  consumers,
  tensorOf,
  type Graph,
  type Operator,
  type OperatorId,
  type TensorId,
} from '../ir/index.js';
import { withKernels } from './chosen-kernels.js';
import type { CostModel, Objective } from './cost/cost-model.js';
import type { FetchDecision, SpillDecision, StoreDecision } from './decisions.js';
import { planFast } from './fast-variants.js';
import {
  attemptWith,
  fits,
  planLayers,
  settle,
  writtenBytesOf,
  type Attempt,
  type LayerOutcome,
  type PlanSetting,
} from './layer-planner.js';
import { budgetTooSmall, relaxations, type LeastWith } from './budget-refusal.js';
import { checkModelLimits, checkPlanLimits } from './plan-limits.js';
import type { PointerBytes } from './ram.js';
import {
  planAuto,
  planKernels,
  type AutoOutcome,
  type Certificate,
  type KernelWays,
  type SearchSetting,
} from './search/index.js';
import type { SpillWish } from './spill-wishes.js';
import { firstWithRoom } from './store-assignment.js';
import { storeTooSmall } from './store-capacity.js';
import { BLOCK_BYTES, blockRows, spillCandidates } from './spill-options.js';
import { structureOf, type Reader, type Structure } from './structure.js';

/**
 * auto: the cheapest plan of the plan space (docs/specs/plan-space.md). layers: one operator after the other.
 * single-stage: all operators interleaved, row by row.
 */
export type Strategy = 'auto' | 'layers' | 'single-stage';

export type VariantSet = 'portable' | 'fast';

export interface PlanModelOptions {
  readonly strategy: Strategy;
  /** Bound on `ramBytes` (architecture, section 2); undefined: none. */
  readonly budgetBytes?: number;
  /** Where tensors may be spilled to; none (the default) forbids spilling. */
  readonly stores?: readonly StoreDecision[];
  readonly streamInputs: boolean;
  readonly streamOutputs: boolean;
  readonly pointerBytes: PointerBytes;
  /** Tensors that are spilled whatever the budget: read at home by their first reader, fetched by the others. */
  readonly spill?: readonly TensorId[];
  /** portable: the default kernels. fast: for speed on cores with DSP instructions, as the budget allows. Default portable. */
  readonly variants?: VariantSet;
  /** What `auto` aims at; default `bytes`. */
  readonly objective?: Objective;
  /**
   * Bytes that one inference may write to stores. Default: no limit. `auto` looks for a plan within it; the other
   * strategies are held to it.
   */
  readonly maxWrittenBytes?: number;
  /** Figures of the board, for objectives in time and energy; default: a CPU of 1 instruction a nanosecond. */
  readonly model?: CostModel;
  /**
   * Spills that a rewritten model asks for: followed where the plain plan exceeds the budget, these spills
   * meet it, and none that the planner finds move fewer bytes.
   */
  readonly wishes?: readonly SpillWish[];
  /**
   * What a refusal looks at, too: the least with each option relaxed by itself, and with these stores where none is
   * allowed. Default: nothing.
   */
  readonly alternatives?: { readonly stores: readonly StoreDecision[] };
}

export interface PlannedModel extends LayerOutcome {
  readonly strategy: Strategy;
  readonly structure: Structure;
  /** Of `auto` only. */
  readonly certificate?: Certificate;
}

/**
 * Spills that the user names are in every plan that `auto` looks at. What a rewritten model wishes `auto` passes
 * over: its plan space has plans for the same budget that move no more.
 *
 * @throws TinysegError BUDGET_TOO_SMALL with the least feasible bytes that the planner found;
 *   STORE_TOO_SMALL; WRITES_TOO_MUCH; PLAN_TOO_LARGE; SPILL_UNKNOWN_TENSOR; SPILL_WITHOUT_STORE; PLAN_UNSUPPORTED_OPERATOR
 */
export function planModel(graph: Graph, options: PlanModelOptions): PlannedModel {
  const structure = structureOf(graph);
  checkModelLimits(graph, structure.running.length);
  const forced = forcedSpills(graph, structure, options);
  const { budgetBytes, stores = [] } = options;
  const setting: PlanSetting = {
    graph,
    structure,
    forced: firstWithRoom(graph, forced, stores),
    stores,
    streamInputs: options.streamInputs,
    streamOutputs: options.streamOutputs,
    pointerBytes: options.pointerBytes,
    ...(budgetBytes === undefined ? {} : { budgetBytes }),
  };
  const wished = wishedSpills(graph, structure, options);
  const { strategy } = options;
  const { maxWrittenBytes = Infinity } = options;
  const plan = (chosen: PlanSetting): Partial<AutoOutcome> & LayerOutcome => {
    const outcome =
      strategy === 'auto' ? planAutomatically(chosen, options) : withWishes(chosen, wished, strategy);
    return { ...outcome, fits: outcome.fits && writtenBytesOf(graph, outcome.attempt) <= maxWrittenBytes };
  };
  const isTimed = options.objective === 'latency' || options.objective === 'energy';
  const kernelPlanner =
    strategy === 'auto' && isTimed
      ? (ways: KernelWays) => planKernels(autoSetting(setting, options), ways, options.maxWrittenBytes)
      : undefined;
  const outcome =
    options.variants === 'fast' ? uncertain(planFast(setting, plan, kernelPlanner)) : plan(setting);
  const { attempt, fits: isFitting, storeBytes } = outcome;
  if (!isFitting && storeBytes !== undefined) throw storeTooSmall(stores, storeBytes);
  if (!isFitting && fits(setting, attempt)) throw writesTooMuch(graph, attempt, maxWrittenBytes);
  if (!isFitting) throw budgetTooSmall(graph, options, attempt, leastWith(graph, options));
  checkPlanLimits(graph, attempt.draft, attempt.ram.arenaBytes);
  return { ...outcome, strategy, structure };
}

/** The least with each option relaxed that may be; none where the caller does not want to know. */
function leastWith(graph: Graph, { alternatives, ...options }: PlanModelOptions): LeastWith[] {
  if (alternatives === undefined) return [];
  return relaxations(options, alternatives).flatMap(({ option, options: relaxed }): LeastWith[] => {
    try {
      planModel(graph, { ...relaxed, budgetBytes: 0 });
    } catch (thrown) {
      if (isTinysegError(thrown, 'BUDGET_TOO_SMALL')) {
        return [{ option, leastBytes: thrown.data['leastBytes'] as number }];
      }
      // Its spills have no room in the stores: then the option is none.
      if (!isTinysegError(thrown, 'STORE_TOO_SMALL')) throw thrown;
    }
    return [];
  });
}

/** Kernels are not a part of the plan space: one set was searched with, and with another one a plan may cost less. */
function uncertain<T extends LayerOutcome & { readonly certificate?: Certificate }>(outcome: T): T {
  const { attempt, certificate } = outcome;
  if (certificate === undefined) return { ...outcome, exhaustive: false };
  const lowerBoundBytes = Math.min(certificate.lowerBoundBytes, attempt.ram.arenaBytes);
  return { ...outcome, exhaustive: false, certificate: { lowerBoundBytes, exhaustive: false } };
}

const PLAIN_MODEL: CostModel = { nanosecondsPerInstruction: 1, activeMilliwatts: 0 };

function planAutomatically(setting: PlanSetting, options: PlanModelOptions): AutoOutcome {
  const outcome = planAuto(autoSetting(setting, options));
  const { objective, maxWrittenBytes = Infinity } = options;
  if (objective === 'wear' || writtenBytesOf(setting.graph, outcome.attempt) <= maxWrittenBytes)
    return outcome;
  return planAuto(autoSetting(setting, { ...options, objective: 'wear' }));
}

function autoSetting(
  setting: PlanSetting,
  { objective = 'bytes', model = PLAIN_MODEL }: PlanModelOptions,
): SearchSetting {
  const { variants = new Map(), structure } = setting;
  const chosen = withKernels(setting.graph, model, { variants, dissolved: structure.dissolved });
  return { ...setting, objective, model: chosen.model, inPlace: true };
}

/** What the planner finds by itself, or the wished spills where they serve the budget as well or better. */
function withWishes(
  setting: PlanSetting,
  wished: ReadonlyMap<TensorId, SpillDecision>,
  strategy: Strategy,
): LayerOutcome {
  const own = strategy === 'layers' ? planLayers(setting) : planSpilled(setting, strategy);
  const spillsMore = own.attempt.decisions.spills.size > setting.forced.size;
  if (wished.size === 0 || (own.fits && !spillsMore)) return own;
  const all = new Map([...wished, ...setting.forced]);
  const forced = firstWithRoom(setting.graph, all, setting.stores);
  const wish = planSpilled({ ...setting, forced }, strategy);
  if (wish.fits) {
    const isBetter = !own.fits || wish.attempt.movedBytes <= own.attempt.movedBytes;
    const isSame = wish.attempt.movedBytes === own.attempt.movedBytes;
    return isBetter ? { ...wish, exhaustive: own.fits && isSame && own.exhaustive } : own;
  }
  return own.fits || own.attempt.ram.totalBytes <= wish.attempt.ram.totalBytes ? own : wish;
}

/** The plan with the forced spills and no others. */
function planSpilled(setting: PlanSetting, strategy: Strategy): LayerOutcome {
  const { running } = setting.structure;
  const stages = strategy === 'layers' ? running.map((id) => [id]) : [running];
  const attempt = settle(setting, attemptWith(setting, new Map(), stages));
  return { attempt, fits: fits(setting, attempt), exhaustive: true };
}

function forcedSpills(
  graph: Graph,
  structure: Structure,
  { spill = [], stores = [], streamInputs }: PlanModelOptions,
): Map<TensorId, SpillDecision> {
  const forced = new Map<TensorId, SpillDecision>();
  if (spill.length === 0) return forced;
  if (stores.length === 0) {
    throw compilerError(
      'SPILL_WITHOUT_STORE',
      'Tensors should be spilled, but no store is allowed. Name a store, or leave the tensors out.',
      { tensors: spill },
    );
  }
  const candidates = spillCandidates(graph, structure, {
    store: 0,
    blockBytes: BLOCK_BYTES,
    streamInputs,
    only: new Set(spill),
  });
  for (const id of spill) {
    const options = candidates.find(({ tensor }) => tensor === id)?.options ?? [];
    const [longest] = [...options].sort((a, b) => b.idleLength - a.idleLength || a.penalty - b.penalty);
    if (longest === undefined) {
      throw compilerError(
        'SPILL_UNKNOWN_TENSOR',
        `Tensor ${String(id)} can not be spilled: it is not computed, never read, or an output of the model. ` +
          '`tinyseg inspect` lists tensors with their idle intervals.',
        { tensor: id },
      );
    }
    forced.set(id, longest.decision);
  }
  return forced;
}

/** Wishes as decisions. */
function wishedSpills(
  graph: Graph,
  structure: Structure,
  { wishes = [], stores = [] }: PlanModelOptions,
): Map<TensorId, SpillDecision> {
  const outputs = new Set(graph.outputs.map(structure.rootOf));
  const decisions = new Map<TensorId, SpillDecision>();
  if (stores.length === 0) return decisions;
  const readersOf = consumers(graph);
  for (const { tensor: id, streamed, whole } of wishes) {
    if (!structure.roots.includes(id) || outputs.has(id)) continue;
    const readers = structure.readersOf(id);
    const byRow = readers.filter(
      (r) => !r.throughView && namesOf(graph, readersOf, r).some((op) => streamed.has(op)),
    );
    const atOnce = readers.filter(
      (r) =>
        !byRow.includes(r) && namesOf(graph, readersOf, r).some((op) => whole.has(op) || streamed.has(op)),
    );
    const fetches: FetchDecision[] = byRow.map(({ operator }) => ({ readers: [operator], mode: 'streamed' }));
    if (atOnce.length > 0) fetches.push({ readers: atOnce.map(({ operator }) => operator), mode: 'whole' });
    if (fetches.length === 0) continue;
    const tensor = tensorOf(graph, id);
    const rowsPerBlock = blockRows(rowSizeBytes(tensor), rowCount(tensor), BLOCK_BYTES);
    decisions.set(id, { store: 0, rowsPerBlock, fetches });
  }
  return decisions;
}

/**
 * Ids by which a wish may name this reader: its own, those of operators that need no kernel on the way to it, and
 * for a concatenation that a fused convolution had swallowed, the convolution's.
 */
function namesOf(
  graph: Graph,
  readersOf: ReadonlyMap<TensorId, readonly Operator[]>,
  { operator, via }: Reader,
): OperatorId[] {
  const op = graph.operators.find(({ id }) => id === operator);
  const behind = op?.kind === 'concatenation' ? (readersOf.get(op.outputs[0] ?? -1) ?? []) : [];
  return [operator, ...via, ...behind.map(({ id }) => id)];
}

function writesTooMuch(graph: Graph, attempt: Attempt, maxWrittenBytes: number): Error {
  const writtenBytes = writtenBytesOf(graph, attempt);
  return compilerError(
    'WRITES_TOO_MUCH',
    `The plan that was found writes ${String(writtenBytes)} B to its stores, and ${String(maxWrittenBytes)} B are ` +
      'allowed (--max-written). Allow more RAM (--ram), or more to be written; `tinyseg curve` shows how they trade off.',
    { writtenBytes, maxWrittenBytes },
  );
}
