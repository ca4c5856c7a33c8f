// SPDX-License-Identifier: Apache-2.0
/** How many bytes one stage needs, for every listed choice about the tensors that it reads and makes. */
import type { FlowTensor } from './flow.js';
import type { KernelSet } from './kernel-sets.js';
import { sharesOf } from './share.js';
import type { MadeChoice, MadeTensor, Source, StageLevels } from './stage-levels.js';

export interface StageProfile {
  readonly first: number;
  readonly end: number;
  readonly read: readonly FlowTensor[];
  readonly made: readonly MadeTensor[];
  /** False where choices were left out because there are too many combinations. */
  readonly isComplete: boolean;
  /** Sets of kernels, whose scratch is not in the bytes of `peakBytes`. Default: those that are given. */
  readonly kernels?: readonly KernelSet[];
  /** Every combination of choices about the tensors made. */
  readonly combinations: readonly (readonly MadeChoice[])[];
  /**
   * For each combination the most bytes at one call of the stage, without tensors from before that it does not read.
   *
   * @param sources for each of `read`
   * @param limit what is more may come out as Infinity
   */
  readonly peakBytes: (sources: readonly Source[], limit: number) => readonly number[];
}

/** A pure function of its argument. */
export function stageProfile(levels: StageLevels): StageProfile {
  const { read, made, range, isComplete } = levels;
  const ofRead = read.map((tensor): ReadonlyMap<Source, Float64Array> => {
    const sources: Source[] = tensor.spillable ? ['whole', 'kept', ...sharesOf(tensor)] : ['whole'];
    return new Map(sources.map((source) => [source, levels.ofRead(tensor, source)]));
  });
  const ofMade = made.map(({ tensor, choices }) => choices.map((choice) => levels.ofMade(tensor, choice)));
  const calls = decisiveCalls(levels.internal, [...ofRead.map((one) => [...one.values()]), ...ofMade]);
  const shorten = (level: Float64Array): Float64Array => calls.map((call) => level[call] ?? 0);
  const shortRead = ofRead.map(
    (options) => new Map([...options].map(([key, level]) => [key, shorten(level)])),
  );
  // What offers no choice is added once.
  const shortMade = ofMade.filter(({ length }) => length > 1).map((options) => options.map(shorten));
  const fixed = shorten(levels.internal);
  for (const options of ofMade) if (options.length === 1) addTo(fixed, options.map(shorten)[0]);
  return {
    ...range,
    read,
    made,
    isComplete,
    ...(levels.kernels === undefined ? {} : { kernels: levels.kernels }),
    combinations: combinations(made.map(({ choices }) => choices)),
    peakBytes: (sources, limit) => {
      const base = Float64Array.from(fixed);
      shortRead.forEach((options, i) => addTo(base, options.get(sources[i] as Source)));
      return peaksOf(base, shortMade, limit);
    },
  };
}

/** Highest sums of `base` and one level of each tensor, in the order of `combinations`; Infinity above `limit`. */
function peaksOf(base: Float64Array, tensors: readonly (readonly Float64Array[])[], limit: number): number[] {
  const peaks: number[] = [];
  const sums = tensors.map(() => new Float64Array(base.length));
  // below[i]: combinations of the tensors from i on.
  const below = tensors.map((_, i) => tensors.slice(i).reduce((product, { length }) => product * length, 1));
  const visit = (depth: number, under: Float64Array, peak: number): void => {
    const options = tensors[depth];
    if (options === undefined || peak > limit) {
      for (let i = below[depth] ?? 1; i > 0; i--) peaks.push(peak > limit ? Infinity : peak);
      return;
    }
    const sum = sums[depth] as Float64Array;
    for (const level of options) visit(depth + 1, sum, addLevels(under, level, sum));
  };
  visit(0, base, highest(base));
  return peaks;
}

/** Writes the sums of two levels to `sum` and gives the highest one. */
function addLevels(a: Float64Array, b: Float64Array, sum: Float64Array): number {
  let peak = 0;
  for (let call = 0; call < sum.length; call++) {
    const held = (a[call] as number) + (b[call] as number);
    sum[call] = held;
    if (held > peak) peak = held;
  }
  return peak;
}

function highest(level: Float64Array): number {
  let peak = 0;
  for (let call = 0; call < level.length; call++) peak = Math.max(peak, level[call] as number);
  return peak;
}

/** Each way to take one of every list, the last list changing fastest. */
export function combinations<T>(options: readonly (readonly T[])[]): T[][] {
  let all: T[][] = [[]];
  for (const some of options) {
    const [only] = some;
    // The heads are ours to extend.
    if (some.length === 1) for (const head of all) head.push(only as T);
    else all = all.flatMap((head) => some.map((item) => [...head, item]));
  }
  return all;
}

function addTo(sum: Float64Array, level: Float64Array | undefined): void {
  if (level === undefined) throw new Error('a choice that the stage does not have');
  for (let call = 0; call < sum.length; call++) sum[call] = (sum[call] ?? 0) + (level[call] ?? 0);
}

/** So many calls that were found decisive are compared with each other one. */
const COMPARED = 24;

/** Calls at which the peak may be, whatever is chosen: those that no other call outweighs in every choice. */
function decisiveCalls(fixed: Float64Array, tensors: readonly (readonly Float64Array[])[]): Float64Array {
  // What is the same for all choices of a tensor goes to the fixed part; the rest is compared one by one.
  const columns = tensors.filter(({ length }) => length > 1).flat();
  const base = Float64Array.from(fixed);
  for (const [level, ...more] of tensors) if (level !== undefined && more.length === 0) addTo(base, level);
  const weight = Float64Array.from(base);
  for (const column of columns) addTo(weight, column);
  const order = Array.from(base.keys()).sort((a, b) => (weight[b] ?? 0) - (weight[a] ?? 0) || a - b);
  const outweighs = (a: number, b: number): boolean =>
    (base[a] ?? 0) >= (base[b] ?? 0) && columns.every((column) => (column[a] ?? 0) >= (column[b] ?? 0));
  const decisive: number[] = [];
  for (const call of order) {
    const compared = decisive.length <= COMPARED ? decisive : decisive.slice(0, COMPARED);
    if (!compared.some((other) => outweighs(other, call))) decisive.push(call);
  }
  return Float64Array.from(decisive);
}
