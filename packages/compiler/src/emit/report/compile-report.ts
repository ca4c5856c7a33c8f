// SPDX-License-Identifier: Apache-2.0
/** What `compile` says of a plan: its RAM part by part, what it spills, and who holds the bytes at the peak. */
import { tflmArena } from '../../analysis/tflm-arena.js';
import { tensorOf, type Graph, type OperatorId, type TensorId } from '../../ir/index.js';
import type { CostModel } from '../../planning/cost/cost-model.js';
import { withKernels } from '../../planning/chosen-kernels.js';
import { predictPlan, type Prediction } from '../../planning/cost/predict.js';
import type { FetchDecision } from '../../planning/decisions.js';
import { streamBytes } from '../../planning/layer-planner.js';
import type { PlannedModel, Strategy } from '../../planning/plan-model.js';
import type { PointerBytes, RamParts } from '../../planning/ram.js';
import { memoryMapSvg } from './memory-map-svg.js';
import { planMemoryMap, spilledBytesOf, storeLanes, tflmMemoryMap } from './memory-map.js';
import { peakLines, peakReport, type PeakReport } from './peak-report.js';
import { portLines, portReports, residentText, type PortReport } from './port-report.js';
import { formatCount, textTable } from './text-table.js';

export interface CompileReport {
  readonly model: string;
  readonly board: string;
  readonly strategy: Strategy;
  readonly arenaBytes: number;
  /** The sum of `ram`'s parts: what --ram bounds. */
  readonly ramBytes: number;
  readonly ram: RamParts;
  /** Whether `ram.stackBytes` bounds what was measured, or is assumed: no 32-bit board has been measured. */
  readonly stackIs: 'measured' | 'assumed';
  readonly budgetBytes: number | null;
  /**
   * No plan of the plan space that costs as little needs fewer bytes of arena; for strategies other than `auto`
   * no placement of this schedule does.
   */
  readonly lowerBoundBytes: number;
  readonly gapBytes: number;
  /**
   * True when it is proved that no plan of the strategy within the budget costs less than this one. For strategies
   * other than `auto`: that none moves fewer bytes (nothing is spilled beside --spill, or the bytes meet a lower
   * bound) and that no placement of its schedule is lower.
   */
  readonly exhaustive: boolean;
  /** Bytes written to stores and read back in one inference, before encoding. */
  readonly spilledBytes: number;
  readonly fetchedBytes: number;
  /** Size of the .tseg file. */
  readonly planBytes: number;
  readonly programBytes: number;
  readonly constantBytes: number;
  readonly tickTotal: number;
  /** Arena of TFLM's own planner for the same model. */
  readonly tflmHeadBytes: number;
  /** By the figures of the board file. */
  readonly predicted: {
    /** Time the stores work in one inference. */
    readonly transferMs: number;
    /** Until the first store is worn out; null where none wears. */
    readonly lifetimeInferences: number | null;
    /** Arithmetic and transfers, overlapped where plan and store allow it; null where a kernel has no figure. */
    readonly latencyMs: number | null;
    readonly energyMj: number | null;
    /** Why they are null. */
    readonly reason: string | null;
  };
  readonly stages: readonly (readonly OperatorId[])[];
  /** Names of the stores that the plan uses, in its own order: that in which a run binds them. */
  readonly stores: readonly string[];
  readonly spills: readonly SpillReport[];
  /** Inputs, then outputs. */
  readonly ports: readonly PortReport[];
  readonly peak: PeakReport;
}

export interface SpillReport {
  readonly tensor: TensorId;
  readonly name: string;
  /** Bytes of the rows that are spilled. */
  readonly sizeBytes: number;
  /** Rows r with r mod period < carried are spilled; 1 and 1: all. */
  readonly rows: { readonly period: number; readonly carried: number };
  readonly store: string;
  readonly rowsPerBlock: number;
  readonly fetches: readonly {
    readonly readers: readonly OperatorId[];
    readonly mode: FetchDecision['mode'];
  }[];
}

/** Facts about the compilation that the planner does not know. */
export interface ReportContext {
  readonly board: string;
  /** Their names on the board, in the order of the plan's decisions. */
  readonly stores: readonly string[];
  readonly costModel: CostModel;
  /** Default: the name in the file. */
  readonly modelName?: string;
  readonly budgetBytes?: number;
  readonly pointerBytes: PointerBytes;
  readonly planBytes: number;
  readonly programBytes: number;
  readonly constantBytes: number;
  readonly tickTotal: number;
}

