// SPDX-License-Identifier: Apache-2.0
/**
 * Candidates that write at most so many bytes to stores in one inference. The search adds up one cost, so writing gets a
 * price: it is raised until the cheapest way writes little enough, and looked at from both sides.
 */
import { writtenBytes, type Candidate } from './search-plans.js';

/** The first price: what the cheapest way writes costs this part of all that it costs. */
const FIRST = 1 / 4;
/** So often it is doubled at most. */
const DOUBLINGS = 10;
/** What is searched with beside the price that is enough: ways that hold less write more, for a higher price. */
const AROUND = [0.7, 0.85, 1.4, 2];

/**
 * @param search candidates by rising cost, where each byte written costs so much more; without that in their cost
 * @returns by rising cost; none writes more than `maxWrittenBytes`
 */
export function candidatesWriting(
  maxWrittenBytes: number,
  search: (price: number) => readonly Candidate[],
): readonly Candidate[] {
  const within: Candidate[] = [];
  const isEnough = (price: number): boolean => {
    const found = search(price);
    within.push(...found.filter((candidate) => writtenBytes(candidate) <= maxWrittenBytes));
    const cheapest = lowestPriced(found, price);
    return cheapest === undefined || writtenBytes(cheapest) <= maxWrittenBytes;
  };
  const first = search(0);
  const [cheapest] = first;
  within.push(...first.filter((candidate) => writtenBytes(candidate) <= maxWrittenBytes));
  if (cheapest !== undefined && writtenBytes(cheapest) > maxWrittenBytes) {
    let price = (FIRST * cheapest.way.cost) / writtenBytes(cheapest);
    for (let i = 0; i < DOUBLINGS && !isEnough(price); i++) price *= 2;
    for (const part of AROUND) isEnough(part * price);
  }
  const rising = within.sort((a, b) => a.way.cost - b.way.cost || a.way.peakBytes - b.way.peakBytes);
  // Searches at different prices find the same ways.
  return rising.filter((candidate, i) => !isSame(candidate, rising[i - 1]));
}

function isSame(a: Candidate, b: Candidate | undefined): boolean {
  const [left, right] = [a.way, b?.way];
  return (
    a.pace.overlap === b?.pace.overlap &&
    left.peakBytes === right?.peakBytes &&
    Math.abs(left.cost - right.cost) <= 1e-9 * left.cost &&
    writtenBytes(a) === writtenBytes(b)
  );
}

function lowestPriced(found: readonly Candidate[], price: number): Candidate | undefined {
  let lowest: Candidate | undefined;
  let least = Infinity;
  for (const candidate of found) {
    const cost = candidate.way.cost + price * writtenBytes(candidate);
    if (cost < least) [lowest, least] = [candidate, cost];
  }
  return lowest;
}
