// SPDX-License-Identifier: Apache-2.0
// What a grower of random graphs is, and what growers pick alike: types, windows, activations.
import type { Activation, Padding, TensorId, TensorOptions } from '../ir/index.js';
import { int8 } from './operator-cases/operator-case.js';
import type { Growth, Picker } from './random-graph.js';

/** Adds operators that read `from`, an int8 image; gives what others may read, or undefined when it does not fit. */
export type Grow = (growth: Growth, from: TensorId) => readonly TensorId[] | undefined;

export interface Grower {
  readonly name: string;
  /** How often it is picked, in proportion. */
  readonly weight: number;
  readonly grow: Grow;
}

export type Image = readonly [n: number, h: number, w: number, c: number];

export function imageOf({ bench }: Growth, id: TensorId): Image {
  const [n = 1, h = 1, w = 1, c = 1] = bench.shapeOf(id);
  return [n, h, w, c];
}

/** Mostly one type, so that tensors can be joined as they are. */
export const outputType = (pick: Picker): TensorOptions =>
  pick.of([int8(0.05), int8(0.05), int8(0.05), int8(0.04, -11), int8(0.08, 21)]);
export const activation = (pick: Picker): Activation =>
  pick.of(['none', 'none', 'relu', 'relu6', 'reluN1To1']);
export const padding = (pick: Picker): Padding => pick.of(['same', 'valid']);
const stride = (pick: Picker): number => pick.of([1, 1, 1, 2, 2, 3]);

/** Side of a kernel and its dilation, so that at least one window fits into `length`. */
function kernelSide(
  pick: Picker,
  length: number,
  isDilated: boolean,
): readonly [kernel: number, dilation: number] {
  const kernel = pick.between(1, Math.min(4, length));
  const most = kernel === 1 ? 3 : Math.floor((length - 1) / (kernel - 1));
  return [kernel, isDilated ? pick.between(1, Math.min(3, most)) : 1];
}

interface WindowFields {
  readonly kernel: readonly [number, number];
  readonly fields: {
    readonly strideH: number;
    readonly strideW: number;
    readonly padding: Padding;
    readonly activation: Activation;
  };
  readonly dilations: { readonly dilationH: number; readonly dilationW: number };
}

export function windowFields(pick: Picker, [, h, w]: Image): WindowFields {
  const isDilated = pick.chance(3);
  const [kernelH, dilationH] = kernelSide(pick, h, isDilated);
  const [kernelW, dilationW] = kernelSide(pick, w, isDilated);
  const strides = { strideH: stride(pick), strideW: stride(pick) };
  return {
    kernel: [kernelH, kernelW],
    fields: { ...strides, padding: padding(pick), activation: activation(pick) },
    dilations: { dilationH, dilationW },
  };
}

export const scales = (pick: Picker, count: number): number[] =>
  pick.chance(2) ? [0.01] : Array.from({ length: count }, () => pick.of([0.004, 0.01, 0.02]));
