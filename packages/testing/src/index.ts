// SPDX-License-Identifier: Apache-2.0
// Test helpers of the whole workspace; imported by specs only.
export { describeIf, mustNotSkip } from './describe-if.js';
export { modelsDir, findModelsDir } from './models-dir.js';
export { scaledGraph } from './scaled-graph.js';
export { seededRandom, type SeededRandom } from './seeded-random.js';