/**
 * @param source the graph as read from the file, which is what TFLM would run
 * @param graph the graph that was planned
 */
export function compileReport(
  source: Graph,
  graph: Graph,
  planned: PlannedModel,
  context: ReportContext,
): CompileReport {
  const { ram, placement, draft, decisions } = planned.attempt;
  const bytes = (direction: 'spill' | 'fetch'): number =>
    draft.transfers
      .filter((transfer) => transfer.direction === direction)
      .reduce((sum, { stream }) => sum + streamBytes(graph, draft, stream), 0);
  const kernels = withKernels(graph, context.costModel, decisions);
  const { transferMs, lifetimeInferences, ...whole } = predictPlan(graph, kernels.model, decisions);
  const lowerBoundBytes = planned.certificate?.lowerBoundBytes ?? placement.lowerBoundBytes;
  const peak = peakReport(graph, draft, placement);
  return {
    model: context.modelName ?? source.name,
    board: context.board,
    strategy: planned.strategy,
    arenaBytes: ram.arenaBytes,
    ramBytes: ram.totalBytes,
    ram,
    stackIs: context.pointerBytes === 8 ? 'measured' : 'assumed',
    budgetBytes: context.budgetBytes ?? null,
    lowerBoundBytes,
    gapBytes: Math.max(0, placement.heightBytes - lowerBoundBytes),
    exhaustive: planned.exhaustive && (planned.certificate !== undefined || placement.proved),
    spilledBytes: bytes('spill'),
    fetchedBytes: bytes('fetch'),
    planBytes: context.planBytes,
    programBytes: context.programBytes,
    constantBytes: context.constantBytes,
    tickTotal: context.tickTotal,
    tflmHeadBytes: tflmArena(source).headBytes,
    predicted: {
      transferMs,
      lifetimeInferences,
      ...knownTime(kernels.unmeasured, whole),
    },
    stages: decisions.stages,
    stores: [...new Set([...decisions.spills.values()].map(({ store }) => store))]
      .sort((a, b) => a - b)
      .map((store) => storeNamed(context, store)),
    spills: [...decisions.spills].map(([tensor, spill]) => ({
      tensor,
      name: tensorOf(graph, tensor).name,
      sizeBytes: spilledBytesOf(graph, tensor, spill.rows),
      rows: spill.rows ?? { period: 1, carried: 1 },
      store: storeNamed(context, spill.store),
      rowsPerBlock: spill.rowsPerBlock,
      fetches: spill.fetches.map(({ readers, mode }) => ({ readers, mode })),
    })),
    ports: portReports(graph, decisions, draft, peak.tick),
    peak,
  };
}

/** Time and energy of the whole plan, or why they are not known. */
function knownTime(
  unmeasured: readonly string[],
  { latencyMs, energyMj }: Pick<Prediction, 'latencyMs' | 'energyMj'>,
): Pick<CompileReport['predicted'], 'latencyMs' | 'energyMj' | 'reason'> {
  if (unmeasured.length === 0) return { latencyMs, energyMj, reason: null };
  const reason = `no figures for ${unmeasured.join(', ')} on a core without DSP instructions`;
  return { latencyMs: null, energyMj: null, reason };
}

function storeNamed({ stores }: ReportContext, index: number): string {
  return stores[index] ?? `store ${String(index)}`;
}

/** The report for a terminal. */
export function compileText(report: CompileReport): string {
  const { ram } = report;
  const versus = Math.round((1 - report.arenaBytes / Math.max(1, report.tflmHeadBytes)) * 100);
  const lines = [
    `${report.board}, ${report.strategy}: ${formatCount(report.ramBytes)} B of RAM` +
      (report.budgetBytes === null ? '' : ` (budget ${formatCount(report.budgetBytes)} B)`),
    ...textTable(
      ['part', 'bytes'],
      [
        ['arena', ram.arenaBytes],
        ['executor', ram.contextBytes],
        ['store engine', ram.storeBytes],
        ['store device', ram.deviceBytes],
        ['link', ram.linkBytes],
        [report.stackIs === 'measured' ? 'stack' : 'stack (assumed)', ram.stackBytes],
      ],
      ['left', 'right'],
    ).map((row) => `  ${row}`),
    `Arena: ${formatCount(report.arenaBytes)} B; TFLM's planner gives the model ${formatCount(report.tflmHeadBytes)} B ` +
      `(${String(Math.abs(versus))} % ${versus >= 0 ? 'less' : 'more'}); ` +
      boundText(report),
    `Stages: ${report.stages.map((stage) => stage.join(' ')).join(' | ')}`,
    ...spillLines(report),
    'Inputs and outputs:',
    ...portLines(report.ports).map((row) => `  ${row}`),
    ...peakLines(report.peak, shortName),
    `Plan: ${formatCount(report.planBytes)} B, of which constants ${formatCount(report.constantBytes)} B and ` +
      `program ${formatCount(report.programBytes)} B; ${formatCount(report.tickTotal)} ticks`,
  ];
  return `${lines.join('\n')}\n`;
}

