// SPDX-License-Identifier: Apache-2.0
// Damage to when and where rows move: waits, starts, blocks, what a stream carries, places of rows.
import type { SeededRandom } from '@tinyseg/testing';
import { Opcode, PLAN_NONE, type Plan, type PlanStream, type Step } from '../plan-format/index.js';
import type { Mutate } from './plan-mutants.js';

const MOVES: ReadonlySet<number> = new Set([
  ...[Opcode.spillStart, Opcode.spillWait, Opcode.fetchStart, Opcode.fetchWait],
  ...[Opcode.input, Opcode.output],
]);
const WAITS: ReadonlySet<number> = new Set([Opcode.spillWait, Opcode.fetchWait]);
const STARTS: ReadonlySet<number> = new Set([Opcode.spillStart, Opcode.fetchStart]);

function pickStep(plan: Plan, random: SeededRandom, opcodes: ReadonlySet<number>): number | undefined {
  const found = plan.program.flatMap(({ opcode }, at) => (opcodes.has(opcode) ? [at] : []));
  return found.length === 0 ? undefined : random.pick(found);
}

/** One step less, without telling by the total of ticks. */
const withoutWait: Mutate = (plan, random, countTicks) => {
  const at = pickStep(plan, random, WAITS);
  if (at === undefined) return undefined;
  const program = plan.program.toSpliced(at, 1);
  return {
    plan: { ...plan, program, tickTotal: countTicks(program) },
    what: `program[${at}]: the wait of transfer ${plan.program[at]?.argument ?? 0} removed`,
  };
};

/** A wait that comes later, a start that comes earlier, a port's step that comes at another time: a few steps away. */
const shifted: Mutate = (plan, random, countTicks) => {
  const at = pickStep(plan, random, MOVES);
  const step = plan.program[at ?? -1];
  if (at === undefined || step === undefined) return undefined;
  const way = WAITS.has(step.opcode) ? 1 : STARTS.has(step.opcode) ? -1 : random.pick([-1, 1]);
  const to = at + way * random.integer(1, 6);
  if (to < 0 || to >= plan.program.length - 1) return undefined;
  const program: Step[] = plan.program.toSpliced(at, 1).toSpliced(to, 0, step);
  return {
    plan: { ...plan, program, tickTotal: countTicks(program) },
    what: `program[${at}]: opcode ${step.opcode} moved to ${to}`,
  };
};

/** Rows of a stream in blocks, as the format counts them. */
function blocksOf(plan: Plan, { tensor, period, carried, rowsPerBlock }: PlanStream): number {
  const { n = 1, h = 1 } = plan.tensors[tensor] ?? {};
  const rows = n * h;
  const count = Math.floor(rows / period) * carried + Math.min(rows % period, carried);
  return Math.ceil(count / rowsPerBlock);
}

/** A stream that carries other rows, or cuts them otherwise, with the number of blocks that goes with it. */
const recut: Mutate = (plan, random) => {
  if (plan.streams.length === 0) return undefined;
  const index = random.integer(0, plan.streams.length - 1);
  const old = plan.streams[index];
  if (old === undefined) return undefined;
  const period = Math.max(1, random.pick([old.period, old.period + 1, old.period - 1, 2, 3]));
  const carried = Math.min(period, Math.max(1, random.pick([old.carried, old.carried + 1, old.carried - 1])));
  const rowsPerBlock = Math.max(1, old.rowsPerBlock + random.pick([0, 0, -1, 1]));
  const cut = { ...old, period, carried, rowsPerBlock };
  const stream = { ...cut, blockCount: blocksOf(plan, cut) };
  if (period === old.period && carried === old.carried && rowsPerBlock === old.rowsPerBlock) return undefined;
  return {
    plan: { ...plan, streams: plan.streams.with(index, stream) },
    what: `streams[${index}]: ${old.carried} of ${old.period} rows in blocks of ${old.rowsPerBlock} -> ${carried} of ${period} in ${rowsPerBlock}`,
  };
};

/** A buffer whose rows have the places of another, or its own ones by one further. */
const replaced: Mutate = (plan, random) => {
  const placed = plan.buffers.flatMap(({ firstPlace }, index) => (firstPlace === PLAN_NONE ? [] : [index]));
  if (placed.length === 0) return undefined;
  const index = random.pick(placed);
  const buffer = plan.buffers[index];
  const other = plan.buffers[random.pick(placed)]?.firstPlace ?? 0;
  if (buffer === undefined) return undefined;
  const firstPlace = random.pick([other, other, buffer.firstPlace + 1, buffer.firstPlace - 1]);
  if (firstPlace === buffer.firstPlace || firstPlace < 0) return undefined;
  return {
    plan: { ...plan, buffers: plan.buffers.with(index, { ...buffer, firstPlace }) },
    what: `buffers[${index}].firstPlace: ${buffer.firstPlace} -> ${firstPlace}`,
  };
};

export const MOVEMENT_MUTATIONS: readonly Mutate[] = [
  ...[withoutWait, shifted, shifted, recut, recut, replaced],
];
