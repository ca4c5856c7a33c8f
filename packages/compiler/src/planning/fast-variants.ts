// SPDX-License-Identifier: Apache-2.0
/**
 * Chooses kernels for speed: a plan is searched with those that are fast and need little, or with the default ones
 * where these do not fit; then operators get faster ones for as long as the budget holds, the largest gain first.
 */
import { rowCount, tensorSizeBytes } from '../analysis/tensor-size.js';
import { windowInput } from '../analysis/window-geometry.js';
import {
  producers,
  rowShape,
  tensorOf,
  type Graph,
  type Operator,
  type OperatorId,
  type TensorId,
} from '../ir/index.js';
import { plainInstructions } from './cost/fast-instructions.js';
import { instructionsOf } from './cost/kernel-instructions.js';
import {
  attemptDecisions,
  fits,
  type Attempt,
  type LayerOutcome,
  type PlanSetting,
} from './layer-planner.js';
import { lowerOperator } from './lowering.js';
import type { KernelWay, KernelWays } from './search/index.js';
import { shortSumBound, type Convolution } from './short-multiplication.js';
import type { Structure } from './structure.js';
import { variantShape } from './variant-shape.js';
import {
  callRows,
  defaultVariant,
  KERNEL_VARIANTS,
  type KernelVariant,
  type VariantShape,
} from './variants.js';

/** A fast variant for one operator, with what it costs. */
interface Way {
  readonly variant: KernelVariant;
  readonly instructions: number;
  readonly scratchBytes: number;
  readonly rowsPerCall: number;
}

/** So many plans are scheduled and placed to see whether a faster kernel fits. */
const TRIES = 20;

/** Scratch of the kernels that a plan is searched with: first the faster ones of these, then the most frugal. */
const SEARCH_SCRATCH_BYTES = 8192;

/**
 * Plans with fast kernels.
 *
 * @param plan the strategy, with the kernels of its setting
 * @param planKernels the strategy where it chooses among kernels itself; undefined when it finds nothing that fits
 */
export function planFast<T extends LayerOutcome>(
  setting: PlanSetting,
  plan: (setting: PlanSetting) => T,
  planKernels?: (ways: KernelWays) => T | undefined,
): T {
  const ways = fastWays(setting.graph, setting.structure);
  const together = ways.size === 0 ? undefined : planKernels?.(kernelWays(setting.graph, ways));
  if (together !== undefined) return together;
  let least: T | undefined;
  for (const choose of [fastWithin, leastScratch, undefined]) {
    const variants = choose && new Map([...ways].map(([id, list]) => [id, choose(list).variant.key]));
    const outcome = plan(variants === undefined ? setting : { ...setting, variants });
    if (outcome.fits) return { ...outcome, attempt: speedUp(setting, outcome.attempt, ways) };
    if (least === undefined || ramOf(outcome) < ramOf(least)) least = outcome;
  }
  return least as T;
}

function ramOf({ attempt }: LayerOutcome): number {
  return attempt.ram.totalBytes;
}

function leastScratch(list: readonly Way[]): Way {
  return list.reduce((least, way) => (way.scratchBytes < least.scratchBytes ? way : least));
}

/** The fastest that needs neither much scratch nor many rows. */
function fastWithin(list: readonly Way[]): Way {
  const small = ({ scratchBytes, rowsPerCall }: Way): boolean =>
    scratchBytes <= SEARCH_SCRATCH_BYTES && rowsPerCall <= 2;
  return list.find(small) ?? leastScratch(list);
}

/** The fast variants of each operator that has any, the fastest first. */
export function fastWays(graph: Graph, structure: Structure): ReadonlyMap<OperatorId, readonly Way[]> {
  const made = producers(graph);
  const ways = new Map<OperatorId, readonly Way[]>();
  const running = new Set(structure.running);
  for (const op of graph.operators) {
    if (!running.has(op.id) || !isConvolution(op)) continue;
    const list = waysOf(graph, op, segmentsIn(made, op, structure.dissolved));
    if (list.length > 0) ways.set(op.id, list);
  }
  return ways;
}

/** What the search compares: the fast variants and the default one, with the rows that their calls hold. */
export function kernelWays(graph: Graph, ways: ReadonlyMap<OperatorId, readonly Way[]>): KernelWays {
  const byId = new Map(graph.operators.map((op) => [op.id, op]));
  return new Map(
    [...ways].map(([id, list]): [OperatorId, KernelWay[]] => {
      const op = byId.get(id) as Convolution;
      const output = op.outputs[0] as TensorId;
      const input = windowInput(op);
      const [read, made] = [input, output].map((tensor) => tensorSizeBytes(tensorOf(graph, tensor)));
      const bytesPerRow = ((read ?? 0) + (made ?? 0)) / rowCount(tensorOf(graph, output));
      const all = list.map(({ variant, instructions, scratchBytes, rowsPerCall }): KernelWay => {
        return {
          key: variant.key,
          instructions,
          scratchBytes,
          rowsPerCall,
          callBytes: rowsPerCall * bytesPerRow,
        };
      });
      return [id, [...all, plainWay(graph, op, bytesPerRow)]];
    }),
  );
}

