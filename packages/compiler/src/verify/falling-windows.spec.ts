// SPDX-License-Identifier: Apache-2.0
// Calls whose windows fall: where one image is added to several, the second begins with its row 0 again.
import { GraphBuilder } from '../ir/index.js';
import { Opcode, PlanKind, type Plan, type Step } from '../plan-format/index.js';
import { planInLayers } from '../testing/verified-plans.js';
import { verifyPlan } from './index.js';

const QUANTIZATION = { scale: 0.02, zeroPoint: 3 };

/** TANH of one image of three rows, added to each of two images. */
function sharedImage() {
  const b = new GraphBuilder();
  const x = b.input([1, 3, 2, 4], QUANTIZATION);
  const y = b.input([2, 3, 2, 4], QUANTIZATION);
  const shared = b.operator('tanh', [x], {}, { scale: 1 / 128, zeroPoint: 0 });
  const sum = b.operator(
    'add',
    [shared, y],
    { activation: 'none', potScaleInt16: false },
    { scale: 0.05, zeroPoint: 0 },
  );
  const graph = b.output(sum).build();
  return { graph, shared, plan: planInLayers(graph) };
}

/** The same, two rows of the sum a call, with as many rows of the shared image in RAM as a ring of this length holds. */
function pairedRows({ plan, shared }: ReturnType<typeof sharedImage>, ringRows: number): Plan {
  const add = plan.operators.findIndex(({ kind }) => kind === PlanKind.add);
  const ring = plan.tensors.findIndex(({ source }) => source === shared);
  const run = (argument: number): Step => ({ opcode: Opcode.run, argument });
  const still = plan.program.filter(
    ({ opcode }) => opcode !== Opcode.run && opcode !== Opcode.loop && opcode !== Opcode.endLoop,
  );
  const outputs = still.findIndex(({ opcode }) => opcode === Opcode.output);
  const tanh = 1 - add;
  // Three rows of TANH, three calls of ADD: rows 0 and 1, then 2 of the first and 0 of the second image, then 1 and 2.
  const runs = [run(tanh), run(tanh), run(add), run(tanh), run(add), run(add)];
  const program = [...still.slice(0, outputs), ...runs, ...still.slice(outputs)];
  return {
    ...plan,
    program,
    tickTotal: program.length - 1,
    buffers: plan.buffers.map((buffer) => (buffer.tensor === ring ? { ...buffer, ringRows } : buffer)),
    operators: plan.operators.map((operator, i) =>
      i === add ? { ...operator, rowsPerCall: 2, callCount: 3 } : operator,
    ),
  };
}

describe('a call that reads rows of one image for two', () => {
  const made = sharedImage();

  it('passes while all rows of the image are there', () => {
    expect(verifyPlan(made.plan, made.graph)).toEqual([]);
    expect(verifyPlan(pairedRows(made, 3), made.graph)).toEqual([]);
  });

  it('is refused where the row that it goes back to was overwritten', () => {
    const found = verifyPlan(pairedRows(made, 2), made.graph);
    expect(found.map(({ code, row }) => [code, row])).toContainEqual(['WRONG_BYTES', 0]);
  });
});
