// SPDX-License-Identifier: Apache-2.0
/** What is the same for every cost that the search adds up: the peaks of a stage, and what its choices come to. */
import type { Moved, StageStep } from './partition-search.js';
import type { MadeChoice, Source } from './stage-levels.js';
import type { StageProfile } from './stage-profile.js';

/** The choices of one stage. */
export class StageChoices {
  private readonly decided: (Decided | undefined)[] = [];
  private readonly peaks = new Map<string, { readonly limit: number; readonly bytes: readonly number[] }>();

  constructor(readonly profile: StageProfile) {}

  /** The peak of each combination of choices; what is above `limit` may come out as Infinity. */
  peaksFrom(sources: readonly Source[], key: string, limit: number): readonly number[] {
    const known = this.peaks.get(key);
    if (known !== undefined && known.limit >= limit) return known.bytes;
    const bytes = this.profile.peakBytes(sources, limit);
    this.peaks.set(key, { limit, bytes });
    return bytes;
  }

  decidedAt(index: number): Decided {
    return (this.decided[index] ??= decidedOf(this.profile, index));
  }
}

/** One combination of choices of a stage, and what follows from it wherever the stage reads from. */
export interface Decided {
  readonly made: StageStep['made'];
  readonly written: readonly Moved[];
  readonly far: readonly Moved[];
  /** Equal for combinations after which all tensors are in the same places. */
  readonly left: string;
}

function decidedOf({ made, end, combinations: every }: StageProfile, index: number): Decided {
  const chosen = every[index] ?? [];
  const all = made.map(({ tensor }, i) => ({ tensor, choice: chosen[i] as MadeChoice }));
  const moved = (some: typeof all): Moved[] =>
    some.map(({ tensor, choice }) => ({ tensor, share: choice.share }));
  return {
    made: all.map(({ tensor, choice }) => ({ tensor: tensor.id, choice })),
    written: moved(all.filter(({ choice }) => isWritten(choice))),
    far: moved(all.filter(({ choice }) => choice.far)),
    left: keyOf(
      all
        .filter(({ tensor }) => tensor.lastNeed >= end)
        .map(({ choice: { kind, share } }) =>
          kind === 'written' ? share : kind === 'kept' ? kind : 'whole',
        ),
    ),
  };
}

/** Equal for equal lists. */
export function keyOf(sources: readonly Source[]): string {
  let key = '';
  for (const source of sources) {
    key += typeof source === 'object' ? `${String(source.period)}:${String(source.carried)},` : `${source},`;
  }
  return key;
}

function isWritten({ kind, far }: MadeChoice): boolean {
  return far || kind === 'kept' || kind === 'written';
}
