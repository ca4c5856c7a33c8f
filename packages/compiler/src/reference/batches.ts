// SPDX-License-Identifier: Apache-2.0
/** SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND in the reference interpreter. */
import { requireSameEncoding } from './joining.js';
import { type Call, positionOf, strides } from './values.js';

/**
 * Pixel y, x of an image that is padded is pixel y / blockH, x / blockW of image number phase * images + n, where phase
 * counts the places in a block. What has no pixel in the image is zero.
 */
export function shuffleBatches(call: Call<'spaceToBatch'> | Call<'batchToSpace'>): void {
  const general = call as Call;
  const [input, blocks, margins] = [call.input(0), call.input(1).numbers, call.input(2).numbers];
  requireSameEncoding(general, input, call.output);
  const isApart = call.operator.kind === 'spaceToBatch';
  const [whole, parts] = isApart ? [input, call.output] : [call.output, input];
  const { shape } = whole.tensor;
  const images = shape[0] ?? 1;
  const steps = strides(parts.tensor.shape);
  const isPadded = isApart && margins.some((margin) => margin > 0);
  if (isPadded && (call.output.tensor.quantization?.zeroPoints[0] ?? 0) !== 0) {
    general.refuse('interpreters disagree on its padding where the zero point is not 0');
  }
  whole.numbers.forEach((_, index) => {
    const position = positionOf(index, shape);
    let phase = 0;
    const places = position.map((at, axis) => {
      const block = axis === 0 ? undefined : blocks[axis - 1];
      if (block === undefined) return at;
      const padded = at + (margins[2 * (axis - 1)] ?? 0);
      phase = phase * block + (padded % block);
      return Math.floor(padded / block);
    });
    places[0] = phase * images + (position[0] ?? 0);
    const other = places.reduce((sum, at, axis) => sum + at * (steps[axis] ?? 0), 0);
    if (isApart) parts.numbers[other] = whole.numbers[index]!;
    else whole.numbers[index] = parts.numbers[other]!;
  });
}
