// SPDX-License-Identifier: Apache-2.0
// Damages one thing in a correct plan, to judge the verifier by what it lets pass; seeded.
import type { SeededRandom } from '@tinyseg/testing';
import { Opcode, type Plan, type Step } from '../plan-format/index.js';
import { MOVEMENT_MUTATIONS } from './movement-mutants.js';

/** A plan with one thing changed. `what` says which, as `section.field: old -> new`. */
export interface Mutant {
  readonly plan: Plan;
  readonly what: string;
}

/** Sections of records, with the fields that a mutation may change. */
const FIELDS = {
  tensors: ['type', 'n', 'h', 'w', 'c', 'rowBytes', 'root', 'zeroPoint', 'source'],
  buffers: ['tensor', 'memory', 'offset', 'rowStride', 'ringRows', 'firstPlace'],
  segments: ['buffer', 'channelBegin', 'channelCount'],
  operands: ['tensor', 'firstSegment', 'segmentCount'],
  operators: [
    ...['kind', 'variant', 'inputCount', 'outputCount', 'firstOperand', 'callCount', 'rowsPerCall'],
    ...['paramsOffset', 'paramsSize', 'scratchOffset', 'scratchSize', 'stateOffset', 'stateSize', 'source'],
  ],
  stores: ['kind', 'blockBytesMax', 'slotCount', 'unitBytes'],
  streams: ['store', 'tensor', 'rowsPerBlock', 'blockCount', 'period', 'carried'],
  transfers: ['stream', 'direction', 'buffer', 'inFlight'],
  ports: ['direction', 'buffer', 'rowsPerStep', 'index'],
} as const;

type Section = keyof typeof FIELDS;
type Fields = Readonly<Record<string, number>>;

/** One way to damage a plan; undefined when the plan has nothing to damage in this way. */
export type Mutate = (
  plan: Plan,
  random: SeededRandom,
  ticks: (program: readonly Step[]) => number,
) => Mutant | undefined;

function records(plan: Plan, section: Section): readonly Fields[] {
  return plan[section] as unknown as readonly Fields[];
}

/** One field of one record: a neighbour of its value, another record's value, or a round one. */
function changeField(plan: Plan, random: SeededRandom, section: Section, field: string): Mutant | undefined {
  const list = records(plan, section);
  if (list.length === 0) return undefined;
  const index = random.integer(0, list.length - 1);
  const old = list[index]?.[field] ?? 0;
  const other = random.pick(list)[field] ?? 0;
  const value = random.pick([
    old + 1,
    old - 1,
    old + 16,
    old - 16,
    old + 4,
    old * 2,
    0,
    1,
    0xffffffff,
    other,
    other,
  ]);
  if (value === old || (value < 0 && field !== 'zeroPoint')) return undefined;
  const changed = list.map((record, i) => (i === index ? { ...record, [field]: value } : record));
  return {
    plan: { ...plan, [section]: changed } as unknown as Plan,
    what: `${section}[${index}].${field}: ${old} -> ${value}`,
  };
}

const anyField: Mutate = (plan, random) => {
  const section = random.pick(Object.keys(FIELDS) as Section[]);
  return changeField(plan, random, section, random.pick<string>(FIELDS[section]));
};

/** The fields where most of a plan's subtlety is: where rows lie and how many are kept. */
const placement: Mutate = (plan, random) =>
  changeField(plan, random, 'buffers', random.pick(['offset', 'rowStride', 'ringRows']));

/** One row lies elsewhere: in a neighbouring slot, or where another row lies. */
const changePlace: Mutate = (plan, random) => {
  if (plan.places.length === 0) return undefined;
  const at = random.integer(0, plan.places.length - 1);
  const old = plan.places[at] ?? 0;
  const value = random.pick([
    old + 1,
    old - 1,
    old + 4,
    0,
    0xffff,
    ...Array(4).fill(random.pick(plan.places)),
  ]);
  if (value === old || value < 0) return undefined;
  const places = plan.places.map((place, i) => (i === at ? value : place));
  return { plan: { ...plan, places }, what: `places[${at}]: ${old} -> ${value}` };
};

