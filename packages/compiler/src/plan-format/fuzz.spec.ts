// SPDX-License-Identifier: Apache-2.0
// Damaged plan files: whatever the bytes, reading and verifying them gives a coded error or violations, soon.
// Long runs: `nx fuzz compiler`, or TINYSEG_FUZZ_COUNT=200000 npx jest plan-format/fuzz; TINYSEG_FUZZ_SEED repeats one.
import { isTinysegError } from '@tinyseg/errors';
import { seededRandom, type SeededRandom } from '@tinyseg/testing';
import { assemblePlan } from '../emit/plan/index.js';
import type { Graph } from '../ir/index.js';
import { place } from '../planning/placement/index.js';
import { scheduleProgram } from '../planning/schedule/index.js';
import { mutated, type FuzzSeed } from '../testing/mutate.js';
import { placedExample, placedPlan } from '../testing/placed-plan.js';
import { randomDecisions } from '../testing/random-decisions.js';
import { randomGraph } from '../testing/random-graph.js';
import { randomPlacedPlan } from '../testing/verified-plans.js';
import { verifyPlan } from '../verify/index.js';
import { crc32, decodeHeader, decodePlan, encodePlan, planSum } from './index.js';
import { HEADER_LAYOUT } from './layout.js';

const COUNT = Number(process.env['TINYSEG_FUZZ_COUNT'] || 2_000);
const SEED = Number(process.env['TINYSEG_FUZZ_SEED'] ?? 20_261_121);
const LONGEST_MS = 1_000;
const STRUCTURE_SUM_AT = 12;
const CONSTANTS_CRC_AT = 16;
const CONSTANTS_FIELD = HEADER_LAYOUT.fields.find(({ name }) => name === 'constants')?.offset ?? 0;

interface PlanSeed extends FuzzSeed {
  readonly graph: Graph;
}

/** The plan of a random graph with random decisions; structure is everything but the constants. */
function planSeed(seed: number): PlanSeed {
  const graph = randomGraph(seed, 6);
  const decisions = randomDecisions(graph, seed);
  const draft = scheduleProgram(graph, decisions);
  const problem = draft.items.map(({ start, end, sizeBytes, alignment }, id) => ({
    ...{ id, lower: start, upper: end, size: sizeBytes, align: alignment },
  }));
  const { offsets } = place(problem, { nodeLimit: 100, rounds: 1 });
  return fuzzSeed(encodePlan(assemblePlan(graph, decisions, draft, offsets)), graph);
}

function fuzzSeed(bytes: Uint8Array, graph: Graph): PlanSeed {
  const { constants } = decodeHeader(bytes);
  const structure = Array.from({ length: constants.offset }, (_, position) => position);
  return { name: graph.name, bytes, structure, graph };
}

/** Makes both checksums right again, so that the damage gets past them. */
function forgeChecksums(bytes: Uint8Array): void {
  if (bytes.length < HEADER_LAYOUT.size) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const constants = Math.min(view.getUint32(CONSTANTS_FIELD, true), bytes.length);
  view.setUint32(CONSTANTS_CRC_AT, crc32(bytes.subarray(constants)), true);
  view.setUint32(STRUCTURE_SUM_AT, planSum(bytes.subarray(16, constants)), true);
}

/** The code of the refusal, "violations", or "sound"; anything else thrown is a defect. */
function outcomeOf(bytes: Uint8Array, graph: Graph): string {
  try {
    return verifyPlan(decodePlan(bytes), graph).length > 0 ? 'violations' : 'sound';
  } catch (error) {
    if (isTinysegError(error) && error.exitCode === 3) return error.code;
    throw error;
  }
}

function round(seeds: readonly PlanSeed[], random: SeededRandom): string {
  const seed = random.pick(seeds);
  const bytes = mutated([seed], random).slice();
  if (random.unit() < 0.75) forgeChecksums(bytes);
  return outcomeOf(bytes, seed.graph);
}

describe('damaged plans', () => {
  const placed = [1, 2, 3, 4].map((seed) => {
    const { plan, graph } = randomPlacedPlan(seed);
    return fuzzSeed(encodePlan(plan), graph);
  });
  const byHand = fuzzSeed(encodePlan(placedPlan()), placedExample().graph);
  const seeds = [...Array.from({ length: 24 }, (_, index) => planSeed(index + 1)), ...placed, byHand];

  it(`give a coded error or violations within a second, ${COUNT} times (seed ${SEED})`, () => {
    const outcomes = new Map<string, number>();
    let longestMs = 0;
    const began = performance.now();
    for (let index = 0; index < COUNT; index++) {
      const start = performance.now();
      let outcome: string;
      try {
        outcome = round(seeds, seededRandom(SEED + index));
      } catch (cause) {
        const repeat = `repeat with TINYSEG_FUZZ_SEED=${SEED + index} TINYSEG_FUZZ_COUNT=1`;
        throw new Error(`round ${index}: ${repeat}`, { cause });
      }
      longestMs = Math.max(longestMs, performance.now() - start);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    if (COUNT > 2_000) {
      const perSecond = Math.round((1000 * COUNT) / (performance.now() - began));
      console.info(`${COUNT} plans, ${perSecond} a second, longest ${longestMs.toFixed(1)} ms:`, outcomes);
    }
    expect(longestMs).toBeLessThan(LONGEST_MS);
    if (COUNT < 2_000) return;
    const expected = ['PLAN_TRUNCATED', 'PLAN_RECORD', 'PLAN_CRC', 'violations', 'sound'];
    expect([...outcomes.keys()]).toEqual(expect.arrayContaining(expected));
  }, 3_600_000);
});