function plainWay(graph: Graph, op: Operator, callBytes: number): KernelWay {
  const lowered = lowerOperator(graph, op);
  const shape = variantShape(graph, lowered, 1);
  const variant = defaultVariant(lowered.planKind, shape);
  const [key, scratchBytes] = [variant?.key ?? 0, variant?.scratchBytes(shape) ?? 0];
  const rows = rowCount(tensorOf(graph, op.outputs[0] as TensorId));
  const instructions = op.kind === 'conv2d' ? plainInstructions(shape, rows) : instructionsOf(graph, op);
  return { key, instructions, scratchBytes, rowsPerCall: 1, callBytes };
}

/** Segments of the data input of an operator: one, or those of a concatenation that is never built. */
export function segmentsOf(graph: Graph, op: Operator, dissolved: ReadonlySet<OperatorId>): number {
  return isConvolution(op) ? segmentsIn(producers(graph), op, dissolved) : 1;
}

function segmentsIn(
  made: ReadonlyMap<TensorId, Operator>,
  op: Convolution,
  dissolved: ReadonlySet<OperatorId>,
): number {
  const maker = made.get(windowInput(op));
  return maker !== undefined && dissolved.has(maker.id) ? maker.inputs.length : 1;
}

function isConvolution(op: Operator): op is Convolution {
  return op.kind === 'conv2d' || op.kind === 'depthwiseConv2d' || op.kind === 'transposeConv';
}

function waysOf(graph: Graph, op: Convolution, segmentCount: number): readonly Way[] {
  const bound = shortSumBound(graph, op);
  const lowered = lowerOperator(graph, op);
  const shape = variantShape(graph, lowered, segmentCount);
  if (op.kind === 'conv2d' && shape.channelsPerGroup !== shape.inputChannels) return [];
  return KERNEL_VARIANTS.filter(({ planKind, fast, suits }) => {
    const isExact = fast !== undefined && (fast.sumLimit === Infinity || bound < fast.sumLimit);
    return planKind === lowered.planKind && isExact && suits(shape);
  })
    .map((variant) => wayOf(graph, op, variant, shape))
    .sort((a, b) => a.instructions - b.instructions || a.scratchBytes - b.scratchBytes);
}

function wayOf(graph: Graph, op: Operator, variant: KernelVariant, shape: VariantShape): Way {
  const { n, h } = rowShape(tensorOf(graph, op.outputs[0] as TensorId).shape);
  const rows = callRows(variant, shape, n * h);
  const instructions = variant.fast?.instructions(shape, n * h, rows) ?? Infinity;
  return { variant, instructions, scratchBytes: variant.scratchBytes(shape), rowsPerCall: rows };
}

/** The same stages and spills with the fastest kernels that fit the budget. */
function speedUp(
  setting: PlanSetting,
  base: Attempt,
  ways: ReadonlyMap<OperatorId, readonly Way[]>,
): Attempt {
  const chosen = new Map(base.decisions.variants);
  const withVariants = (variants: ReadonlyMap<OperatorId, number>): Attempt =>
    attemptDecisions(setting, { ...base.decisions, variants });
  const fastest = withVariants(
    new Map([...chosen, ...[...ways].map(([id, [first]]) => [id, first?.variant.key ?? 0] as const)]),
  );
  // One whose row places no longer reach moves more than the base.
  const serves = (attempt: Attempt): boolean => attempt.isWidened === undefined && fits(setting, attempt);
  if (serves(fastest)) return fastest;
  let best = base;
  let tries = 0;
  for (const [id, list] of byGain(ways, chosen)) {
    for (const { variant } of list) {
      if (variant.key === chosen.get(id) || tries++ >= TRIES) break;
      const attempt = withVariants(new Map([...chosen, [id, variant.key]]));
      if (!serves(attempt)) continue;
      chosen.set(id, variant.key);
      best = attempt;
      break;
    }
  }
  return best;
}

/** Operators by the instructions that their fastest variant saves. */
function byGain(
  ways: ReadonlyMap<OperatorId, readonly Way[]>,
  chosen: ReadonlyMap<OperatorId, number>,
): readonly (readonly [OperatorId, readonly Way[]])[] {
  const gain = ([id, list]: readonly [OperatorId, readonly Way[]]): number => {
    const now = list.find(({ variant }) => variant.key === chosen.get(id));
    return (now?.instructions ?? 1e15) - (list[0]?.instructions ?? 0);
  };
  return [...ways].sort((a, b) => gain(b) - gain(a) || a[0] - b[0]);
}