/** Two buffers change places. */
const swapOffsets: Mutate = (plan, random) => {
  const [a, b] = [0, 1].map(() => random.integer(0, plan.buffers.length - 1));
  const [first, second] = [plan.buffers[a ?? 0], plan.buffers[b ?? 0]];
  if (first === undefined || second === undefined || first.offset === second.offset) return undefined;
  if (first.memory !== second.memory) return undefined;
  const buffers = plan.buffers.map((buffer, i) =>
    i === a ? { ...buffer, offset: second.offset } : i === b ? { ...buffer, offset: first.offset } : buffer,
  );
  return { plan: { ...plan, buffers }, what: `buffers[${a}, ${b}].offset: swapped` };
};

const changeByte =
  (section: 'params' | 'constants'): Mutate =>
  (plan, random) => {
    const { length } = plan[section];
    if (length === 0) return undefined;
    const at = random.integer(0, length - 1);
    const bytes = plan[section].slice();
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.integer(0, 7));
    return { plan: { ...plan, [section]: bytes }, what: `${section}[${at}]: a bit` };
  };

/** Steps that a program executes; loops that don't match count for nothing. */
export function countTicks(program: readonly Step[]): number {
  const times = [1];
  let ticks = 0;
  for (const { opcode, argument } of program) {
    const now = times[times.length - 1] ?? 1;
    if (opcode === Opcode.loop) times.push(now * argument);
    else if (opcode === Opcode.endLoop) times.pop();
    else if (opcode !== Opcode.end) ticks += now;
  }
  return ticks;
}

/** The program with one edit, its ticks counted anew so that they don't tell. */
const editProgram: Mutate = (plan, random) => {
  const at = random.integer(0, plan.program.length - 2);
  const program = [...plan.program];
  const step = program[at];
  const next = program[at + 1];
  if (step === undefined || next === undefined) return undefined;
  const name = `program[${at}]`;
  const done = (what: string): Mutant => ({
    plan: { ...plan, program, tickTotal: countTicks(program) },
    what: `${name}: ${what}`,
  });
  switch (random.integer(0, 5)) {
    case 0:
      program.splice(at, 1);
      return done(`opcode ${step.opcode} removed`);
    case 1:
      program.splice(at, 0, step);
      return done(`opcode ${step.opcode} twice`);
    case 2:
      if (next.opcode === Opcode.end || (next.opcode === step.opcode && next.argument === step.argument)) {
        return undefined;
      }
      program.splice(at, 2, next, step);
      return done(`opcodes ${step.opcode} and ${next.opcode} swapped`);
    case 3: {
      const to = random.integer(0, program.length - 2);
      program.splice(at, 1);
      program.splice(to, 0, step);
      return to === at ? undefined : done(`opcode ${step.opcode} moved to ${to}`);
    }
    case 4:
      program[at] = { ...step, argument: Math.max(0, step.argument + random.pick([-1, 1])) };
      return program[at]?.argument === step.argument
        ? undefined
        : done(`opcode ${step.opcode}, argument changed`);
    default:
      program[at] = { ...step, opcode: random.integer(0, 9) };
      return program[at]?.opcode === step.opcode ? undefined : done(`opcode ${step.opcode} changed`);
  }
};

const totals: Mutate = (plan, random) => {
  const field = random.pick(['arenaBytes', 'tickTotal'] as const);
  const value = Math.max(0, plan[field] + random.pick([-16, -1, 1, 16, 32]));
  return value === plan[field]
    ? undefined
    : { plan: { ...plan, [field]: value }, what: `${field}: ${plan[field]} -> ${value}` };
};

const MUTATIONS: readonly Mutate[] = [
  ...[anyField, anyField, anyField, placement, placement, swapOffsets],
  ...[changePlace, changePlace],
  ...[editProgram, editProgram, editProgram, changeByte('params'), changeByte('constants'), totals],
  ...MOVEMENT_MUTATIONS,
];

/** One mutant of the plan; never the plan itself. */
export function mutantOf(plan: Plan, random: SeededRandom): Mutant {
  for (;;) {
    const mutant = random.pick(MUTATIONS)(plan, random, countTicks);
    if (mutant !== undefined) return mutant;
  }
}
