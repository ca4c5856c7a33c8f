// SPDX-License-Identifier: Apache-2.0
// The pipeline on one screen: model bytes in, verified plan and report out.
import { isTinysegError, type TinysegError } from '@tinyseg/errors';
import { plannerSettings, type CompileOptions, type PlannerSettings } from './compile-settings.js';
import { assemblePlan } from './emit/plan/index.js';
import {
  compileReport,
  compileSvg,
  compileText,
  inspectReport,
  optimizeText,
  type CompileReport,
  type InspectReport,
} from './emit/report/index.js';
import { optimizeGraph, type Accounting, type OptimizeReport } from './emit/tflite/index.js';
import { compilerError } from './error-codes.js';
import { checkSupported, readTflite, writeTflite } from './formats/tflite/index.js';
import { assertGraph, type Graph } from './ir/index.js';
import { runPasses } from './passes/index.js';
import { rejoinParts } from './passes/rejoin-parts.js';
import { removeUnused } from './passes/remove-unused.js';
import { restoreSpilled } from './passes/restore-spilled.js';
import { encodePlan, type Plan } from './plan-format/index.js';
import { planModel, type PlannedModel } from './planning/plan-model.js';
import { decidedCost } from './planning/search/index.js';
import { spillWishes } from './planning/spill-wishes.js';
import { checkStoreCapacity } from './planning/store-capacity.js';
import { assertPlan } from './verify/index.js';

export interface CompileResult {
  readonly plan: Plan;
  /** The .tseg file. */
  readonly bytes: Uint8Array;
  readonly report: CompileReport;
  /** The report for a terminal, and memory before and after as an SVG picture. */
  readonly text: string;
  readonly svg: string;
  /** The graph after all passes: what the plan computes and `verifyPlan` compares with. */
  readonly graph: Graph;
}

/**
 * Compiles a .tflite model to a plan. The same bytes and options always give the same plan.
 *
 * @throws TinysegError MODEL_* for the file, PLAN_UNSUPPORTED_OPERATOR, BUDGET_TOO_SMALL, STORE_*,
 *   SPILL_UNKNOWN_TENSOR, PLAN_INVALID when the verifier rejects what the planner made
 */
export function compileModel(model: Uint8Array, options: CompileOptions): CompileResult {
  const source = readTflite(model);
  const { graph, settings, planned } = planVariants(source, options);
  const { planner, stores } = settings;
  const { decisions, draft, placement } = planned.attempt;
  checkStoreCapacity(graph, decisions);
  const plan = assemblePlan(graph, decisions, draft, placement.offsets);
  assertPlan(plan, graph);
  const bytes = encodePlan(plan);
  const report = compileReport(source, graph, planned, {
    board: options.board.name,
    costModel: planner.model,
    stores: stores.map(({ name }) => name),
    pointerBytes: planner.pointerBytes,
    planBytes: bytes.length,
    programBytes: plan.program.length * 4,
    constantBytes: plan.constants.length,
    tickTotal: plan.tickTotal,
    ...(options.modelName === undefined ? {} : { modelName: options.modelName }),
    ...(planner.budgetBytes === undefined ? {} : { budgetBytes: planner.budgetBytes }),
  });
  const svg = compileSvg(source, graph, planned, report);
  return { plan, bytes, report, text: compileText(report), svg, graph };
}

interface Variant {
  readonly graph: Graph;
  readonly settings: PlannerSettings;
  readonly planned: PlannedModel;
}

/**
 * The plan that costs the least in the objective: of the model as read or, where a rewritten model divides tensors to spill a
 * part, of the model without the division, too. So a rewritten model needs no more than the one it came from.
 */
function planVariants(source: Graph, options: CompileOptions): Variant {
  const wishes = spillWishes(source);
  const graph = prepareGraph(source, options.disablePasses);
  const undivided = wishes.length === 0 ? graph : rejoinParts(graph);
  const attempts = [...new Set([graph, undivided])].map((variant): Variant | TinysegError => {
    try {
      const settings = plannerSettings(variant, options);
      return { graph: variant, settings, planned: planModel(variant, { ...settings.planner, wishes }) };
    } catch (thrown) {
      if (isTinysegError(thrown)) return thrown;
      throw thrown;
    }
  });
  const failures = attempts.filter((attempt) => isTinysegError(attempt));
  const moved = ({ planned }: Variant): number => planned.attempt.movedBytes;
  const cost = ({ graph: made, settings: { planner }, planned }: Variant): number =>
    decidedCost(
      { graph: made, structure: planned.structure, model: planner.model },
      planner.objective,
      planned.attempt.decisions,
    );
  const [best] = attempts
    .filter((attempt): attempt is Variant => !isTinysegError(attempt))
    .sort((a, b) => cost(a) - cost(b) || moved(a) - moved(b) || ramOf(a) - ramOf(b));
  if (best !== undefined) return best;
  const least = ({ data }: TinysegError): number => Number(data['leastBytes'] ?? Infinity);
  throw failures.reduce((a, b) => (least(b) < least(a) ? b : a));
}

function ramOf({ planned }: Variant): number {
  return planned.attempt.ram.totalBytes;
}

/**
 * The graph that plans are made from and verified against: after all passes, every operator supported.
 *
 * @throws TinysegError MODEL_UNSUPPORTED, naming each constraint that the graph breaks; PASS_UNKNOWN
 */
export function prepareGraph(source: Graph, disablePasses: readonly string[] = []): Graph {
  const graph = runPasses(source, { disable: disablePasses });
  const unsupported = checkSupported(graph);
  if (unsupported.length === 0) return graph;
  const shown = unsupported
    .slice(0, 4)
    .map(({ operator, name, reason }) => `${name} (operator ${operator}): ${reason}`);
  const rest = unsupported.length - shown.length;
  throw compilerError(
    'MODEL_UNSUPPORTED',
    `The model can not be compiled. ${shown.join(' ')}${rest > 0 ? ` And ${rest} more.` : ''} ` +
      'docs/reference/supported-operators.md lists what can.',
    { unsupported },
  );
}

/** @throws TinysegError MODEL_* */
export function inspectModel(model: Uint8Array): InspectReport {
  const source = readTflite(model);
  return inspectReport(source, checkSupported(runPasses(source)));
}

export interface OptimizeResult {
  /** The rewritten .tflite file, with arena offsets for TFLM as metadata. */
  readonly bytes: Uint8Array;
  readonly report: OptimizeReport;
  readonly text: string;
  readonly graph: Graph;
}

/**
 * The paper's rewriting: .tflite to .tflite, until the arena of whole tensors meets the target or
 * nothing more is gained (`report.reached` says which). Spills that the model already has are taken
 * out first and chosen anew.
 *
 * @throws TinysegError MODEL_*
 */
export function optimizeModel(model: Uint8Array, options: OptimizeModelOptions): OptimizeResult {
  const source = removeUnused.run(restoreSpilled.run(readTflite(model)));
  const { accounting = 'today', store = 'any', targetBytes } = options;
  const { graph, report } = optimizeGraph(source, { targetBytes, accounting, store });
  assertGraph(graph, 'writing spills');
  return { bytes: writeTflite(graph), report, text: optimizeText(report), graph };
}

export interface OptimizeModelOptions {
  /** Arena to reach, in bytes; 0 asks for the smallest that can be found. */
  readonly targetBytes: number;
  /** Default `today`. */
  readonly accounting?: Accounting;
  /** Name in SPILL and FETCH operators. Default `any`. */
  readonly store?: string;
}
