// SPDX-License-Identifier: Apache-2.0
/**
 * The search over stages and residency: from border to border of a given operator order, keeping for each
 * state of the tensors that cross a border the ways there that no other way beats in both bytes held and
 * cost. Exhaustive over the plan space of that order unless a limit is met.
 */
import type { TensorId } from '../../ir/index.js';
import { readersIn, type Flow, type FlowTensor } from './flow.js';
import type { MadeChoice, StageProfile } from './stage-profile.js';

/**
 * Where a tensor is at a border. whole: in RAM until its last reader. kept: in RAM and on the store.
 * away: on the store only.
 */
export type Status = 'whole' | 'kept' | 'away';

/** One stage of a way, with what was decided in it. */
export interface StageStep {
  readonly first: number;
  readonly end: number;
  /** Tensors that the stage fetches, once each for all its readers. */
  readonly fetched: readonly TensorId[];
  readonly made: readonly { readonly tensor: TensorId; readonly choice: MadeChoice }[];
}

/** A complete partition with its residency. */
export interface Way {
  readonly steps: readonly StageStep[];
  /** Bytes held at the peak, as far as calls of kernels show: no plan of these decisions needs fewer. */
  readonly peakBytes: number;
  readonly cost: number;
}

/** What the search adds up over stages; each function must not be negative. */
export interface StageCost {
  (bytes: {
    readonly first: number;
    readonly end: number;
    readonly written: readonly FlowTensor[];
    readonly read: readonly FlowTensor[];
  }): number;
}

export interface SearchLimits {
  /** Labels made before the search begins to drop states. */
  readonly labels: number;
  /** States kept at one border once it does. */
  readonly statesPerBorder: number;
}

export interface SearchResult {
  /** From the dearest, which needs the fewest bytes, to the cheapest: a Pareto front. */
  readonly ways: readonly Way[];
  readonly exhaustive: boolean;
}

interface Label {
  readonly peakBytes: number;
  readonly cost: number;
  readonly stages: number;
  readonly before: Label | undefined;
  readonly step: StageStep | undefined;
}

interface State {
  readonly statuses: readonly Status[];
  readonly labels: Label[];
}

const DEFAULT_LIMITS: SearchLimits = { labels: 1_500_000, statesPerBorder: 48 };

export function searchPartitions(
  flow: Flow,
  profileOf: (first: number, end: number) => StageProfile,
  costOf: StageCost,
  limits: SearchLimits = DEFAULT_LIMITS,
): SearchResult {
  return new PartitionSearch(flow, profileOf, costOf, limits).run();
}

class PartitionSearch {
  private readonly borders: Map<string, State>[];
  private labelCount = 0;
  private exhaustive = true;

  constructor(
    private readonly flow: Flow,
    private readonly profileOf: (first: number, end: number) => StageProfile,
    private readonly costOf: StageCost,
    private readonly limits: SearchLimits,
  ) {
    this.borders = flow.crossing.map(() => new Map<string, State>());
  }

  run(): SearchResult {
    const { crossing, order } = this.flow;
    this.begin(crossing[0] ?? []);
    for (let first = 0; first < order.length; first++) {
      const states = this.statesAt(first);
      for (let end = first + 1; end <= order.length; end++) {
        const profile = this.profileOf(first, end);
        const peaks = new Map<string, number>();
        for (const state of states) this.extend(state, profile, peaks);
      }
      this.borders[first]?.clear();
    }
    const labels = [...(this.borders[order.length]?.values() ?? [])].flatMap(({ labels: all }) => all);
    const front: Label[] = [];
    for (const label of labels) insertLabel(front, label);
    return { ways: front.map(wayOf), exhaustive: this.exhaustive };
  }

  /** What may become of resident inputs before the first stage: they may be written at once. */
  private begin(inputs: readonly FlowTensor[]): void {
    for (const statuses of combinations(inputs.map(statusesAtStart))) {
      const written = inputs.filter((_, i) => statuses[i] !== 'whole');
      const cost = written.length === 0 ? 0 : this.costOf({ first: 0, end: 0, written, read: [] });
      const peakBytes = inputs.reduce((most, { wholeBytes }) => Math.max(most, wholeBytes), 0);
      this.insert(0, statuses, { peakBytes, cost, stages: 0, before: undefined, step: undefined });
    }
  }

  /** All states at a border; those with the least bytes and the least cost once limits are met. */
  private statesAt(border: number): State[] {
    const states = [...(this.borders[border]?.values() ?? [])];
    const { labels, statesPerBorder } = this.limits;
    if (this.labelCount < labels || states.length <= statesPerBorder) return states;
    this.exhaustive = false;
    const by = (key: (label: Label) => number): State[] => {
      const least = new Map(states.map((state) => [state, Math.min(...state.labels.map(key))]));
      return [...states].sort((a, b) => (least.get(a) ?? 0) - (least.get(b) ?? 0));
    };
    const half = Math.ceil(statesPerBorder / 2);
    const low = by(({ peakBytes }) => peakBytes).slice(0, half);
    const cheap = by(({ cost }) => cost).slice(0, half);
    return [...new Set([...low, ...cheap])];
  }

