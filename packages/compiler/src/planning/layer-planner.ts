// SPDX-License-Identifier: Apache-2.0
/**
 * Layer-by-layer plans under a budget: the plain plan if it fits, else the one that moves the fewest
 * bytes to and from the store. The scheduler tells what each way of spilling a tensor changes in each
 * stage; `spill-chooser` chooses; schedule and placement of the choice have the last word.
 */
import { rowCount, rowSizeBytes } from '../analysis/tensor-size.js';
import { tensorOf, type Graph, type OperatorId, type TensorId } from '../ir/index.js';
import { PLAN_LIMITS } from '../plan-format/index.js';
import type { Decisions, Draft, SpillDecision, StoreDecision } from './decisions.js';
import { leastMovedBytes } from './moved-bound.js';
import { rowPlacesReach } from './plan-limits.js';
import { placeDraft } from './place-draft.js';
import { lowerBoundBytes, type Placement } from './placement/index.js';
import { ramParts, ramShapeOf, type PointerBytes, type RamParts } from './ram.js';
import { CarriedRows } from './schedule/carried-rows.js';
import { scheduleProgram } from './schedule/index.js';
import { chooseSpills, type Chosen, type SpillSpace } from './spill-chooser.js';
import { BLOCK_BYTES, spillCandidates } from './spill-options.js';
import { firstWithRoom } from './store-assignment.js';
import { placementProblem, stageLoads } from './stage-load.js';
import type { Structure } from './structure.js';

/** What all attempts of one compilation have in common. */
export interface PlanSetting {
  readonly graph: Graph;
  readonly structure: Structure;
  /** Stores that may be spilled to; none forbids spilling. */
  readonly stores: readonly StoreDecision[];
  readonly streamInputs: boolean;
  readonly streamOutputs: boolean;
  readonly pointerBytes: PointerBytes;
  /** Bounds the sum of all parts of RAM; undefined: no bound. */
  readonly budgetBytes?: number;
  /**
   * RAM that is enough where more is of no use: an attempt is placed no lower, and just anyhow where no placement is as
   * low. Default: attempts are placed as low as limits allow.
   */
  readonly enoughBytes?: number;
  /** Lets tensors grow into rows of others that nobody needs any more. Default false. */
  readonly inPlace?: boolean;
  /** Keys of kernel variants that are not the default ones. */
  readonly variants?: ReadonlyMap<OperatorId, number>;
  /** Spills that are given, whatever the budget. */
  readonly forced: ReadonlyMap<TensorId, SpillDecision>;
}

/** Decisions with everything that follows from them. */
export interface Attempt {
  readonly decisions: Decisions;
  readonly draft: Draft;
  readonly placement: Placement;
  readonly ram: RamParts;
  /** Bytes that the plan writes to and reads from its store. */
  readonly movedBytes: number;
  /** Partial spills were made whole, because row places would not reach: it moves more than was decided. */
  readonly isWidened?: true;
}

export interface LayerOutcome {
  /** Fits the budget when `fits`; otherwise the attempt that came lowest. */
  readonly attempt: Attempt;
  readonly fits: boolean;
  /**
   * Whether it is proved that no plan of the strategy within the budget moves fewer bytes: nothing is spilled
   * beside what is forced, or the bytes moved meet a lower bound.
   */
  readonly exhaustive: boolean;
}

const PROBE_NODES = 3000;
const FINAL_NODES = 60_000;

export function planLayers(setting: PlanSetting): LayerOutcome {
  const plain = attemptWith(setting, new Map());
  if (fits(setting, plain)) return { attempt: settle(setting, plain), fits: true, exhaustive: true };
  let lowest = plain;
  if (setting.stores.length > 0) {
    // Where blocks of several rows are too much, single rows.
    for (const blockBytes of [BLOCK_BYTES, 1]) {
      const found = chooseSpills(spillSpace(setting, plain, blockBytes));
      if (found.result.ram.totalBytes < lowest.ram.totalBytes) lowest = found.result;
      if (found.fits) {
        const attempt = settle(setting, found.result);
        return { attempt, fits: true, exhaustive: isLeast(setting, plain, attempt) };
      }
    }
  }
  return { attempt: settle(setting, lowest), fits: false, exhaustive: false };
}

/** Whether no spills within the budget move fewer bytes than these. */
function isLeast(setting: PlanSetting, plain: Attempt, { movedBytes: moved }: Attempt): boolean {
  const { graph, structure, forced, budgetBytes = Infinity } = setting;
  const candidates = structure.roots.filter((id) => !forced.has(id));
  const arenaBytes = budgetBytes - (plain.ram.totalBytes - plain.ram.arenaBytes);
  return moved - plain.movedBytes <= leastMovedBytes(graph, structure, plain.draft, candidates, arenaBytes);
}

/**
 * Schedules and places the plan that has these spills beside the forced ones.
 *
 * @param rowPlaced tensors whose rows are placed one by one, beside those that are partly spilled. They keep their
 *   rings after all where the table of row places would not reach (`rowPlacesReach`).
 */
export function attemptWith(
  setting: PlanSetting,
  spills: ReadonlyMap<TensorId, SpillDecision>,
  stages?: readonly (readonly OperatorId[])[],
  rowPlaced?: Decisions['rowPlaced'],
): Attempt {
  return attemptDecisions(setting, {
    ...decisionsWith(setting, spills, stages),
    ...(rowPlaced === undefined ? {} : { rowPlaced }),
  });
}

/**
 * Schedules and places the plan that is decided so. Where row places do not reach, with rings alone; where they do not
 * reach for partial spills either, with all rows of these tensors spilled. So each attempt can be written.
 */
