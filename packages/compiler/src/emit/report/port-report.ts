// SPDX-License-Identifier: Apache-2.0
/** What the inputs and outputs of a plan cost in RAM: those that are held whole, and those that pass row by row. */
import { tensorSizeBytes } from '../../analysis/tensor-size.js';
import { tensorOf, type Graph, type TensorId } from '../../ir/index.js';
import type { Decisions, Draft, DraftPort } from '../../planning/decisions.js';
import { liveChanges, liveSpans, mostLive } from '../../planning/live-spans.js';
import { formatCount, textTable } from './text-table.js';

export interface PortReport {
  readonly direction: 'input' | 'output';
  /** Among the inputs, or the outputs, of the model. */
  readonly index: number;
  readonly tensor: TensorId;
  readonly name: string;
  /** resident: all rows are taken, or given, at once; streamed: one after the other. */
  readonly mode: 'resident' | 'streamed';
  readonly sizeBytes: number;
  /** Most bytes of the arena that its rows hold at one time. */
  readonly arenaBytes: number;
  /** And at the peak. */
  readonly peakBytes: number;
}

/** @param peakTick the tick with the most bytes held */
export function portReports(
  graph: Graph,
  decisions: Decisions,
  draft: Draft,
  peakTick: number,
): readonly PortReport[] {
  return draft.ports.map((port) => {
    const { direction, index, tensor } = port;
    const { name } = tensorOf(graph, tensor);
    return {
      ...{ direction, index, tensor, name, mode: modeOf(decisions, port) },
      sizeBytes: tensorSizeBytes(tensorOf(graph, tensor)),
      arenaBytes: mostLive(liveChanges(itemsOf(draft, port), false)).bytes,
      peakBytes: heldBytes(draft, port, peakTick),
    };
  });
}

/** The tensors of inputs and outputs that are held whole. */
export function residentPortTensors(decisions: Decisions, draft: Draft): ReadonlySet<TensorId> {
  return new Set(
    draft.ports.flatMap((port) => {
      const tensor = draft.buffers[port.buffer]?.tensor;
      return tensor === undefined || modeOf(decisions, port) === 'streamed' ? [] : [tensor];
    }),
  );
}

function modeOf({ streamInputs, streamOutputs }: Decisions, { direction }: DraftPort): PortReport['mode'] {
  return (direction === 'input' ? streamInputs : streamOutputs) ? 'streamed' : 'resident';
}

function itemsOf(draft: Draft, { buffer }: DraftPort): Draft['items'] {
  const { item = -1, rowItems = [item] } = draft.buffers[buffer] ?? {};
  return [...new Set(rowItems)].flatMap((index) => draft.items[index] ?? []);
}

function heldBytes(draft: Draft, port: DraftPort, tick: number): number {
  return itemsOf(draft, port)
    .flatMap(liveSpans)
    .filter(({ start, end }) => start <= tick && tick < end)
    .reduce((sum, { bottom, top }) => sum + top - bottom, 0);
}

/** A table with one line a port. */
export function portLines(ports: readonly PortReport[]): string[] {
  const rows = ports.map(({ direction, index, tensor, mode, sizeBytes, arenaBytes, peakBytes }) => [
    `${direction} ${String(index)}`,
    `t${String(tensor)}`,
    mode,
    sizeBytes,
    arenaBytes,
    peakBytes,
  ]);
  const header = ['port', 'tensor', 'is', 'bytes', 'in the arena', 'at the peak'];
  return textTable(header, rows, ['left', 'left', 'left', 'right', 'right', 'right']);
}

/** "input 28,800 B (at the peak 28,800 B), output 9,600 B (0 B)"; undefined when every port streams. */
export function residentText(ports: readonly PortReport[]): string | undefined {
  const resident = ports.filter(({ mode }) => mode === 'resident');
  if (resident.length === 0) return undefined;
  return resident
    .map(({ direction, arenaBytes, peakBytes }, i) => {
      const peak = i === 0 ? `at the peak ${formatCount(peakBytes)} B` : `${formatCount(peakBytes)} B`;
      return `${direction} ${formatCount(arenaBytes)} B (${peak})`;
    })
    .join(', ');
}
