// SPDX-License-Identifier: Apache-2.0
/** Rolled programs execute the flat steps again, nest at most three deep, and are short where it repeats. */
import fc from 'fast-check';
import { seededRandom } from '@tinyseg/testing';
import { LOOP_DEPTH_MAX, Opcode, type Step } from '../../plan-format/index.js';
import { rollLoops, unrollLoops } from './roll-loops.js';

const word = (operator: number): number => Opcode.run | (operator << 8);

function depthOf(program: readonly Step[]): number {
  let depth = 0;
  let deepest = 0;
  for (const { opcode } of program) {
    if (opcode === Opcode.loop) depth++;
    if (opcode === Opcode.endLoop) depth--;
    deepest = Math.max(deepest, depth);
  }
  expect(depth).toBe(0);
  return deepest;
}

/** Nested repetitions of random steps, deeper than loops may nest. */
const repetitive: fc.Arbitrary<number[]> = fc.letrec<{ part: number[]; leaf: number[] }>((tie) => ({
  leaf: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 4 }),
  part: fc.oneof(
    { maxDepth: 5 },
    tie('leaf'),
    fc
      .tuple(fc.array(tie('part'), { minLength: 1, maxLength: 3 }), fc.integer({ min: 1, max: 5 }))
      .map(([parts, count]) => Array.from({ length: count }, () => parts.flat()).flat()),
  ),
})).part;

describe('rollLoops', () => {
  it('gives a program that executes exactly the flat steps', () => {
    fc.assert(
      fc.property(repetitive, (operators) => {
        const flat = Uint32Array.from(operators.slice(0, 2000), word);
        const program = rollLoops(flat);
        expect(unrollLoops(program)).toEqual(flat);
        expect(depthOf(program)).toBeLessThanOrEqual(LOOP_DEPTH_MAX);
        expect(program.length).toBeLessThanOrEqual(flat.length + 1);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it('gives the same program for the same steps', () => {
    const flat = Uint32Array.from({ length: 500 }, (_, index) => word((index * index) % 7));
    expect(rollLoops(flat)).toEqual(rollLoops(flat));
  });

  it('folds a layer-by-layer program to three words a layer', () => {
    const flat = Uint32Array.from({ length: 800 }, (_, index) => word(Math.floor(index / 80)));
    expect(rollLoops(flat)).toHaveLength(3 * 10 + 1);
  });

  it('folds the steady state of a stream around its inner loops', () => {
    const period = [0, 1, 1, 1, 1, 1, 1, 2, 0, 3, 3, 3, 3, 3];
    const flat = Uint32Array.from([9, 8, ...Array.from({ length: 40 }, () => period).flat(), 7], word);
    const program = rollLoops(flat);
    expect(unrollLoops(program)).toEqual(flat);
    expect(program.length).toBeLessThanOrEqual(3 + 2 + 3 * 2 + 3 + 1 + 2);
  });

  it('takes seconds, not minutes, for what hardly repeats', () => {
    const random = seededRandom(3);
    const flat = Uint32Array.from({ length: 150_000 }, () => word(random.integer(0, 2)));
    const before = process.cpuUsage();
    const program = rollLoops(flat);
    expect(process.cpuUsage(before).user).toBeLessThan(30e6);
    expect(unrollLoops(program)).toEqual(flat);
  });

  it('finds a period of thousands of steps among others', () => {
    const random = seededRandom(4);
    const period = Array.from({ length: 5000 }, (_, index) =>
      index % 3 === 0 ? index : random.integer(0, 5),
    );
    const flat = Uint32Array.from([1, 2, ...Array.from({ length: 6 }, () => period).flat(), 3], word);
    const program = rollLoops(flat);
    expect(unrollLoops(program)).toEqual(flat);
    expect(program.length).toBeLessThanOrEqual(5000 + 8);
  });

  it('makes nothing of an empty program', () => {
    expect(rollLoops(new Uint32Array(0))).toEqual([{ opcode: Opcode.end, argument: 0 }]);
  });
});
