// SPDX-License-Identifier: Apache-2.0
/**
 * The search over stages and residency: from border to border of a given operator order, keeping for each
 * state of the tensors that cross a border the ways there that no other way beats in both bytes held and
 * cost. Exhaustive over the plan space of that order unless a limit is met.
 */
import type { TensorId } from '../../ir/index.js';
import { readersIn, type Flow, type FlowTensor } from './flow.js';
import type { KernelSet } from './kernel-sets.js';
import { insertLabel, type Label } from './labels.js';
import { ALL_ROWS, carriedCount, type Share } from './share.js';
import { keyOf, StageChoices } from './stage-choices.js';
import type { MadeChoice, Source } from './stage-levels.js';
import { combinations, type StageProfile } from './stage-profile.js';

/** Bytes of a stream that move in one direction. */
export interface Moved {
  readonly tensor: FlowTensor;
  readonly share: Share;
}

/** One stage of a way, with what was decided in it. */
export interface StageStep {
  readonly first: number;
  readonly end: number;
  /** Tensors that the stage fetches, once each for all its readers, and the rows that are fetched. */
  readonly fetched: readonly { readonly tensor: TensorId; readonly share: Share }[];
  readonly made: readonly { readonly tensor: TensorId; readonly choice: MadeChoice }[];
  /** Where the search chooses them. */
  readonly kernels?: KernelSet;
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
    readonly written: readonly Moved[];
    readonly read: readonly Moved[];
    readonly kernels?: KernelSet;
  }): number;
}

export interface SearchLimits {
  /** Labels made before the search begins to drop states. */
  readonly labels: number;
  /** States kept at one border once it does. */
  readonly statesPerBorder: number;
  /** Operators of a stage, but for the stage of all. */
  readonly operatorsPerStage: number;
  /** Ways that hold more bytes are dropped; what is left is the same as without this. Default: none are. */
  readonly peakBytes?: number;
  /** Rounds up the bytes of stages and of ways: so fewer differ. Default: they are not rounded. */
  readonly grainOf?: (peakBytes: number) => number;
  /** Ways that hold less are as good as one that holds so much. Default 0. */
  readonly floorBytes?: number;
}

export interface SearchResult {
  /** From the dearest, which needs the fewest bytes, to the cheapest: a Pareto front. */
  readonly ways: readonly Way[];
  readonly exhaustive: boolean;
}

interface State {
  /** For each tensor that crosses the border, where it is. */
  readonly sources: readonly Source[];
  readonly labels: Label[];
}

/** Limits that no time decides: equal graphs are searched alike on every machine. */
export const LABEL_LIMITS = { labels: 1_500_000, statesPerBorder: 48 };

/**
 * Searches once for each of the costs, with the same stages: what a stage holds is found out once.
 *
 * @returns a result for each of `costs`
 */
export function searchPartitions(
  flow: Flow,
  profilesOf: (first: number, end: number) => readonly StageProfile[],
  costs: readonly StageCost[],
  limits: SearchLimits,
): readonly SearchResult[] {
  const searches = costs.map((costOf) => new PartitionSearch(flow, costOf, limits));
  const { length } = flow.order;
  for (let first = 0; first < length; first++) {
    const states = searches.map((search) => search.statesAt(first));
    for (let end = first + 1; end <= length; end++) {
      if (end - first > limits.operatorsPerStage && end - first < length) continue;
      for (const profile of profilesOf(first, end)) {
        const stage = new StageChoices(profile);
        searches.forEach((search, i) => search.extendAll(states[i] ?? [], stage));
      }
    }
    for (const search of searches) search.leave(first);
  }
  return searches.map((search) => search.result());
}

class PartitionSearch {
  private readonly borders: Map<string, State>[];
  private labelCount = 0;
  private exhaustive = true;
  private readonly peakLimit: number;
  private readonly grainOf: (peakBytes: number) => number;
  private readonly floorBytes: number;

  constructor(
    private readonly flow: Flow,
    private readonly costOf: StageCost,
    private readonly limits: SearchLimits,
  ) {
    this.borders = flow.crossing.map(() => new Map<string, State>());
    this.peakLimit = limits.peakBytes ?? Infinity;
    this.grainOf = limits.grainOf ?? ((peakBytes) => peakBytes);
    this.floorBytes = limits.floorBytes ?? 0;
    this.begin(flow.crossing[0] ?? []);
  }

  /** Nothing begins at this border any more. */
  leave(border: number): void {
    this.borders[border]?.clear();
  }

  result(): SearchResult {
    const last = this.borders[this.flow.order.length];
    const labels = [...(last?.values() ?? [])].flatMap(({ labels: all }) => all);
    const front: Label[] = [];
    for (const { peakBytes, cost, stages, before, step } of labels) {
      insertLabel(front, peakBytes, cost, stages, before, step);
    }
    return { ways: front.map(wayOf), exhaustive: this.exhaustive };
  }

