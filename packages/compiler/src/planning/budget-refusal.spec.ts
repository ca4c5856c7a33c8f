// SPDX-License-Identifier: Apache-2.0
// A refusal says the least for the options that were given, who holds it, and the least with each option relaxed.
import { isTinysegError } from '@tinyseg/errors';
import { GraphBuilder, type Graph } from '../ir/index.js';
import { planModel, type PlanModelOptions } from './plan-model.js';

const STORES = [{ kind: 0, slotCount: 1, name: 'flash' }];
const RESIDENT: PlanModelOptions = {
  ...{ strategy: 'auto', stores: [], streamInputs: false, streamOutputs: false, pointerBytes: 4 },
  alternatives: { stores: STORES },
};

/** A skip over two convolutions. */
function skip(side: number): Graph {
  const builder = new GraphBuilder('skip');
  const first = builder.conv2d(builder.input([1, side, side, 8]), { filters: 8, kernel: 3 });
  const second = builder.conv2d(builder.conv2d(first, { filters: 8, kernel: 3 }), { filters: 8, kernel: 3 });
  return builder.output(builder.add(second, first)).build();
}

const graph = skip(48);

interface Refusal {
  readonly message: string;
  readonly leastBytes: number;
  readonly leastWith: readonly { readonly option: string; readonly leastBytes: number }[];
  readonly inTheWay: readonly { readonly name?: string; readonly bytes: number }[];
}

function refusalOf(options: PlanModelOptions): Refusal {
  try {
    planModel(graph, { ...options, budgetBytes: 1000 });
  } catch (thrown) {
    if (!isTinysegError(thrown, 'BUDGET_TOO_SMALL')) throw thrown;
    return { message: thrown.message, ...(thrown.data as unknown as Omit<Refusal, 'message'>) };
  }
  throw new Error('1,000 B can not do');
}

describe('a refusal', () => {
  const { alternatives: _none, ...plain } = RESIDENT;
  const refused = refusalOf(RESIDENT);

  it('says the least with a store, and with streamed input and output, as these options would', () => {
    const least = (changed: Partial<PlanModelOptions>): number =>
      refusalOf({ ...plain, ...changed }).leastBytes;
    expect(refused.leastWith).toEqual([
      { option: '--store flash', leastBytes: least({ stores: STORES }) },
      { option: '--stream-io', leastBytes: least({ streamInputs: true, streamOutputs: true }) },
    ]);
    expect(refused.leastWith.every(({ leastBytes }) => leastBytes <= refused.leastBytes)).toBe(true);
  });

  it('tells of what helps in its message', () => {
    const streamed = refused.leastWith.find(({ option }) => option === '--stream-io');
    expect(streamed?.leastBytes).toBeLessThan(refused.leastBytes);
    expect(refused.message).toContain(`with --stream-io ${String(streamed?.leastBytes)} B`);
  });

  it('names what stands in the way at the peak', () => {
    expect(refused.inTheWay.length).toBeGreaterThan(0);
    expect(refused.inTheWay.reduce((sum, { bytes }) => sum + bytes, 0)).toBeGreaterThan(48 * 48 * 8);
  });

  it('says what another strategy and other kernels would need', () => {
    const options = refusalOf({ ...RESIDENT, strategy: 'layers', variants: 'fast' }).leastWith;
    expect(options.map(({ option }) => option)).toEqual([
      ...['--strategy auto', '--store flash', '--stream-io', '--variants portable'],
    ]);
  });

  it('looks at nothing else where it is not asked to', () => {
    expect(refusalOf(plain).leastWith).toEqual([]);
  });
});
