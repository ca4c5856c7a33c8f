// SPDX-License-Identifier: Apache-2.0
// Stages with more combinations of choices than the search looks at: what is left out, and that it comes to an end.
import { isTinysegError } from '@tinyseg/errors';
import { GraphBuilder, type Graph, type TensorId } from '../../ir/index.js';
import { planModel } from '../plan-model.js';
import { fewerChoices } from './fewer-choices.js';
import { ALL_ROWS, PERIODIC_SHARES } from './share.js';
import type { MadeTensor } from './stage-levels.js';

/** A chain of convolutions of which each output is added to the result at the end. */
function fan(count: number): Graph {
  const builder = new GraphBuilder('fan');
  const made: TensorId[] = [builder.input([1, 8, 8, 4])];
  for (let i = 0; i < count; i++) {
    made.push(builder.conv2d(made[made.length - 1] as TensorId, { filters: 4, kernel: 1 }));
  }
  const sum = made.slice(0, -1).reduceRight((all, one) => builder.add(all, one), made[count] as TensorId);
  return builder.output(sum).build();
}

const tensorOf = (movedBytes: number): MadeTensor =>
  ({
    tensor: { movedBytes },
    choices: [
      { kind: 'whole', far: false, share: ALL_ROWS },
      { kind: 'kept', far: false, share: ALL_ROWS },
      ...PERIODIC_SHARES.map((share) => ({ kind: 'written', far: false, share })),
    ],
  }) as unknown as MadeTensor;

describe('too many combinations of choices in one stage', () => {
  it('keeps all choices where there are few', () => {
    const made = [tensorOf(10), tensorOf(20)];
    expect(fewerChoices(made)).toEqual({ made, isComplete: true });
  });

  it('takes shares from the smallest tensors first', () => {
    const { made, isComplete } = fewerChoices([
      tensorOf(30),
      tensorOf(10),
      tensorOf(20),
      tensorOf(40),
      tensorOf(50),
    ]);
    expect(isComplete).toBe(false);
    expect(made.map(({ choices }) => choices.length)).toEqual([3, 3, 3, 6, 6]);
  });

  it('leaves every tensor a choice, however many there are', () => {
    const { made } = fewerChoices(Array.from({ length: 40 }, (_, i) => tensorOf(i)));
    expect(made.every(({ choices }) => choices.length > 0)).toBe(true);
    expect(made.reduce((all, { choices }) => all * choices.length, 1)).toBeLessThanOrEqual(1024);
  });

  it('comes to an end with a model that keeps six tensors for later', () => {
    const setting = { strategy: 'auto', streamInputs: true, streamOutputs: true, pointerBytes: 8 } as const;
    const leastOf = (store: object): number => {
      try {
        planModel(fan(6), { ...setting, ...store, budgetBytes: 1 });
      } catch (error) {
        if (isTinysegError(error) && error.code === 'BUDGET_TOO_SMALL')
          return Number(error.data['leastBytes']);
        throw error;
      }
      throw new Error('a plan in one byte');
    };
    expect(leastOf({ stores: [{ kind: 0, slotCount: 1 }] })).toBeLessThanOrEqual(leastOf({}));
  });
});