export function attemptDecisions(setting: PlanSetting, decisions: Decisions): Attempt {
  const { graph, inPlace = false } = setting;
  const draft = scheduleProgram(graph, decisions, { inPlace });
  const attempt = placed(setting, decisions, draft, PROBE_NODES);
  if (rowPlacesReach(draft, attempt.placement.offsets)) return attempt;
  const { rowPlaced, ...ringed } = decisions;
  if (rowPlaced !== undefined) return attemptDecisions(setting, ringed);
  const whole = [...decisions.spills].map(([id, { rows: _share, ...spill }]) => [id, spill] as const);
  return { ...attemptDecisions(setting, { ...decisions, spills: new Map(whole) }), isWidened: true };
}

/** One operator a stage, unless stages are given. */
function decisionsWith(
  { structure, forced, stores, streamInputs, streamOutputs, variants }: PlanSetting,
  spills: ReadonlyMap<TensorId, SpillDecision>,
  stages: readonly (readonly OperatorId[])[] = structure.running.map((id) => [id]),
): Decisions {
  const all = new Map([...forced, ...spills]);
  return {
    // A model of views alone runs nothing: it has no stage, rather than an empty one.
    stages: stages.filter(({ length }) => length > 0),
    dissolved: structure.dissolved,
    views: structure.views,
    spills: all,
    stores: all.size > 0 ? stores : [],
    streamInputs,
    streamOutputs,
    ...(variants === undefined ? {} : { variants }),
  };
}

function placed(setting: PlanSetting, decisions: Decisions, draft: Draft, nodeLimit: number): Attempt {
  const shape = ramShapeOf(setting.graph, decisions, draft);
  const beside = ramParts(0, shape, setting.pointerBytes).totalBytes;
  const { budgetBytes, enoughBytes } = setting;
  const capacity = {
    ...(budgetBytes === undefined ? {} : { capacityBytes: Math.max(0, budgetBytes - beside) }),
    ...(enoughBytes === undefined ? {} : { enoughBytes: Math.max(1, enoughBytes - beside) }),
  };
  // What no plan may hold is not searched: the search counts in 32 bits.
  const nodes = lowerBoundBytes(placementProblem(draft)) > PLAN_LIMITS.arenaBytes ? 0 : nodeLimit;
  const placement = placeDraft(draft, { nodeLimit: nodes, ...capacity }, setting.inPlace === true);
  const ram = ramParts(placement.heightBytes, shape, setting.pointerBytes);
  return { decisions, draft, placement, ram, movedBytes: movedBytes(setting.graph, draft) };
}

/** The same plan placed as low as a longer search finds, though the budget would allow more. */
export function settle(setting: PlanSetting, attempt: Attempt): Attempt {
  const { budgetBytes: _unbounded, enoughBytes: _enough, ...rest } = setting;
  const lower = placed(rest, attempt.decisions, attempt.draft, FINAL_NODES);
  const isLower = lower.ram.totalBytes <= attempt.ram.totalBytes;
  if (!isLower || !rowPlacesReach(lower.draft, lower.placement.offsets)) return attempt;
  return { ...attempt, placement: lower.placement, ram: lower.ram };
}

export function fits({ budgetBytes }: PlanSetting, { ram }: Attempt): boolean {
  return budgetBytes === undefined || ram.totalBytes <= budgetBytes;
}

/** Raw bytes written to stores and read back in one inference. */
function movedBytes(graph: Graph, draft: Draft): number {
  return draft.transfers.reduce((sum, { stream }) => sum + streamBytes(graph, draft, stream), 0);
}

/** Raw bytes that the plan writes to stores in one inference. */
export function writtenBytesOf(graph: Graph, { draft }: Attempt): number {
  return draft.streams.reduce((sum, _, stream) => sum + streamBytes(graph, draft, stream), 0);
}

/** Raw bytes of one stream: the rows that it carries. */
export function streamBytes(graph: Graph, draft: Draft, stream: number): number {
  const found = draft.streams[stream];
  if (found === undefined) return 0;
  const tensor = tensorOf(graph, found.tensor);
  const { period = 1, carried = 1, rowsPerBlock } = found;
  return new CarriedRows(rowCount(tensor), rowsPerBlock, period, carried).count * rowSizeBytes(tensor);
}

/** The ways to spill with blocks of this size, carried out by the scheduler. */
function spillSpace(
  setting: PlanSetting,
  plain: Attempt,
  blockBytes: number,
): SpillSpace<SpillDecision, Attempt> {
  const { graph, structure, streamInputs, budgetBytes = Infinity } = setting;
  const candidates = spillCandidates(graph, structure, { store: 0, blockBytes, streamInputs }).filter(
    ({ tensor }) => !setting.forced.has(tensor),
  );
  const spillsOf = (chosen: Chosen<SpillDecision>): ReadonlyMap<TensorId, SpillDecision> => {
    const own = candidates.flatMap(({ tensor }, i) => {
      const decision = chosen[i];
      return decision === undefined ? [] : [[tensor, decision] as const];
    });
    return firstWithRoom(graph, new Map([...setting.forced, ...own]), setting.stores);
  };
  return {
    budgetBytes,
    firstTargetBytes: budgetBytes - (plain.ram.totalBytes - plain.ram.arenaBytes),
    ways: candidates.map(({ options }) =>
      options.map(({ decision, writtenBytes, readBytes, idleLength, penalty }) => ({
        choice: decision,
        costBytes: writtenBytes + readBytes,
        idleLength,
        penalty,
      })),
    ),
    loadsOf: (chosen) => stageLoads(scheduleProgram(graph, decisionsWith(setting, spillsOf(chosen)))),
    carryOut: (chosen) => attemptWith(setting, spillsOf(chosen)),
    sizeOf: ({ ram }) => ram.totalBytes,
  };
}
