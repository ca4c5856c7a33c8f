// SPDX-License-Identifier: Apache-2.0
// Cases of MIRROR_PAD: both modes, every axis, paddings as long as they may be.
import type { TensorOptions } from '../../ir/index.js';
import { type CaseOptions, float32, int16, int8, type OperatorCase, operatorCase } from './operator-case.js';

interface Mirroring {
  readonly shape: readonly number[];
  readonly paddings: readonly number[];
  readonly mode?: 'reflect' | 'symmetric';
  readonly type?: TensorOptions;
}

const X = int8(0.05, -7);

function mirrored(
  name: string,
  { shape, paddings, mode = 'reflect', type = X }: Mirroring,
  options?: CaseOptions,
): OperatorCase {
  return operatorCase(
    `mirror-pad-${name}`,
    (bench) =>
      bench.operator('mirrorPad', [bench.input(shape, type), bench.constant([shape.length, 2], paddings)], {
        mode,
      }),
    options,
  );
}

const INSIDE = [0, 0, 1, 2, 3, 1, 0, 0];

export const MIRROR_CASES: readonly OperatorCase[] = [
  mirrored('reflect', { shape: [2, 3, 4, 2], paddings: INSIDE }),
  mirrored('symmetric', { shape: [2, 3, 4, 2], paddings: INSIDE, mode: 'symmetric' }),
  mirrored('reflect-most', { shape: [1, 4, 3, 2], paddings: [0, 0, 3, 3, 2, 2, 0, 0] }),
  mirrored('symmetric-most', {
    shape: [1, 4, 3, 2],
    paddings: [0, 0, 4, 4, 3, 3, 0, 0],
    mode: 'symmetric',
  }),
  mirrored('images-and-channels', { shape: [3, 2, 2, 4], paddings: [2, 1, 0, 1, 0, 0, 3, 2] }),
  mirrored('all-symmetric', {
    shape: [2, 2, 3, 3],
    paddings: [1, 2, 2, 0, 0, 3, 1, 3],
    mode: 'symmetric',
  }),
  mirrored('cube', { shape: [3, 4, 2], paddings: [1, 2, 3, 0, 0, 1] }),
  mirrored('vector', { shape: [5], paddings: [4, 3] }),
  mirrored('float', { shape: [1, 3, 4, 2], paddings: INSIDE, type: float32 }),
  mirrored(
    'int16',
    { shape: [1, 3, 4, 2], paddings: INSIDE, type: int16(1 / 3000) },
    { oracle: 'tensorflow-lite' },
  ),
];
