// SPDX-License-Identifier: Apache-2.0
/**
 * Holds the plan format against `contracts/plan` and the generated C assertions. After an intended
 * change of the format: TINYSEG_WRITE_CONTRACTS=1 npx jest plan-format/contracts.
 */
import fs from 'node:fs';
import path from 'node:path';
import { ALL_LAYOUTS, cFieldName, type FieldType } from './layout.js';
import { decodePlan, encodePlan } from './codec.js';
import { EXAMPLE_INPUT, examplePlan, exampleOutput } from '../testing/example-plan.js';
import { PLACED_INPUT, placedExample, placedPlan } from '../testing/placed-plan.js';
import { interpret } from '../reference/index.js';

const ROOT = path.resolve(__dirname, '../../../..');
const FIELD_BYTES: Record<FieldType, number> = { u16: 2, u32: 4, i32: 4, f32: 4, section: 8, range: 8 };

function layoutJson(): string {
  const records = ALL_LAYOUTS.map((layout) => ({
    record: layout.cName,
    sizeBytes: layout.size,
    fields: layout.fields.map((field) => ({
      name: cFieldName(field.name),
      type: field.type,
      offset: field.offset,
    })),
  }));
  return `${JSON.stringify({ format: 'tseg', version: 0, records }, null, 1)}\n`;
}

function layoutHeader(): string {
  const lines = ALL_LAYOUTS.flatMap((layout) => [
    `RECORD(${layout.cName}, ${String(layout.size)});`,
    ...layout.fields.map(
      (field) =>
        `FIELD(${layout.cName}, ${cFieldName(field.name)}, ${String(field.offset)}, ${String(FIELD_BYTES[field.type])});`,
    ),
  ]);
  return [
    '/* SPDX-License-Identifier: Apache-2.0 */',
    '/* Sizes and offsets of every record of a plan, written from the table in packages/compiler/src/plan-format',
    ' * by its contract test; plan_layout_test.c turns them into assertions. */',
    ...lines,
    '',
  ].join('\n');
}

function exampleJson(): string {
  const { params, constants, ...rest } = examplePlan();
  const example = {
    note: 'The plan in example.tseg, record by record; an input; and the output that it gives.',
    plan: {
      ...rest,
      params: Buffer.from(params).toString('hex'),
      constants: Buffer.from(constants).toString('hex'),
    },
    input: [...EXAMPLE_INPUT],
    output: [...exampleOutput()],
  };
  return `${JSON.stringify(example, null, 1)}\n`;
}

function placedOutput(): Uint8Array {
  const input = new Uint8Array(PLACED_INPUT.buffer);
  const [output] = interpret(placedExample().graph, [input]);
  if (output === undefined) throw new Error('the interpreter gave no output');
  return output;
}

const FILES: readonly [string, () => string | Uint8Array][] = [
  ['contracts/plan/layout.json', layoutJson],
  ['contracts/plan/example.json', exampleJson],
  ['contracts/plan/example.tseg', () => encodePlan(examplePlan())],
  ['contracts/plan/example-input.bin', () => new Uint8Array(EXAMPLE_INPUT.buffer)],
  ['contracts/plan/example-output.bin', () => new Uint8Array(exampleOutput().buffer)],
  ['contracts/plan/placed.tseg', () => encodePlan(placedPlan())],
  ['contracts/plan/placed-input.bin', () => new Uint8Array(PLACED_INPUT.buffer)],
  ['contracts/plan/placed-output.bin', placedOutput],
  ['packages/device-c/tests/contracts/plan_layout_records.h', layoutHeader],
];

describe('the plan format and its contracts', () => {
  it.each(FILES)('%s is what this version writes', (name, make) => {
    const file = path.join(ROOT, name);
    const made = Buffer.from(make());
    if (process.env.TINYSEG_WRITE_CONTRACTS === '1') fs.writeFileSync(file, made);
    expect(fs.readFileSync(file).equals(made)).toBe(true);
  });

  it('reads the example file back to the records that it was written from', () => {
    const bytes = fs.readFileSync(path.join(ROOT, 'contracts/plan/example.tseg'));
    expect(decodePlan(new Uint8Array(bytes))).toEqual(examplePlan());
  });
});
