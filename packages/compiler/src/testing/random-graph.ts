// SPDX-License-Identifier: Apache-2.0
// Random int8 graphs for property tests: every kind of operator, odd sizes, skips, diamonds, views; seeded.
import { seededRandom, type SeededRandom } from '@tinyseg/testing';
import { elementCount, type Graph, type TensorId } from '../ir/index.js';
import { Bench } from './operator-cases/operator-case.js';
import { GROWERS } from './random-growers.js';

/** Picks from seeded random numbers. */
export class Picker {
  private readonly random: SeededRandom;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return this.random.integer(low, high);
  }

  of<T>(items: readonly T[]): T {
    return this.random.pick(items);
  }

  chance(oneIn: number): boolean {
    return this.random.integer(1, oneIn) === 1;
  }
}

/** A graph while it grows. */
export interface Growth {
  readonly bench: Bench;
  readonly pick: Picker;
  /** What operators may read: images [n, h, w, c] of int8. */
  readonly tensors: readonly TensorId[];
}

/** Larger tensors are not grown: tests run thousands of graphs. */
const MOST_ELEMENTS = 2500;
const LOOSE_OUTPUTS = 4;

/** A graph of 1 to 3 inputs, about 2 to `operatorsMax` operators on small images, and one or more outputs. */
export function randomGraph(seed: number, operatorsMax = 12): Graph {
  const pick = new Picker(seed);
  const bench = new Bench(`random-${String(seed)}`, seededRandom(seed + 1_000_003));
  const inputs = makeInputs(bench, pick);
  const tensors = [...inputs];
  const count = pick.between(2, operatorsMax);
  for (let index = 0; index < count; index++) {
    const from = index < inputs.length ? (inputs[index] ?? 0) : pickSource(pick, tensors);
    const { grow } = pick.of(SACK);
    for (const made of grow({ bench, pick, tensors }, from) ?? []) {
      if (elementCount(bench.shapeOf(made)) <= MOST_ELEMENTS) tensors.push(made);
    }
  }
  const read = readTensors(bench);
  for (const input of inputs) {
    if (!read.has(input)) tensors.push(bench.conv2d(input, { filters: 2, kernel: 1 }));
  }
  return bench.output(...pickOutputs(bench, pick, tensors.slice(inputs.length))).build();
}

/** Each grower as often as its weight says. */
const SACK = GROWERS.flatMap((grower) => Array.from({ length: grower.weight }, () => grower));

function makeInputs(bench: Bench, pick: Picker): TensorId[] {
  const shape = (): number[] => [
    pick.chance(5) ? 2 : 1,
    pick.between(3, 14),
    pick.between(2, 7),
    pick.between(1, 6),
  ];
  const first = shape();
  const inputs = [bench.input(first)];
  const more = pick.of([0, 0, 0, 1, 1, 2]);
  for (let index = 0; index < more; index++) {
    // Often of the first one's shape, so that they meet.
    inputs.push(bench.input(pick.chance(2) ? first : shape()));
  }
  return inputs;
}

/** Mostly the newest tensor, sometimes any older one: skips and branches. */
function pickSource(pick: Picker, tensors: readonly TensorId[]): TensorId {
  return pick.chance(4) ? pick.of(tensors) : (tensors[tensors.length - 1] ?? 0);
}

function readTensors(bench: Bench): ReadonlySet<TensorId | null> {
  return new Set(bench.build().operators.flatMap(({ inputs }) => inputs));
}

/** The last tensor, most of those that nobody reads (the others are dead), and now and then one that is read, too. */
function pickOutputs(bench: Bench, pick: Picker, made: readonly TensorId[]): ReadonlySet<TensorId> {
  const read = readTensors(bench);
  const loose = made.filter((tensor) => !read.has(tensor));
  const kept = loose.filter(() => !pick.chance(4)).slice(-LOOSE_OUTPUTS);
  const between = made.filter((tensor) => read.has(tensor) && pick.chance(12));
  const outputs = new Set([...kept, ...between.slice(0, 2)]);
  if (outputs.size === 0) outputs.add(made[made.length - 1] ?? bench.conv2d(0, { filters: 2, kernel: 1 }));
  return outputs;
}
