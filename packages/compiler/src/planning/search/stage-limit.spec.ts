// SPDX-License-Identifier: Apache-2.0
// Behaviour of the limit on stages: small graphs are searched whole, long ones in time, and the certificate says so.
import { GraphBuilder, type Graph } from '../../ir/index.js';
import { planModel } from '../plan-model.js';
import { structureOf } from '../structure.js';
import { flowOf, type Flow } from './flow.js';
import { stageLimit } from './stage-limit.js';

function chain(operators: number): Graph {
  const builder = new GraphBuilder('chain');
  let tensor = builder.input([1, 8, 4, 4]);
  for (let i = 0; i < operators; i++) tensor = builder.conv2d(tensor, { filters: 4, kernel: 1 });
  return builder.output(tensor).build();
}

function flow(graph: Graph): Flow {
  const structure = structureOf(graph);
  const ports = { streamInputs: true, streamOutputs: true, canSpill: true };
  return flowOf(graph, structure, structure.running, ports);
}

describe('stageLimit', () => {
  const graph = chain(10);

  it('lets every stage be looked at where calls suffice', () => {
    expect(stageLimit(graph, flow(graph), 1e6)).toEqual({ operatorsMax: 10, isExhaustive: true });
  });

  it('keeps stages shorter where they do not, down to one operator', () => {
    const few = stageLimit(graph, flow(graph), 1000);
    expect(few.isExhaustive).toBe(false);
    expect(few.operatorsMax).toBeGreaterThan(1);
    expect(few.operatorsMax).toBeLessThan(10);
    expect(stageLimit(graph, flow(graph), 1)).toEqual({ operatorsMax: 1, isExhaustive: false });
  });
});

describe('a model of many operators', () => {
  it('is planned, as one stage too, and without the claim that all plans were looked at', () => {
    const { attempt, exhaustive } = planModel(chain(160), {
      ...{ strategy: 'auto', streamInputs: true, streamOutputs: true, pointerBytes: 4 },
      stores: [{ kind: 0, slotCount: 1 }],
    });
    // One row of each of two tensors at a time, as only the stage of all operators allows.
    expect(attempt.decisions.stages.length).toBe(1);
    expect(attempt.ram.arenaBytes).toBeLessThan(8 * 4 * 4 * 2);
    expect(exhaustive).toBe(false);
  });
});
