// SPDX-License-Identifier: Apache-2.0
/** The passes in their order, and the loop that runs them with the graph verifier after each. */
import { compilerError } from '../error-codes.js';
import { type Graph, verifyGraph } from '../ir/index.js';
import { divideBySlices } from './divide-by-slices.js';
import { foldConstants } from './fold-constants.js';
import { fuseActivations } from './fuse-activations.js';
import { fuseDilation } from './fuse-dilation.js';
import { fusePadding } from './fuse-padding.js';
import { fuseUpsampling } from './fuse-upsampling.js';
import { mergeReshapes } from './merge-reshapes.js';
import { normaliseQuantization } from './normalise-quantization.js';
import { partMargins } from './part-margins.js';
import type { Pass } from './pass.js';
import { removeNoOps } from './remove-no-ops.js';
import { removeUnused } from './remove-unused.js';
import { restoreSpilled } from './restore-spilled.js';
import { showAxes } from './show-axes.js';

export type { Pass } from './pass.js';

export const PASSES: readonly Pass[] = [
  restoreSpilled,
  normaliseQuantization,
  foldConstants,
  mergeReshapes,
  fuseUpsampling,
  removeNoOps,
  fuseDilation,
  fuseActivations,
  fusePadding,
  divideBySlices,
  partMargins,
  showAxes,
  removeUnused,
];

export interface PassOptions {
  /** Names of passes to leave out. */
  readonly disable?: readonly string[];
}

/**
 * Runs all passes. The result computes the same bytes for every input.
 *
 * @throws TinysegError PASS_UNKNOWN for a name in `disable` that no pass has; PASS_BROKE_GRAPH, naming the pass and
 *   the broken invariant, when a pass has a defect
 */
export function runPasses(graph: Graph, options: PassOptions = {}, passes: readonly Pass[] = PASSES): Graph {
  const disabled = options.disable ?? [];
  const strange = disabled.find((name) => !passes.some((pass) => pass.name === name));
  if (strange !== undefined) {
    throw compilerError(
      'PASS_UNKNOWN',
      `There is no pass "${strange}". Passes: ${passes.map(({ name }) => name).join(', ')}.`,
      { pass: strange },
    );
  }
  return passes
    .filter(({ name }) => !disabled.includes(name))
    .reduce((before, pass) => checked(pass, pass.run(before)), graph);
}

function checked(pass: Pass, graph: Graph): Graph {
  const [first] = verifyGraph(graph);
  if (first === undefined) return graph;
  throw compilerError(
    'PASS_BROKE_GRAPH',
    `The pass "${pass.name}" broke "${first.invariant}" at ${first.where}: ${first.message}. This is a defect in tinyseg; ` +
      `please report it. Compiling without this pass may help until then.`,
    { pass: pass.name, invariant: first.invariant, where: first.where },
  );
}