function boundText({ strategy, lowerBoundBytes, exhaustive }: CompileReport): string {
  const bound = `${formatCount(lowerBoundBytes)} B`;
  if (strategy !== 'auto') return `no placement of this schedule is below ${bound}.`;
  return exhaustive
    ? `no plan that costs as little is below ${bound}, and none that fits costs less.`
    : `no plan that costs as little was found below ${bound}.`;
}

function spillLines(report: CompileReport): string[] {
  if (report.spills.length === 0) return ['Nothing is spilled.'];
  const rows = report.spills.map(
    ({ tensor, sizeBytes, rows: spilled, store, rowsPerBlock, fetches, name }) => [
      `t${String(tensor)}`,
      sizeBytes,
      spilled.carried === spilled.period ? 'all' : `${String(spilled.carried)} of ${String(spilled.period)}`,
      store,
      rowsPerBlock,
      fetches.map(({ readers, mode }) => `${mode} -> ${readers.join(',')}`).join('; '),
      shortName(name),
    ],
  );
  const header = ['spilled', 'bytes', 'rows', 'store', 'rows/block', 'fetched by operator', 'name'];
  const { transferMs, lifetimeInferences } = report.predicted;
  return [
    `Each inference writes ${formatCount(report.spilledBytes)} B and reads ${formatCount(report.fetchedBytes)} B; ` +
      `its transfers take about ${transferMs.toFixed(1)} ms:`,
    ...textTable(header, rows, ['left', 'right', 'right', 'left', 'right', 'left', 'left']).map(
      (row) => `  ${row}`,
    ),
    ...(report.stores.length < 2 ? [] : [`Stores of the plan, in its order: ${report.stores.join(', ')}.`]),
    ...(lifetimeInferences === null
      ? []
      : [
          `${report.stores.length < 2 ? 'The' : 'The first'} store is worn out after about ${formatCount(lifetimeInferences)} inferences.`,
        ]),
  ];
}

/** Converters join the names of fused operators with ";": the first says enough. */
export function shortName(name: string): string {
  const first = name.split(';')[0] ?? '';
  return first.length <= 48 ? first : `...${first.slice(-45)}`;
}

/** Memory before (TFLM's own planner) and after, on one scale, as an SVG document. */
export function compileSvg(
  source: Graph,
  graph: Graph,
  planned: PlannedModel,
  report: CompileReport,
): string {
  const { decisions, draft, placement } = planned.attempt;
  const after = planMemoryMap(
    graph,
    decisions,
    draft,
    placement,
    `tinyseg: ${formatCount(report.arenaBytes)} B of arena`,
  );
  const lanes = storeLanes(after, graph, decisions, draft);
  const before = tflmMemoryMap(
    source,
    `TFLM's planner: ${formatCount(report.tflmHeadBytes)} B`,
    decisions.spills,
  );
  const { budgetBytes, ram } = report;
  const beside = ram.totalBytes - ram.arenaBytes;
  return memoryMapSvg({
    title: `${report.model === '' ? 'model' : report.model} on ${report.board}: memory before and after`,
    panels: [
      { map: before },
      {
        map: after,
        note: `resident: ${residentText(report.ports) ?? 'neither input nor output'}`,
        ...(lanes.length === 0 ? {} : { store: { title: 'store', blocks: lanes } }),
      },
    ],
    ...(budgetBytes === null
      ? {}
      : {
          budget: {
            bytes: budgetBytes - beside,
            label: `budget ${formatCount(budgetBytes)} B, less ${formatCount(beside)} B beside the arena`,
          },
        }),
  });
}