  /** What may become of resident inputs before the first stage: they may be written at once. */
  private begin(inputs: readonly FlowTensor[]): void {
    for (const sources of combinations(inputs.map(sourcesAtStart))) {
      const written = inputs
        .filter((_, i) => sources[i] !== 'whole')
        .map((tensor): Moved => ({ tensor, share: ALL_ROWS }));
      const cost = written.length === 0 ? 0 : this.costOf({ first: 0, end: 0, written, read: [] });
      const peakBytes = this.grainOf(
        inputs.reduce((most, { movedBytes }) => Math.max(most, movedBytes), this.floorBytes),
      );
      if (peakBytes > this.peakLimit) continue;
      insertLabel(this.stateAt(0, sources).labels, peakBytes, cost, 0, undefined, undefined);
      this.labelCount++;
    }
  }

  /** All states at a border; those with the least bytes and the least cost once limits are met. */
  statesAt(border: number): State[] {
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

  /** Runs the stage behind each of these states. */
  extendAll(states: readonly State[], stage: StageChoices): void {
    const { profile } = stage;
    this.exhaustive &&= profile.isComplete;
    const crossing = this.flow.crossing[profile.first] ?? [];
    const places = profile.read.map((tensor) => crossing.indexOf(tensor));
    const starts = states.map((state): Start => {
      const sources = places.map((place) => state.sources[place] ?? 'whole');
      const heldBytes = crossing.reduce(
        (sum, tensor, i) => sum + (places.includes(i) ? 0 : restBytes(tensor, state.sources[i])),
        0,
      );
      return { state, sources, key: keyOf(sources), heldBytes };
    });
    const leastHeld = new Map<string, number>();
    for (const { key, heldBytes } of starts) {
      leastHeld.set(key, Math.min(heldBytes, leastHeld.get(key) ?? Infinity));
    }
    const outcomes = new Map<string, readonly Outcome[][]>();
    const passage = passageThrough(this.flow, profile);
    for (const start of starts) {
      const { key, sources } = start;
      let groups = outcomes.get(key);
      if (groups === undefined) {
        const limit = this.peakLimit - (leastHeld.get(key) ?? 0);
        outcomes.set(key, (groups = this.outcomesOf(stage, sources, key, limit)));
      }
      for (const group of groups) this.extend(start, profile.end, passage, group);
    }
  }

  /** What comes of a state by outcomes that leave the same behind. */
  private extend(
    { state, heldBytes }: Start,
    end: number,
    passage: readonly Passage[],
    group: readonly Outcome[],
  ): void {
    const fitting = group.filter(({ peakBytes }) => this.grainOf(heldBytes + peakBytes) <= this.peakLimit);
    const [any] = fitting;
    if (any === undefined) return;
    const next = passage.map((one) => sourcesAfter(one, state.sources, any.choices));
    for (const after of combinations(next)) {
      const { labels } = this.stateAt(end, after);
      for (const { peakBytes: ownBytes, cost: stageCost, step } of fitting) {
        const stageBytes = this.grainOf(heldBytes + ownBytes);
        for (const before of state.labels) {
          const peakBytes = Math.max(before.peakBytes, stageBytes);
          const cost = before.cost + stageCost;
          if (insertLabel(labels, peakBytes, cost, before.stages + 1, before, step)) this.labelCount++;
        }
      }
    }
  }

  /**
   * What each combination of choices comes to, where the stage has what it reads from these sources. Of those that
   * leave the same behind, which are a group, the ones that no other beats.
   */
  private outcomesOf(
    stage: StageChoices,
    sources: readonly Source[],
    key: string,
    limit: number,
  ): readonly Outcome[][] {
    const { first, end, read, combinations: every, kernels } = stage.profile;
    const fetched = read.flatMap((tensor, i): Moved[] => {
      const source = sources[i];
      return typeof source === 'object' ? [{ tensor, share: source }] : [];
    });
    const fetches = fetched.map(({ tensor, share }) => ({ tensor: tensor.id, share }));
    const groups = new Map<string, Outcome[]>();
    const fastest = kernels?.[kernels.length - 1];
    stage.peaksFrom(sources, key, limit).forEach((peakBytes, i) => {
      if (peakBytes > limit) return;
      const { made, written, far, left } = stage.decidedAt(i);
      const cost = this.costOf({
        first,
        end,
        written,
        read: far.length === 0 ? fetched : [...fetched, ...far],
        ...(fastest === undefined ? {} : { kernels: fastest }),
      });
      let group = groups.get(left);
      if (group === undefined) groups.set(left, (group = []));
      // Most are beaten by one that leaves the same behind.
      if (group.some((other) => other.peakBytes <= peakBytes && other.cost <= cost)) return;
      const rest = group.filter((other) => other.peakBytes < peakBytes || other.cost < cost);
      const choices = every[i] ?? [];
      rest.push({ peakBytes, cost, step: { first, end, fetched: fetches, made }, choices, written, far });
      groups.set(left, rest);
    });
    if (kernels === undefined) return [...groups.values()];
    return [...groups.values()].map((group) => this.withKernels(kernels, group, fetched, limit));
  }

  /** The outcomes of a group with each set of kernels: those that no other beats. */
  private withKernels(
    sets: readonly KernelSet[],
    group: readonly Outcome[],
    fetched: readonly Moved[],
    limit: number,
  ): Outcome[] {
    const best = new Map<number, Outcome>();
    for (const outcome of group) {
      const { step, written, far } = outcome;
      const { first, end } = step;
      const read = [...fetched, ...far];
      for (const kernels of sets) {
        const peakBytes = outcome.peakBytes + kernels.scratchBytes;
        const level = this.grainOf(peakBytes);
        if (level > limit) break;
        const cost = this.costOf({ first, end, written, read, kernels });
        if (cost >= (best.get(level)?.cost ?? Infinity)) continue;
        best.set(level, { ...outcome, peakBytes, cost, step: { ...step, kernels } });
      }
    }
    let least = Infinity;
    return [...best]
      .sort(([a], [b]) => a - b)
      .flatMap(([, outcome]) => {
        if (outcome.cost >= least) return [];
        least = outcome.cost;
        return [outcome];
      });
  }

  private stateAt(border: number, sources: readonly Source[]): State {
    const states = this.borders[border] as Map<string, State>;
    const key = keyOf(sources);
    let state = states.get(key);
    if (state === undefined) states.set(key, (state = { sources, labels: [] }));
    return state;
  }
}

/** A state as a stage finds it. */
interface Start {
  readonly state: State;
  /** Of the tensors that the stage reads. */
  readonly sources: readonly Source[];
  /** Equal for equal sources. */
  readonly key: string;
  /** Bytes of tensors from before that it does not read. */
  readonly heldBytes: number;
}

/** One stage with everything chosen. */
interface Outcome {
  readonly peakBytes: number;
  readonly cost: number;
  readonly step: StageStep;
  /** For each tensor that the stage makes. */
  readonly choices: readonly MadeChoice[];
  readonly written: readonly Moved[];
  readonly far: readonly Moved[];
}

/** Bytes that a tensor holds while nobody reads it. */
function restBytes({ rows, rowBytes }: FlowTensor, source: Source | undefined): number {
  return (typeof source === 'object' ? rows - carriedCount(source, rows) : rows) * rowBytes;
}

function sourcesAtStart({ forced, spillable, readers }: FlowTensor): readonly Source[] {
  if (!spillable || readers.length === 0) return ['whole'];
  return [
    ...(forced ? [] : (['whole'] as const)),
    ...(readers.length > 1 ? (['kept'] as const) : []),
    ALL_ROWS,
  ];
}

/** How a tensor comes to cross the border behind a stage. */
interface Passage {
  /** Its place among those that cross the border before the stage; -1 for one that the stage makes. */
  readonly before: number;
  /** Its place among those that the stage makes. */
  readonly made: number;
  readonly isRead: boolean;
  /** Worth keeping only for readers at home before others that fetch. */
  readonly staysKept: boolean;
}

/** For each tensor that crosses the border behind the stage. */
function passageThrough(flow: Flow, { first, end, read, made }: StageProfile): readonly Passage[] {
  return (flow.crossing[end] ?? []).map((tensor) => ({
    before: (flow.crossing[first] ?? []).indexOf(tensor),
    made: made.findIndex((one) => one.tensor === tensor),
    isRead: read.includes(tensor),
    staysKept: readersIn(tensor, end, Infinity).length > 1,
  }));
}

const KEPT_OR_AWAY: readonly Source[] = ['kept', ALL_ROWS];
const AWAY: readonly Source[] = [ALL_ROWS];

/** Where a tensor may be behind a stage. Kept ones may be given up behind a stage that reads them. */
function sourcesAfter(
  { before, made, isRead, staysKept }: Passage,
  sources: readonly Source[],
  choices: readonly MadeChoice[],
): readonly Source[] {
  const source = sources[before];
  if (source === 'kept' && isRead) return staysKept ? KEPT_OR_AWAY : AWAY;
  if (source !== undefined) return [source];
  const choice = choices[made];
  if (choice?.kind === 'written') return [choice.share];
  return [choice?.kind === 'kept' ? 'kept' : 'whole'];
}

function wayOf(label: Label): Way {
  const steps: StageStep[] = [];
  for (let at: Label | undefined = label; at?.step !== undefined; at = at.before) steps.unshift(at.step);
  return { steps, peakBytes: label.peakBytes, cost: label.cost };
}