  private extend(state: State, profile: StageProfile, peaks: Map<string, number>): void {
    const { first, end, read, made } = profile;
    const crossing = this.flow.crossing[first] ?? [];
    const statusOf = new Map(crossing.map((tensor, i) => [tensor.id, state.statuses[i] ?? 'whole']));
    const fetches = read.map(({ id }) => statusOf.get(id) === 'away');
    const fetched = read.filter((_, i) => fetches[i] === true);
    const held = crossing.reduce(
      (sum, tensor) =>
        sum + (statusOf.get(tensor.id) === 'away' || read.includes(tensor) ? 0 : tensor.wholeBytes),
      0,
    );
    const fetchKey = fetches.map(Number).join('');
    for (const choices of combinations(made.map(({ choices: some }) => some))) {
      const key = `${fetchKey}|${choices.join(',')}`;
      let peak = peaks.get(key);
      if (peak === undefined) {
        peak = profile.peakBytes(fetches, choices);
        peaks.set(key, peak);
      }
      const written = made.filter((_, i) => isWritten(choices[i])).map(({ tensor }) => tensor);
      const far = made.filter((_, i) => choices[i]?.endsWith('far') === true).map(({ tensor }) => tensor);
      const cost = this.costOf({ first, end, written, read: [...fetched, ...far] });
      const step: StageStep = {
        first,
        end,
        fetched: fetched.map(({ id }) => id),
        made: made.map(({ tensor }, i) => ({ tensor: tensor.id, choice: choices[i] ?? 'ring' })),
      };
      const chosen = new Map(step.made.map(({ tensor, choice }) => [tensor, choice]));
      const next = (this.flow.crossing[end] ?? []).map((tensor): readonly Status[] =>
        statusAfter(tensor, statusOf.get(tensor.id), chosen.get(tensor.id), end),
      );
      for (const statuses of combinations(next)) {
        for (const label of state.labels) {
          this.insert(end, statuses, {
            peakBytes: Math.max(label.peakBytes, held + peak),
            cost: label.cost + cost,
            stages: label.stages + 1,
            before: label,
            step,
          });
        }
      }
    }
  }

  private insert(border: number, statuses: readonly Status[], label: Label): void {
    const states = this.borders[border];
    if (states === undefined) return;
    const key = statuses.join();
    let state = states.get(key);
    if (state === undefined) {
      state = { statuses, labels: [] };
      states.set(key, state);
    }
    if (insertLabel(state.labels, label)) this.labelCount++;
  }
}

function statusesAtStart({ forced, spillable, readers }: FlowTensor): readonly Status[] {
  if (!spillable || readers.length === 0) return ['whole'];
  return [
    ...(forced ? [] : (['whole'] as const)),
    ...(readers.length > 1 ? (['kept'] as const) : []),
    'away',
  ];
}

/** What a tensor may be at the border behind a stage. Kept tensors may be given up where they will be fetched. */
function statusAfter(
  tensor: FlowTensor,
  before: Status | undefined,
  choice: MadeChoice | undefined,
  border: number,
): readonly Status[] {
  if (before === 'whole' || choice === 'whole') return ['whole'];
  if (before === 'away' || choice === 'written' || choice === 'written-far') return ['away'];
  // Worth keeping only for readers at home before others that fetch.
  return readersIn(tensor, border, Infinity).length > 1 ? ['kept', 'away'] : ['away'];
}

function isWritten(choice: MadeChoice | undefined): boolean {
  return choice !== undefined && choice !== 'ring' && choice !== 'whole';
}

/** Keeps labels that no other beats; sorted by falling cost and rising peak. Says whether `label` stays. */
function insertLabel(labels: Label[], label: Label): boolean {
  let at = 0;
  // The first with a peak that is not lower.
  let [low, high] = [0, labels.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((labels[middle] as Label).peakBytes < label.peakBytes) low = middle + 1;
    else high = middle;
  }
  at = low;
  const lower = labels[at - 1];
  if (lower !== undefined && lower.cost <= label.cost) return false;
  const same = labels[at];
  if (same !== undefined && same.peakBytes === label.peakBytes) {
    if (same.cost < label.cost || (same.cost === label.cost && same.stages <= label.stages)) return false;
  }
  let until = at;
  while (until < labels.length && (labels[until] as Label).cost >= label.cost) until++;
  labels.splice(at, until - at, label);
  return true;
}

function combinations<T>(options: readonly (readonly T[])[]): T[][] {
  return options.reduce<T[][]>(
    (all, some) => all.flatMap((head) => some.map((item) => [...head, item])),
    [[]],
  );
}

function wayOf(label: Label): Way {
  const steps: StageStep[] = [];
  for (let at: Label | undefined = label; at?.step !== undefined; at = at.before) steps.unshift(at.step);
  return { steps, peakBytes: label.peakBytes, cost: label.cost };
}
