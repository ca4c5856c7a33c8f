// SPDX-License-Identifier: Apache-2.0
// Compiles a model with decisions of the test's own choosing, to run plans of every shape, not only those a planner likes.
import { readFileSync } from 'node:fs';
import { assemblePlan } from '../../packages/compiler/src/emit/plan/index.js';
import { readTflite } from '../../packages/compiler/src/formats/tflite/index.js';
import { type Graph, type OperatorId, type TensorId } from '../../packages/compiler/src/ir/index.js';
import { runPasses } from '../../packages/compiler/src/passes/index.js';
import { encodePlan, type Plan } from '../../packages/compiler/src/plan-format/index.js';
import type { Decisions, SpillDecision } from '../../packages/compiler/src/planning/decisions.js';
import { placeDraft } from '../../packages/compiler/src/planning/place-draft.js';
import { place } from '../../packages/compiler/src/planning/placement/index.js';
import { scheduleProgram } from '../../packages/compiler/src/planning/schedule/index.js';
import { structureOf, type Structure } from '../../packages/compiler/src/planning/structure.js';

/** layers: one operator a stage. streamed: the whole network as one stage, input and output row by row. */
export type Shape = 'layers' | 'streamed';

/**
 * none: nothing is spilled. skips: tensors with several readers are, and come back for the last one as a stream.
 * all: every tensor is, block sizes and ways of fetching varied.
 */
export type Spilling = 'none' | 'skips' | 'all';

export interface CompileOptions {
  readonly shape: Shape;
  readonly spilling: Spilling;
  /** Each row has a place of its own, and of spilled tensors only two rows of three are spilled where that can be. */
  readonly placed?: boolean;
  /** Nothing is fused and concatenations are built, so that every operator's output can be looked at. */
  readonly everyOperator?: boolean;
}

export interface Compiled {
  readonly graph: Graph;
  readonly structure: Structure;
  readonly plan: Plan;
  readonly bytes: Uint8Array;
}

export function compileFile(file: string, options: CompileOptions): Compiled {
  return compileGraph(readTflite(new Uint8Array(readFileSync(file))), options);
}

export function compileGraph(model: Graph, options: CompileOptions): Compiled {
  const apart = options.everyOperator === true;
  const graph = runPasses(model, {
    disable: apart ? ['fuse-activations', 'fuse-padding'] : [],
  });
  const structure = structureOf(graph, { buildConcatenations: apart });
  const placed = options.placed === true;
  const decisions: Decisions = {
    stages: options.shape === 'layers' ? structure.running.map((id) => [id]) : [structure.running],
    dissolved: structure.dissolved,
    views: structure.views,
    spills: spillsOf(graph, structure, options.spilling, placed),
    ...(placed ? { rowPlaced: 'all' as const } : {}),
    stores: options.spilling === 'none' ? [] : [{ kind: 0, slotCount: 2 }],
    streamInputs: options.shape === 'streamed',
    streamOutputs: options.shape === 'streamed',
  };
  const draft = scheduleProgram(graph, decisions);
  const items = draft.items.map((item, id) => ({
    ...{ id, lower: item.start, upper: item.end, size: item.sizeBytes, align: item.alignment },
  }));
  const { offsets } = placed ? placeDraft(draft, {}, false) : place(items);
  const plan = assemblePlan(graph, decisions, draft, offsets);
  return { graph, structure, plan, bytes: encodePlan(plan) };
}

function spillsOf(
  graph: Graph,
  structure: Structure,
  spilling: Spilling,
  placed: boolean,
): Map<TensorId, SpillDecision> {
  const spills = new Map<TensorId, SpillDecision>();
  if (spilling === 'none') return spills;
  // What is given or taken, perhaps all at once, has no places; nor what is read with other rows.
  const ports = new Set([...graph.inputs, ...graph.outputs.map(structure.rootOf)]);
  for (const root of structure.roots) {
    const readers = structure.readersOf(root);
    const rowsPerBlock = placed ? 1 : 1 + (root % 3);
    const other = readers.some(({ throughView }) => throughView) || ports.has(root);
    const some = placed && !other ? { rows: { period: 3, carried: 2 } } : {};
    if (spilling === 'skips' && readers.length >= 2) {
      const last = readers[readers.length - 1]!.operator;
      const fetches = [{ readers: [last], mode: 'streamed' as const, ahead: root % 2 === 0 }];
      spills.set(root, { store: 0, rowsPerBlock, fetches, ...some });
    }
    const spillable = readers.length > 0 && !readers.some(({ throughView }) => throughView);
    if (spilling === 'all' && spillable && !graph.outputs.includes(root)) {
      const fetches = readers.map(({ operator }: { operator: OperatorId }, index) => ({
        readers: [operator],
        mode: (root + index) % 2 === 0 ? ('whole' as const) : ('streamed' as const),
      }));
      spills.set(root, { store: 0, rowsPerBlock, fetches, ...some });
    }
  }
  return spills;
}
